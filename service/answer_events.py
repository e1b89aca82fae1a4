"""Answer a question as a stream of events, in the order in which they are known."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from anyio import to_thread

from index.relevance import MOST
from index.retriever import Retriever
from index.types import Citation, SearchResult
from service.answer import Answer, answer_from
from service.conversation import search
from service.notes import Note
from service.segment import Segment
from service.writer import Draft, Writer


@dataclass(frozen=True, slots=True)
class Found:
    """Say that the search is done, and what it found."""

    result: SearchResult


@dataclass(frozen=True, slots=True)
class Cited:
    """Say what the mark `n` (1 or more) stands for; it comes before the first segment with this mark."""

    n: int
    citation: Citation


AnswerEvent = Found | Cited | Segment | Note | Answer
"""One `Found`, then segments with their citations, and notes, and at the end one `Answer` that holds all of it."""


async def answer_events(
    library: Retriever,
    question: str,
    *,
    top_k: int | None = None,
    history: Sequence[str] = (),
    writer: Writer | None = None,
) -> AsyncGenerator[AnswerEvent]:
    """Yield the events of the answer to a question, as `service.answer.answer` takes it.

    With a `writer`, a language model writes the answer where the list holds one; a refusal never reaches it. Searches
    run in a worker thread, so that other requests go on meanwhile. Close it where it is not read to its end.
    """
    result = await to_thread.run_sync(partial(search, library, question, top_k=top_k or MOST, history=history))
    yield Found(result)
    given = await to_thread.run_sync(answer_from, library, result, top_k)
    if writer is not None and given.answered:
        draft = await to_thread.run_sync(writer.draft, library, result.query, given, history)
        async with aclosing(_drafted(draft)) as events:
            async for event in events:
                yield event
        yield replace(
            given,
            segments=tuple(draft.segments),
            citations=tuple(draft.citations),
            notes=tuple(draft.notes),
            written_by=draft.author,
        )
        return
    told: set[int] = set()
    for segment in given.segments:
        for cited in _untold(segment, given.citations, told):
            yield cited
        yield segment
    yield given


async def whole_answer(
    library: Retriever,
    question: str,
    *,
    top_k: int | None = None,
    history: Sequence[str] = (),
    writer: Writer | None = None,
) -> Answer:
    """Return the answer that the events end with."""
    async with aclosing(answer_events(library, question, top_k=top_k, history=history, writer=writer)) as events:
        async for event in events:
            if isinstance(event, Answer):
                return event
    raise AssertionError("the events of an answer end with it")


async def _drafted(draft: Draft) -> AsyncGenerator[Cited | Segment | Note]:
    """Yield what is written as it comes, each citation before the first segment with its mark."""
    told: set[int] = set()
    async with aclosing(draft.written()) as pieces:
        async for piece in pieces:
            if isinstance(piece, Segment):
                for cited in _untold(piece, draft.citations, told):
                    yield cited
            yield piece


def _untold(segment: Segment, citations: Sequence[Citation], told: set[int]) -> list[Cited]:
    """Return what a segment cites for the first time, and add it to what is `told`."""
    new = [mark for mark in segment.marks if mark not in told]
    told.update(new)
    return [Cited(mark, citations[mark - 1]) for mark in new]
