"""Spans of a normalised text are found again in the text as it is written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.alignment import Alignment
from index.normal import normalise


def written(text: str, part: str, heading: str = "") -> str:
    """Return what of `text` stands where `part` is in its normalised form, behind a heading."""
    read = normalise(heading + text)
    start = read.index(part)
    ((first, last),) = Alignment(read, text)(np.array([[start, start + len(part)]], dtype=np.int32)).tolist()
    return text[first:last]


@pytest.mark.parametrize(
    ("text", "part", "heading", "expected"),
    [
        ("深圳发布目录", "发布", "", "发布"),
        ("深圳发布目录", "发布", "政策引导 ", "发布"),
        ("ＢＩＭ 审图", "BIM", "", "ＢＩＭ"),
        ("  资金   奖励", "奖励", "", "奖励"),
        ("建築機器人的補貼", "机器人", "", "機器人"),
        ("資訊平臺與專案", "信息", "", "資訊"),
        ("費用為①萬元…獎勵", "奖励", "", "獎勵"),
        ("深圳发布目录", "政策", "政策引导 ", ""),
    ],
)
def test_known_places(text: str, part: str, heading: str, expected: str) -> None:
    assert written(text, part, heading) == expected


@given(
    text=st.text(alphabet=st.sampled_from("深圳資訊 專案…①ＡBc　ﬁ\u200b。"), max_size=30),
    heading=st.sampled_from(["", "标题 "]),
)
def test_spans_stay_inside(text: str, heading: str) -> None:
    read = normalise(heading + text)
    spans = np.array([(start, start + 1) for start in range(len(read))], dtype=np.int32).reshape(-1, 2)
    found = Alignment(read, text)(spans)
    assert (found[:, 0] <= found[:, 1]).all()
    assert not len(found) or (found.min() >= 0 and found.max() <= len(text))


def test_an_empty_span_stays_empty() -> None:
    assert Alignment("甲乙", "甲乙")(np.array([[0, 0], [1, 2]], dtype=np.int32)).tolist() == [[0, 0], [1, 2]]
