"""The things a list is made of. All are frozen; offsets count Unicode code points of `Document.text`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Mark the half-open range `[start, end)` of a text, in code points."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the part of `text` that this span marks."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Document:
    """Hold one official text as received, with what its sidecar file says of it.

    `text` is the decoded source, unchanged; every span points into it. `sha256` is that of the file's bytes.
    An unknown `issuer`, `number` or `batch` is the empty string.
    """

    id: str
    title: str
    issuer: str
    number: str
    batch: str
    source: str
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Name one level above a practice: `number` 3, `label` 三, `title` 完善标准体系."""

    number: int
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Practice:
    """Hold one numbered item of a list, the unit of an answer.

    `path` are the headings above it, outermost first: (task, measure) in the lists of the ministry, empty for plain
    text. `text` is exactly the text of `spans` joined without a break. `regions` are codes of the gazetteer, in the
    order in which the text names them, without repeats.
    """

    id: str
    document_id: str
    path: tuple[Heading, ...]
    item: int
    text: str
    spans: tuple[Span, ...]
    regions: tuple[str, ...]

    @property
    def task(self) -> Heading | None:
        """Return the outermost heading, or None for plain text."""
        return self.path[0] if self.path else None

    @property
    def measure(self) -> Heading | None:
        """Return the second heading, or None where the list has no such level."""
        return self.path[1] if len(self.path) > 1 else None

    def source_spans(self, start: int, end: int) -> tuple[Span, ...]:
        """Map `[start, end)` of this practice's text to spans of the document, one for each piece it touches."""
        pieces: list[Span] = []
        offset = 0
        for span in self.spans:
            length = span.end - span.start
            low, high = max(start, offset), min(end, offset + length)
            if low < high:
                pieces.append(Span(span.start + low - offset, span.start + high - offset))
            offset += length
        return tuple(pieces)


class NoteKind(StrEnum):
    """Say what a reader had to repair or infer."""

    MISREAD_NUMBER = "misread-number"
    CONTINUED_ROW = "continued-row"
    MISPLACED_CELL = "misplaced-cell"
    TRANSPOSED_PAGE = "transposed-page"
    LATE_HEADING = "late-heading"
    SPLIT_ITEM = "split-item"
    INFERRED_NUMBER = "inferred-number"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Note:
    """Report one repair with its place: `line` counts from 1, `span` marks the text it is about."""

    kind: NoteKind
    line: int
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class PracticeList:
    """Hold a document, its practices in order of their ids, and the notes of the reader."""

    document: Document
    practices: tuple[Practice, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Mark the part `[start, end)` of a practice's text that is searched as one; `text` is that part."""

    id: str
    practice_id: str
    start: int
    end: int
    text: str
