"""The evaluation end to end, with the bundled encoder and the real retriever."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from corpus.types import PracticeList
from eval.errors import DataError
from eval.evaluate import OWN_QUESTIONS, evaluate_beir, evaluate_questions
from eval.questions import load_questions, resolve_gold
from eval.report import to_json
from index.build import build_snapshot
from index.encoder import Encoder, open_encoder
from index.retriever import Retriever
from index.types import Mode

RANKING = ("hit@1", "r-precision", "recall@5", "recall@10", "mrr@10", "ndcg@10")
DOCUMENTS = {
    "crane/1": "塔式起重机安装完成后，应由专业机构检验合格方可使用。",
    "cure:2": "混凝土浇筑完毕后应及时覆盖并洒水养护，养护时间不少于七天。",
    "scaffold 3": "脚手架拆除应自上而下逐层进行，严禁上下同时作业。",
    "empty": "",
}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(threads=1)


@pytest.fixture(scope="module")
def retriever(shipped: PracticeList, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return Retriever.open(build_snapshot([shipped], encoder, tmp_path_factory.mktemp("home")), encoder)


def write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def write_folder(path: Path) -> Path:
    (path / "qrels").mkdir()
    write_lines(
        path / "corpus.jsonl", [{"_id": name, "title": "答案", "text": text} for name, text in DOCUMENTS.items()]
    )
    queries = {"q1": "塔式起重机要检验吗？", "q2": "混凝土要养护多久？", "q3": "脚手架怎么拆？", "q4": "没有评判的问题"}
    write_lines(path / "queries.jsonl", [{"_id": name, "text": text} for name, text in queries.items()])
    judged = [("q1", "crane/1"), ("q2", "cure:2"), ("q3", "scaffold 3"), ("q3", "empty")]
    lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{document}\t1" for query, document in judged)]
    (path / "qrels" / "test.tsv").write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("mode", list(Mode))
def test_a_beir_folder_is_indexed_asked_and_judged(tmp_path: Path, encoder: Encoder, mode: Mode) -> None:
    result = evaluate_beir(write_folder(tmp_path), encoder, tmp_path / "home", mode)
    report = to_json(result)
    assert report["all"]["questions"] == 3
    assert report["system"] == mode.value
    assert result.provenance.model == encoder.fingerprint
    assert report["all"]["hit@1"] == 1.0
    assert report["all"]["mrr@10"] == 1.0
    # The second answer to q3 has no text, so nothing can find it.
    assert report["all"]["recall@10"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert report["all"]["refusal"]["auroc"] is None
    assert 0 <= report["all"]["refusal"]["answered"] <= 1


def test_progress_shows_passages_then_questions(tmp_path: Path, encoder: Encoder) -> None:
    steps: list[tuple[str, int, int]] = []
    evaluate_beir(write_folder(tmp_path), encoder, tmp_path / "home", progress=lambda *step: steps.append(step))
    assert [step for step in steps if step[0] == "questions"] == [("questions", done, 3) for done in (1, 2, 3)]
    stages = list(dict.fromkeys(stage for stage, _, _ in steps))
    assert stages.index("passages") < stages.index("questions")
    assert ("passages", 3, 3) in steps


def test_questions_about_the_shipped_list_are_asked_and_judged(tmp_path: Path, retriever: Retriever) -> None:
    practice = next(iter(retriever.practices.values()))
    lines = [
        {"id": "q1", "category": "verbatim", "question": practice.text[:80], "gold": [practice.id.partition(":")[2]]},
        {"id": "q2", "category": "none", "question": "红烧肉要炖多久？", "gold": []},
    ]
    report = to_json(evaluate_questions(retriever, write_lines(tmp_path / "own.jsonl", lines)))
    assert {name: report["categories"]["verbatim"][name] for name in RANKING} == dict.fromkeys(RANKING, 1.0)
    assert report["all"]["refusal"]["auroc"] == 1.0
    assert report["all"]["answers"]["verbatim"] == 1.0


def test_the_order_of_lines_changes_no_figure(tmp_path: Path, retriever: Retriever) -> None:
    lines = OWN_QUESTIONS.read_text(encoding="utf-8").splitlines()[:40]
    first, second = tmp_path / "first" / "own.jsonl", tmp_path / "second" / "own.jsonl"
    for path, ordered in ((first, lines), (second, lines[::-1])):
        path.parent.mkdir()
        path.write_text("\n".join(ordered), encoding="utf-8")
    reports = [to_json(evaluate_questions(retriever, path)) for path in (first, second)]
    assert reports[0]["all"] == reports[1]["all"]
    assert reports[0]["categories"] == reports[1]["categories"]


def test_a_bad_file_is_refused_before_anything_is_asked(tmp_path: Path, retriever: Retriever) -> None:
    path = write_lines(tmp_path / "own.jsonl", [{"id": "q1", "category": "c", "question": "？", "gold": ["9.9.9"]}])
    steps: list[tuple[str, int, int]] = []
    with pytest.raises(DataError, match=r'own\.jsonl:1: gold of question "q1": "9\.9\.9" names no practice'):
        evaluate_questions(retriever, path, progress=lambda *step: steps.append(step))
    assert steps == []


LEAST = {
    "fact": 70,
    "colloquial": 70,
    "keyword": 40,
    "list": 40,
    "region": 40,
    "number": 25,
    "english": 35,
    "traditional": 20,
    "typo": 35,
    "compare": 20,
    "followup": 25,
    "unanswerable": 80,
    "offtopic": 40,
}


def test_the_projects_own_questions_are_as_many_as_promised_and_name_every_practice_often(
    shipped: PracticeList,
) -> None:
    ids = [practice.id for practice in shipped.practices]
    questions = resolve_gold(load_questions(OWN_QUESTIONS), ids)
    counts = Counter(question.category for question in questions)
    assert {category: counts[category] for category in counts if counts[category] < LEAST[category]} == {}
    assert set(counts) == set(LEAST)
    named = Counter(name for question in questions for name in question.gold)
    assert min(named[name] for name in ids) >= 6
    assert all(question.history for question in questions if question.category == "followup")
    assert all(question.answerable for question in questions if question.partial)


def test_splits_keep_paraphrases_together_and_are_balanced_in_every_category() -> None:
    questions = load_questions(OWN_QUESTIONS)
    splits: dict[str, set[str]] = {}
    for question in questions:
        splits.setdefault(question.group, set()).add(question.split)
    assert {frozenset(found) for found in splits.values()} == {frozenset({"dev"}), frozenset({"test"})}
    for category in LEAST:
        sizes = Counter(question.split for question in questions if question.category == category)
        assert abs(sizes["dev"] - sizes["test"]) <= 1, category
