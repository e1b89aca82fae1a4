"""The least that a request can cost: a FastAPI application that sends a body back. Latencies are read beside it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

app = FastAPI()


@app.get("/readyz")
def ready() -> dict[str, str]:
    """Say that requests are answered."""
    return {"status": "ready"}


@app.post("/echo")
def echo(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body."""
    return body
