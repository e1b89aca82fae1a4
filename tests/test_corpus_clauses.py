"""Clauses end at commas, semicolons and full stops outside brackets, and cover all of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.clauses import clause_spans


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("部署研究任务，每个项目给予50万元。", ["部署研究任务，", "每个项目给予50万元。"]),
        ("发布《目录（第一版，试行）》，明确要求；推广。", ["发布《目录（第一版，试行）》，", "明确要求；", "推广。"]),
        ("补贴1,200元，每人一次", ["补贴1,200元，", "每人一次"]),
        ("an open (bracket, and no end, 它不再结束，", ["an open (bracket, and no end, 它不再结束，"]),
        ("，，。", []),
        ("", []),
    ],
)
def test_clauses_end_outside_brackets_and_numbers(text: str, clauses: list[str]) -> None:
    assert [span.of(text) for span in clause_spans(text)] == (clauses or ([text] if text else []))


@given(st.text(alphabet="智能5，。；、（）《》“” \n,.", max_size=40))
def test_clauses_cover_a_text_without_gaps(text: str) -> None:
    spans = clause_spans(text)
    assert "".join(span.of(text) for span in spans) == (text if text.strip() else "")
