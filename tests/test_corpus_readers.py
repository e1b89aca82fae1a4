"""Source files are read as they are, or refused with the file and the reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from corpus.errors import SourceError
from corpus.readers import read_corpus, read_documents
from corpus.types import PracticeList

TABLE = "序号\t任务\t举措\t做法\n一\t甲类\t（一）乙事\t<p>1. 武汉推行子法。</p>\r\n"


def write(directory: Path, name: str, raw: bytes, metadata: object) -> None:
    (directory / f"{name}.txt").write_bytes(raw)
    (directory / f"{name}.json").write_text(json.dumps(metadata), encoding="utf-8")


def test_the_shipped_document_keeps_every_character(shipped: PracticeList) -> None:
    document = shipped.document
    assert (document.id, document.number, document.batch) == ("mohurd-2024-131", "建办市函〔2024〕131号", "第三批")
    assert hashlib.sha256(document.text.encode()).hexdigest() == document.sha256


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_text_of_either_encoding_is_read_unchanged(tmp_path: Path, encoding: str) -> None:
    write(tmp_path, "a", TABLE.encode(encoding), {"id": "a", "title": "清单"})
    (practice_list,) = read_corpus(tmp_path)
    assert practice_list.document.text == TABLE
    assert practice_list.practices[0].text == "武汉推行子法。"


@pytest.mark.parametrize(
    ("raw", "metadata", "message"),
    [
        (b"\xff\xff\xff", {"id": "a", "title": "t"}, r"a\.txt: the text is neither UTF-8 nor GB18030"),
        (b" \n", {"id": "a", "title": "t"}, r"a\.txt: the document is empty"),
        (b"x", {"id": "a"}, r"a\.json: 'title' must be a non-empty string"),
        (b"x", {"id": 3, "title": "t"}, r"a\.json: 'id' must be a non-empty string"),
        (b"x", {"id": "a:b", "title": "t"}, r"a\.json: id 'a:b' must be of letters, digits"),
        (b"x", {"id": "..", "title": "t"}, r"a\.json: id '\.\.' must be of letters, digits"),
        (b"x", {"id": "a", "title": "t\ud800"}, r"a\.json: 'title' holds a character that can't be printed"),
        (b"x", {"id": "a", "title": "t", "number": 131}, r"a\.json: 'number' must be a string, not int"),
        (b"x", [], r"a\.json: must hold a JSON object"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path: Path, raw: bytes, metadata: object, message: str) -> None:
    write(tmp_path, "a", raw, metadata)
    with pytest.raises(SourceError, match=message):
        read_documents(tmp_path)


def test_a_missing_sidecar_and_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(SourceError, match=r"a\.json: missing; it names the document, with at least id and title"):
        read_documents(tmp_path)
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match=r"a\.json: not readable as JSON"):
        read_documents(tmp_path)


def test_an_id_used_twice_and_an_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no document"):
        read_documents(tmp_path)
    with pytest.raises(SourceError, match="no such directory of documents"):
        read_documents(tmp_path / "none")
    for name in ("a", "b"):
        write(tmp_path, name, TABLE.encode(), {"id": "same", "title": "清单"})
    with pytest.raises(SourceError, match=r"b\.txt: document id 'same' is used twice"):
        read_documents(tmp_path)
