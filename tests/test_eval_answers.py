from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.types import Span
from eval.answers import AnswerFigures, AnswerScores, JudgedAnswer, answer_figures, judge_answer, stands_verbatim
from eval.questions import load_questions
from eval.run import GivenAnswer, Quote
from index.retriever import Retriever
from service.answer import answer

OWN_QUESTIONS = Path(__file__).parent.parent / "eval" / "data" / "questions.jsonl"

TEXT = "总则。深圳建基地。成都设基金[1]，用于研发。附则。"
DOCUMENTS = {"d": TEXT, "e": "Pilot cities report monthly. Others do not."}
GRADES = {"d:1": 2, "d:2": 2, "d:3": 1}


def quote(text: str, practice: str = "d:1", document: str = "d") -> Quote:
    start = DOCUMENTS[document].index(text)
    return Quote(practice, document, text, (Span(start, start + len(text)),))


SHENZHEN, CHENGDU, BOTH = quote("深圳建基地。"), quote("成都设基金[1]，用于研发。", "d:2"), quote(TEXT[3:23])


def judge(text: str, *citations: Quote, grades: Mapping[str, int] = GRADES) -> AnswerScores:
    return judge_answer(GivenAnswer(text, citations), grades, 2, DOCUMENTS.get)


def uncited(text: str, *citations: Quote) -> tuple[int, int]:
    scores = judge(text, *citations)
    return scores.sentences, scores.uncited


def test_an_answer_as_the_service_composes_it() -> None:
    text = "找到2条相关做法：\n• 深圳建基地。[1]\n• 成都设基金[1]，用于研发。[2]"
    assert judge(text, SHENZHEN, CHENGDU) == AnswerScores(
        citations=2, verbatim=2, precision=1.0, recall=1.0, sentences=2, uncited=0, unmatched=0
    )


def test_precision_counts_citations_and_recall_practices() -> None:
    helping, unknown = quote("附则。", "d:3"), quote("总则。", "d:9")
    scores = judge("深圳建基地。[1]深圳建基地。[2]附则。[3]总则。[4]", SHENZHEN, SHENZHEN, helping, unknown)
    assert (scores.citations, scores.precision, scores.recall) == (4, 2 / 4, 1 / 2)
    assert judge("附则。[1]", helping, grades={"d:3": 1}).recall is None
    assert judge("附则。[1]", helping, grades={}).precision == 0
    assert judge("没有。").precision is None
    assert judge("没有。").recall == 0


@pytest.mark.parametrize(
    ("text", "spans", "verbatim"),
    [
        ("深圳建基地。", [(3, 9)], True),
        ("深圳建基地。", [(3, 5), (5, 9)], True),
        ("深圳基地。", [(3, 5), (6, 9)], True),
        # Pieces of a table may stand in another order than they are read.
        ("基地。深圳", [(6, 9), (3, 5)], True),
        ("深圳建基地", [(3, 9)], False),
        ("深圳建基地。", [(4, 10)], False),
        ("深圳建基地。", [], False),
        ("", [], False),
        ("", [(3, 3)], False),
        ("深圳", [(3, 5), (5, 5)], False),
        ("深圳深圳", [(3, 5), (3, 5)], False),
        ("深圳圳建", [(3, 5), (4, 6)], False),
        ("深圳", [(5, 3)], False),
        ("附则", [(-3, -1)], False),
        ("附则。", [(len(TEXT) - 3, len(TEXT))], True),
        ("附则。", [(len(TEXT) - 3, len(TEXT) + 1)], False),
        ("附则。", [(len(TEXT) - 3, 10**9)], False),
    ],
)
def test_a_quote_is_verbatim_where_the_document_has_it_at_its_spans(
    text: str, spans: list[tuple[int, int]], verbatim: bool
) -> None:
    given_quote = Quote("d:1", "d", text, tuple(Span(*span) for span in spans))
    assert stands_verbatim(given_quote, TEXT) is verbatim
    assert judge("一。[1]", given_quote).verbatim == int(verbatim)


