"""What a refused request is told: RFC 9457 problem documents, one shape for every error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """Name one kind of problem; `/problems/` and the name is its stable URI reference, where `meaning` is served."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """Return the URI reference that goes into `type`."""
        return f"/problems/{self.name}"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Point at one bad value: `pointer` is a JSON pointer into the body as a URI fragment, `parameter` a name."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold one problem document. `detail` is for people and never holds the text of an unforeseen exception."""

    type: ProblemType
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class ProblemError(Exception):
    """Refuse a request with `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class ProblemResponse(Response):
    """Render a problem as `application/problem+json`; lone surrogates, which UTF-8 can't carry, become `?`."""

    media_type = MEDIA_TYPE

    def __init__(self, problem: Problem) -> None:
        content: dict[str, Any] = {
            "type": problem.type.uri,
            "title": problem.type.title,
            "status": problem.type.status,
            "detail": problem.detail,
        }
        if problem.errors:
            content["errors"] = [_field_content(error) for error in problem.errors]
        super().__init__(content, status_code=problem.type.status, headers=dict(problem.headers))

    def render(self, content: Any) -> bytes:
        """Return `content` as UTF-8 JSON."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _field_content(error: FieldProblem) -> dict[str, str]:
    place = {"pointer": error.pointer, "parameter": error.parameter}
    return {name: value for name, value in place.items() if value is not None} | {"detail": error.detail}


INVALID_REQUEST = ProblemType(
    "invalid-request",
    422,
    "The request is not valid",
    "A field or parameter is missing, unknown, of the wrong type or out of range. `errors` says what is expected.",
)
BLANK_TEXT = ProblemType(
    "blank-text",
    422,
    "The text is blank",
    "A question, query or filter shows nothing: only spaces, control or invisible characters. Write some words.",
)
TEXT_TOO_LONG = ProblemType(
    "text-too-long",
    422,
    "The text is too long",
    "A question or query may have 2,000 Unicode code points, a note 1,000, a filter 100. Say one thing at a time.",
)
UNREADABLE_TEXT = ProblemType(
    "unreadable-text",
    422,
    "The text holds characters that are no text",
    "A text holds U+0000 or half of a surrogate pair. Both usually come from text that was cut or decoded wrongly.",
)
UNKNOWN_FILTER = ProblemType(
    "unknown-filter",
    422,
    "A filter names nothing known",
    "A filter names a document, task, measure or region that is not known. `facets` of GET /v1/practices lists values.",
)
UNSUPPORTED_VALUE = ProblemType(
    "unsupported-value",
    422,
    "The value is not supported",
    "A field asks for something that exists elsewhere but not here, and that can't be left out without a word.",
)
UNKNOWN_SHOWN_PRACTICE = ProblemType(
    "unknown-shown-practice",
    422,
    "The feedback names a practice that is not known",
    "An id in `practice_ids` is that of no practice. Send the ids of the hits that were shown.",
)
MALFORMED_JSON = ProblemType(
    "malformed-json",
    400,
    "The body is not JSON",
    "The body could not be read as JSON in UTF-8, or is nested too deeply or holds a number too long to read.",
)
BAD_REQUEST = ProblemType(
    "bad-request",
    400,
    "The request could not be read",
    "The request breaks the rules of HTTP in a way that no other problem type describes.",
)
BODY_TOO_LARGE = ProblemType(
    "body-too-large",
    413,
    "The body is too large",
    "A request body may have 64 KiB, a conversation or texts to embed 1 MiB. The rest was not read.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type",
    415,
    "The body is not marked as JSON",
    "Send the body as JSON with the header `Content-Type: application/json`.",
)
FOREIGN_ORIGIN = ProblemType(
    "foreign-origin",
    403,
    "The request comes from a page of another origin",
    "A browser sent this for a page that is not this service's own, served over HTTPS or on this machine. Programs "
    "that are no browsers send no Origin.",
)
NOT_FOUND = ProblemType(
    "not-found",
    404,
    "There is nothing here",
    "No page and no API route has this path. /docs lists the routes.",
)
UNKNOWN_PRACTICE = ProblemType(
    "unknown-practice",
    404,
    "There is no such practice",
    "No practice has this id. Ids look like mohurd-2024-131:3.1.3; GET /v1/practices lists them all.",
)
UNKNOWN_DOCUMENT = ProblemType(
    "unknown-document",
    404,
    "There is no such document",
    "No document has this id. GET /v1/documents lists them all.",
)
MALFORMED_AUTHORIZATION = ProblemType(
    "malformed-authorization",
    401,
    "The Authorization header is missing or malformed",
    "Send the header `Authorization: Bearer KEY` with the key of the service.",
)
WRONG_KEY = ProblemType(
    "wrong-key",
    401,
    "The key is not the one of this service",
    "The header `Authorization` holds another key than the one that the service was started with.",
)
UNKNOWN_MODEL = ProblemType(
    "unknown-model",
    404,
    "There is no such model",
    "No model has this id. GET /v1/models lists them all.",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    405,
    "This path does not take this method",
    "The path exists, but not for this HTTP method. The `Allow` header and /docs name the methods it takes.",
)
NOT_READY = ProblemType(
    "not-ready",
    503,
    "The service is not ready",
    "The index is still being opened or built, or could not be opened; the service's log says which. Try again soon.",
)
FEEDBACK_UNAVAILABLE = ProblemType(
    "feedback-unavailable",
    503,
    "Feedback can't be kept now",
    "The feedback was not kept: its file can't be written, or is full; the log of the service says which. Questions "
    "are answered all the same.",
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    500,
    "Something went wrong here",
    "The service met an error of its own. The request was not at fault; the log of the service has the details.",
)

PROBLEM_TYPES: Mapping[str, ProblemType] = {
    problem_type.name: problem_type
    for problem_type in (
        INVALID_REQUEST,
        BLANK_TEXT,
        TEXT_TOO_LONG,
        UNREADABLE_TEXT,
        UNKNOWN_FILTER,
        UNSUPPORTED_VALUE,
        UNKNOWN_SHOWN_PRACTICE,
        MALFORMED_JSON,
        BAD_REQUEST,
        BODY_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        FOREIGN_ORIGIN,
        NOT_FOUND,
        UNKNOWN_PRACTICE,
        UNKNOWN_DOCUMENT,
        UNKNOWN_MODEL,
        MALFORMED_AUTHORIZATION,
        WRONG_KEY,
        METHOD_NOT_ALLOWED,
        NOT_READY,
        FEEDBACK_UNAVAILABLE,
        INTERNAL_ERROR,
    )
}

TEXT_PROBLEMS = (INVALID_REQUEST, BLANK_TEXT, TEXT_TOO_LONG, UNREADABLE_TEXT, NOT_READY)
"""What can be wrong with a text that a person typed, or with the moment."""

BODY_PROBLEMS = (MALFORMED_JSON, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, *TEXT_PROBLEMS)
"""What can be wrong with such a text in a JSON body."""
