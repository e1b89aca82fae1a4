"""Answers are the list's own sentences, marked in order, each at its span; where there is none they say so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from eval.evaluate import OWN_QUESTIONS
from eval.questions import load_questions
from index.retriever import Retriever
from service.answer import Answer, Role, answer

QUESTIONS = [question.text for question in load_questions(OWN_QUESTIONS)]
MARK = re.compile(r"\[(\d+)\]")


def check(retriever: Retriever, found: Answer) -> None:
    marks = [int(number) for number in MARK.findall(found.text)]
    assert marks == list(range(1, len(found.citations) + 1))
    for number, citation in enumerate(found.citations, start=1):
        text = retriever.documents[citation.document_id].text
        assert "".join(span.of(text) for span in citation.spans) == citation.quote
        assert f"{citation.quote.strip()}[{number}]" in found.text
    cited = {citation.practice_id for citation in found.citations}
    assert cited == {hit.hit.practice.id for hit in found.hits if hit.role is Role.ANSWER}
    if not found.answered:
        assert found.reason is not None
        assert found.text.endswith(("不能当作答案。", "清单里的做法。", "换一种说法。"))
        assert {hit.role for hit in found.hits} <= {Role.NEAREST}
    else:
        assert found.citations
        assert all(hit.role is not Role.NEAREST for hit in found.hits)


def test_every_sentence_of_every_answer_is_cited_to_the_letter(retriever: Retriever) -> None:
    for question in QUESTIONS:
        found = answer(retriever, question)
        check(retriever, found)
        if found.answered:
            # Beside quotes and marks, an answer holds only the line that says how many practices follow.
            rest = found.text
            for number, citation in enumerate(found.citations, start=1):
                rest = rest.replace(f"{citation.quote.strip()}[{number}]", "", 1)
            assert re.fullmatch(r"(找到\d+条相关做法：(\n• )+)?", rest)


@effort(max_examples=40, deadline=None)
@given(question=st.text(min_size=1, max_size=100), top_k=st.integers(min_value=1, max_value=50))
def test_any_question_gets_an_answer_that_holds(retriever: Retriever, question: str, top_k: int) -> None:
    check(retriever, answer(retriever, question, top_k=top_k))


def test_one_practice_answers_with_its_sentence(retriever: Retriever) -> None:
    found = answer(retriever, "嘉兴的人才房票是多少钱？")
    assert found.answered
    assert [citation.practice_id for citation in found.citations] == ["mohurd-2024-131:4.1.2"]
    assert "60万元人才房票（或购房补贴）" in found.text


def test_several_practices_answer_a_question_for_all(retriever: Retriever) -> None:
    found = answer(retriever, "哪些城市给智能建造研发项目财政资助？")
    assert {citation.practice_id.rpartition(":")[2] for citation in found.citations} >= {
        "2.1.3",
        "2.1.4",
        "2.1.5",
    }


def test_a_quote_over_a_page_break_is_one_sentence_with_two_spans(retriever: Retriever) -> None:
    found = answer(retriever, "深圳《智能建造技术目录（第一版）》有几大类多少项技术？")
    assert [len(citation.spans) for citation in found.citations] == [2]


@pytest.mark.parametrize("question", ["怎么做红烧肉？", "宁波有哪些做法？", "2019年深圳发布了什么？"])
def test_what_the_list_does_not_hold_is_refused(retriever: Retriever, question: str) -> None:
    found = answer(retriever, question, top_k=3)
    assert not found.answered
    assert (found.citations, len(found.hits)) == ((), 3)


def test_a_place_asked_about_as_such_gets_all_of_it_unless_a_number_is_asked_for(retriever: Retriever) -> None:
    held = {practice.id for practice in retriever.practices.values() if "440300" in practice.regions}
    assert len(held) == 7
    found = answer(retriever, "深圳有哪些做法？")
    assert {citation.practice_id for citation in found.citations} == held
    assert len(answer(retriever, "深圳有哪些做法？", top_k=3).hits) == 3


def test_a_question_for_one_thing_shows_few_practices(retriever: Retriever) -> None:
    found = answer(retriever, "嘉兴的人才房票是多少钱？")
    assert [hit.role for hit in found.hits] == [Role.ANSWER, *[Role.RELATED] * 4]