def test_a_quote_of_an_unknown_document_is_not_verbatim() -> None:
    strange = Quote("x:1", "x", "总则。", (Span(0, 3),))
    assert judge("总则。[1]", strange).verbatim == 0
    assert stands_verbatim(Quote("d:1", "d", "总则。", (Span(0, 3),)), None) is False


@pytest.mark.parametrize(
    ("text", "sentences", "without"),
    [
        ("", 0, 0),
        ("[1]", 0, 0),
        ("一句。", 1, 1),
        ("一句。[1]", 1, 0),
        ("一句[1]。", 1, 0),
        ("一[1]句", 1, 0),
        ("一句。 [1]", 1, 0),
        ("一句。”[1]", 1, 0),
        ("一句。[1][2]二句！[2]", 2, 0),
        ("一句。二句？[1]", 2, 1),
        ("一句。[1]二句！", 2, 1),
        ("一句。[1]，二句!", 2, 1),
        # A mark on a line of its own follows nothing, and one that opens a line is the line's.
        ("一句。\n[1]", 1, 1),
        ("一句。\n[1] 二句。", 2, 1),
        ("一句\r\n二句[1]\r\n\r\n• 三句。", 3, 2),
        # A mark that stands for nothing cites nothing, and is no sentence.
        ("一句。[3]", 1, 1),
        ("一句。[0]", 1, 1),
        ("一句。[01]", 1, 1),
        # Headings and mere punctuation say nothing.
        ("相关做法：\n一句。[1]", 1, 0),
        ("Practices:\n• ……\n一句。[1]", 1, 0),
        ("一句。相关做法：\n二句。[1]", 2, 1),
        ("做法：一句。", 1, 1),
        ("Cities report. [1] Others do not.", 2, 1),
        ("Version 3.1 is used.[1] Others are not.[2]", 2, 0),
    ],
)
def test_sentences_and_their_marks(text: str, sentences: int, without: int) -> None:
    assert uncited(text, SHENZHEN, CHENGDU) == (sentences, without)


def test_a_quote_of_several_sentences_is_cited_whole() -> None:
    assert uncited(f"• {BOTH.text}[1]", BOTH) == (2, 0)
    assert uncited(f"前言。{BOTH.text}[1]", BOTH) == (3, 1)
    assert uncited(f"{BOTH.text} [2][1]", BOTH, SHENZHEN) == (2, 0)
    assert uncited(f"前言{BOTH.text}[1]", BOTH) == (2, 1)
    assert uncited(f"{BOTH.text}[1]", SHENZHEN) == (2, 1)
    lines = Quote("d:1", "d", " 一句。\n二句。\n", ())
    assert uncited("一句。\n二句。[1]", lines) == (2, 0)


def test_marks_and_citations_that_do_not_match_are_counted() -> None:
    assert judge("深圳建基地。[1]", SHENZHEN).unmatched == 0
    assert judge("深圳建基地。[1]一句。[1]", SHENZHEN).unmatched == 0
    assert judge("深圳建基地。[1]", SHENZHEN, CHENGDU).unmatched == 1
    assert judge("深圳建基地。[2]", SHENZHEN).unmatched == 2
    assert judge("深圳建基地。[1][0][01][7]", SHENZHEN).unmatched == 3
    assert judge("一句[" + "9" * 5000 + "]。").unmatched == 1
    # What the document itself writes in brackets is no mark.
    assert judge("成都设基金[1]，用于研发。[1]", CHENGDU) == AnswerScores(1, 1, 1.0, 1 / 2, 1, 0, 0)
    assert judge("成都设基金[1]，用于研发。[2]", SHENZHEN, CHENGDU).unmatched == 1


def judged(
    category: str = "fact", *, recall: float | None = None, precision: float | None = None, **counts: int
) -> JudgedAnswer:
    numbers = {"citations": 0, "verbatim": 0, "sentences": 0, "uncited": 0, "unmatched": 0, **counts}
    return JudgedAnswer(category, recall is not None, AnswerScores(precision=precision, recall=recall, **numbers))


