"""What search and ask answer. Offsets count Unicode code points of a document's text."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from corpus.regions import gazetteer
from corpus.types import Span
from index.signals import Reason, Signals
from index.types import (
    Citation,
    Hit,
    Kind,
    Match,
    SearchResult,
)
from service.answer import Answer, AnswerHit, Role
from service.notes import Author, Note, NoteKind
from service.query_schemas import CHANGED_TOPIC, REWRITTEN, CorrectionOut, PlaceOut, QueryOut
from service.response_body import ResponseBody
from service.score_schemas import ScoresOut
from service.segment import Segment


class SpanOut(ResponseBody):
    """Mark `[start, end)` of a document's text, in Unicode code points."""

    start: int
    end: int

    @classmethod
    def of(cls, span: Span) -> Self:
        """Return `span` as JSON."""
        return cls(start=span.start, end=span.end)

    @classmethod
    def hull(cls, spans: tuple[Span, ...]) -> Self:
        """Return the smallest span that covers all `spans`."""
        return cls(start=min(span.start for span in spans), end=max(span.end for span in spans))


class CitationOut(ResponseBody):
    """Quote a practice verbatim. The document's text at `spans`, joined, is `quote`."""

    practice_id: str
    quote: str
    span: SpanOut = Field(description="From the first to the last character of the quote.")
    spans: list[SpanOut] = Field(description="The exact pieces; more than one only where a page break cuts the quote.")
    document_id: str
    document_title: str
    document_number: str
    heading_path: list[str]

    @classmethod
    def of(cls, citation: Citation) -> Self:
        """Return `citation` as JSON."""
        return cls(**_citation_fields(citation))


class NumberedCitationOut(CitationOut):
    """Quote what `[n]` in the answer stands for."""

    n: int

    @classmethod
    def numbered(cls, n: int, citation: Citation) -> Self:
        """Return `citation` as number `n`."""
        return cls(n=n, **_citation_fields(citation))


class SegmentOut(ResponseBody):
    """Hold a run of an answer without marks, and the numbers of the citations that it rests on."""

    text: str
    marks: list[int] = Field(description="Empty for what states nothing: a heading, a bullet, a count.")

    @classmethod
    def of(cls, segment: Segment) -> Self:
        """Return `segment` as JSON."""
        return cls(text=segment.text, marks=list(segment.marks))


class NoteOut(ResponseBody):
    """Tell how an answer came about: its text, in Chinese, is for the reader."""

    kind: NoteKind = Field(
        description="`unsupported`: sentences of the language model were left out, since what they say does not stand "
        "in what they cite; `left-out`: it does not speak of some practices of the answer; `model-unavailable`: the "
        "list answers in its place; `model-broke-off`: the list goes on after it."
    )
    text: str
    count: int = Field(description="How many sentences or practices it is about; 0 where it is about none.")

    @classmethod
    def of(cls, note: Note) -> Self:
        """Return `note` as JSON."""
        return cls(kind=note.kind, text=note.text, count=note.count)


