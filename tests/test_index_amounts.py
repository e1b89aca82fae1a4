"""Amounts and places in a list are the same however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.numerals import chinese_numeral
from corpus.types import PracticeList
from index.amounts import chinese_value, plain, written_out
from index.query import Known, understand
from index.retriever import Retriever
from index.structure import marks, pointed_at
from index.tokens import Tokenizer
from index.types import Mode, Step


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build([])


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("50万", "500000"),
        ("1,200万", "12000000"),
        ("3.5万", "35000"),
        ("2亿", "200000000"),
        ("3.50", "3.5"),
        ("9.9.9", "9.9.9"),
    ],
)
def test_one_form(number: str, digits: str) -> None:
    assert plain(number) == digits


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("五十万元", ["500000元", "500000"]),
        ("一亿五千万元", ["150000000元", "150000000"]),
        ("十七所高校", ["17所", "17"]),
        ("一百二十家", ["120家", "120"]),
        ("三万五元", ["35000元", "35000"]),
        ("一万一家", ["10001家", "10001"]),
        ("两千三百零五家", ["2305家", "2305"]),
        ("第三批", ["3批"]),
        ("第一批", ["1批"]),
        ("一批", []),
        ("第三人", []),
        ("近百个", ["100个", "100"]),
        ("三十余项", ["30项", "30"]),
        ("百分之三十", ["30%", "30"]),
        ("百分之三点五", ["3.5%", "3.5"]),
        ("二〇二四年", ["2024年", "2024"]),
        ("5万元", []),
        ("十四五规划", []),
    ],
)
def test_amounts_in_chinese_digits(text: str, amounts: list[str]) -> None:
    assert list(written_out(text)) == amounts


@settings(deadline=None)
@given(number=st.integers(min_value=1, max_value=99))
def test_numerals_have_their_value(number: int) -> None:
    assert chinese_value(chinese_numeral(number)) == number


@settings(deadline=None)
@given(text=st.text(alphabet="零一二两三十百千万亿第批个分之点%.,0123456789多余几", max_size=20))
def test_any_digits_can_be_read(tokenizer: Tokenizer, text: str) -> None:
    assert all(tokenizer(text))
    assert all(token[0].isdigit() for token in written_out(text))


def test_written_otherwise_an_amount_is_found(retriever: Retriever, tokenizer: Tokenizer) -> None:
    assert set(tokenizer("五十万元")) >= set(tokenizer("50万元")) == set(tokenizer("500000元"))
    hits = retriever.search("一百万元", mode=Mode.SPARSE, without=frozenset({Step.PAIRS})).hits
    assert hits
    assert all("100万元" in hit.practice.text for hit in hits)
    assert retriever.search("一百万元", mode=Mode.SPARSE, without=frozenset({Step.NUMBERS, Step.PAIRS})).hits == ()
    assert "1000000元" not in understand("一百万元", Known(tokenizer)).subject


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("二(三)里讲了什么", ("§2.3",)),
        ("三、(一)", ("§3.1",)),
        ("三(一)第3条", ("§3.1.3", "§.3")),
        ("完善标准体系里的第二条", ("§.2",)),
        ("3.1.3项说了啥", ("§3.1.3",)),
        ("第三部分有哪些", ("§3",)),
        ("第三批清单", ()),
        ("占3.5%", ()),
        ("第一版(二)", ()),
    ],
)
def test_where_a_question_points_to(text: str, places: tuple[str, ...]) -> None:
    assert pointed_at(text) == places


def test_what_is_pointed_at_is_found(retriever: Retriever, shipped: PracticeList) -> None:
    (practice,) = [practice for practice in shipped.practices if practice.id.endswith(":3.1.3")]
    assert marks(practice) == ("§3", "§3.1", "§3.1.3", "§.3")
    hits = retriever.search("三（一）第3条", mode=Mode.SPARSE, top_k=50).hits
    assert hits[0].practice == practice
    there = [practice for practice in shipped.practices if "§2.3" in marks(practice)]
    pointed = retriever.search("二（三）", mode=Mode.SPARSE, top_k=len(there)).hits
    assert {hit.practice.id for hit in pointed} == {practice.id for practice in there}
    without = retriever.search("二（三）", mode=Mode.SPARSE, without=frozenset({Step.STRUCTURE}))
    assert not any(token.startswith("§") for token in without.query.content)
