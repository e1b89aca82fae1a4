"""Ask: a question in, a cited answer out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from service import problems
from service.answer_events import answer_events, whole_answer
from service.answer_stream import event_stream
from service.examples import recorded
from service.gone import unless_gone
from service.openapi import EVENT_STREAM, example, refusals
from service.requests import AskRequest
from service.routes.library import Library, Writer
from service.schemas import AskResponse

# Nobody reads it; a log has it so, as nginx does.
CLIENT_GONE = 499

router = APIRouter(prefix="/v1", tags=["ask"])

REFUSALS = refusals(*problems.BODY_PROBLEMS)
_ANSWERS = example("ask")
_ANSWERS[200]["content"] |= EVENT_STREAM


@router.post("/ask", response_model=AskResponse, responses=_ANSWERS | REFUSALS)
async def ask(
    request: Annotated[AskRequest, Body(examples=[recorded()["ask"]["request"]])],
    library: Library,
    writer: Writer,
    http: Request,
) -> AskResponse | Response:
    """Answer a question with the practices' own sentences, each cited; say so when nothing fits.

    Where the service has a language model, that writes the answer, and each of its sentences is checked against the
    practices that it cites.

    With `stream`, the answer comes as server-sent events: `status` once the search is done, `citation` before the first
    `sentence` that it stands behind, `note` where something came up in writing, and at the end `done` with all that
    comes without `stream`; `error`, with a problem document, where the service fails half-way.
    """
    question, top_k, history = request.question, request.top_k, request.history
    if request.stream:
        return event_stream(answer_events(library, question, top_k=top_k, history=history, writer=writer))
    found = await unless_gone(http, whole_answer(library, question, top_k=top_k, history=history, writer=writer))
    return AskResponse.of(found) if found else Response(status_code=CLIENT_GONE)
