"""Search: a question in, practices out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from service import conversation, problems
from service.examples import recorded
from service.openapi import example, refusals
from service.requests import SearchRequest
from service.routes.library import Library
from service.schemas import SearchResponse

router = APIRouter(prefix="/v1", tags=["search"])

REFUSALS = refusals(*problems.BODY_PROBLEMS, problems.UNKNOWN_FILTER)


@router.post("/search", responses=example("search") | REFUSALS)
def search(
    request: Annotated[SearchRequest, Body(examples=[recorded()["search"]["request"]])], library: Library
) -> SearchResponse:
    """Find the practices that fit a question, best first, each with its citation and where its score comes from."""
    found = conversation.search(
        library,
        request.query,
        top_k=request.top_k,
        mode=request.mode,
        filters=request.kept(),
        history=request.history,
    )
    return SearchResponse.of(found)
