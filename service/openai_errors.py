"""How clients of OpenAI's protocol are told what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from service.problems import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    MALFORMED_AUTHORIZATION,
    TEXT_TOO_LONG,
    UNKNOWN_MODEL,
    WRONG_KEY,
    Problem,
    ProblemType,
)

# The codes that clients know by name; other problems keep their own.
_CODES: Mapping[str, str] = {
    MALFORMED_AUTHORIZATION.name: "invalid_api_key",
    WRONG_KEY.name: "invalid_api_key",
    UNKNOWN_MODEL.name: "model_not_found",
    TEXT_TOO_LONG.name: "string_above_max_length",
}
_STEP = re.compile(r"/([^/]*)")


class OpenAIErrorFields(BaseModel):
    """Say what is wrong: `param` names the field, as in `messages[0].content`."""

    message: str
    type: str = Field(description="`invalid_request_error` or `server_error`.")
    param: str | None
    code: str


class OpenAIError(BaseModel):
    """Say why a request was refused."""

    error: OpenAIErrorFields


class OpenAIErrorResponse(Response):
    """Render a problem as OpenAI's clients read it; lone surrogates, which UTF-8 can't carry, become `?`."""

    media_type = "application/json"

    def __init__(self, problem: Problem) -> None:
        status = _status(problem.type)
        super().__init__(error_content(problem), status_code=status, headers=dict(problem.headers))

    def render(self, content: Any) -> bytes:
        """Return `content` as UTF-8 JSON."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def error_content(problem: Problem) -> dict[str, Any]:
    """Return the JSON that tells `problem`."""
    named = [error for error in problem.errors if error.pointer or error.parameter]
    kind = "invalid_request_error" if problem.type.status < INTERNAL_ERROR.status else "server_error"
    return {
        "error": {
            "message": _message(problem),
            "type": kind,
            "param": (named[0].parameter or _param(named[0].pointer or "")) if named else None,
            "code": _code(problem.type),
        }
    }


def openai_refusals(*types: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can refuse with these `types`."""
    responses: dict[int | str, dict[str, Any]] = {}
    for problem_type in types:
        empty = {"model": OpenAIError, "description": "", "content": {"application/json": {"examples": {}}}}
        entry = responses.setdefault(_status(problem_type), empty)
        code = _code(problem_type)
        entry["description"] = f"{entry['description']}, `{code}`".lstrip(", ")
        examples = entry["content"]["application/json"]["examples"]
        examples[problem_type.name] = {"value": error_content(Problem(problem_type, problem_type.meaning))}
    return responses


def _status(problem_type: ProblemType) -> int:
    # OpenAI says 400 of every request that it understands but can't take.
    return 400 if problem_type.status == INVALID_REQUEST.status else problem_type.status


def _code(problem_type: ProblemType) -> str:
    return _CODES.get(problem_type.name, problem_type.name.replace("-", "_"))


def _message(problem: Problem) -> str:
    """Return all that is wrong in one text: there is no place for a list."""
    if not problem.errors:
        return problem.detail
    places = (error.parameter or _param(error.pointer or "") for error in problem.errors)
    told = zip(places, problem.errors, strict=True)
    return " ".join(f"{place}: {error.detail}" if place else error.detail for place, error in told)


def _param(pointer: str) -> str | None:
    """Return a pointer (#/messages/0/content) as OpenAI writes it (messages[0].content), None for the whole body."""
    steps = (step.replace("~1", "/").replace("~0", "~") for step in _STEP.findall(pointer))
    return "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).lstrip(".") or None
