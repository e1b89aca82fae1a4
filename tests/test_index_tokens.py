"""Questions and passages are cut the same way, and what carries meaning stays whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.types import PracticeList
from index.normal import normalise
from index.tokens import Tokenizer, field_terms, function_words


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build(["建筑机器人", "产业链图谱"])


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("最高50万元资助", ["最高", "500000元", "500000", "资助"]),
        ("自主知识产权BIM建模软件", ["自主", "知识", "产权", "知识产权", "bim", "建模", "软件"]),
        ("ＢＩＭ＋数字化", ["bim", "数字", "数字化"]),
        ("6大类31项", ["6大类", "6", "31项", "31"]),
        ("占35.5%", ["占", "35.5%", "35.5"]),
        ("3D打印和5G基站", ["3d", "打印", "和", "5g", "基站"]),
        ("2024年，CIM-3.0平台", ["2024年", "2024", "cim-3.0", "平台"]),
        ("绘制产业链图谱", ["绘制", "产业", "图谱", "产业链", "产业链图谱"]),
        ("Île-de-France", ["île-de-france"]),
        ("", []),
        ("？！…", []),
    ],
)
def test_known_cuts(tokenizer: Tokenizer, text: str, tokens: list[str]) -> None:
    assert tokenizer(text) == tokens


def test_traditional_and_simplified_give_the_same_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer("資訊專案的建築機器人") == tokenizer("信息项目的建筑机器人")
    assert tokenizer("計畫的執行與評估指標") == tokenizer("计划的执行与评估指标")
    assert normalise("工程款的執行程序與執行程度") == "工程款的执行程序与执行程度"


def test_a_saved_tokenizer_cuts_the_same(tokenizer: Tokenizer, shipped: PracticeList, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert loaded.terms == tokenizer.terms
    for practice in shipped.practices:
        assert loaded(practice.text) == tokenizer(practice.text)


def test_terms_are_titles_and_quoted_phrases_of_a_corpus() -> None:
    text = "发布《智能建造技术目录（第一版）》，实行“九个一”和“BIM+”，建“专精特新”库"
    assert field_terms([text]) == {"智能建造技术目录", "第一版", "九个一", "专精特新"}


def test_function_words_hold_grammar_and_no_subject() -> None:
    assert {"哪些", "的", "请问", "which"} <= function_words()
    assert not {"智能", "城市", "资助", "bim"} & function_words()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("資訊專案", "信息项目"),
        ("程序信息", "程序信息"),
        ("於倫理徵調\u85b4", "于伦理征调苎"),
        ("ＢＩＭ　模型\u200b", "BIM 模型"),
        ("\ufeff臺州\ud800", "台州"),
        (" 武汉\n\t长沙 ", "武汉 长沙"),
    ],
)
def test_normal_form(text: str, plain: str) -> None:
    assert normalise(text) == plain


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(text=st.text(max_size=80))
def test_any_text_can_be_cut(tokenizer: Tokenizer, text: str) -> None:
    assert all(token and token == token.lower() for token in tokenizer(text))
