"""Retrieval for Dify, as an external knowledge base."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Security

from service import problems
from service.addresses import base_address, practice_address
from service.dify import RetrievalRequest, RetrievalResponse
from service.dify_errors import dify_refusals
from service.dify_retrieval import retrieve
from service.examples import recorded_for_dify
from service.routes.keyed import KeyedRoute, bearer
from service.routes.library import Library

router = APIRouter(prefix="/dify", tags=["dify"], route_class=KeyedRoute, dependencies=[Security(bearer)])

EXAMPLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": recorded_for_dify()["response"]}}}
}
REFUSALS = dify_refusals(
    problems.MALFORMED_AUTHORIZATION,
    problems.WRONG_KEY,
    problems.UNKNOWN_DOCUMENT,
    problems.UNKNOWN_FILTER,
    *problems.BODY_PROBLEMS,
)


# Who registers an address that ends in a slash sends two.
@router.post("//retrieval", include_in_schema=False)
@router.post("/retrieval", responses=EXAMPLE | REFUSALS)
def retrieve_records(
    request: Request,
    asked: Annotated[RetrievalRequest, Body(examples=[recorded_for_dify()["request"]])],
    library: Library,
) -> RetrievalResponse:
    """Find the practices that fit a question, for Dify; register the address of this service with `/dify` there."""
    return retrieve(library, asked, partial(practice_address, base_address(request)))
