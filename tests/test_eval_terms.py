"""Short questions on the shipped list and on the written ones are what they say, and most are rightly refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.types import PracticeList
from eval.bench.refusal import TERMS, ask_terms
from eval.errors import DataError
from eval.lists import LISTS
from eval.terms import asked, read_terms
from index.retriever import Retriever

TRAINING = Path(__file__).parents[1] / "eval" / "training" / "data"
OF_LISTS = [(sorted(TRAINING.glob("lists_*.jsonl")), sorted(TRAINING.glob("terms_*.jsonl")))]
OF_LISTS += [(sorted(LISTS.glob("fields-*.jsonl")), [LISTS / "terms.jsonl"])]


@pytest.mark.parametrize(("lists", "files"), OF_LISTS, ids=["trained on", "kept out"])
def test_each_written_list_has_terms_that_it_holds_and_lacks(lists: list[Path], files: list[Path]) -> None:
    fields: dict[str, dict[str, str]] = {}
    for path in lists:
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            fields.setdefault(record["field"], {})[record["id"]] = f"{record['heading']}\n{record['passage']}"
    read = [terms for path in files for terms in read_terms(path)]
    assert sorted(one.field for one in read) == sorted(fields)
    for one in read:
        passages = fields[one.field]
        assert [name for _term, name in one.held].count(next(iter(passages))) == 2
        assert {name for _term, name in one.held} == set(passages)
        assert len(set(one.absent)) == 20
        assert not [term for term in one.absent if any(term in passage for passage in passages.values())]


def test_terms_of_the_shipped_list_are_of_its_practices_and_others_stand_nowhere(shipped: PracticeList) -> None:
    (terms,) = read_terms(TERMS)
    assert {name for _term, name in terms.held} == {practice.id for practice in shipped.practices}
    assert (len(terms.held), len(set(terms.absent))) == (86, 80)
    text = shipped.document.text.replace("\n", "")
    assert not [term for term in terms.absent if term in text]


def test_forms_come_in_turn_and_hold_the_term() -> None:
    forms = [asked("数字家庭", number) for number in range(16)]
    assert all("数字家庭" in form for form in forms)
    assert forms[:8] == forms[8:]
    assert len(set(forms)) == 7


def test_most_terms_that_the_shipped_list_lacks_are_refused(retriever: Retriever) -> None:
    judged = ask_terms(retriever)
    assert (judged.auroc or 0) >= 0.95
    assert sum(one.answered for one in judged.held) >= 0.93 * len(judged.held)
    assert sum(not one.answered for one in judged.left_out) >= 0.7 * len(judged.left_out)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"field": "x", "held": [["a", "b"]]}, '"held" and "absent" must be arrays'),
        ({"field": "x", "held": [["a"]], "absent": []}, '"held" must hold arrays of a term and an id'),
        ({"field": "x", "held": ["ab"], "absent": []}, '"held" must hold arrays of a term and an id'),
        ({"held": [], "absent": []}, '"field"'),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = tmp_path / "terms.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(DataError, match=message) as raised:
        list(read_terms(path))
    assert "terms.jsonl:1" in str(raised.value)
