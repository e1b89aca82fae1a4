"""Answer a question as a stream of events, in the order in which they are known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from index.relevance import MOST
from index.retriever import Retriever
from index.types import Citation, SearchResult
from service.answer import Answer, answer_from
from service.segment import Segment


@dataclass(frozen=True, slots=True)
class Found:
    """Say that the search is done, and what it found."""

    result: SearchResult


@dataclass(frozen=True, slots=True)
class Cited:
    """Say what the mark `n` (1 or more) stands for; it comes before the first segment with this mark."""

    n: int
    citation: Citation


AnswerEvent = Found | Cited | Segment | Answer
"""One `Found`, then segments with their citations, and at the end one `Answer` that holds all of it."""


async def answer_events(
    library: Retriever, question: str, *, top_k: int | None = None, history: Sequence[str] = ()
) -> AsyncIterator[AnswerEvent]:
    """Yield the events of the answer to a question, as `service.answer.answer` takes it.

    Searches run in a worker thread, so that other requests go on meanwhile.
    """
    result = await to_thread.run_sync(partial(library.search, question, top_k=top_k or MOST, history=history))
    yield Found(result)
    given = await to_thread.run_sync(answer_from, library, result, top_k)
    told: set[int] = set()
    for segment in given.segments:
        for mark in segment.marks:
            if mark not in told:
                told.add(mark)
                yield Cited(mark, given.citations[mark - 1])
        yield segment
    yield given


async def whole_answer(
    library: Retriever, question: str, *, top_k: int | None = None, history: Sequence[str] = ()
) -> Answer:
    """Return the answer that the events end with."""
    async for event in answer_events(library, question, top_k=top_k, history=history):
        if isinstance(event, Answer):
            return event
    raise AssertionError("the events of an answer end with it")