class RegionOut(ResponseBody):
    """Name a region; `province` is the name of the province that a city or county lies in."""

    code: str
    name: str
    province: str | None = None

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the region with this `code`."""
        region = top = gazetteer().region(code)
        while top.parent:
            top = gazetteer().region(top.parent)
        return cls(code=code, name=region.name, province=top.name if top is not region else None)


class MatchOut(ResponseBody):
    """Show which words of the practice the words of the question met."""

    asked: str = Field(description="The words of the question.")
    asked_span: SpanOut = Field(description="Where they stand in the question as asked, or as rewritten.")
    met: str = Field(description="The words of the practice.")
    met_span: SpanOut = Field(description="Where they stand in the practice's `text`.")
    similarity: float = Field(description="Cosine of the two.")
    weight: float = Field(description="What the words counted for in [0, 1], among all of the question.")

    @classmethod
    def of(cls, match: Match, question: str, practice: str) -> Self:
        """Return `match` as JSON."""
        return cls(
            asked=match.asked.of(question),
            asked_span=SpanOut.of(match.asked),
            met=match.met.of(practice),
            met_span=SpanOut.of(match.met),
            similarity=match.similarity,
            weight=match.weight,
        )


class HitOut(ResponseBody):
    """Show one found practice; scores compare within one result only."""

    id: str
    score: float
    heading_path: list[str]
    text: str
    citation: CitationOut
    regions: list[RegionOut]
    scores: ScoresOut
    relevance: float = Field(
        description="Probability in [0, 1] that it belongs to the answer, if the list holds one; from a third on, "
        "it is counted in."
    )
    evidence: list[MatchOut] = Field(
        description="Why this one: words of the question that met more here than in other practices, at most twelve."
    )

    @classmethod
    def of(cls, hit: Hit, question: str) -> Self:
        """Return `hit` for a `question` as JSON."""
        return cls(**_hit_fields(hit, question))


class AnswerHitOut(HitOut):
    """Show one found practice and what part it has in the answer."""

    role: Role

    @classmethod
    def with_role(cls, hit: AnswerHit, question: str) -> Self:
        """Return `hit` for a `question` as JSON with its role."""
        return cls(role=hit.role, **_hit_fields(hit.hit, question))


class SearchResponse(ResponseBody):
    """Hold the hits, best first, and `confidence` in [0, 1] that they hold an answer.

    `reason` says why they hold none where it is below the service's threshold, and is null otherwise.
    """

    query: QueryOut
    hits: list[HitOut]
    confidence: float
    reason: Reason | None
    signals: Signals | None = Field(description="What the confidence rests on; null where nothing was found.")

    @classmethod
    def of(cls, result: SearchResult) -> Self:
        """Return `result` as JSON."""
        hits = [HitOut.of(hit, result.query.asked) for hit in result.hits]
        query, confidence, reason, signals = result.query, result.confidence, result.reason, result.signals
        return cls(query=QueryOut.of(query), hits=hits, confidence=confidence, reason=reason, signals=signals)


class AskResponse(ResponseBody):
    """Hold an answer whose `[n]` stand for `citations`.

    When nothing fits, `answered` is false, `answer` says so, there is no citation, and the hits are the nearest ones.
    """

    question: str
    kind: Kind = Field(description="What kind of answer the question wants, as in a search.")
    answered: bool
    answer: str
    segments: list[SegmentOut] = Field(
        description="The answer in pieces: their texts with marks, joined, are `answer`."
    )
    citations: list[NumberedCitationOut]
    hits: list[AnswerHitOut]
    confidence: float
    reason: Reason | None = Field(
        description="Why it is not answered: list, place, subject, vague, outside or unreadable."
    )
    corrections: list[CorrectionOut] = Field(description="What in the question was not searched for as written.")
    places: list[PlaceOut] = Field(description="The places that the question names, as written and as understood.")
    written_by: Author = Field(
        description="`list`: the practices' own sentences; `model`: a language model's, each checked against what it "
        "cites; `both`: first the model's, then the list's."
    )
    notes: list[NoteOut] = Field(description="What came up in writing the answer, empty without a language model.")
    rewritten: str | None = REWRITTEN
    changed_topic: bool = CHANGED_TOPIC

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Return `answer` as JSON."""
        return cls(
            question=answer.question,
            kind=answer.kind,
            answered=answer.answered,
            answer=answer.text,
            segments=[SegmentOut.of(segment) for segment in answer.segments],
            citations=[NumberedCitationOut.numbered(n, citation) for n, citation in enumerate(answer.citations, 1)],
            hits=[AnswerHitOut.with_role(hit, answer.rewritten or answer.question) for hit in answer.hits],
            confidence=answer.confidence,
            reason=answer.reason,
            corrections=[CorrectionOut.of(correction) for correction in answer.corrections],
            places=[PlaceOut.of(place) for place in answer.places],
            written_by=answer.written_by,
            notes=[NoteOut.of(note) for note in answer.notes],
            rewritten=answer.rewritten,
            changed_topic=answer.changed_topic,
        )


def _citation_fields(citation: Citation) -> dict[str, Any]:
    return {
        "practice_id": citation.practice_id,
        "quote": citation.quote,
        "span": SpanOut.hull(citation.spans),
        "spans": [SpanOut.of(span) for span in citation.spans],
        "document_id": citation.document_id,
        "document_title": citation.document_title,
        "document_number": citation.document_number,
        "heading_path": list(citation.heading_path),
    }


def _hit_fields(hit: Hit, question: str) -> dict[str, Any]:
    return {
        "id": hit.practice.id,
        "score": hit.score,
        "heading_path": list(hit.citation.heading_path),
        "text": hit.practice.text,
        "citation": CitationOut.of(hit.citation),
        "regions": [RegionOut.of(code) for code in hit.practice.regions],
        "scores": ScoresOut.of(hit.parts),
        "relevance": hit.relevance,
        "evidence": [MatchOut.of(match, question, hit.practice.text) for match in hit.evidence],
    }
