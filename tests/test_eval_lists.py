"""The written lists of other fields are whole, and what is left out of them is not held."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.errors import DataError
from eval.lists import LISTS, read_field_lists, read_several


def test_each_field_has_questions_with_and_without_an_answer() -> None:
    lists = read_field_lists()
    assert len(lists) >= 10
    for one in lists:
        ids = {practice.id for practice in one.practices.practices}
        held = {gold for question in one.questions for gold in question.gold}
        assert held == ids
        kinds = {question.category for question in one.questions if not question.answerable}
        assert kinds == {"near miss", "absent term", "left out", "other field", "outside"}
        texts = "".join(practice.text for practice in one.practices.practices)
        assert one.practices.document.text.replace("\n", "") == texts


def test_what_several_practices_answer_is_asked_of_whole_fields() -> None:
    lists = read_several()
    halves = {one.field: len(one.practices.practices) for one in read_field_lists()}
    assert sum(len(one.questions) for one in lists) == 228
    for one in lists:
        assert halves[one.field] == -(-len(one.practices.practices) // 2)
        ids = {practice.id for practice in one.practices.practices}
        assert all(question.gold and set(question.gold) <= ids for question in one.questions)
        assert sum(len(question.gold) > 1 for question in one.questions) >= 10


@pytest.mark.parametrize("gold", [["nobody-001"], [], [["x"]], ["fit-a-001", "fit-a-015"], "fit-a-001"])
def test_a_question_that_is_not_on_practices_of_one_field_is_refused(tmp_path: Path, gold: object) -> None:
    for path in LISTS.glob("fields-*.jsonl"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "several.jsonl").write_text(json.dumps({"text": "都有谁？", "gold": gold}), encoding="utf-8")
    with pytest.raises(DataError, match=r'several\.jsonl.*"gold" must name practices of one field'):
        read_several(tmp_path)
