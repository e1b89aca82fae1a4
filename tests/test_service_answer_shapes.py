"""An answer takes the shape that its question asks for, in the language of the question."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from index.retriever import Retriever
from index.types import Kind
from service.answer import Answer, answer, answer_from

MOST = 50


def headings(found: Answer) -> list[str]:
    """Return the short lines above the bullets of an answer."""
    return [line[:-1] for line in found.text.splitlines()[1:] if line.endswith("：")]


def items(found: Answer, ending: str) -> list[str]:
    """Return the practices under the heading `ending`, by the ends of their ids."""
    block = next(part for part in found.text.split("\n\n") if part.startswith(ending))
    marks = re.findall(r"\[(\d+)\]", block)
    return [found.citations[int(mark) - 1].practice_id.rpartition(":")[2] for mark in marks]


def test_a_province_is_told_place_by_place_itself_first(retriever: Retriever) -> None:
    found = answer(retriever, "浙江有哪些做法？")
    assert found.text.startswith("找到浙江的9条做法，涉及4个地方：\n\n浙江：\n• 浙江发布")
    assert headings(found) == ["浙江", "温州", "嘉兴", "台州"]
    assert items(found, "嘉兴") == ["2.1.2", "4.1.2"]


def test_a_city_is_told_task_by_task(retriever: Retriever) -> None:
    tasks = ["培育智能建造产业集群", "推动技术创新", "完善标准体系", "培养专业人才"]
    assert headings(answer(retriever, "深圳有哪些做法？")) == tasks


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("鹭岛有哪些做法？", "“鹭岛”理解为厦门市，找到1条做法："),
        ("长三角有哪些做法？", "“长三角”理解为上海市、江苏省、浙江省、安徽省，找到16条做法，涉及9个地方："),
        ("除了深圳，广东还有哪些做法？", "找到广东（不含深圳）的3条做法，涉及2个地方："),
        ("宁波和台州有哪些做法？", "清单没有收录宁波的做法，找到台州的5条做法："),
        ("What practices does Xiamen have?", "Found 1 practice from Xiamen:"),
    ],
)
def test_a_region_says_how_it_was_understood(retriever: Retriever, question: str, start: str) -> None:
    assert answer(retriever, question).text.startswith(start)


def test_what_is_said_of_a_place_in_several_sentences_is_all_told(retriever: Retriever) -> None:
    quotes = [citation.quote for citation in answer(retriever, "台州有哪些做法？").citations]
    assert sum(quote.startswith(("黑龙江、台州", "其中，黑龙江")) for quote in quotes) == 2


def test_a_comparison_sets_the_sides_beside_each_other(retriever: Retriever) -> None:
    found = answer(retriever, "佛山和重庆发展建筑机器人的做法有什么不同？")
    assert found.kind is Kind.COMPARE
    assert re.match("佛山：\n• ", found.text)
    assert "佛山着力培育" in found.text.partition("重庆：")[0]
    assert sorted(items(found, "重庆：")) == ["1.1.3", "3.1.6"]


def test_a_side_of_which_nothing_is_held_is_named(retriever: Retriever) -> None:
    found = answer(retriever, "对比嘉兴和宁波给智能建造研发项目的资助")
    assert found.text.startswith("清单没有收录宁波的做法，找到的内容如下：\n\n嘉兴：\n• 嘉兴")
    assert "\n宁波" not in found.text


def test_the_place_around_a_comparison_is_no_side(retriever: Retriever) -> None:
    found = answer(retriever, "同在浙江，台州和嘉兴培养高层次人才的路子差在哪里？")
    assert [line for line in found.text.splitlines() if line.endswith("：")] == ["台州：", "嘉兴："]


def test_an_amount_stands_in_its_clause(retriever: Retriever) -> None:
    found = answer(retriever, "武汉的产业集群一共有几大支柱产业？")
    (citation,) = found.citations
    assert citation.quote.startswith("武汉将智能建造列为全市9大支柱产业集群之一，")
    assert len(citation.quote) < 70
    assert found.text == f"{citation.quote}[1]。"


def test_an_amount_far_from_its_subject_comes_with_the_place(retriever: Retriever) -> None:
    found = answer(retriever, "深圳场景应用能力、数据能力、数据融合能力等一共几方面多少项？")
    assert found.text == f"深圳：{found.citations[0].quote}[1]。"
    assert found.citations[0].quote.startswith("涵盖场景应用能力、")
    assert found.citations[0].quote.endswith("等6方面46项内容")


def test_what_no_practice_states_is_said_before_what_it_does(retriever: Retriever) -> None:
    found = answer(retriever, "深圳的职业培训每人补贴多少钱？哪天发？")
    assert found.text.startswith("做法里没有写明日期，找到的内容如下：\n深圳")
    assert "30元" in found.text


def test_a_question_for_all_names_all_who_do_it(retriever: Retriever) -> None:
    found = answer(retriever, "智能建造被列为全市重点产业链的是哪些城市")
    assert found.citations[0].quote == "武汉、长沙将智能建造作为全市重点产业链进行培育。"


def test_one_place_of_a_practice_gets_its_own_sentence(retriever: Retriever) -> None:
    found = answer(retriever, "台州的智能建造联合实训基地是怎么回事？")
    assert found.citations[0].quote.startswith("黑龙江推动")
    assert "台州支持建筑企业与高校共建智能建造联合实训基地" in found.text


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (
            "宁波有哪些做法？",
            "清单没有收录宁波的做法。浙江省内收录的有：浙江省（1条）、温州（1条）、嘉兴（2条）、台州（5条）。",
        ),
        ("新疆有哪些做法？", "收录了做法的有：北京、天津、河北、"),
        (
            "What does Hangzhou do?",
            "The list holds no practice from Hangzhou. From Zhejiang it holds: Zhejiang (1), Wenzhou (1)",
        ),
        ("成都的企业做智能建造技术攻关，市里给多少资金？", "成都收录的做法属于“培养复合型专业人才”。"),
        ("怎么做红烧肉？", "这里只回答《发展智能建造可复制经验做法清单（第三批）》里的做法。可以问地方，如深圳、武汉"),
        ("怎么办？", "想了解哪个地方，或哪方面的做法？可以问地方，如深圳、"),
        ("香港有什麼做法？", "清單沒有收錄香港的做法。"),
        ("How do I cook rice?", "You can ask about places, such as Shenzhen, "),
    ],
)
def test_a_refusal_says_what_is_held_nearby(retriever: Retriever, question: str, told: str) -> None:
    found = answer(retriever, question)
    assert not found.answered
    assert told in found.text
    assert "[" not in found.text


def test_counts_nearby_are_those_of_the_list(retriever: Retriever) -> None:
    counted = dict(re.findall(r"(\w+)（(\d+)条）", answer(retriever, "宁波有哪些做法？").text.replace("、", " ")))
    held = [practice.regions for practice in retriever.practices.values()]
    assert int(counted["嘉兴"]) == sum("330400" in regions for regions in held)
    assert int(counted["台州"]) == sum("331000" in regions for regions in held)


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("Which cities are building industrial parks for smart construction?", r"Found \d practices in \d places:\n"),
        ("哪些地方發布了智能建造目錄？", r"找到\d條做法，涉及\d個地方："),
        ("哪些地方发布了 BIM 目录？", r"找到\d条做法，涉及\d个地方："),
    ],
)
def test_frames_speak_the_language_of_the_question(retriever: Retriever, question: str, start: str) -> None:
    assert re.match(start, answer(retriever, question).text)


def test_the_order_asked_for_is_kept(retriever: Retriever) -> None:
    result = retriever.search("给智能建造研发项目资金支持的有哪些地方？按任务列出来", top_k=MOST)
    by_task = headings(answer_from(retriever, replace(result, hits=result.hits[:8]), 8))
    titles = [practice.path[0].title for practice in retriever.practices.values()]
    assert by_task == sorted(by_task, key=titles.index)
    assert set(by_task) <= set(titles)


def test_all_amounts_of_the_unit_asked_for_are_quoted(retriever: Retriever) -> None:
    text = answer(retriever, "深圳的技术目录有多少项技术？").text
    assert "31项智能建造技术" in text
