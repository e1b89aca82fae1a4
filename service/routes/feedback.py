"""Feedback: what people say of an answer, kept for whoever writes questions for the bench."""

from __future__ import annotations

import logging
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Request
from pydantic import Field

from service import problems
from service.feedback import FeedbackError, FeedbackFile, Verdict
from service.openapi import refusals
from service.problems import FieldProblem, Problem, ProblemError
from service.requests import FeedbackRequest
from service.response_body import ResponseBody
from service.routes.library import Library

router = APIRouter(prefix="/v1", tags=["feedback"])

REFUSALS = refusals(*problems.BODY_PROBLEMS, problems.UNKNOWN_SHOWN_PRACTICE, problems.FEEDBACK_UNAVAILABLE)
_EXAMPLE = {
    "question": "深圳给培训补贴多少？",
    "practice_ids": ["mohurd-2024-131:4.2.2"],
    "verdict": "up",
    "note": "就是这条",
}

logger = logging.getLogger(__name__)


class FeedbackResponse(ResponseBody):
    """Say under which id and when a feedback was kept."""

    id: str
    time: str = Field(
        description="When it came by the clock of the service, in UTC.", examples=["2026-05-09T07:35:25Z"]
    )


@router.post("/feedback", status_code=201, responses=REFUSALS)
async def give_feedback(
    feedback: Annotated[FeedbackRequest, Body(examples=[_EXAMPLE])], library: Library, request: Request
) -> FeedbackResponse:
    """Keep what somebody thinks of an answer: no address, no user agent, nothing but what is sent here and the time."""
    shown = tuple(dict.fromkeys(feedback.practice_ids))
    unknown = tuple(
        FieldProblem(f"No practice has the id {shown_id!r}.", pointer=f"#/practice_ids/{place}")
        for place, shown_id in enumerate(feedback.practice_ids)
        if shown_id not in library.practices
    )
    if unknown:
        raise ProblemError(Problem(problems.UNKNOWN_SHOWN_PRACTICE, unknown[0].detail, unknown))
    add = partial(
        _file(request).add,
        feedback.question,
        Verdict(feedback.verdict),
        practice_ids=shown,
        history=feedback.history,
        note=feedback.note,
    )
    try:
        kept = await to_thread.run_sync(add, limiter=_thread(request))
    except FeedbackError as error:
        logger.error("feedback can't be kept: %s", error)
        raise ProblemError(Problem(problems.FEEDBACK_UNAVAILABLE, problems.FEEDBACK_UNAVAILABLE.meaning)) from error
    return FeedbackResponse(id=kept.id, time=kept.time)


def _file(request: Request) -> FeedbackFile:
    file: FeedbackFile = request.app.state.feedback
    return file


def _thread(request: Request) -> CapacityLimiter:
    """Return what lets one feedback at a time into a thread: while its file is locked, questions have theirs."""
    limiter: CapacityLimiter = request.app.state.feedback_thread
    return limiter
