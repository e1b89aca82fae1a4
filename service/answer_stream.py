"""The events of an answer as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from pydantic import Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from index.confidence import answerable
from index.signals import Reason
from index.types import Kind
from service.answer import Answer
from service.answer_events import AnswerEvent, Cited, Found
from service.event_stream import event_response
from service.notes import Note
from service.problems import INTERNAL_ERROR, Problem, ProblemResponse
from service.query_schemas import CHANGED_TOPIC, REWRITTEN, CorrectionOut, PlaceOut
from service.response_body import ResponseBody
from service.schemas import AskResponse, NoteOut, NumberedCitationOut, SegmentOut
from service.segment import Segment


class StatusOut(ResponseBody):
    """Say that the search is done: how the question was understood and whether the list holds an answer."""

    kind: Kind
    answered: bool
    confidence: float
    reason: Reason | None
    corrections: list[CorrectionOut]
    places: list[PlaceOut] = Field(description="The places that the question names, as written and as understood.")
    rewritten: str | None = REWRITTEN
    changed_topic: bool = CHANGED_TOPIC
    found: int = Field(description="How many practices were found.")

    @classmethod
    def of(cls, found: Found) -> StatusOut:
        """Return what a search found as JSON."""
        result = found.result
        return cls(
            kind=result.query.kind,
            answered=answerable(result),
            confidence=result.confidence,
            reason=result.reason,
            corrections=[CorrectionOut.of(correction) for correction in result.query.corrections],
            places=[PlaceOut.of(place) for place in result.query.places],
            rewritten=result.query.rewritten,
            changed_topic=result.query.changed_topic,
            found=len(result.hits),
        )


def event_stream(events: AsyncGenerator[AnswerEvent]) -> EventSourceResponse:
    """Return the response that sends `events` as they come: `status`, `citation`, `sentence`, `note`, then `done`.

    An error on the way is the event `error`, with a problem document, and ends the stream. It is never compressed nor
    held back by a proxy, and ends when the reader goes away.
    """
    problem = ProblemResponse(Problem(INTERNAL_ERROR, INTERNAL_ERROR.meaning))
    return event_response(_sent(events), ServerSentEvent(bytes(problem.body).decode(), event="error"))


async def _sent(events: AsyncGenerator[AnswerEvent]) -> AsyncIterator[ServerSentEvent]:
    # Closed with the stream, a model that is still writing stops.
    async with aclosing(events):
        async for event in events:
            name, body = _named(event)
            yield ServerSentEvent(body.model_dump_json(), event=name)


def _named(event: AnswerEvent) -> tuple[str, ResponseBody]:
    match event:
        case Found():
            return "status", StatusOut.of(event)
        case Cited(n, citation):
            return "citation", NumberedCitationOut.numbered(n, citation)
        case Segment():
            return "sentence", SegmentOut.of(event)
        case Note():
            return "note", NoteOut.of(event)
        case Answer():
            return "done", AskResponse.of(event)
