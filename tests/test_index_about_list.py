"""A question about the list itself is seen as one, a question about what it holds is not."""

from __future__ import annotations

import pytest

from index.about_list import Aspect, about_list
from index.retriever import Retriever
from index.signals import Reason
from index.tokens import Tokenizer, frame_words, function_words
from index.types import Step
from service.answer import answer
from service.conversation import search


@pytest.mark.parametrize(
    ("question", "aspects"),
    [
        ("这份清单是谁印发的？", ["issuer"]),
        ("請問這份文件由哪個部門發布", ["issuer"]),
        ("清单的发文机关是谁", ["issuer"]),
        ("这份清丹是谁印发的", ["issuer"]),
        ("Which ministry issued this document?", ["issuer"]),
        ("第三批清单是几月几号印发的？", ["date"]),
        ("你这个清单是哪年的", ["date"]),
        ("When was this list published?", ["date"]),
        ("文号是多少", ["number"]),
        ("What is the reference number of this notice?", ["number"]),
        ("这份清单的全称是什么", ["title"]),
        ("一共有多少条做法？", ["count"]),
        ("第三批清单有几条", ["count"]),
        ("How many practices are there in the list?", ["count"]),
        ("涉及哪些省份", ["places"]),
        ("清单里有多少个城市", ["places"]),
        ("Which cities are covered by the list?", ["places"]),
        ("这份清单主要讲什么", ["contents"]),
        ("清单的四大任务是什么", ["contents"]),
        ("Give me an overview of the list", ["contents"]),
        ("哪些省没有入选", ["absent"]),
        ("清单里没有提到的省份有哪些？", ["absent"]),
        ("哪个城市的做法最多", ["shares"]),
        ("每个省各有几条做法", ["shares"]),
        ("Which city has the most practices?", ["shares"]),
        ("有哪些做法？", ["contents"]),
        ("各部分分别有多少条", ["contents"]),
        ("所有城市", ["places"]),
        ("清单是谁印发的，文号是多少？", ["issuer", "number"]),
        ("《发展智能建造可复制经验做法清单（第三批）》一共几条", ["count"]),
    ],
)
def test_what_is_asked_of_the_list_itself(retriever: Retriever, question: str, aspects: list[str]) -> None:
    result = retriever.search(question)
    assert list(result.query.about_list.aspects) == aspects
    assert result.reason is Reason.LIST
    assert result.confidence == 0


@pytest.mark.parametrize(
    "question",
    [
        "清单里哪些城市发布了技术目录？",
        "这份清单里提到机器人的有哪些？",
        "深圳的技术目录是谁发布的？",
        "西安的清单总结了多少项技术？",
        "湖南有哪些经验进了这份清单？",
        "清单里有多少条讲人才的做法",
        "第三部分有哪些做法",
        "奖励金额最高的是哪个城市",
        "有哪些做法是讲人才的",
        "哪些城市没有资金支持",
        "哪些地方发文支持智能建造",
        "这份清单有法律效力吗",
        "文件柜是谁发的",
        "目录编号怎么编",
        "Who issued the technology catalogue of Shenzhen?",
        "Which cities set up innovation centres?",
    ],
)
def test_what_is_asked_of_something_in_it(retriever: Retriever, question: str) -> None:
    result = retriever.search(question)
    assert not result.query.about_list.aspects
    assert result.reason is not Reason.LIST


def test_another_batch_is_not_told_about_as_this_one(retriever: Retriever) -> None:
    assert retriever.search("第一批可复制经验做法清单里写了哪些城市？").reason is Reason.SUBJECT


def test_without_structure_it_is_not_seen(retriever: Retriever) -> None:
    result = retriever.search("这份清单是谁印发的？", without=frozenset({Step.STRUCTURE}))
    assert not result.query.about_list.aspects


def test_in_a_conversation_only_a_question_that_names_the_list_is_about_it(retriever: Retriever) -> None:
    history = ["哪些地方发布了技术目录？"]
    assert search(retriever, "这份清单是谁印发的？", history=history).reason is Reason.LIST
    assert search(retriever, "都涉及哪些城市？", history=history).reason is not Reason.LIST
    assert search(retriever, "那一共有多少条做法", history=history).reason is not Reason.LIST


@pytest.mark.parametrize("question", ["那文号呢", "什么时候？", "涉及哪些城市", "And when?"])
def test_behind_a_question_about_the_list_another_need_not_name_it(retriever: Retriever, question: str) -> None:
    assert search(retriever, question, history=["这份清单是谁印发的？"]).reason is Reason.LIST


@pytest.mark.parametrize("question", ["那苏州呢？", "怎么申请？"])
def test_a_question_about_the_list_is_no_topic_for_the_next_one(retriever: Retriever, question: str) -> None:
    topic, of_list = "武汉给研发项目多少钱？", "这份清单是谁印发的？"
    behind, instead = (search(retriever, question, history=[topic, *between]) for between in ([of_list], []))
    assert behind.query.rewritten == instead.query.rewritten
    assert [hit.practice.id for hit in behind.hits] == [hit.practice.id for hit in instead.hits]
    alone = search(retriever, question, history=[of_list])
    assert alone.query.rewritten is None


def test_what_follows_such_a_question_is_answered(retriever: Retriever) -> None:
    found = search(retriever, "武汉的链长制怎么做？", history=["这份清单是谁印发的？"])
    assert found.reason is None
    assert found.hits[0].practice.id.endswith(":1.1.1")


def test_nothing_of_a_question_may_be_left() -> None:
    def says_nothing(text: str) -> bool:
        words = frame_words() | function_words()
        return all(word in words for word in cut(text))

    cut = Tokenizer.build(()).cut
    assert about_list("清单是谁印发的", says_nothing).aspects == (Aspect.ISSUER,)
    assert not about_list("清单里的企业是谁印发的", says_nothing).aspects
    assert not about_list("谁印发的", says_nothing).aspects
    assert not about_list("清单", says_nothing).aspects


def test_no_practice_stands_beside_what_is_told(retriever: Retriever) -> None:
    told = answer(retriever, "这份清单是谁印发的？")
    assert not told.answered
    assert told.hits == ()
    assert told.citations == ()
