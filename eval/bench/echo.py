"""The least that a request can cost: a FastAPI application that sends back what it gets. Times are read beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import HTMLResponse

app = FastAPI()


@app.get("/readyz")
def ready() -> dict[str, str]:
    """Say that requests are answered."""
    return {"status": "ready"}


@app.post("/echo")
def echo(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body."""
    return body


@app.post("/stream")
async def stream(body: dict[str, Any]) -> EventSourceResponse:
    """Send the question of the body back as a stream of one sentence."""

    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(str(body.get("question")), event="sentence")
        yield ServerSentEvent("{}", event="done")

    return EventSourceResponse(events())


@app.get("/page")
def page() -> HTMLResponse:
    """Return a page that holds an answer of one sentence, marked up as the service's page marks it up."""
    return HTMLResponse('<!doctype html><article class="answer"><p class="prose">一句话。</p></article>')


@app.get("/host/{port}")
def host(port: int) -> HTMLResponse:
    """Return a page that adds the widget of the service on `port` of this machine; it is of another origin."""
    return HTMLResponse(f'<!doctype html><script src="http://127.0.0.1:{port}/widget.js" defer></script>')
