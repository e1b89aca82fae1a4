"""Assemble the pieces of a table into practices under their headings.

Numbering decides, not columns. Items that count on (1, 2, 3 …) form a run; a new 1 starts the next run. The k-th run
belongs to the k-th measure heading and the k-th measure （一） to the k-th task, whether a heading came before its
items or, on a transposed page, after them. Whatever had to be repaired or inferred becomes a Note; numbers that do not
count on are an error, because then order no longer tells what belongs together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from corpus.errors import SourceError
from corpus.numerals import chinese_numeral
from corpus.region_mentions import MentionKind
from corpus.regions import gazetteer
from corpus.table import Mark, Page, Piece, is_open, read_pages
from corpus.types import Document, Heading, Note, NoteKind, Practice, PracticeList, Span


@dataclass(slots=True)
class _Item:
    number: int
    line: int
    spans: list[Span]

    def text(self, source: str) -> str:
        return "".join(span.of(source) for span in self.spans)


@dataclass(slots=True)
class _Outline:
    """Collect what a table holds, in order of the text."""

    titles: list[Piece] = field(default_factory=list)
    numbers: list[Piece] = field(default_factory=list)
    measures: list[Piece] = field(default_factory=list)
    runs: list[list[_Item]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def parse_practice_list(document: Document) -> PracticeList:
    """Read the practices of a list with their headings, spans and regions.

    Raises SourceError with line and text for numbers that do not count on, headings that are missing, or a document
    without such a table.
    """
    header, pages = read_pages(document)
    outline = _collect(document, pages)
    _check_measures(document, outline)
    _check_tasks(document, outline)
    paths = _paths(document, outline)
    notes = [*outline.notes, *_page_notes(pages), *_column_notes(header, pages), *_order_notes(outline, pages)]
    practices = tuple(
        _practice(document, path, item) for path, run in zip(paths, outline.runs, strict=True) for item in run
    )
    return PracticeList(document, practices, tuple(sorted(notes, key=lambda note: (note.span, note.kind))))


def _collect(document: Document, pages: tuple[Page, ...]) -> _Outline:
    outline = _Outline()
    for piece in (piece for page in pages for piece in page.pieces):
        match piece.mark:
            case Mark.ITEM:
                _add_item(document, outline, piece)
            case Mark.TEXT:
                _add_text(document, outline, piece)
            case Mark.MEASURE:
                _add_heading(document, outline.measures, piece)
            case Mark.TASK_TITLE:
                _add_heading(document, outline.titles, piece)
            case Mark.TASK_NUMBER:
                _add_heading(document, outline.numbers, piece)
                if piece.misread:
                    outline.notes.append(_note(NoteKind.MISREAD_NUMBER, piece, "task number 一 is printed as a stroke"))
    return outline


def _add_heading(document: Document, headings: list[Piece], piece: Piece) -> None:
    # A row that goes on over a page may print its headings again.
    if headings and (headings[-1].number, headings[-1].span.of(document.text)) == (
        piece.number,
        piece.span.of(document.text),
    ):
        return
    headings.append(piece)


def _add_item(document: Document, outline: _Outline, piece: Piece) -> None:
    number = piece.number or 0
    spans = [piece.span] if piece.span.start < piece.span.end else []
    item = _Item(number, piece.line, spans)
    if number == 1:
        outline.runs.append([item])
    elif outline.runs and number == outline.runs[-1][-1].number + 1:
        outline.runs[-1].append(item)
    else:
        expected = f"1 or {outline.runs[-1][-1].number + 1}" if outline.runs else "1"
        raise _error(document, piece, f"item {number} where {expected} should follow")


def _add_text(document: Document, outline: _Outline, piece: Piece) -> None:
    last = outline.runs[-1][-1] if outline.runs else None
    if last and is_open(last.text(document.text)):
        last.spans.append(piece.span)
        outline.notes.append(_note(NoteKind.SPLIT_ITEM, piece, f"goes on with item {last.number} of line {last.line}"))
    elif len(outline.measures) > len(outline.runs):
        outline.runs.append([_Item(1, piece.line, [piece.span])])
        outline.notes.append(_note(NoteKind.INFERRED_NUMBER, piece, "the only practice of its measure has no number"))
    elif last:
        last.spans.append(piece.span)
        message = f"paragraph without a number, read as part of item {last.number} of line {last.line}"
        outline.notes.append(_note(NoteKind.SPLIT_ITEM, piece, message))
    else:
        raise _error(document, piece, "text that belongs to no item")


def _check_measures(document: Document, outline: _Outline) -> None:
    if not outline.runs:
        raise SourceError(f"{document.source}: the table holds no numbered practice")
    for run in outline.runs:
        for item in run:
            if not item.spans:
                raise SourceError(f"{document.source}: line {item.line}: item {item.number} has no text")
    if not outline.measures:
        return
    if outline.measures[0].number != 1:
        raise _error(document, outline.measures[0], "the first measure is not （一）")
    for before, after in pairwise(outline.measures):
        if after.number not in (1, (before.number or 0) + 1):
            expected = f"（{chinese_numeral((before.number or 0) + 1)}） or （一）"
            raise _error(document, after, f"measure where {expected} should follow")
    if len(outline.measures) != len(outline.runs):
        raise _mismatch(document, outline, outline.measures, "measure")


def _check_tasks(document: Document, outline: _Outline) -> None:
    firsts = [measure for measure in outline.measures if measure.number == 1]
    if outline.measures and len(outline.titles) != len(firsts):
        lines = ", ".join(str(title.line) for title in outline.titles) or "none"
        raise SourceError(
            f"{document.source}: {len(firsts)} measures are numbered （一）, but there are {len(outline.titles)} task "
            f"titles (lines {lines}); a task title is missing or a line is taken for one"
        )
    if not outline.measures and len(outline.titles) != len(outline.runs):
        raise _mismatch(document, outline, outline.titles, "task")
    expected = iter(range(1, len(outline.titles) + 1))
    for number in outline.numbers:
        if not any(number.number == value for value in expected):
            raise _error(document, number, f"task number out of order among {len(outline.titles)} tasks")
    printed = {number.number for number in outline.numbers}
    for value, title in enumerate(outline.titles, start=1):
        if value not in printed:
            message = f"task number {chinese_numeral(value)} is missing and was counted on"
            outline.notes.append(_note(NoteKind.INFERRED_NUMBER, title, message))


def _mismatch(document: Document, outline: _Outline, headings: list[Piece], kind: str) -> SourceError:
    """Name the first run of items that no heading precedes, the likeliest place of the gap."""
    starts = [run[0] for run in outline.runs]
    line = next(
        (
            start.line
            for index, start in enumerate(starts)
            if index >= len(headings) or headings[index].span > start.spans[0]
        ),
        headings[-1].line if headings else starts[0].line,
    )
    text = outline.runs[-1][-1].text(document.text) if not headings else document.text.split("\n")[line - 1].strip()
    return SourceError(
        f"{document.source}: line {line}: {len(starts)} runs of items but {len(headings)} {kind} headings, near "
        f"{text[:40]!r}"
    )


def _paths(document: Document, outline: _Outline) -> list[tuple[Heading, ...]]:
    """Return the headings above each run, outermost first."""
    tasks = [
        Heading(number, chinese_numeral(number), title.span.of(document.text))
        for number, title in enumerate(outline.titles, start=1)
    ]
    if not outline.measures:
        return [(task,) for task in tasks]
    paths: list[tuple[Heading, ...]] = []
    task = -1
    for measure in outline.measures:
        number = measure.number or 0
        task += number == 1
        heading = Heading(number, f"（{chinese_numeral(number)}）", measure.span.of(document.text))
        paths.append((tasks[task], heading))
    return paths


def _practice(document: Document, path: tuple[Heading, ...], item: _Item) -> Practice:
    text = item.text(document.text)
    numbers = ".".join(str(number) for number in (*(heading.number for heading in path), item.number))
    # What a group covers, or a name might mean, is not named.
    named = [mention.codes for mention in gazetteer().mentions(text) if mention.kind is MentionKind.REGION]
    codes = dict.fromkeys(code for mention in named for code in mention)
    return Practice(f"{document.id}:{numbers}", document.id, path, item.number, text, tuple(item.spans), tuple(codes))


def _page_notes(pages: tuple[Page, ...]) -> list[Note]:
    message = "the header's cells stand on several lines; headings and items are matched by order"
    return [Note(NoteKind.TRANSPOSED_PAGE, page.line, page.span, message) for page in pages if page.transposed]


def _column_notes(header: tuple[str, ...], pages: tuple[Page, ...]) -> list[Note]:
    columns = {Mark.TASK_NUMBER: 0, Mark.TASK_TITLE: 1, Mark.MEASURE: len(header) - 2, Mark.ITEM: len(header) - 1}
    return [
        _note(NoteKind.MISPLACED_CELL, piece, f"{piece.mark} stands in column {header[piece.column]}")
        for page in pages
        for piece in page.pieces
        if piece.mark in columns and piece.column is not None and piece.column != columns[piece.mark]
    ]


def _order_notes(outline: _Outline, pages: tuple[Page, ...]) -> list[Note]:
    """Report headings that stand after what they head, and rows that go on without one."""
    notes: list[Note] = []
    tasks = [measure for measure in outline.measures if measure.number == 1]
    for measure, run in zip(outline.measures, outline.runs, strict=False):
        if measure.span > run[0].spans[0]:
            notes.append(_note(NoteKind.LATE_HEADING, measure, f"heads the items from line {run[0].line} on"))
    late = [(title, first) for title, first in zip(outline.titles, tasks, strict=False) if title.span > first.span]
    for title, first in late:
        notes.append(_note(NoteKind.LATE_HEADING, title, f"heads the measures from line {first.line} on"))
    for number, title in _numbered(outline):
        if number.span > title.span:
            notes.append(_note(NoteKind.LATE_HEADING, number, f"numbers the task of line {title.line}"))
    rows = {piece.line: piece for page in pages for piece in reversed(page.pieces) if piece.bare}
    for line, piece in rows.items():
        if not any(line in (first.line, title.line) for title, first in late) and not any(
            title.line == line for title in outline.titles
        ):
            above = [title for title in outline.titles if title.line < line]
            message = f"row without a task number goes on with task {chinese_numeral(len(above))}"
            notes.append(_note(NoteKind.CONTINUED_ROW, piece, message))
    return notes


def _numbered(outline: _Outline) -> list[tuple[Piece, Piece]]:
    return [(number, outline.titles[(number.number or 1) - 1]) for number in outline.numbers]


def _note(kind: NoteKind, piece: Piece, message: str) -> Note:
    return Note(kind, piece.line, piece.span, message)


def _error(document: Document, piece: Piece, message: str) -> SourceError:
    text = piece.span.of(document.text)
    return SourceError(f"{document.source}: line {piece.line}: {message}: {text[:60]!r}")
