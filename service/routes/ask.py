"""Ask: a question in, a cited answer out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from service import problems
from service.answer_events import answer_events, whole_answer
from service.answer_stream import event_stream
from service.examples import recorded
from service.openapi import EVENT_STREAM, example, refusals
from service.requests import AskRequest
from service.routes.library import Library
from service.schemas import AskResponse

router = APIRouter(prefix="/v1", tags=["ask"])

REFUSALS = refusals(*problems.BODY_PROBLEMS)
_ANSWERS = example("ask")
_ANSWERS[200]["content"] |= EVENT_STREAM


@router.post("/ask", response_model=AskResponse, responses=_ANSWERS | REFUSALS)
async def ask(
    request: Annotated[AskRequest, Body(examples=[recorded()["ask"]["request"]])], library: Library
) -> AskResponse | Response:
    """Answer a question with the practices' own sentences, each cited; say so when nothing fits.

    With `stream`, the answer comes as server-sent events: `status` once the search is done, `citation` before the first
    `sentence` that it stands behind, and at the end `done` with all that comes without `stream`; `error`, with a
    problem document, where the service fails half-way.
    """
    if request.stream:
        return event_stream(answer_events(library, request.question, top_k=request.top_k, history=request.history))
    return AskResponse.of(await whole_answer(library, request.question, top_k=request.top_k, history=request.history))