def test_figures_of_many_answers_by_hand() -> None:
    figures = answer_figures(
        [
            judged(recall=1.0, precision=0.5, citations=2, verbatim=2, sentences=3, uncited=1),
            judged(recall=0.0, sentences=1, uncited=1, unmatched=2),
            judged("list", recall=1.0, precision=1.0, citations=3, verbatim=2, sentences=3),
            judged("list", recall=0.5, precision=0.75, citations=4, verbatim=4, sentences=4),
            JudgedAnswer("list", True, None),
            # Answered though nothing answers: its citations must be verbatim all the same.
            judged("none", precision=0.0, citations=1, sentences=1, unmatched=1),
            JudgedAnswer("none", False, None),
        ]
    )
    assert figures == AnswerFigures(
        verbatim=8 / 10,
        precision=(0.5 + 1 + 0.75) / 3,
        recall=2.5 / 5,
        list_recall=1.5 / 3,
        list_complete=1 / 3,
        uncited=2 / 12,
        unmatched=3,
    )


def test_figures_without_meaning_are_none() -> None:
    assert answer_figures([]) == AnswerFigures(None, None, None, None, None, None, 0)
    refused = answer_figures([JudgedAnswer("fact", True, None), JudgedAnswer("none", False, None)])
    assert refused == AnswerFigures(None, None, 0.0, None, None, None, 0)
    assert answer_figures([JudgedAnswer("list", False, None)]).list_complete is None


def test_answers_of_the_service_are_verbatim_and_cited_throughout(retriever: Retriever) -> None:
    answered = 0
    for question in load_questions(OWN_QUESTIONS)[::9]:
        found = answer(retriever, question.text)
        if not found.answered:
            continue
        quotes = tuple(Quote(c.practice_id, c.document_id, c.quote, c.spans) for c in found.citations)
        texts = {name: document.text for name, document in retriever.documents.items()}
        scores = judge_answer(GivenAnswer(found.text, quotes), {quotes[0].practice_id: 2}, 2, texts.get)
        assert scores.citations == scores.verbatim == len(found.citations) > 0
        assert scores.sentences >= len({quote.practice_id for quote in quotes})
        assert (scores.uncited, scores.unmatched, scores.recall) == (0, 0, 1)
        answered += 1
    assert answered > 10


PIECES = st.sampled_from(
    ["一句", "。", "！", "?", "：", "\n", "[1]", "[2]", "[3]", "[", "]", " ", "• ", "”", "深圳建基地。"]
)
ANSWERS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=40)
QUOTES = st.builds(
    Quote,
    st.sampled_from(["d:1", "d:2", "d:3", "x"]),
    st.sampled_from(["d", "e", "x"]),
    st.sampled_from(["深圳建基地。", "", "[1]", "一句"]) | st.text(max_size=5),
    st.lists(st.builds(Span, st.integers(-3, 30), st.integers(-3, 30)), max_size=3).map(tuple),
)


@given(ANSWERS, st.lists(QUOTES, max_size=3), st.sampled_from([GRADES, {}]))
def test_any_answer_is_judged_within_bounds(text: str, citations: list[Quote], grades: dict[str, int]) -> None:
    scores = judge(text, *citations, grades=grades)
    assert scores.citations == len(citations)
    assert 0 <= scores.verbatim <= scores.citations
    assert 0 <= scores.uncited <= scores.sentences <= len(text)
    assert scores.unmatched >= 0
    assert (scores.precision is None) == (not citations)
    assert (scores.recall is None) == (not grades)
    if not citations:
        assert scores.uncited == scores.sentences
    figures = answer_figures([JudgedAnswer("list", bool(grades), scores), JudgedAnswer("list", bool(grades), None)])
    for field in fields(figures):
        value = getattr(figures, field.name)
        assert value is None or field.name == "unmatched" or 0 <= value <= 1


@given(st.lists(st.booleans(), max_size=8))
def test_a_sentence_counts_as_uncited_exactly_where_its_mark_is_missing(marked: list[bool]) -> None:
    text = "".join(f"第{number}句。{'[1]' if mark else ''}" for number, mark in enumerate(marked))
    assert uncited(text, SHENZHEN) == (len(marked), marked.count(False))
