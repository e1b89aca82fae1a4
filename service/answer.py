"""Compose an answer from the practices' own sentences, each cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpus.regions import gazetteer
from corpus.sentences import sentence_spans
from corpus.types import Practice, Span
from index.confidence import answerable
from index.relevance import FEW, MOST, belongs, kept
from index.retriever import Retriever
from index.types import Citation, Correction, Hit, Kind, Query, Reason, SearchResult

# What follows each refusal, which is short: a reader should see at once that what stands below is no answer.
_NEAREST = "下面是内容最接近的几条，仅供参考，不能当作答案。"
NOT_HELD = f"清单里没有找到能回答这个问题的做法。{_NEAREST}"
_REFUSALS = {
    Reason.SUBJECT: NOT_HELD,
    Reason.VAGUE: f"问题太笼统，请说出想了解的地方或事项。{_NEAREST}",
    Reason.OUTSIDE: f"这个问题不在本服务范围内，这里只回答清单里的做法。{_NEAREST}",
    Reason.UNREADABLE: f"没有读懂这个问题，请换一种说法。{_NEAREST}",
}


class Role(StrEnum):
    """Say what a hit is to the answer: part of it, beside it, or merely the nearest thing to an answer not held."""

    ANSWER = "answer"
    RELATED = "related"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class AnswerHit:
    """Hold a hit and its role."""

    hit: Hit
    role: Role


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an answer: `text` with marks [1] … [n] after its sentences, `citations` in the order of the marks.

    Where the list can't answer, `answered` is False, `text` says so, there is no citation, and the hits are NEAREST.
    `reason` says why there is none. `kind` is what kind of answer the question wants; `corrections` say what in it was
    not searched for as it was written.
    """

    question: str
    answered: bool
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[AnswerHit, ...]
    confidence: float
    kind: Kind = Kind.OTHER
    corrections: tuple[Correction, ...] = ()
    reason: Reason | None = None


def answer(retriever: Retriever, question: str, *, top_k: int | None = None, history: Sequence[str] = ()) -> Answer:
    """Answer a question from at most `top_k` practices, in the words of the list.

    `history` are the questions before it, oldest first. Without a `top_k`, the kind of the question decides: one for a
    list gets all that belongs to the answer, up to 50 practices, any other the best 5.
    """
    return answer_from(retriever, retriever.search(question, top_k=top_k or MOST, history=history), top_k)


def answer_from(retriever: Retriever, result: SearchResult, top_k: int | None = None) -> Answer:
    """Answer from what a search found, as `answer` does."""
    found = result.hits[: top_k or MOST]
    if not answerable(result):
        hits = tuple(AnswerHit(hit, Role.NEAREST) for hit in found[: top_k or FEW])
        return _answer(result, refusal(result), (), hits)
    shown = found if top_k else kept(found, result.query.kind, at_least=FEW)
    hits = tuple(
        AnswerHit(hit, Role.ANSWER if rank == 0 or belongs(hit) else Role.RELATED) for rank, hit in enumerate(shown)
    )
    chosen = [hit.hit.practice for hit in hits if hit.role is Role.ANSWER]
    return _answer(result, *_compose(retriever, result.query, chosen), hits)


def refusal(result: SearchResult) -> str:
    """Return what a reader is told where a result holds no answer."""
    if result.reason is Reason.PLACE:
        return f"清单里没有{'、'.join(result.unheld)}的做法。{_NEAREST}"
    return _REFUSALS.get(result.reason or Reason.SUBJECT, NOT_HELD)


def _answer(result: SearchResult, text: str, citations: tuple[Citation, ...], hits: tuple[AnswerHit, ...]) -> Answer:
    return Answer(
        question=result.query.raw,
        answered=answerable(result),
        text=text,
        citations=citations,
        hits=hits,
        confidence=result.confidence,
        kind=result.query.kind,
        corrections=result.query.corrections,
        reason=result.reason,
    )


def _compose(retriever: Retriever, query: Query, practices: Sequence[Practice]) -> tuple[str, tuple[Citation, ...]]:
    """Return the sentences of `practices` with their marks."""
    citations: list[Citation] = []
    lines: list[str] = []
    for practice in practices:
        line = ""
        for sentence in _sentences(retriever, query, practice):
            citation = retriever.cite(practice, sentence.start, sentence.end)
            citations.append(citation)
            line += f"{citation.quote.strip()}[{len(citations)}]"
        lines.append(line)
    if len(lines) == 1:
        return lines[0], tuple(citations)
    # How many were found, never how many there are: nothing here knows that.
    return "\n".join([f"找到{len(lines)}条相关做法：", *(f"• {line}" for line in lines)]), tuple(citations)


def _sentences(retriever: Retriever, query: Query, practice: Practice) -> list[Span]:
    """Return the sentence that holds most of the question, after the one that says who does it, in their order."""
    sentences = sentence_spans(practice.text)
    best = max(sentences, key=lambda span: (retriever.support(query, span.of(practice.text)), -span.start))
    subject = sentences[0]
    if best != subject and gazetteer().mentions(subject.of(practice.text)):
        return [subject, best]
    return [best]
