"""What the OpenAPI document says beyond the routes themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from service.examples import recorded
from service.problems import MEDIA_TYPE, ProblemType

# FastAPI's schema of a refusal, which is never sent.
_OWN = "#/components/schemas/HTTPValidationError"

_DESCRIPTION = """\
Asks lists of replicable practices in smart construction (智能建造可复制经验做法清单) and cites each answer to the word.

Every offset counts Unicode code points of a document's `text`, half-open: `text[start:end]` in Python,
`Array.from(text).slice(start, end)` in JavaScript. Every error is an `application/problem+json` document (RFC 9457)
whose `type` is stable and can be opened; only under `/dify` errors have Dify's shape, and under `/v1/chat/completions`,
`/v1/models` and `/v1/embeddings` OpenAI's.
"""


class FieldProblemBody(BaseModel):
    """Point at one bad value: `pointer` into the body (RFC 6901, as a URI fragment) or `parameter` of the query."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str


class ProblemBody(BaseModel):
    """Say why a request was refused (RFC 9457)."""

    type: str = Field(examples=["/problems/blank-text"])
    title: str
    status: int
    detail: str
    errors: list[FieldProblemBody] | None = None


def describe() -> dict[str, Any]:
    """Return the title, description and version of the API, as FastAPI's arguments."""
    return {"title": "zhijian", "description": _DESCRIPTION, "version": metadata.version("zhijian")}


def refusals(*types: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can refuse with these `types`."""
    responses: dict[int | str, dict[str, Any]] = {}
    for problem_type in types:
        empty = {"model": ProblemBody, "description": "", "content": {MEDIA_TYPE: {"examples": {}}}}
        entry = responses.setdefault(problem_type.status, empty)
        entry["description"] = f"{entry['description']}, `{problem_type.name}`".lstrip(", ")
        entry["content"][MEDIA_TYPE]["examples"][problem_type.name] = {
            "value": {
                "type": problem_type.uri,
                "title": problem_type.title,
                "status": problem_type.status,
                "detail": problem_type.meaning,
            }
        }
    return responses


EVENT_STREAM: Mapping[str, Any] = {"text/event-stream": {"schema": {"type": "string"}}}
"""The content of a response that is sent as server-sent events."""


def example(name: str) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route whose recorded answer is `name`."""
    return {200: {"content": {"application/json": {"example": recorded()[name]["response"]}}}}


class Api(FastAPI):
    """Be a FastAPI application whose OpenAPI document gives refusals their own media type, which a model can't say."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            schema = super().openapi()
            for operations in schema["paths"].values():
                for operation in operations.values():
                    operation["responses"] = dict(_with_problems(operation["responses"]))
            for unused in ("HTTPValidationError", "ValidationError"):
                schema["components"]["schemas"].pop(unused, None)
        return super().openapi()


def _with_problems(responses: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the responses of an operation without the one that FastAPI adds itself, in a shape that is never sent."""
    for status, response in responses.items():
        content = response["content"]
        if MEDIA_TYPE in content:
            content[MEDIA_TYPE]["schema"] = content.pop("application/json")["schema"]
        if _OWN not in str(content):
            yield status, response
