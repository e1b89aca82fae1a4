"""Chunks cover a practice and never cut a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.chunks import chunk_practice
from corpus.sentences import sentence_spans
from corpus.types import Practice, PracticeList, Span

PROSE = st.text(alphabet="建筑机器人，。！？；”）BIM 3.1\nabcA.", max_size=300)


def practice(text: str) -> Practice:
    return Practice("d:1", "d", (), 1, text, (Span(0, len(text)),), ())


@given(PROSE)
def test_sentences_cover_the_text_in_order(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join(span.of(text) for span in spans) == (text if text.strip() else "")
    assert all(span.of(text).strip() for span in spans)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("甲。乙！丙？", ["甲。", "乙！", "丙？"]),
        ("其称“已建成。”丙地跟进。", ["其称“已建成。”", "丙地跟进。"]),
        ("实行“九个一”，即一图、一库；并推广3.5版。", ["实行“九个一”，即一图、一库；并推广3.5版。"]),
        ("标题\n正文。", ["标题\n", "正文。"]),
        ("Version 3.1 is out. It works.", ["Version 3.1 is out.", " It works."]),
        ("没有句号", ["没有句号"]),
    ],
)
def test_sentence_ends(text: str, sentences: list[str]) -> None:
    assert [span.of(text) for span in sentence_spans(text)] == sentences


@given(PROSE, st.integers(min_value=1, max_value=60))
def test_chunks_cover_the_practice_and_end_at_sentence_ends(text: str, limit: int) -> None:
    chunks = chunk_practice(practice(text), lambda part: len(part) <= limit)
    assert [chunk.text for chunk in chunks] == [text[chunk.start : chunk.end] for chunk in chunks]
    assert "".join(chunk.text for chunk in chunks) == text
    ends = {span.end for span in sentence_spans(text)} | {len(text)}
    assert all(chunk.end in ends for chunk in chunks)
    sentences = sentence_spans(text)
    for chunk in chunks:
        inside = [span for span in sentences if chunk.start <= span.start < chunk.end]
        assert len(chunk.text) <= limit or len(inside) <= 1


def test_every_shipped_practice_is_one_chunk(shipped: PracticeList) -> None:
    for listed in shipped.practices:
        (chunk,) = chunk_practice(listed, lambda part: len(part) <= 500)
        assert (chunk.id, chunk.text) == (listed.id, listed.text)


def test_a_long_practice_is_cut_into_numbered_chunks() -> None:
    chunks = chunk_practice(practice("甲甲甲。乙乙乙。丙丙丙丙丙丙丙丙丙丙。丁。"), lambda part: len(part) <= 8)
    assert [(chunk.id, chunk.text) for chunk in chunks] == [
        ("d:1#1", "甲甲甲。乙乙乙。"),
        ("d:1#2", "丙丙丙丙丙丙丙丙丙丙。"),
        ("d:1#3", "丁。"),
    ]
