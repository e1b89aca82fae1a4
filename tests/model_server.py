"""A server on the loopback interface that answers as a language model would, or fails in the way a test wants."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

Behaviour = Callable[[Any, Receive, Send], Awaitable[None]]


class ModelServer:
    """Hold what the next requests get, and what came: `behaviour` takes the request's JSON, `receive` and `send`.

    `gone` is set once a client has left before the end of its reply.
    """

    def __init__(self) -> None:
        self.url = ""
        self.behaviour: Behaviour = saying("")
        self.asked: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.gone = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = b""
        more = True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        assert (scope["method"], scope["path"]) == ("POST", "/v1/chat/completions")
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        self.asked.append(json.loads(body))

        async def told() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone.set()
            return message

        await self.behaviour(self.asked[-1], told, send)


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Yield a running server."""
    model = ModelServer()
    listening = socket.create_server(("127.0.0.1", 0))
    model.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    server = uvicorn.Server(uvicorn.Config(model, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield model
    server.should_exit = True
    thread.join()
    listening.close()


def chunk(text: str | None, finish: str | None = None, **delta: Any) -> bytes:
    """Return one line of a stream."""
    choice = {"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def sending(*parts: bytes, status: int = 200, kind: str = "text/event-stream") -> Behaviour:
    """Send these bytes, and end as a server should."""

    async def behave(_: Any, receive: Receive, send: Send) -> None:
        await _begin(send, status, kind)
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return behave


def saying(text: str, size: int = 3) -> Behaviour:
    """Say this text, a few characters at a time, as models do."""
    pieces = [chunk(text[at : at + size]) for at in range(0, len(text), size)]
    return sending(chunk("", role="assistant"), *pieces, chunk("", "stop"), DONE)


def breaking(*parts: bytes) -> Behaviour:
    """Send these bytes, then cut the connection in the middle of the reply."""

    async def behave(_: Any, receive: Receive, send: Send) -> None:
        await _begin(send, 200, "text/event-stream")
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        raise ConnectionAbortedError

    return behave


def stalling(*parts: bytes, begin: bool = True) -> Behaviour:
    """Send these bytes, then nothing, until the client leaves."""

    async def behave(_: Any, receive: Receive, send: Send) -> None:
        if begin:
            await _begin(send, 200, "text/event-stream")
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    return behave


async def _begin(send: Send, status: int, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"location", b"http://127.0.0.1:1/elsewhere")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
