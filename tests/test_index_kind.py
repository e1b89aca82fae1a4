"""A question wants one thing, a figure, a list, sides beside each other, or all of a place; the words say which."""

from __future__ import annotations

import pytest

from index.aside import without_set_aside
from index.kind import without_whole
from index.query import Known, understand
from index.tokens import Tokenizer
from index.types import Kind, Step


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build([])


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("哪些城市给老楼装电梯发补贴？", Kind.LIST),
        ("零碳园区有哪些？", Kind.LIST),
        ("支持创业的做法请都列出来", Kind.LIST),
        ("Which cities recycle old batteries?", Kind.LIST),
        ("写明了封顶数的挑出来", Kind.LIST),
        ("挑出来的那些路线后来怎么样了？", Kind.FACT),
        ("手续办理齐全才能开工吗？", Kind.FACT),
        ("工程管理全流程怎么数字化？", Kind.FACT),
        ("整个清单是哪个部门发的？", Kind.FACT),
        ("技术目录一共有几条？", Kind.NUMBER),
        ("跟医院沾边的都要", Kind.LIST),
        ("不按规定就拿不到钱的一共有几处？", Kind.LIST),
        ("Which of these pay for training?", Kind.LIST),
        ("苏州的古宅租给哪些业态？", Kind.FACT),
        ("长沙和温州的青年驿站有什么不同？", Kind.COMPARE),
        ("佛山、大连的中试基地各有什么侧重？", Kind.COMPARE),
        ("国家中心和台州的中心有什么区别？", Kind.COMPARE),
        ("武汉和深圳哪个力度更大？", Kind.COMPARE),
        ("武汉和深圳谁的奖励更高", Kind.COMPARE),
        ("加装一台电梯补多少钱？", Kind.NUMBER),
        ("How much is the subsidy for a lift?", Kind.NUMBER),
        ("福建有哪些做法？", Kind.REGION),
        ("骑手受伤了怎么报案？", Kind.FACT),
        ("零工市场 候工大厅", Kind.OTHER),
        ("", Kind.OTHER),
    ],
)
def test_the_words_of_a_question_say_what_it_wants(tokenizer: Tokenizer, question: str, kind: Kind) -> None:
    assert understand(question, Known(tokenizer)).kind is kind


def test_to_name_a_place_and_what_the_whole_corpus_is_about_is_to_ask_for_the_place(tokenizer: Tokenizer) -> None:
    question = "福建在绿色低碳上有什么做法？"
    theme = frozenset(tokenizer("绿色低碳"))
    assert understand(question, Known(tokenizer, theme=theme)).kind is Kind.REGION
    assert not understand(question, Known(tokenizer)).about_place
    assert not understand(question, Known(tokenizer, theme=theme), frozenset({Step.KIND})).about_place


def test_words_for_all_of_it_are_no_part_of_what_is_asked(tokenizer: Tokenizer) -> None:
    assert without_whole("福建的做法,一条不落地列给我").split() == ["福建的做法,", "列给我"]
    query = understand("福建的做法，一条不落地列给我", Known(tokenizer))
    assert query.about_place
    assert "落地" not in query.content


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("专精特新先不谈,国企有哪些地方在带动?", "国企有哪些地方在带动?"),
        ("培养技能工人的办法有哪些?不要领导干部那种", "培养技能工人的办法有哪些?"),
        ("除了退钱,还赔我点啥?", "除了退钱,还赔我点啥?"),
        ("老人不要墓地,政府有表示吗", "老人不要墓地,政府有表示吗"),
        ("不谈", "不谈"),
        ("机器人先不谈", "机器人先不谈"),
    ],
)
def test_what_is_set_aside_is_left_out(question: str, left: str) -> None:
    assert without_set_aside(question, lambda clause: False) == left


def test_a_clause_that_keeps_something_stays() -> None:
    question = "不算直辖市,哪些省有办法?"
    assert without_set_aside(question, lambda clause: "直辖市" in clause) == question
