"""In which shape a problem is told: as a problem document, or as the protocol spoken under a path wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import Response
from starlette.types import Scope

from service.dify_errors import DifyErrorResponse
from service.openai_errors import OpenAIErrorResponse
from service.problems import Problem, ProblemResponse

_SHAPES: Mapping[str, Callable[[Problem], Response]] = {
    "/dify": DifyErrorResponse,
    "/v1/chat/completions": OpenAIErrorResponse,
    "/v1/models": OpenAIErrorResponse,
    "/v1/embeddings": OpenAIErrorResponse,
}


def error_response(scope: Scope, problem: Problem) -> Response:
    """Return the response that tells `problem` to whoever sent the request of `scope`."""
    path = f"{scope['path']}/"
    shape = next((shape for prefix, shape in _SHAPES.items() if path.startswith(f"{prefix}/")), ProblemResponse)
    return shape(problem)
