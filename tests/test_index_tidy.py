"""What is no part of a question is left out of what is searched for, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.normal import normalise
from index.query import Known, understand
from index.tidy import without_padding, without_stray_spaces
from index.tokens import Tokenizer
from index.types import Step


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build(["产业链图谱"])


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("请问深圳有哪些做法?谢谢", "深圳有哪些做法?"),
        ("您好,麻烦帮我查一下:建筑机器人补贴,谢谢!", "建筑机器人补贴"),
        ("Hello, could you please tell me which cities pay? Thank you!", "which cities pay?"),
        ("帮我们企业的政策", "帮我们企业的政策"),
        ("麻烦的审批有哪些", "麻烦的审批有哪些"),
        ("查询系统有哪些", "查询系统有哪些"),
        ("canyon", "canyon"),
        ("谢谢", "谢谢"),
        ("你好,在吗?", "你好,在吗?"),
        ("", ""),
    ],
)
def test_greetings_and_thanks_are_left_out(text: str, rest: str) -> None:
    assert without_padding(text) == rest


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("建 筑 机 器 人 补贴", "建筑机器人 补贴"),
        ("产业 链 图谱", "产业链图谱"),
        ("温州 装备 目录", "温州 装备 目录"),
        ("BIM 软 件", "BIM 软件"),
        ("重庆 市属 国企", "重庆 市属 国企"),
    ],
)
def test_spaces_inside_words_are_left_out(tokenizer: Tokenizer, text: str, joined: str) -> None:
    assert without_stray_spaces(text, lambda word: tokenizer.frequency(word) > 0) == joined


def test_the_step_can_be_left_out(tokenizer: Tokenizer) -> None:
    question = "请问，建 筑 机 器 人 有补贴吗？谢谢！"
    assert understand(question, Known(tokenizer)).text == "建筑机器人 有补贴吗?"
    assert understand(question, Known(tokenizer)).raw == question
    assert understand(question, Known(tokenizer), frozenset({Step.TIDY})).text == normalise(question)


@settings(deadline=None)
@given(text=st.text(alphabet="请问谢帮我你好，。 建筑机器人ab?", max_size=40))
def test_something_is_left_of_whatever_said_something(tokenizer: Tokenizer, text: str) -> None:
    rest = without_stray_spaces(without_padding(normalise(text)), lambda word: tokenizer.frequency(word) > 0)
    assert any(map(str.isalnum, rest)) == any(map(str.isalnum, text))
    assert set(rest) <= set(normalise(text))
