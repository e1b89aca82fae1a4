"""Practices: the list itself, to browse."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from service import problems
from service.listings import PracticeOut, PracticesResponse
from service.openapi import example, refusals
from service.problems import Problem, ProblemError
from service.requests import PracticeQuery
from service.routes.library import Library

router = APIRouter(prefix="/v1", tags=["practices"])

LIST_REFUSALS = refusals(*problems.TEXT_PROBLEMS, problems.UNKNOWN_FILTER)


@router.get("/practices", responses=example("practices") | LIST_REFUSALS)
def list_practices(query: Annotated[PracticeQuery, Query()], library: Library) -> PracticesResponse:
    """List practices in the order of their document, with counts by document, task, measure and region."""
    return PracticesResponse.of(library, query.filters(), limit=query.limit, offset=query.offset)


@router.get(
    "/practices/{practice_id}", responses=example("practice") | refusals(problems.UNKNOWN_PRACTICE, problems.NOT_READY)
)
def get_practice(practice_id: str, library: Library) -> PracticeOut:
    """Return one practice."""
    practice = library.practices.get(practice_id)
    if practice is None:
        raise ProblemError(Problem(problems.UNKNOWN_PRACTICE, problems.UNKNOWN_PRACTICE.meaning))
    return PracticeOut.of(practice)
