"""How good given answers are: whether their quotes stand in the documents, answer the question, and cover the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

from corpus.sentences import sentence_spans
from corpus.types import Span
from eval.run import GivenAnswer, Quote

LIST_CATEGORY = "list"

_MARK = re.compile(r"\[([0-9]+)\]")
_LINE = re.compile(r"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class _Mark:
    """Place the mark [number] in a text."""

    number: str
    span: Span


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """Hold what one given answer is worth.

    `verbatim` of its `citations` stand word for word at their spans. `precision` is the share of citations whose
    practice answers the question, None without citations; `recall` the share of the answering practices that are
    cited, None where no practice answers. `uncited` of its `sentences` have no mark. `unmatched` counts marks without a
    citation and citations without a mark.
    """

    citations: int
    verbatim: int
    precision: float | None
    recall: float | None
    sentences: int
    uncited: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """Hold the scores of the answer to one question, None where it was refused.

    `answerable` says whether some practice answers the question.
    """

    category: str
    answerable: bool
    scores: AnswerScores | None


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Hold the figures of many answers, each in [0, 1], None where it has no meaning.

    `verbatim` is the share of all citations that stand word for word at their spans. `precision` averages over answered
    questions that can be answered and whose answer cites; `recall` over all that can be answered, one refused counting
    0. `list_recall` is the same over questions for a list, `list_complete` the share of these with every answering
    practice cited. `uncited` is the share of all sentences that have no mark. `unmatched` counts marks without a
    citation and citations without a mark.
    """

    verbatim: float | None
    precision: float | None
    recall: float | None
    list_recall: float | None
    list_complete: float | None
    uncited: float | None
    unmatched: int


def judge_answer(
    answer: GivenAnswer, grades: Mapping[str, int], relevant: int, text_of: Callable[[str], str | None]
) -> AnswerScores:
    """Judge an answer; grades from `relevant` on are right, `text_of` returns the text of a document by id.

    A sentence, as `corpus.sentences` cuts them within a line, has a mark when one stands in it or follows it on its
    line, and when it lies in a quote that a mark follows. One that ends with a colon is a heading and no statement.
    """
    right = {name for name, grade in grades.items() if grade >= relevant}
    cited = [quote.practice_id for quote in answer.citations]
    numbers = {str(number) for number in range(1, len(cited) + 1)}
    marks, quoted = _marks(answer)
    statements = _statements(answer.text, marks, numbers, quoted)
    return AnswerScores(
        citations=len(cited),
        verbatim=sum(stands_verbatim(quote, text_of(quote.document_id)) for quote in answer.citations),
        precision=sum(name in right for name in cited) / len(cited) if cited else None,
        recall=len(right.intersection(cited)) / len(right) if right else None,
        sentences=len(statements),
        uncited=statements.count(False),
        unmatched=sum(mark.number not in numbers for mark in marks) + len(numbers - {mark.number for mark in marks}),
    )


def stands_verbatim(quote: Quote, text: str | None) -> bool:
    """Tell whether the text at the quote's spans, joined, is the quote; False for an unknown document, text None.

    Spans must hold text, lie inside the document and not overlap. Pieces may come in any order, as in tables.
    """
    if text is None or not quote.spans:
        return False
    if not all(0 <= span.start < span.end <= len(text) for span in quote.spans):
        return False
    if any(before.end > after.start for before, after in pairwise(sorted(quote.spans))):
        return False
    return "".join(span.of(text) for span in quote.spans) == quote.text


def answer_figures(judged: Iterable[JudgedAnswer]) -> AnswerFigures:
    """Sum up the answers to many questions; of a system that gives no answers, there are none."""
    answers = list(judged)
    given = [answer.scores for answer in answers if answer.scores]
    able = [answer for answer in answers if answer.answerable]
    recalls = [_recall(answer) for answer in able]
    lists = [_recall(answer) for answer in able if answer.category == LIST_CATEGORY]
    precisions = [answer.scores.precision for answer in able if answer.scores and answer.scores.precision is not None]
    return AnswerFigures(
        verbatim=_share(sum(scores.verbatim for scores in given), sum(scores.citations for scores in given)),
        precision=_mean(precisions),
        recall=_mean(recalls),
        list_recall=_mean(lists),
        list_complete=_share(lists.count(1.0), len(lists)),
        uncited=_share(sum(scores.uncited for scores in given), sum(scores.sentences for scores in given)),
        unmatched=sum(scores.unmatched for scores in given),
    )


def _marks(answer: GivenAnswer) -> tuple[list[_Mark], list[Span]]:
    """Return the marks of an answer and the places of the quotes that they follow.

    What looks like a mark inside such a quote is the document's own text.
    """
    quotes = {str(number): quote.text.strip() for number, quote in enumerate(answer.citations, start=1)}
    found: list[_Mark] = []
    quoted: list[Span] = []
    end = 0
    for match in _MARK.finditer(answer.text):
        # Marks in a row stand for what is before the first of them.
        if not found or answer.text[found[-1].span.end : match.start()].strip(" "):
            end = len(answer.text[: match.start()].rstrip(" "))
        found.append(_Mark(match[1], Span(match.start(), match.end())))
        quote = quotes.get(match[1])
        if quote and answer.text.endswith(quote, 0, end):
            quoted.append(Span(end - len(quote), end))
    return [mark for mark in found if not _lies_in(mark.span, quoted)], quoted


def _statements(text: str, marks: Sequence[_Mark], numbers: Collection[str], quoted: Sequence[Span]) -> list[bool]:
    """Return, for each statement of a text, whether it is cited; marks cite that have one of the `numbers`."""
    characters = list(text)
    for mark in marks:
        # As many blanks as the mark has characters, so that every place stays where it is.
        characters[mark.span.start : mark.span.end] = " " * (mark.span.end - mark.span.start)
    plain = "".join(characters)
    statements: list[bool] = []
    for line in _LINE.finditer(plain):
        pieces = [Span(line.start() + piece.start, line.start() + piece.end) for piece in sentence_spans(line[0])]
        cores = {core: piece for piece in pieces if (core := _core(plain, piece))}
        if not cores:
            continue
        citing = [
            mark.span.start for mark in marks if mark.number in numbers and _lies_in(mark.span, [Span(*line.span())])
        ]
        # A mark belongs to the sentence that it stands in or follows, or that it opens a line with.
        cited = {max((core for core in cores if core.start < place), default=min(cores)) for place in citing}
        statements += [
            core in cited or _lies_in(core, quoted)
            for core, piece in cores.items()
            if not piece.of(plain).rstrip().endswith((":", "："))
        ]
    return statements


def _core(text: str, piece: Span) -> Span | None:
    """Return a piece of text from its first letter or digit to its last; None for mere punctuation."""
    places = [place for place in range(piece.start, piece.end) if text[place].isalnum()]
    return Span(places[0], places[-1] + 1) if places else None


def _lies_in(inner: Span, outer: Iterable[Span]) -> bool:
    """Tell whether a span lies in one of others."""
    return any(span.start <= inner.start and inner.end <= span.end for span in outer)


def _recall(answer: JudgedAnswer) -> float:
    return answer.scores.recall or 0.0 if answer.scores else 0.0


def _mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
