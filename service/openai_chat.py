"""A chat completion, whole or as a stream of chunks."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from anyio import to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent

from index.encoder import Encoder
from index.retriever import Retriever
from index.types import Citation
from service.answer_events import AnswerEvent, Cited
from service.event_stream import event_response
from service.openai_answers import (
    Address,
    AnswerMessage,
    ChatCompletion,
    Choice,
    Usage,
    Writer,
    addresses,
    source_title,
)
from service.openai_conversation import Conversation
from service.openai_errors import error_content
from service.problems import INTERNAL_ERROR, Problem
from service.segment import Segment


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold what all parts of one reply have in common.

    `events` are those of the answer, `source_events` says that Open WebUI's own events bring the sources of a stream.
    """

    library: Retriever
    model: str
    asked: Conversation
    events: AsyncIterator[AnswerEvent]
    address: Address
    source_events: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def fingerprint(self) -> str:
        """Return what changes with what the answers rest on."""
        return f"fp_{self.library.manifest.digest}"

    async def usage(self, content: str) -> Usage:
        """Count the tokens of what was read and written."""
        encoder = self.library.encoder
        read, written = await to_thread.run_sync(
            lambda: (tokens_of(encoder, *self.asked.history, self.asked.question), tokens_of(encoder, content))
        )
        return Usage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


def tokens_of(encoder: Encoder, *texts: str) -> int:
    """Return how many tokens some texts have together, without what the encoder adds to each."""
    added = encoder.count_tokens("")
    return sum(encoder.count_tokens(text) - added for text in texts)


async def whole_completion(reply: Reply) -> ChatCompletion:
    """Return the whole reply."""
    writer = Writer(reply.address)
    async for event in reply.events:
        match event:
            case Cited(n, citation):
                writer.cite(n, citation)
            case Segment():
                writer.write(event)
    sources = writer.sources
    return ChatCompletion(
        id=reply.id,
        created=reply.created,
        model=reply.model,
        system_fingerprint=reply.fingerprint,
        choices=[Choice(message=AnswerMessage(content=writer.content, annotations=writer.annotations))],
        usage=await reply.usage(writer.content),
        citations=addresses(sources),
        search_results=sources,
    )


def completion_stream(reply: Reply, *, include_usage: bool) -> EventSourceResponse:
    """Return the response that sends the reply in chunks: the role, each segment with its marks, the sources, the end.

    An error on the way is sent as an event of OpenAI's shape and ends the stream.
    """
    broken = error_content(Problem(INTERNAL_ERROR, INTERNAL_ERROR.meaning))
    return event_response(_events(reply, include_usage), _sent(broken))


async def _events(reply: Reply, include_usage: bool) -> AsyncIterator[ServerSentEvent]:
    chunk = partial(_chunk, reply, include_usage)
    writer = Writer(reply.address)
    yield chunk({"role": "assistant", "content": ""})
    async for event in reply.events:
        match event:
            case Cited(n, citation):
                writer.cite(n, citation)
                if reply.source_events:
                    yield _sent(_source_event(n, citation, reply.address(citation)))
            case Segment():
                piece = writer.write(event)
                delta: dict[str, Any] = {"content": piece.content}
                # Open WebUI makes a source of each annotation too: there would be two of each.
                if piece.annotations and not reply.source_events:
                    delta["annotations"] = [annotation.model_dump() for annotation in piece.annotations]
                yield chunk(delta)
    sources = writer.sources
    found = [source.model_dump() for source in sources]
    yield chunk({}, "stop", {"citations": addresses(sources), "search_results": found})
    if include_usage:
        usage = await reply.usage(writer.content)
        yield _sent(_common(reply) | {"choices": [], "usage": usage.model_dump()})
    yield ServerSentEvent("[DONE]")


def _chunk(
    reply: Reply,
    include_usage: bool,
    delta: Mapping[str, Any],
    finish_reason: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> ServerSentEvent:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    usage = {"usage": None} if include_usage else {}
    return _sent(_common(reply) | {"choices": [choice]} | usage | dict(more or {}))


def _common(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.id,
        "object": "chat.completion.chunk",
        "created": reply.created,
        "model": reply.model,
        "system_fingerprint": reply.fingerprint,
    }


def _source_event(n: int, citation: Citation, url: str) -> dict[str, Any]:
    """Return what makes Open WebUI show a source: it numbers them by `metadata.source`, in the order of arrival."""
    name = source_title(citation)
    identity = f"{citation.practice_id}#{n}"
    return {
        "event": {
            "type": "source",
            "data": {
                "source": {"id": identity, "name": name, "url": url},
                "document": [citation.quote],
                "metadata": [{"source": identity, "name": name, "url": url}],
            },
        }
    }


def _sent(content: Mapping[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
