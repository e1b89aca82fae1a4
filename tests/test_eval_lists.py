"""The written lists of other fields are whole, and what is left out of them is not held."""

from __future__ import annotations

from eval.lists import read_field_lists


def test_each_field_has_questions_with_and_without_an_answer() -> None:
    lists = read_field_lists()
    assert len(lists) >= 10
    for one in lists:
        ids = {practice.id for practice in one.practices.practices}
        held = {gold for question in one.questions for gold in question.gold}
        assert held == ids
        kinds = {question.category for question in one.questions if not question.answerable}
        assert kinds == {"near miss", "left out", "other field", "outside"}
        texts = "".join(practice.text for practice in one.practices.practices)
        assert one.practices.document.text.replace("\n", "") == texts
