"""How a route gets at the retriever, and at what writes answers."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Annotated

from fastapi import Depends, Request

from index.retriever import Retriever
from service import writer
from service.problems import NOT_READY, Problem, ProblemError


async def opened(request: Request) -> Retriever:
    """Return the retriever of the application; ProblemError NOT_READY until it is there."""
    library: Future[Retriever] = request.app.state.library
    if not library.done():
        detail = "The index is being opened or built; try again in a few seconds."
        raise ProblemError(Problem(NOT_READY, detail, headers={"Retry-After": "2"}))
    if library.exception():
        raise ProblemError(Problem(NOT_READY, "The index could not be opened; the log of the service says why."))
    return library.result()


Library = Annotated[Retriever, Depends(opened)]
"""The opened retriever; a route that takes it answers 503 until it is there."""


def _writer(request: Request) -> writer.Writer | None:
    found: writer.Writer | None = request.app.state.writer
    return found


Writer = Annotated[writer.Writer | None, Depends(_writer)]
"""What lets a language model write the answers; None where the list answers in its own words."""
