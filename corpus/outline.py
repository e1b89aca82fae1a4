"""Collect what a table holds in order of its text: tasks, measures, and runs of items that count on."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus.errors import SourceError
from corpus.marks import Mark, is_enumerated, is_open, without_continuation
from corpus.table import Piece, Table
from corpus.types import Document, Note, NoteKind, Span


@dataclass(slots=True)
class Item:
    """Hold one item while its pieces are still coming: `number`, the `line` where it began, its `spans`."""

    number: int
    line: int
    spans: list[Span]

    def text(self, source: str) -> str:
        """Return its text so far."""
        return "".join(span.of(source) for span in self.spans)


@dataclass(slots=True)
class Outline:
    """Collect what a table holds, in order of the text."""

    titles: list[Piece] = field(default_factory=list)
    numbers: list[Piece] = field(default_factory=list)
    measures: list[Piece] = field(default_factory=list)
    runs: list[list[Item]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def collect(document: Document, table: Table) -> Outline:
    """Sort the pieces of a table; SourceError for an item whose number does not count on."""
    outline = Outline()
    for piece in table.pieces:
        match piece.mark:
            case Mark.ITEM:
                _add_item(document, outline, piece)
            case Mark.TEXT:
                _add_text(document, outline, piece)
            case Mark.MEASURE:
                _add_heading(outline.measures, piece)
                _note_misread(outline, piece, "measure")
            case Mark.TASK_TITLE:
                _add_heading(outline.titles, piece)
            case Mark.TASK_NUMBER:
                _add_heading(outline.numbers, piece)
                _note_misread(outline, piece, "task")
    return outline


def _add_heading(headings: list[Piece], piece: Piece) -> None:
    # A row that goes on over a page may print its headings again.
    repeated = headings and (headings[-1].number, without_continuation(headings[-1].title)) == (
        piece.number,
        without_continuation(piece.title),
    )
    if not repeated:
        headings.append(piece)


def _note_misread(outline: Outline, piece: Piece, kind: str) -> None:
    if piece.misread:
        outline.notes.append(make_note(NoteKind.MISREAD_NUMBER, piece, f"{kind} number 一 is printed as a stroke"))


def _add_item(document: Document, outline: Outline, piece: Piece) -> None:
    number = piece.number or 0
    spans = [piece.span] if piece.span.start < piece.span.end else []
    item = Item(number, piece.line, spans)
    if number == 1:
        outline.runs.append([item])
    elif outline.runs and number == outline.runs[-1][-1].number + 1:
        outline.runs[-1].append(item)
    else:
        expected = f"1 or {outline.runs[-1][-1].number + 1}" if outline.runs else "1"
        raise make_error(document, piece, f"item {number} where {expected} should follow")


def _add_text(document: Document, outline: Outline, piece: Piece) -> None:
    last = outline.runs[-1][-1] if outline.runs else None
    newest = outline.measures[-1] if len(outline.measures) > len(outline.runs) else None
    if last and is_open(last.text(document.text)) and not (newest and newest.line == piece.line):
        last.spans.append(piece.span)
        outline.notes.append(
            make_note(NoteKind.SPLIT_ITEM, piece, f"goes on with item {last.number} of line {last.line}")
        )
    elif newest:
        if is_enumerated(piece.title):
            raise make_error(document, piece, "numbered in another way than the practices before")
        outline.runs.append([Item(1, piece.line, [piece.span])])
        outline.notes.append(make_note(NoteKind.INFERRED_NUMBER, piece, "read as item 1, for which there is no number"))
    elif last:
        last.spans.append(piece.span)
        message = f"paragraph without a number, read as part of item {last.number} of line {last.line}"
        outline.notes.append(make_note(NoteKind.SPLIT_ITEM, piece, message))
    else:
        raise make_error(document, piece, "text that belongs to no item")


def late_titles(outline: Outline) -> list[tuple[Piece, Piece]]:
    """Return the task titles that stand after their first measure, each with that measure."""
    firsts = [measure for measure in outline.measures if measure.number == 1]
    return [(title, first) for title, first in zip(outline.titles, firsts, strict=False) if title.span > first.span]


def numbered(outline: Outline) -> list[tuple[Piece, Piece]]:
    """Return the printed task numbers, each with the title that it counts."""
    return [(number, outline.titles[(number.number or 1) - 1]) for number in outline.numbers]


def make_note(kind: NoteKind, piece: Piece, message: str) -> Note:
    """Return a note about a piece."""
    return Note(kind, piece.line, piece.span, message)


def make_error(document: Document, piece: Piece, message: str) -> SourceError:
    """Return an error that names the line and the text of a piece."""
    return SourceError(f"line {piece.line}: {message}: {piece.title[:60]!r}")
