"""Answer a question: refuse it, or tell which practices answer and have their sentences put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from index.confidence import answerable
from index.relevance import FEW, MOST, belongs, kept
from index.retriever import Retriever
from index.signals import Reason
from index.types import Citation, Correction, Hit, Kind, Place, SearchResult
from service.compose import compose
from service.conversation import search
from service.notes import Author, Note
from service.refusals import refusal
from service.segment import Segment


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
    """Hold an answer: `segments`, joined, are its text with marks [1] … [n]; `citations` are in the order of the marks.

    Where the list can't answer, `answered` is False, the text says so, there is no citation, and the hits are NEAREST.
    `reason` says why there is none. `kind` is what kind of answer the question wants; `corrections` say what in it was
    not searched for as it was written, `places` those that it names; `rewritten` and `changed_topic` are as in `Query`.
    `written_by` says whose sentences it is made of, `notes` what came up in writing it.
    """

    question: str
    answered: bool
    segments: tuple[Segment, ...]
    citations: tuple[Citation, ...]
    hits: tuple[AnswerHit, ...]
    confidence: float
    kind: Kind = Kind.OTHER
    corrections: tuple[Correction, ...] = ()
    places: tuple[Place, ...] = ()
    reason: Reason | None = None
    written_by: Author = Author.LIST
    notes: tuple[Note, ...] = ()
    rewritten: str | None = None
    changed_topic: bool = False

    @property
    def text(self) -> str:
        """Return the whole answer with its marks."""
        return "".join(segment.shown for segment in self.segments)


def answer(retriever: Retriever, question: str, *, top_k: int | None = None, history: Sequence[str] = ()) -> Answer:
    """Answer a question from at most `top_k` practices, in the words of the list.

    `history` are the questions before it, oldest first. Without a `top_k`, the kind of the question decides: one for a
    list gets all that belongs to the answer, up to 50 practices, any other the best 5.
    """
    return answer_from(retriever, search(retriever, question, top_k=top_k or MOST, history=history), top_k)


def answer_from(retriever: Retriever, result: SearchResult, top_k: int | None = None) -> Answer:
    """Answer from what a search found, as `answer` does."""
    found = result.hits[: top_k or MOST]
    if not answerable(result):
        # To what is asked about the list itself no practice is near.
        near = () if result.reason is Reason.LIST else found[: top_k or FEW]
        hits = tuple(AnswerHit(hit, Role.NEAREST) for hit in near)
        return _answer(result, [refusal(retriever, result)], [], hits)
    shown = found if top_k else kept(found, result.query.kind, at_least=FEW)
    hits = tuple(
        AnswerHit(hit, Role.ANSWER if rank == 0 or belongs(hit) else Role.RELATED) for rank, hit in enumerate(shown)
    )
    segments, citations = compose(retriever, result.query, [hit.hit for hit in hits if hit.role is Role.ANSWER])
    return _answer(result, segments, citations, hits)


def _answer(
    result: SearchResult, segments: Sequence[Segment], citations: Sequence[Citation], hits: tuple[AnswerHit, ...]
) -> Answer:
    return Answer(
        question=result.query.raw,
        answered=answerable(result),
        segments=tuple(segments),
        citations=tuple(citations),
        hits=hits,
        confidence=result.confidence,
        kind=result.query.kind,
        corrections=result.query.corrections,
        places=result.query.places,
        reason=result.reason,
        rewritten=result.query.rewritten,
        changed_topic=result.query.changed_topic,
    )
