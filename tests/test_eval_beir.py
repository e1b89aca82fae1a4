from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.types import Span
from eval.beir import as_practice_list, read_beir
from eval.errors import DataError

CORPUS = [
    {"_id": "d1", "title": "Tower", "text": "塔吊须有人值守。"},
    {"_id": "d2", "text": "混凝土养护七天。", "metadata": {}},
    {"_id": "d3", "title": "Empty", "text": " "},
]
QUERIES = [
    {"_id": "q1", "text": "塔吊要人看着吗？"},
    {"_id": "q2", "text": "不评的问题"},
    {"_id": "q3", "text": "养护几天？"},
]
QRELS = ["query-id\tcorpus-id\tscore", "q1\td1\t2", "q1\td2\t0", "q3\td2\t1", "q3\td3\t1.0"]


def lines(records: list[Any]) -> str:
    return "".join(f"{r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)}\n" for r in records)


def folder(
    path: Path, corpus: list[Any] | None = None, queries: list[Any] | None = None, qrels: list[str] | None = None
) -> Path:
    (path / "qrels").mkdir()
    (path / "corpus.jsonl").write_text(lines(CORPUS if corpus is None else corpus), encoding="utf-8")
    (path / "queries.jsonl").write_text(lines(QUERIES if queries is None else queries), encoding="utf-8")
    (path / "qrels" / "test.tsv").write_text(lines(list(QRELS if qrels is None else qrels)), encoding="utf-8")
    return path


def test_documents_and_judged_queries_are_read(tmp_path: Path) -> None:
    read = read_beir(folder(tmp_path))
    assert read.name == f"{tmp_path.name}/test"
    assert [(d.id, d.title, d.text) for d in read.documents] == [
        ("d1", "Tower", "塔吊须有人值守。"),
        ("d2", "", "混凝土养护七天。"),
    ]
    assert read.blank == ("d3",)
    assert [(q.id, q.text) for q in read.queries] == [("q1", "塔吊要人看着吗？"), ("q3", "养护几天？")]
    assert read.judgements == {"q1": {"d1": 2, "d2": 0}, "q3": {"d2": 1, "d3": 1}}


def test_another_split_is_read_and_a_missing_one_named(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\r\nq2\td1\t1\r\n", encoding="utf-8")
    assert [query.id for query in read_beir(tmp_path, "dev").queries] == ["q2"]
    with pytest.raises(DataError, match=r"train\.tsv: is missing; the folder has the splits dev, test"):
        read_beir(tmp_path, "train")


def test_a_document_is_one_practice_of_its_text_alone(tmp_path: Path) -> None:
    first = read_beir(folder(tmp_path)).documents[0]
    listed = as_practice_list(first)
    (practice,) = listed.practices
    assert (practice.id, practice.document_id, practice.path) == ("d1:1", "d1", ())
    assert practice.text == "".join(span.of(first.text) for span in practice.spans) == "塔吊须有人值守。"
    assert practice.spans == (Span(0, 8),)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"corpus": ["{"]}, r"corpus\.jsonl:1: broken JSON"),
        ({"corpus": [{"text": "x"}]}, r'corpus\.jsonl:1: the field "_id" is missing'),
        ({"corpus": [{"_id": 3, "text": "x"}]}, r'corpus\.jsonl:1: "_id" must be a string, found a number'),
        ({"corpus": [{"_id": "d1"}]}, r'corpus\.jsonl:1: the field "text" is missing'),
        ({"corpus": [*CORPUS, CORPUS[0]]}, r'corpus\.jsonl:4: the document id "d1" comes twice'),
        ({"corpus": ['{"_id": "d1", "text": "\\udc00"}']}, r"corpus\.jsonl:1: \"text\" holds half of a surrogate"),
        ({"corpus": [CORPUS[2]]}, r"corpus\.jsonl: holds no document with text"),
        ({"corpus": []}, r"corpus\.jsonl: holds no document with text"),
        ({"queries": [{"_id": "q1", "text": " "}]}, r'queries\.jsonl:1: the query "q1" is blank'),
        ({"queries": [QUERIES[0], QUERIES[0]]}, r'queries\.jsonl:2: the query id "q1" comes twice'),
        ({"queries": []}, r"queries\.jsonl: holds no queries"),
        ({"qrels": ["q1\td1\t1"]}, r"test\.tsv:1: the first line must be the header query-id corpus-id score"),
        ({"qrels": []}, r"test\.tsv:1: the first line must be the header"),
        ({"qrels": QRELS[:1]}, r"test\.tsv: holds no judgements"),
        ({"qrels": [QRELS[0], "q1 d1 1"]}, r"test\.tsv:2: expected three columns cut by tabs, found 1"),
        ({"qrels": [QRELS[0], "q9\td1\t1"]}, r'test\.tsv:2: the query "q9" is not in queries\.jsonl'),
        ({"qrels": [QRELS[0], "q1\td9\t1"]}, r'test\.tsv:2: the document "d9" is not in corpus\.jsonl'),
        ({"qrels": [QRELS[0], "q1\td1\t1", "q1\td1\t1"]}, r'test\.tsv:3: the document "d1" is judged twice'),
        ({"qrels": [QRELS[0], "q1\td1\thigh"]}, r'test\.tsv:2: the score "high" is no whole number'),
        ({"qrels": [QRELS[0], "q1\td1\t0.5"]}, r'test\.tsv:2: the score "0\.5" is no whole number'),
        ({"qrels": [QRELS[0], "q1\td1\tinf"]}, r'test\.tsv:2: the score "inf" is no whole number'),
    ],
)
def test_a_broken_folder_is_named_with_its_place(tmp_path: Path, broken: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_beir(folder(tmp_path, **broken))


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: is no directory; a BEIR folder holds"):
        read_beir(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"corpus\.jsonl: can't be read: No such file"):
        read_beir(tmp_path)
    folder(tmp_path)
    (tmp_path / "qrels" / "test.tsv").unlink()
    with pytest.raises(DataError, match=r"test\.tsv: is missing; the folder has no qrels"):
        read_beir(tmp_path)
