"""How Dify wants to be told what is wrong: a number and a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from service.problems import (
    MALFORMED_AUTHORIZATION,
    NOT_FOUND,
    UNKNOWN_DOCUMENT,
    WRONG_KEY,
    Problem,
    ProblemType,
)

# Status and number. When an endpoint is registered, Dify sends a request without a body, or one with a made-up
# knowledge id, and takes 403 for a wrong key, 404 and 502 for a wrong address, anything else for an endpoint.
_CODES: Mapping[str, tuple[int, int]] = {
    MALFORMED_AUTHORIZATION.name: (403, 1001),
    WRONG_KEY.name: (403, 1002),
    UNKNOWN_DOCUMENT.name: (400, 2001),
}
_ENDPOINT = "Dify adds /retrieval to the endpoint that it is given: register this service's address with /dify."


class DifyError(BaseModel):
    """Say why a request was refused."""

    error_code: int = Field(
        description="1001: the Authorization header is missing or malformed; 1002: wrong key; 2001: no such knowledge; "
        "otherwise the HTTP status."
    )
    error_msg: str


class DifyErrorResponse(Response):
    """Render a problem as Dify reads it; lone surrogates, which UTF-8 can't carry, become `?`."""

    media_type = "application/json"

    def __init__(self, problem: Problem) -> None:
        status, code = _code(problem.type)
        content = {"error_code": code, "error_msg": _sentence(problem)}
        super().__init__(content, status_code=status, headers=dict(problem.headers))

    def render(self, content: Any) -> bytes:
        """Return `content` as UTF-8 JSON."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def dify_refusals(*types: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for Dify that can refuse with these `types`."""
    responses: dict[int | str, dict[str, Any]] = {}
    for problem_type in types:
        status, code = _code(problem_type)
        empty = {"model": DifyError, "description": "", "content": {"application/json": {"examples": {}}}}
        entry = responses.setdefault(status, empty)
        entry["description"] = f"{entry['description']}, {problem_type.title}".lstrip(", ")
        entry["content"]["application/json"]["examples"][problem_type.name] = {
            "value": {"error_code": code, "error_msg": problem_type.meaning}
        }
    return responses


def _code(problem_type: ProblemType) -> tuple[int, int]:
    return _CODES.get(problem_type.name, (problem_type.status, problem_type.status))


def _sentence(problem: Problem) -> str:
    """Return all that is wrong in one text: Dify has no place for a list."""
    if problem.errors:
        return " ".join(f"{error.pointer or error.parameter}: {error.detail}" for error in problem.errors)
    return f"{problem.detail} {_ENDPOINT}" if problem.type is NOT_FOUND else problem.detail
