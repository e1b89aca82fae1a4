"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.openapi import refusals
from service.problems import NOT_READY
from service.routes.library import Library

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """Say that the process lives."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Say that questions can be answered, and from how much."""

    status: Literal["ready"] = "ready"
    documents: int
    practices: int


@router.get("/healthz")
async def healthz() -> Health:
    """Answer 200 as long as the process lives."""
    return Health()


@router.get("/readyz", responses=refusals(NOT_READY))
async def readyz(library: Library) -> Readiness:
    """Answer 200 once the index is open, 503 before."""
    return Readiness(documents=len(library.documents), practices=len(library.practices))
