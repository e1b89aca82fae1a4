"""A quoted title is found though its edition, marks, width or script differ, and though it is shortened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.normal import normalise
from index.query import Known, understand
from index.retriever import Retriever
from index.titles import held, quoted, quotes
from index.tokens import Tokenizer
from index.types import Step

FIRST = "深圳发布《智能建造技术目录（第一版）》，明确31项技术。"
SECOND = "浙江发布《智能建造技术装备应用目录（试行）》，推广“BIM+”技术。"
THIRD = "重庆发布《建设领域建筑机器人与智能施工装备选用指南》。"


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("《智能建造技术目录》有几项", ["智能建造技术目录"]),
        ("《甲办法》和《乙办法》", ["甲办法", "乙办法"]),
        ("「產業學院」是什麼", ["产业学院"]),
        ("『甲办法』、‹乙办法›、“丙办法”", ["甲办法", "乙办法", "丙办法"]),
        ('"BIM+" 是什么', ["BIM+"]),
        ("《智能建造技术目录里有几项", ["智能建造技术目录里有几项"]),
        ("按《智能建造技术目录，有几项", ["智能建造技术目录"]),
        ("‹技术目录", ["技术目录"]),
        ("《》“”", []),
        ("《", []),
        ("没有引号", []),
    ],
)
def test_what_a_question_quotes(question: str, titles: list[str]) -> None:
    assert [title.written for title in quoted(normalise(question))] == titles


@pytest.mark.parametrize(
    ("question", "worth"),
    [
        ("《智能建造技术目录》", (1, 0.5, 0)),
        ("《智能建造技术目录（第一版）》", (1, 0.5, 0)),
        ("《智能建造技术目录（第二版）》", (0.5, 0.5, 0)),
        ("《智 能 建造 技术目录(第一版)》", (1, 0.5, 0)),
        ("《智能建造技術目錄》", (1, 0.5, 0)),
        ("《技术目录》", (1, 0.5, 0)),
        ("《深圳市智能建造技术目录》", (0.5, 0, 0)),
        ("《建筑机器人选用指南》", (0, 0, 0.5)),
        ("《智能建造技术装备应用目录》", (0, 1, 0)),
        ("《技术目录里有几项", (1, 0, 0)),
        ("《智能建造技术装备应用目录里有几项", (0, 1, 0)),
        ("“bim+”", (0, 1, 0)),
        ("《国家智慧城市评价办法》", (0, 0, 0)),
        ("《智能》", (1, 1, 1)),
    ],
)
def test_which_practices_hold_it(question: str, worth: tuple[float, float, float]) -> None:
    asked = quoted(normalise(question))
    assert tuple(quotes(asked, held(text)) for text in (FIRST, SECOND, THIRD)) == worth


def test_the_title_of_the_document_is_one_too() -> None:
    asked = quoted("《智能建造做法清单》")
    assert quotes(asked, held("甲", ["智能建造做法清单(第三批)"])) == 1
    assert quotes(asked, held("甲", ["住房城乡建设部智能建造做法清单"])) == 0.5


@given(text=st.text(alphabet='《》〈〉‹›「」『』“”"，。？智能建造目录(第一版) ', max_size=24))
def test_any_text_can_be_quoted_from(text: str) -> None:
    plain = normalise(text)
    practice = held(FIRST)
    for title in quoted(plain):
        assert title.written in plain
        assert 0 <= quotes([title], practice) <= 1


def test_a_quoted_title_is_preferred(retriever: Retriever) -> None:
    question = "《智能建造技术目录》和《选用指南》各讲了什么"
    shipped = retriever.search(question, top_k=43)
    plain = retriever.search(question, top_k=43, without=frozenset({Step.TITLES}))
    worth = {hit.practice.id.partition(":")[2]: hit.parts.title for hit in shipped.hits}
    assert (worth["3.1.3"], worth["3.1.6"], worth["1.1.1"]) == (0.5, 0.5, 0)
    assert {hit.parts.title for hit in plain.hits} == {None}
    gained = {hit.practice.id: hit.score for hit in plain.hits}
    assert all((hit.score - gained[hit.practice.id] > 0.1) is ((hit.parts.title or 0) > 0) for hit in shipped.hits)


def test_titles_are_left_out_with_their_step() -> None:
    known = Known(Tokenizer.build([]))
    assert [title.written for title in understand("《甲办法》", known).titles] == ["甲办法"]
    assert understand("《甲办法》", known, frozenset({Step.TITLES})).titles == ()
