"""The tools for chat clients, by the Model Context Protocol over streamable HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anyio import TASK_STATUS_IGNORED, Lock, create_task_group, sleep_forever, to_thread
from anyio.abc import TaskGroup, TaskStatus
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from index.retriever import Retriever
from service.problems import FOREIGN_ORIGIN, Problem, ProblemError
from service.routes.library import opened

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def mount(app: FastAPI) -> McpDoor:
    """Serve the tools at `/mcp`; the lifespan of `app` opens the door that is returned."""
    door = McpDoor()
    app.routes.append(Route("/mcp", door, methods=["POST"], include_in_schema=False))
    return door


class McpDoor:
    """Be the ASGI application of the tools. It keeps no session: each request stands for itself.

    The SDK takes 27 MB and 0.4 s to import, so the first request does that.
    """

    _tasks: TaskGroup
    _lock: Lock

    def __init__(self) -> None:
        self._managers: dict[bool, StreamableHTTPSessionManager] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer requests inside this context, and end those under way when it ends."""
        async with create_task_group() as self._tasks:
            self._lock = Lock()
            try:
                yield
            finally:
                self._tasks.cancel_scope.cancel()
                self._managers = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as a stream of events if the client takes one, else as JSON."""
        request = Request(scope, receive)
        _check_origin(request)
        try:
            body = await request.body()
        except ClientDisconnect:
            # The SDK would log a traceback for each client that leaves while it sends.
            return
        async with self._lock:
            if not self._managers:
                self._managers = await self._tasks.start(self._serve)
        streams = "text/event-stream" in request.headers.get("accept", "").lower()
        await self._managers[streams].handle_request(scope, _again(body, receive), send)

    async def _serve(
        self, *, task_status: TaskStatus[dict[bool, StreamableHTTPSessionManager]] = TASK_STATUS_IGNORED
    ) -> None:
        await to_thread.run_sync(partial(import_module, "service.mcp_server"))
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from service.mcp_server import create_server

        server = create_server(_library)
        managers = {
            streams: StreamableHTTPSessionManager(server, stateless=True, json_response=not streams)
            for streams in (False, True)
        }
        async with AsyncExitStack() as running:
            for manager in managers.values():
                await running.enter_async_context(manager.run())
            task_status.started(managers)
            await sleep_forever()


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that has been read once more, and then whatever follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


async def _library(request: Request | None) -> Retriever:
    assert request is not None
    return await opened(request)


def _check_origin(request: Request) -> None:
    """Refuse what a browser sends for a page of another site.

    The SDK checks Host and Origin against lists, which would have to name every host that an operator serves under. A
    page that had its own name resolve to this machine (DNS rebinding) sends that name as Origin and as Host alike, but
    can't have a certificate for it here, and can't be called localhost. Programs send no Origin.
    """
    origin = request.headers.get("origin")
    if origin is not None and not _is_own(origin, request.headers.get("host", "")):
        raise ProblemError(Problem(FOREIGN_ORIGIN, FOREIGN_ORIGIN.meaning))


def _is_own(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        name = parts.hostname
    except ValueError:
        return False
    return parts.netloc.lower() == host.lower() and (parts.scheme == "https" or name in _LOOPBACK)
