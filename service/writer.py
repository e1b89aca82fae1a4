"""Let a language model write the answer, sentence by sentence, and the list where the model fails."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from anyio import to_thread

from index.retriever import Retriever
from index.types import Citation, Kind, Query
from service.answer import Answer, Role
from service.grounding import Grounds, Supported
from service.llm import ChatModel, Failure, ModelError
from service.notes import Author, Note, broke_off, left_out, unavailable, unsupported
from service.prompt import messages
from service.segment import Segment
from service.settings import Settings
from service.statements import Cutter, Statement

# What a model is given at most, in characters of practices. One that has to leave some out can't answer from all.
_MOST_READ = 24_000
_EARLIER = 3
_REST = "\n\n清单原文：\n"

logger = logging.getLogger(__name__)


class Writer:
    """Write answers with a language model."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def draft(self, library: Retriever, query: Query, given: Answer, earlier: Sequence[str] = ()) -> Draft:
        """Return an answer that is yet to be written, in the place of one `given` in the list's own sentences.

        `earlier` are the questions before it.
        """
        return Draft(self._model, library, query, given, earlier)


class Draft:
    """Be an answer that a model is writing: `segments`, `citations` and `notes` grow as `written` goes on."""

    def __init__(
        self, model: ChatModel, library: Retriever, query: Query, given: Answer, earlier: Sequence[str]
    ) -> None:
        self.segments: list[Segment] = []
        self.citations: list[Citation] = []
        self.notes: list[Note] = []
        self.author = Author.MODEL
        self._model = model
        self._library = library
        self._given = given
        self._practices = [hit.hit.practice for hit in given.hits if hit.role is Role.ANSWER]
        self._grounds = Grounds(library, query, self._practices)
        self._asked = messages(query.raw, self._practices, query.kind, earlier[-_EARLIER:])
        self._kind = query.kind
        self._dropped = 0
        # Lines that lead on wait for what they lead to.
        self._frames: list[Segment] = []

    async def written(self) -> AsyncGenerator[Segment | Note]:
        """Yield the answer as it comes; whatever a segment cites is in `citations` by then.

        Closing the iterator ends the model's work.
        """
        failure: ModelError | None = None
        try:
            async with aclosing(self._statements()) as statements:
                async for statement in statements:
                    for segment in await self._checked(statement):
                        yield segment
        except ModelError as error:
            failure = error
        if failure is None and not self.citations:
            detail = f"{self._dropped} sentences, none of them supported"
            failure = ModelError(Failure.UNSUPPORTED if self._dropped else Failure.EMPTY, detail)
        if self._dropped and self.citations:
            yield self._noted(unsupported(self._dropped))
        if failure is not None:
            logger.warning("the language model did not answer: %s", failure)
            async with aclosing(self._taken_over(failure)) as pieces:
                async for piece in pieces:
                    yield piece
        elif self._kind in (Kind.LIST, Kind.REGION, Kind.COMPARE):
            cited = {citation.practice_id for citation in self.citations}
            untold = sum(practice.id not in cited for practice in self._practices)
            if untold:
                yield self._noted(left_out(untold))

    async def _statements(self) -> AsyncGenerator[Statement]:
        """Yield the sentences of the model's reply, the last only where it was finished."""
        if sum(len(practice.text) for practice in self._practices) > _MOST_READ:
            raise ModelError(Failure.TOO_MUCH, f"{len(self._practices)} practices")
        cutter = Cutter()
        async with aclosing(self._model.reply(self._asked)) as pieces:
            async for piece in pieces:
                for statement in cutter.feed(piece):
                    yield statement
        for statement in cutter.end():
            yield statement

    async def _checked(self, statement: Statement) -> list[Segment]:
        """Return what leaves of a sentence, with the frames before it."""
        found = await to_thread.run_sync(self._grounds.check, statement)
        if isinstance(found, str):
            logger.info("left out of an answer, %s: %s", found, statement.text[:100])
            # A line that leads on to others says nothing that could be missed.
            self._dropped += any(map(str.isalnum, statement.text)) and not statement.text.endswith((":", "："))
            return []
        segments = [self._segment(piece) for piece in found]
        segments[0] = Segment(_gap(statement.before) + segments[0].text, segments[0].marks)
        if not any(piece.sources for piece in found):
            self._frames.extend(segments)
            return []
        segments = [*self._frames, *segments]
        self._frames = []
        if not self.segments:
            segments[0] = Segment(segments[0].text.lstrip(), segments[0].marks)
        self.segments.extend(segments)
        return segments

    def _segment(self, piece: Supported) -> Segment:
        cited = (self._library.cite(practice, span.start, span.end) for practice, span in piece.sources)
        return Segment(piece.text, tuple(dict.fromkeys(map(self._mark, cited))))

    def _mark(self, citation: Citation) -> int:
        """Return the number of a citation, a new one where it is new."""
        if citation not in self.citations:
            self.citations.append(citation)
        return self.citations.index(citation) + 1

    async def _taken_over(self, failure: ModelError) -> AsyncGenerator[Segment | Note]:
        """Yield a note and the answer in the list's own sentences, behind what the model brought to its end."""
        begun = bool(self.segments)
        self.author = Author.BOTH if begun else Author.LIST
        yield self._noted((broke_off if begun else unavailable)(failure.failure))
        for segment in (Segment(_REST), *self._given.segments) if begun else self._given.segments:
            marks = tuple(self._mark(self._given.citations[mark - 1]) for mark in segment.marks)
            self.segments.append(Segment(segment.text, marks))
            yield self.segments[-1]

    def _noted(self, note: Note) -> Note:
        self.notes.append(note)
        return note


def _gap(space: str) -> str:
    """Return the white space before a sentence as it is shown: at most one empty line."""
    breaks = space.count("\n")
    return "\n" * min(breaks, 2) if breaks else space[:1]


@asynccontextmanager
async def open_writer(settings: Settings) -> AsyncIterator[Writer | None]:
    """Yield the writer of the language model that the settings name, None where they name none."""
    if settings.llm_base_url is None or settings.llm_model is None:
        yield None
        return
    async with ChatModel(settings.llm_base_url, settings.llm_model, settings.llm_api_key) as model:
        yield Writer(model)
