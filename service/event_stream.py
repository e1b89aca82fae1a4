"""How events are sent to a reader: never compressed nor held back, kept alive, ended when the reader goes away."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent

# A comment line so often, in seconds, keeps proxies from closing a stream that has nothing to say yet.
_HEARTBEAT = 15
# A reader who takes nothing for so many seconds is gone.
_STALLED = 30

logger = logging.getLogger(__name__)


def event_response(events: AsyncIterator[ServerSentEvent], broken: ServerSentEvent) -> EventSourceResponse:
    """Return the response that sends `events` as they come; an error on the way is logged and ends it with `broken`."""
    headers: Mapping[str, Any] = {"Cache-Control": "no-cache"}
    sent = _sent(events, broken)
    return EventSourceResponse(sent, headers=headers, ping=_HEARTBEAT, send_timeout=_STALLED, sep="\n")


async def _sent(events: AsyncIterator[ServerSentEvent], broken: ServerSentEvent) -> AsyncIterator[ServerSentEvent]:
    try:
        async for event in events:
            yield event
    except Exception:
        # The status line is long sent; what is left is to say so in the stream.
        logger.exception("an answer broke off")
        yield broken
