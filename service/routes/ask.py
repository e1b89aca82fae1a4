"""Ask: a question in, a cited answer out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from service import problems
from service.answer import answer
from service.examples import recorded
from service.openapi import example, refusals
from service.requests import AskRequest
from service.routes.library import Library
from service.schemas import AskResponse

router = APIRouter(prefix="/v1", tags=["ask"])

REFUSALS = refusals(*problems.BODY_PROBLEMS)


@router.post("/ask", responses=example("ask") | REFUSALS)
def ask(request: Annotated[AskRequest, Body(examples=[recorded()["ask"]["request"]])], library: Library) -> AskResponse:
    """Answer a question with the practices' own sentences, each cited; say so when nothing fits."""
    return AskResponse.of(answer(library, request.question, top_k=request.top_k, history=request.history))
