"""Amounts are compared by unit and bound, however question and practice write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.numerals import chinese_numeral
from index.bounds import Bound, met, read_amounts
from index.normal import normalise
from index.query import Known, carried_over, joined, understand
from index.retriever import Retriever
from index.tokens import Tokenizer
from index.types import Step


def read(text: str) -> list[tuple[float, float, str, Bound]]:
    return [(float(one.low), float(one.high), one.unit, one.bound) for one in read_amounts(normalise(text))]


@pytest.mark.parametrize(
    ("text", "figure", "unit", "bound"),
    [
        ("五十万", 500_000, "元", Bound.NONE),
        ("50万元", 500_000, "元", Bound.NONE),
        ("５００，０００元", 500_000, "元", Bound.NONE),
        ("RMB 500,000", 500_000, "元", Bound.NONE),
        ("给100万以上的有哪些地方", 1_000_000, "元", Bound.LEAST),
        ("一次性补助不超过50万的", 500_000, "元", Bound.MOST),
        ("補助不超過五十萬", 500_000, "元", Bound.MOST),
        ("最高可获得100万元财政资助", 1_000_000, "元", Bound.MOST),
        ("at least 1 million yuan", 1_000_000, "元", Bound.LEAST),
        ("亿元以上", 100_000_000, "元", Bound.LEAST),
        ("20万美元以下", 200_000, "美元", Bound.MOST),
        ("三成", 30, "%", Bound.NONE),
        ("不得低于百分之三十", 30, "%", Bound.LEAST),
        ("万分之三", 0.03, "%", Bound.NONE),
        ("30日内", 30, "天", Bound.MOST),
        ("起码半年", 182.625, "天", Bound.LEAST),
        ("12个月", 365.25, "天", Bound.NONE),
        ("两年半", 913.125, "天", Bound.NONE),
        ("三个半小时以内", 3.5, "小时", Bound.MOST),
        ("两年半年报", 730.5, "天", Bound.NONE),
        ("10年半导体产业经验", 3652.5, "天", Bound.NONE),
        ("投资50亿元半导体项目", 5_000_000_000, "元", Bound.NONE),
        ("不超过一个半月", 45.65625, "天", Bound.MOST),
        ("补贴三万五", 35_000, "元", Bound.NONE),
        ("最高三万五块", 35_000, "元", Bound.MOST),
        ("最高3万5", 35_000, "元", Bound.MOST),
        ("3万5千元", 35_000, "元", Bound.NONE),
        ("2万5000元以上", 25_000, "元", Bound.LEAST),
        ("1亿2的基金", 120_000_000, "元", Bound.NONE),
        ("no more than 30 days", 30, "天", Bound.MOST),
        ("10,000㎡以上", 10_000, "平方米", Bound.LEAST),
        ("六层及以下", 6, "层", Bound.MOST),
        ("≥100家", 100, "家", Bound.LEAST),
        ("至少一项", 1, "项", Bound.LEAST),
    ],
)
def test_a_figure_has_one_form(text: str, figure: float, unit: str, bound: Bound) -> None:
    assert read(text) == [(figure, figure, unit, bound)]


@pytest.mark.parametrize(
    ("text", "money", "days"),
    [
        ("奖励五万三年内", 50_000, 1095.75),
        ("补贴一百万两年内兑现", 1_000_000, 730.5),
        ("补3万5年内付清", 30_000, 1826.25),
        ("五十万元三年内", 500_000, 1095.75),
    ],
)
def test_money_with_years_right_behind_it(text: str, money: float, days: float) -> None:
    assert read(text) == [(money, money, "元", Bound.NONE), (days, days, "天", Bound.MOST)]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("近百家", [90, 99], [50, 100]),
        ("百余家", [101, 150], [100, 200]),
        ("上百家", [100, 500], [99, 1000]),
        ("三十多家", [31, 39], [30, 40]),
        ("一百五十余家", [151, 159], [150, 160]),
        ("十几家", [11, 19], [10, 20]),
        ("几十家", [20, 99], [10, 100]),
        ("数百家", [200, 900], [100, 1000]),
        ("大约100家", [90, 110], [50, 150]),
        ("100家左右", [90, 110], [50, 150]),
        ("10至20家", [10, 20], [9, 21]),
        ("超过100家", [101, 1000], [100]),
        ("不足100家", [99, 1], [100]),
        ("至少100家", [100, 120], [99]),
        ("最多100家", [1, 100], [101]),
    ],
)
def test_what_an_amount_admits(text: str, inside: list[int], outside: list[int]) -> None:
    (asked,) = read_amounts(text)
    for numbers, admitted in ((inside, True), (outside, False)):
        for number in numbers:
            (stated,) = read_amounts(f"至少{number}家")
            assert asked.admits(stated) is admitted, number


@pytest.mark.parametrize(
    "text",
    [
        "2024年",
        "5月3日",
        "近三年",
        "第100条",
        "第三批",
        "十四五",
        "两个城市",
        "百姓",
        "千万不要",
        "哪3个",
        "一年",
        "GB50300",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("question", "practice", "expected"),
    [
        ("给100万以上的", "每个项目最高可获得100万元", 1),
        ("给100万以上的", "最高50万元", -1),
        ("不超过五十万", "给予60万元和50万元", 1),
        ("不超过五十万", "新建50家企业", 0),
        ("至少100家", "培育近百家企业", -1),
        ("至少100家", "培育120家企业", 1),
        ("我投保花了一百多万", "每户补贴3000元", 0),
        ("30%", "减免三成", 1),
        ("50万以上、30天内", "给予60万元，20天内拨付", 1),
        ("50万以上、30天内", "给予60万元，60天内拨付", 0),
        ("有哪些做法", "给予60万元", 0),
    ],
)
def test_how_well_a_practice_meets_a_question(question: str, practice: str, expected: float) -> None:
    assert met(read_amounts(question), read_amounts(practice)) == expected


@settings(deadline=None)
@given(number=st.integers(min_value=11, max_value=99))
def test_the_script_of_digits_is_no_matter(number: int) -> None:
    assert read(f"{chinese_numeral(number)}万元") == read(f"{number}0000元") == read(f"{number}万")


@settings(deadline=None)
@given(
    text=st.text(
        alphabet="零一二两三十百千万亿几数上半多余近约不超过至少以上下内到第年月日天元个家成分之点%.,-~019 compİesıſ٣ ",
        max_size=24,
    )
)
def test_any_text_can_be_read(text: str) -> None:
    for amount in read_amounts(normalise(text)):
        assert 0 <= amount.low <= amount.high
        assert amount.written in normalise(text)


def test_bounds_decide_the_order(retriever: Retriever) -> None:
    def first(question: str, count: int, without: frozenset[Step] = frozenset()) -> set[str]:
        hits = retriever.search(question, top_k=count, without=without).hits
        return {hit.practice.id.partition(":")[2] for hit in hits}

    assert first("研发项目给100万以上的有哪些地方", 2) == {"2.1.2", "2.1.4"}
    assert first("研发项目给不超过五十万的有哪些地方", 2) == {"2.1.3", "2.1.5"}


def test_a_hit_shows_what_its_amounts_are_worth(retriever: Retriever) -> None:
    result = retriever.search("给100万以上的有哪些地方", top_k=43)
    assert [amount.written for amount in result.query.amounts] == ["100万以上"]
    worth = {hit.practice.id.partition(":")[2]: hit.parts.amount for hit in result.hits}
    assert (worth["2.1.4"], worth["2.1.5"], worth["3.1.1"]) == (1, -1, 0)
    plain = retriever.search("给100万以上的有哪些地方", top_k=43, without=frozenset({Step.NUMBERS}))
    assert {hit.parts.amount for hit in plain.hits} == {None}
    assert {hit.parts.amount for hit in retriever.search("哪里培养人才").hits} == {None}


def test_refusal_knows_bounds_and_chinese_digits(retriever: Retriever) -> None:
    def number(question: str) -> float:
        signals = retriever.search(question).signals
        assert signals is not None
        return signals.number

    assert number("武汉给每个智能建造项目五十万元资助吗") == number("武汉给每个智能建造项目50万吗") == 0
    assert number("武汉给每个智能建造项目七十万元资助吗") == number("武汉给每个智能建造项目70万以上吗") == 1


def test_what_was_asked_before_still_bounds() -> None:
    known = Known(Tokenizer.build([]))
    question = understand("那杭州的呢，期限30天以内", known)
    earlier = carried_over("给100万以上、期限一年以内的", question, known)
    whole = joined(question, earlier, known)
    assert [amount.written for amount in whole.amounts] == ["30天以内", "100万以上"]
