"""The doors for clients of OpenAI's protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Security
from fastapi.routing import APIRoute
from starlette.responses import Response

from service import problems
from service.addresses import base_address, quote_address
from service.answer_events import AnswerEvent, answer_events
from service.housekeeping import housekeeping_reply
from service.openai_answers import ChatCompletion
from service.openai_chat import Reply, completion_stream, whole_completion
from service.openai_conversation import Conversation, conversation
from service.openai_embeddings import Embeddings, embed
from service.openai_errors import openai_refusals
from service.openai_models import (
    OPEN_WEBUI,
    Model,
    Models,
    check_chat_model,
    check_embedding_model,
    find_model,
    models,
)
from service.openai_requests import ChatRequest, EmbeddingsRequest
from service.openapi import EVENT_STREAM
from service.problems import FieldProblem, Problem, ProblemError
from service.routes.keyed import KeyedRoute, bearer
from service.routes.library import Library
from service.segment import Segment

CHAT_PATH = "/v1/chat/completions"
EMBEDDINGS_PATH = "/v1/embeddings"


class _Route(KeyedRoute):
    """Check the key where there is one; these clients send a header of some kind even where nobody asked for it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        checked, unchecked = super().get_route_handler(), APIRoute.get_route_handler(self)

        async def handle(request: Request) -> Response:
            return await (checked if request.app.state.settings.api_key else unchecked)(request)

        return handle


router = APIRouter(tags=["openai"], route_class=_Route, dependencies=[Security(bearer)])

_KEY = (problems.MALFORMED_AUTHORIZATION, problems.WRONG_KEY)
_REFUSALS = openai_refusals(*problems.BODY_PROBLEMS, problems.UNSUPPORTED_VALUE, problems.UNKNOWN_MODEL, *_KEY)
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": EVENT_STREAM}}
_EXAMPLE = {"model": "zhijian", "messages": [{"role": "user", "content": "哪些地方编制了建筑机器人补充定额？"}]}


@router.post(CHAT_PATH, response_model=ChatCompletion, responses=_ANSWERS | _REFUSALS)
async def chat(
    request: Request, asked: Annotated[ChatRequest, Body(examples=[_EXAMPLE])], library: Library
) -> ChatCompletion | Response:
    """Answer the last question of a conversation as POST /v1/ask does, in the shape of OpenAI's chat completions.

    What a frontend asks for itself, like a title of the conversation, is answered from the conversation alone. With
    `stream`, chunks come as server-sent events; each mark `[n]` comes whole, its annotation in the same delta.
    """
    check_chat_model(asked.model, request.app.state.settings)
    own = housekeeping_reply(asked.messages)
    _check_form(asked, own is not None)
    turn = conversation(asked.messages) if own is None else Conversation(asked.messages[-1].text, ())
    reply = Reply(
        library=library,
        model=asked.model,
        asked=turn,
        events=answer_events(library, turn.question, history=turn.history) if own is None else _said(own),
        address=partial(quote_address, base_address(request)),
        source_events=asked.model == OPEN_WEBUI,
    )
    if asked.stream:
        usage = bool(asked.stream_options and asked.stream_options.include_usage)
        return completion_stream(reply, include_usage=usage)
    return await whole_completion(reply)


@router.post(EMBEDDINGS_PATH, responses=_REFUSALS)
async def embeddings(request: Request, asked: EmbeddingsRequest, library: Library) -> Embeddings:
    """Return the vectors of texts, each of length 1, by the encoder that the service searches with."""
    check_embedding_model(asked.model, request.app.state.settings)
    return await embed(library.encoder, asked)


@router.get("/v1/models", responses=openai_refusals(*_KEY))
async def list_models(request: Request) -> Models:
    """List the models: two that answer, and the encoder."""
    return models(request.app.state.settings)


@router.get("/v1/models/{name:path}", responses=openai_refusals(problems.UNKNOWN_MODEL, *_KEY))
async def get_model(name: str, request: Request) -> Model:
    """Return one model."""
    return find_model(name, request.app.state.settings)


async def _said(text: str) -> AsyncIterator[AnswerEvent]:
    yield Segment(text)


def _check_form(asked: ChatRequest, own: bool) -> None:
    """Refuse what would be missed if it were passed over: several answers, or one in JSON."""
    if asked.n not in (None, 1):
        raise _unsupported("n", "There is one answer to a question; n can only be 1.")
    if asked.response_format and asked.response_format.type != "text" and not own:
        raise _unsupported("response_format", "Answers are text with marks; they can't be written as JSON.")


def _unsupported(name: str, detail: str) -> ProblemError:
    return ProblemError(Problem(problems.UNSUPPORTED_VALUE, detail, (FieldProblem(detail, pointer=f"#/{name}"),)))
