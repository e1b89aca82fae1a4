"""Answers are the list's own sentences, marked in order, each at its span; where there is none they say so."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from opencc import OpenCC

import service
from corpus.regions import Level, gazetteer
from eval.evaluate import OWN_QUESTIONS
from eval.questions import load_questions
from index.retriever import Retriever
from index.types import Citation
from service.answer import Answer, Role, answer

QUESTIONS = [question.text for question in load_questions(OWN_QUESTIONS)]
MARK = re.compile(r"\[(\d+)\]")
FRAMES = json.loads((Path(service.__file__).parent / "data" / "wording.json").read_text(encoding="utf-8"))
PAIRS = ("《》", "（）", "“”", "()")


@cache
def frame_pieces(retriever: Retriever) -> re.Pattern[str]:
    """Return a pattern of all that a frame may hold: its own words, names of places, headings, titles, counts."""
    forms = [form for frame in FRAMES.values() for form in frame.values()]
    texts = [text for form in forms for text in (form if isinstance(form, list) else [form])]
    own = {piece for text in texts for piece in re.split(r"\{\w+\}", text)}
    regions = [region for region in gazetteer().regions.values() if region.level is not Level.COUNTY]
    names = {name for region in regions for name in (region.name, region.short, *region.english)}
    names |= {name for group in gazetteer().groups for name in (group.name, *group.aliases)}
    titles = {heading.title for practice in retriever.practices.values() for heading in practice.path}
    for document in retriever.documents.values():
        titles |= {document.title, document.number, document.issuer, *re.findall("印发(.+)的通知", document.title)}
    known = {piece.strip() for piece in own | names | titles if piece.strip()}
    traditional = OpenCC("s2t")
    known |= {traditional.convert(piece) for piece in known} | {piece[:1].upper() + piece[1:] for piece in known}
    return re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))))


def check(retriever: Retriever, found: Answer) -> None:
    """Check what holds for every answer, whatever was asked."""
    marks = [mark for segment in found.segments for mark in segment.marks]
    assert marks == list(range(1, len(found.citations) + 1))
    for segment in found.segments:
        for mark in segment.marks:
            check_quote(retriever, segment.text, found.citations[mark - 1])
    cited = {citation.practice_id for citation in found.citations}
    assert cited == {hit.hit.practice.id for hit in found.hits if hit.role is Role.ANSWER}
    if not found.answered:
        assert found.reason is not None
        assert {hit.role for hit in found.hits} <= {Role.NEAREST}
    else:
        assert found.citations
        assert all(hit.role is not Role.NEAREST for hit in found.hits)


def check_quote(retriever: Retriever, told: str, citation: Citation) -> None:
    """Check that what is told is the quote, stands at its span, and is made of whole clauses."""
    text = retriever.documents[citation.document_id].text
    assert "".join(span.of(text) for span in citation.spans) == citation.quote == told
    practice = retriever.practices[citation.practice_id].text
    start = practice.index(citation.quote)
    assert re.search(r"(?:^|[，；。])\s*(?:其中，?)?$", practice[:start])
    assert re.match(r"[，；]|$", practice[start + len(citation.quote) :]) or citation.quote.endswith("。")
    assert all(citation.quote.count(pair[0]) == citation.quote.count(pair[1]) for pair in PAIRS)


def test_every_sentence_of_every_answer_is_cited_to_the_letter(retriever: Retriever) -> None:
    frames: set[str] = set()
    for question in QUESTIONS:
        found = answer(retriever, question)
        check(retriever, found)
        frames |= {segment.text for segment in found.segments if not segment.marks}
    for frame in frames:
        written = re.sub("“[^“”]*”理解为|“[^“”]*” is understood", "", frame)
        assert re.fullmatch(r"[\W\d]*", frame_pieces(retriever).sub("", written)), frame


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
