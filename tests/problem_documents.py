"""How tests read a refusal."""

from __future__ import annotations

import json
from typing import Any

import httpx2 as httpx

from service.problems import MEDIA_TYPE, PROBLEM_TYPES


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """Return the problem that a refusal holds, after checking its shape."""
    assert response.headers["content-type"] == MEDIA_TYPE, response.text
    problem: dict[str, Any] = json.loads(response.content.decode("utf-8"))
    assert problem.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert problem["status"] == response.status_code
    known = PROBLEM_TYPES[problem["type"].removeprefix("/problems/")]
    assert (known.title, known.status) == (problem["title"], problem["status"])
    for error in problem.get("errors", ()):
        assert error.keys() in ({"pointer", "detail"}, {"parameter", "detail"})
    return problem
