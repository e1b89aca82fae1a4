"""A question that points to a part of the list gets what stands there, all of it, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from corpus.types import Practice, PracticeList
from index.normal import normalise
from index.parts import Headings, Part
from index.retriever import Retriever
from index.signals import Reason
from index.types import Filters, Kind, Step
from service.answer import answer
from service.conversation import search

SAYS_NOTHING = re.compile(r"[\s,、?？。“”]*(?:有哪些|做法|还|各地|列了|条|几|里|的|除了?)*[\s,、?？。“”]*")


def says_nothing(text: str) -> bool:
    return re.fullmatch(rf"(?:{SAYS_NOTHING.pattern})*", text) is not None


@pytest.fixture(scope="module")
def headings(shipped: PracticeList) -> Headings:
    return Headings(shipped.practices)


def numbers(practices: list[Practice]) -> list[str]:
    return [practice.id.partition(":")[2] for practice in practices]


def under(shipped: PracticeList, start: str) -> list[str]:
    return [number for number in numbers(list(shipped.practices)) if f"{number}.".startswith(f"{start}.")]


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("“完善标准体系”里有哪些做法？", "3"),
        ("「完善標準體系」裡有哪些做法", "3"),
        ("完善标准体系有哪些做法", "3"),
        ("清单里“加强高层次人才培养”那一栏有几条做法？", "4.1"),
        ("发布技术应用指南和目录", "3.1"),
        ("培养复合型专业人才这一项列了哪些", "4.2"),
        ("哪些做法属于推动建设科技创新平台", "2.3"),
        ("标准体系那一栏有哪些", "3"),
        ("高层次人才那块列了什么", "4.1"),
        ("Which practices are under 培养专业人才?", "4"),
        ("二（三）有几条", "2.3"),
        ("第三部分列了哪些做法", "3"),
        ("清单第三部分第（二）项讲什么", "3.2"),
        ("四、（二）有哪些城市", "4.2"),
        ("3.1.3条是什么", "3.1.3"),
        ("二（三）第2条说的是什么", "2.3.2"),
        ("二（三）第2条讲什么", "2.3.2"),
        ("“加强高层次人才培养”的第2条", "4.1.2"),
    ],
)
def test_all_of_a_part_is_found_in_its_order(
    retriever: Retriever, shipped: PracticeList, question: str, start: str
) -> None:
    result = retriever.search(question)
    assert numbers([hit.practice for hit in result.hits]) == under(shipped, start)
    assert result.query.about_part
    assert result.query.kind is Kind.LIST
    assert result.reason is None
    assert {hit.parts.part for hit in result.hits} == {1.0}


@pytest.mark.parametrize(
    "question",
    ["把所有做法都列出来", "全部列出来", "請把整份清單全文給我", "清单里的做法一条不落地列出来", "List all practices"],
)
def test_all_of_the_list_is_found_in_its_order(retriever: Retriever, shipped: PracticeList, question: str) -> None:
    result = retriever.search(question)
    assert [hit.practice for hit in result.hits] == list(shipped.practices)
    assert result.query.about_part
    assert result.reason is None


@pytest.mark.parametrize("question", ["所有人才政策", "全部给补贴吗", "把机器人的做法全部列出来", "all about robots"])
def test_all_of_something_is_not_all_of_the_list(retriever: Retriever, question: str) -> None:
    assert not retriever.search(question).query.about_part


def test_parts_beside_each_other_and_parts_left_out(retriever: Retriever, shipped: PracticeList) -> None:
    whole = numbers(list(shipped.practices))
    both = numbers([hit.practice for hit in retriever.search("第一部分和第四部分各有多少条").hits])
    assert both == under(shipped, "1") + under(shipped, "4")
    for question in ("除了完善标准体系，还有哪些做法", "完善标准体系部分以外，还列了哪些做法"):
        rest = numbers([hit.practice for hit in retriever.search(question).hits])
        assert rest == [number for number in whole if number not in under(shipped, "3")], question


def test_within_a_part_the_rest_of_the_question_decides(retriever: Retriever, shipped: PracticeList) -> None:
    found = retriever.search("完善标准体系里，哪个地方出了装备目录？")
    assert not found.query.about_part
    assert numbers([hit.practice for hit in found.hits])[0] == "3.1.4"
    there = retriever.search("培养专业人才这部分，深圳做了什么")
    assert there.query.about_place
    assert sorted(numbers([hit.practice for hit in there.hits])) == ["4.2.1", "4.2.4"]


@pytest.mark.parametrize(
    ("question", "history", "start"),
    [
        ("那第三部分呢", ["第二部分有哪些做法"], "3"),
        ("那培养专业人才呢？", ["完善标准体系里有哪些做法"], "4"),
        ("二（三）第2条讲什么", ["完善标准体系里有哪些做法"], "2.3.2"),
    ],
)
def test_another_part_is_asked_for_by_itself(
    retriever: Retriever, shipped: PracticeList, question: str, history: list[str], start: str
) -> None:
    result = search(retriever, question, history=history)
    assert numbers([hit.practice for hit in result.hits]) == under(shipped, start)
    assert not result.carried


def test_an_item_of_a_part_that_was_listed(retriever: Retriever) -> None:
    listed = ["第二部分有哪些做法", "那第三部分呢"]
    assert numbers([hit.practice for hit in search(retriever, "第二条呢", history=listed).hits])[0] == "3.1.2"


@pytest.mark.parametrize("question", ["第九部分有哪些做法？", "五（一）讲什么", "完善标准体系的第20条是什么"])
def test_a_part_that_the_list_lacks_is_no_answer(retriever: Retriever, question: str) -> None:
    result = retriever.search(question)
    assert result.confidence == 0
    assert result.reason is Reason.SUBJECT
    (part,) = result.query.parts
    assert not part.held
    told = answer(retriever, question).text
    assert told.startswith("清单没有“")
    assert "“推动技术创新”" in told


def test_what_lacks_beside_what_is_there_is_said(retriever: Retriever) -> None:
    assert answer(retriever, "第四部分和第九部分有哪些做法").text.startswith("清单没有“第九部分”，找到6条做法")


def test_a_part_is_told_under_its_headings(retriever: Retriever, shipped: PracticeList) -> None:
    told = answer(retriever, "完善标准体系里有哪些做法？").text
    assert told.index("\n发布技术应用指南和目录：") < told.index("\n组织编制关键标准：")
    whole = answer(retriever, "3.1.3条讲什么").text
    (practice,) = [practice for practice in shipped.practices if practice.id.endswith(":3.1.3")]
    assert re.sub(r"\[\d+\]", "", whole) == practice.text


@pytest.mark.parametrize(
    "question",
    [
        "完善标准体系的城市里谁给钱？",
        "智能建造部分有哪些做法",
        "第三批清单有哪些做法",
        "占3.5%的是什么",
        "总则里写了什么",
        "第十一二条是什么",
        "十一二（三）有什么",
        "推动技术创",
        "",
    ],
)
def test_other_words_point_to_no_part(headings: Headings, question: str) -> None:
    assert headings.read(normalise(question), says_nothing).parts == ()


def test_the_step_can_be_left_out(retriever: Retriever) -> None:
    result = retriever.search("“完善标准体系”里有哪些做法？", without=frozenset({Step.STRUCTURE}))
    assert result.query.parts == ()
    assert {hit.parts.part for hit in result.hits} == {None}


def test_a_filter_holds_within_a_part(retriever: Retriever) -> None:
    hits = retriever.search("完善标准体系里有哪些做法", filters=Filters(region="浙江")).hits
    assert sorted(numbers([hit.practice for hit in hits])) == ["3.1.4", "3.1.7"]


@effort(deadline=None)
@given(text=st.text(alphabet="完善标准体系里的第二三十一百（）()、部分章条“”那一栏除了以外120٣.. ？", max_size=40))
def test_whatever_points_points_to_what_there_is(headings: Headings, shipped: PracticeList, text: str) -> None:
    normal = normalise(text)
    pointing = headings.read(normal, says_nothing)
    assert len(pointing.rest) == len(normal)
    for part in pointing.parts:
        assert part.written in normal
        assert part.held == any(part.holds(practice) for practice in shipped.practices)
        assert set(numbers([shipped.practices[position] for position in headings.positions(part)])) == (
            set(numbers([one for one in shipped.practices if part.holds(one)])) if part.titles else set()
        )


def test_a_heading_of_several_lists_is_each_of_them(shipped: PracticeList) -> None:
    first = shipped.practices[0]
    title = first.path[0].title
    assert Part(title, titles=(title,)).holds(first)
    assert not Part(title, titles=(title,), item=99).holds(first)
