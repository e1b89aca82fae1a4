from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import ZhijianError
from eval.errors import DataError
from eval.questions import Question, load_questions, resolve_gold

PRACTICES = ("list-a:1.1.1", "list-a:3.1.3", "list-b:1.1.1", "list-b:2.1.1")


def record(**fields: Any) -> dict[str, Any]:
    return {"id": "q1", "category": "fact", "question": "深圳怎么做？", "gold": ["list-a:3.1.3"], **fields}


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_bytes("\n".join(texts).encode("utf-8", "surrogatepass"))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "questions.jsonl"


def test_all_fields_are_read_and_unknown_ones_ignored(path: Path) -> None:
    write(
        path,
        record(helps=["1.1.1"], history=["广州呢？"], split="dev", group="g7", author={"name": "x"}, note=None),
        record(id="q2", gold=[]),
    )
    first, second = load_questions(path)
    assert first == Question(
        id="q1",
        category="fact",
        text="深圳怎么做？",
        gold=("list-a:3.1.3",),
        helps=("1.1.1",),
        history=("广州呢？",),
        split="dev",
        group="g7",
    )
    assert (first.answerable, second.answerable) == (True, False)
    assert first.grades == {"list-a:3.1.3": 2, "1.1.1": 1}
    assert (first.line, second.line) == (1, 2)


def test_byte_order_mark_crlf_blank_lines_and_line_separators_are_read(path: Path) -> None:
    odd = json.dumps(record(id="q2", question="一\u2028二\x85三"), ensure_ascii=False)
    path.write_bytes(("\ufeff" + json.dumps(record()) + "\r\n\r\n  \n" + odd + "\r\n").encode())
    first, second = load_questions(path)
    assert (first.id, second.id, second.line) == ("q1", "q2", 4)
    assert second.text == "一\u2028二\x85三"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id": "q1",'], r"questions\.jsonl:1: broken JSON at column \d+"),
        ([record(), "[1]"], r":2: expected a JSON object, found an array"),
        (["[" * 100_000], r":1: broken JSON: .*nesting too deep"),
        (['{"id": ' + "1" * 5000 + "}"], r":1: broken JSON: a number is too long"),
        (["null"], r":1: expected a JSON object, found null"),
        ([{"category": "c", "question": "q", "gold": []}], r':1: the field "id" is missing'),
        ([{"id": "q", "question": "q", "gold": []}], r':1: the field "category" is missing'),
        ([{"id": "q", "category": "c", "gold": []}], r':1: the field "question" is missing'),
        ([{"id": "q", "category": "c", "question": "q"}], r':1: the field "gold" is missing; an empty array'),
        ([record(id=7)], r':1: "id" must be a string, found a number'),
        ([record(id=" ")], r':1: "id" is blank'),
        ([record(id="a\x00b")], r":1: \"id\" 'a\\x00b' holds a control character"),
        ([record(category=None)], r':1: "category" must be a string, found null'),
        ([record(question=" \u3000\n")], r':1: "question" is blank'),
        ([record(question=["深圳"])], r':1: "question" must be a string, found an array'),
        (['{"id": "q", "category": "c", "question": "\\ud83d", "gold": []}'], r':1: "question" holds half of a surrog'),
        ([record(gold="3.1.3")], r':1: "gold" must be an array of strings'),
        ([record(gold=[3.1])], r':1: "gold" must be a string, found a number'),
        ([record(gold=[""])], r':1: "gold" is blank'),
        ([record(gold=None)], r':1: "gold" must be an array of strings'),
        ([record(helps={})], r':1: "helps" must be an array of strings'),
        ([record(history="广州呢？")], r':1: "history" must be an array of strings'),
        ([record(history=[True])], r':1: "history" must be a string, found true or false'),
        ([record(split=1)], r':1: "split" must be a string, found a number'),
        ([record(group=[])], r':1: "group" must be a string, found an array'),
        ([record(), "", record()], r':3: the id "q1" is already used in line 1'),
        (["", "  "], r"questions\.jsonl: holds no questions"),
    ],
)
def test_a_bad_line_is_named_with_its_place(path: Path, lines: list[dict[str, Any] | str], message: str) -> None:
    write(path, *lines)
    with pytest.raises(DataError, match=message):
        load_questions(path)


def test_bytes_that_are_not_utf8_are_named_with_line_and_byte(path: Path) -> None:
    path.write_bytes(json.dumps(record()).encode() + b"\n" + "深圳".encode("gbk"))
    with pytest.raises(DataError, match=r"questions\.jsonl:2: byte 1 of this line is not UTF-8"):
        load_questions(path)
    path.write_bytes(b"\xef\xbb\xbf{\xff}")
    with pytest.raises(DataError, match=r":1: byte 5 of this line"):
        load_questions(path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl: can't be read: No such file"):
        load_questions(tmp_path / "nowhere.jsonl")
    with pytest.raises(ZhijianError, match=r"can't be read: "):
        load_questions(tmp_path)


def question(*gold: str, helps: tuple[str, ...] = ()) -> Question:
    return Question("q1", "fact", "？", gold, helps, path=Path("own.jsonl"), line=9)


def test_gold_stands_with_or_without_its_document() -> None:
    (resolved,) = resolve_gold([question("3.1.3", "list-b:1.1.1", helps=("2.1.1",))], PRACTICES)
    assert resolved.gold == ("list-a:3.1.3", "list-b:1.1.1")
    assert resolved.helps == ("list-b:2.1.1",)
    assert (resolved.path, resolved.line) == (Path("own.jsonl"), 9)


@pytest.mark.parametrize(
    ("unresolved", "message"),
    [
        (question("9.9.9"), r'own\.jsonl:9: gold of question "q1": "9\.9\.9" names no practice'),
        (question("list-c:3.1.3"), r'"list-c:3\.1\.3" names no practice'),
        (question("1.3"), r'"1\.3" names no practice'),
        (question("1.1.1"), r'"1\.1\.1" is ambiguous: it could be list-a:1\.1\.1, list-b:1\.1\.1; write the document'),
        (question("3.1.3", "list-a:3.1.3"), r'question "q1" names the practice "list-a:3\.1\.3" twice'),
        (question("3.1.3", helps=("3.1.3",)), r"twice"),
        (question(helps=("4.4.4",)), r'helps of question "q1": "4\.4\.4" names no practice'),
    ],
)
def test_gold_that_names_no_one_practice_is_refused(unresolved: Question, message: str) -> None:
    with pytest.raises(DataError, match=message):
        resolve_gold([unresolved], PRACTICES)
