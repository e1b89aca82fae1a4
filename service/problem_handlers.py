"""One place where exceptions become problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from corpus.errors import UnknownNameError
from service import requests
from service.error_shapes import error_response
from service.problems import (
    BAD_REQUEST,
    BLANK_TEXT,
    BODY_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TEXT_TOO_LONG,
    UNKNOWN_FILTER,
    UNREADABLE_TEXT,
    UNSUPPORTED_MEDIA_TYPE,
    FieldProblem,
    Problem,
    ProblemError,
    ProblemType,
)

_MAX_ERRORS = 20
_MAX_POINTER = 200

_TEXT_PROBLEMS: Mapping[str, ProblemType] = {
    requests.BLANK: BLANK_TEXT,
    requests.TOO_LONG: TEXT_TOO_LONG,
    requests.UNREADABLE: UNREADABLE_TEXT,
}

_SENTENCES: Mapping[str, str] = {
    "missing": "This field is missing",
    "extra_forbidden": "This field is not known here; /docs lists the fields",
    "string_unicode": "A field name holds half of a surrogate pair",
    "model_attributes_type": "A JSON object is expected",
}


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem, in the shape of the path that was asked for."""
    app.exception_handler(ProblemError)(_refused)
    app.exception_handler(UnknownNameError)(_unknown_name)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(Exception)(_unforeseen)


async def _refused(request: Request, error: ProblemError) -> Response:
    return error_response(request.scope, error.problem)


async def _unknown_name(request: Request, error: UnknownNameError) -> Response:
    sentence = _sentence(str(error))
    place = {"parameter": error.kind} if request.method == "GET" else {"pointer": f"#/filters/{error.kind}"}
    return error_response(request.scope, Problem(UNKNOWN_FILTER, sentence, (FieldProblem(sentence, **place),)))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    return error_response(request.scope, invalid_request(error.errors(), error.body))


def invalid_request(errors: Sequence[Mapping[str, Any]], body: object) -> Problem:
    """Return the problem behind pydantic's `errors` about `body`, which is bytes if it was not marked as JSON."""
    if isinstance(body, bytes):
        return Problem(UNSUPPORTED_MEDIA_TYPE, "Send the body as JSON with the header Content-Type: application/json.")
    if errors[0]["type"] == "json_invalid":
        reason, position = errors[0]["ctx"]["error"], errors[0]["loc"][-1]
        return Problem(MALFORMED_JSON, f"The body is not valid JSON: {reason} at character {position}.")
    fields = tuple(_field_problem(item) for item in errors[:_MAX_ERRORS])
    kinds = {_TEXT_PROBLEMS.get(item["type"], INVALID_REQUEST) for item in errors}
    first = fields[0]
    detail = f"{first.parameter or first.pointer}: {first.detail}"
    if len(errors) > 1:
        detail += f" And {len(errors) - 1} more; see errors."
    return Problem(kinds.pop() if len(kinds) == 1 else INVALID_REQUEST, detail, fields)


def _field_problem(item: Mapping[str, Any]) -> FieldProblem:
    where, *path = item["loc"]
    kind = item["type"] if path else "model_attributes_type"
    sentence = _sentence(_SENTENCES.get(kind, item["msg"]))
    if where != "body":
        return FieldProblem(sentence, parameter=str(path[-1])[:_MAX_POINTER] if path else str(where))
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return FieldProblem(sentence, pointer="".join(["#", *(f"/{step}" for step in steps)])[:_MAX_POINTER])


async def _http_error(request: Request, error: HTTPException) -> Response:
    problem_type, detail = _http_problem(request, error.status_code)
    return error_response(request.scope, Problem(problem_type, detail, headers=dict(error.headers or {})))


def _http_problem(request: Request, status: int) -> tuple[ProblemType, str]:
    if status == NOT_FOUND.status:
        return NOT_FOUND, f"Nothing is served at {request.url.path[:_MAX_POINTER]}."
    if status == METHOD_NOT_ALLOWED.status:
        return METHOD_NOT_ALLOWED, f"{request.method} is not possible here; the Allow header names what is."
    if status == BODY_TOO_LARGE.status:
        return BODY_TOO_LARGE, BODY_TOO_LARGE.meaning
    if status == MALFORMED_JSON.status and request.method == "POST":
        # FastAPI says this of what the JSON reader gives up on: bad UTF-8, deep nesting, endless numbers.
        return MALFORMED_JSON, "The body can't be read as JSON in UTF-8."
    if status < INTERNAL_ERROR.status:
        return BAD_REQUEST, BAD_REQUEST.meaning
    return INTERNAL_ERROR, INTERNAL_ERROR.meaning


async def _unforeseen(request: Request, error: Exception) -> Response:
    return error_response(request.scope, Problem(INTERNAL_ERROR, INTERNAL_ERROR.meaning))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"
