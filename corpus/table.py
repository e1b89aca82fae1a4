"""Break the table of a list into marked pieces, trusting its text more than its columns.

A list reaches us through conversions that lose pages' shapes: header rows repeat, cells move to other columns, a page
comes out transposed, page numbers and running titles get in between. What survives is the order of the text and how
each piece is marked (1. …, （一）…, 一), so pieces are told apart by that and keep their column only as a hint.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from corpus.errors import SourceError
from corpus.marks import Mark, Marked, Marker, compact, strip
from corpus.types import Document, Note, NoteKind, Span

INDEX_COLUMN = "序号"
_BREAK = re.compile(r"</?(?:p|div|li|ul|ol)\b[^>]*>|<br\s*/?>", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"[-—–·\s]*\d{1,4}[-—–·\s]*|第\s*\d+\s*页.*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold one marked piece of the table with its place.

    `title` is its text without the number, joined where a cell breaks it into paragraphs. `column` counts from 0 and is
    None where the row does not have the header's width. `bare` marks a row of which the index cell is empty, `alone` a
    piece that shares its line with no other.
    """

    mark: Mark
    number: int | None
    span: Span
    misread: bool
    title: str
    line: int
    column: int | None
    bare: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Hold the pieces under one header; `transposed` when the header's cells stand on several lines."""

    line: int
    span: Span
    transposed: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Hold a table: the names of its columns, which of them holds the practices, its pages, and what was left out."""

    header: tuple[str, ...]
    item_column: int
    pages: tuple[Page, ...]
    notes: tuple[Note, ...]
    end: int

    @property
    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of all pages, in order of the text."""
        return (piece for page in self.pages for piece in page.pieces)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: tuple[Span, ...]

    @property
    def span(self) -> Span:
        return Span(self.cells[0].start, self.cells[-1].end)


def read_table(document: Document) -> Table:
    """Return the table of a document; `end` is where its last row ends.

    A page begins at a header, or at the first line of a header whose cells are scattered over lines. Page numbers,
    running titles and columns behind that of the practices are left out, each with a note. Raises SourceError when
    there is no header row.
    """
    return _Reader(document).read()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._lines = list(_lines(document.text))
        self._header = self._find_header(document)
        self._item_column = self._find_item_column()
        self._marker = Marker(document.text, self._header, self._item_paragraphs())
        self._notes: list[Note] = []

    def read(self) -> Table:
        named = [index for index, line in enumerate(self._lines) if self._named(line)]
        first = named[0]
        last = max(index for index, line in enumerate(self._lines) if self._is_row(line))
        titles = {compact(line.span.of(self._text)) for line in self._lines[:first]} - {""}
        groups: list[list[_Line]] = []
        for line in self._lines[first : last + 1]:
            if len(line.cells) == 1 and self._is_furniture(line, titles):
                continue
            # A header starts a page, except that a scattered one goes on over the lines that follow it.
            if not groups or self._starts_page(line, groups[-1]):
                groups.append([])
            groups[-1].append(line)
        pages = tuple(self._page(group) for group in groups)
        return Table(self._header, self._item_column, pages, tuple(self._notes), self._lines[last].span.end)

    def _find_header(self, document: Document) -> tuple[str, ...]:
        for line in self._lines:
            names = self._names(line)
            while names and not names[-1]:
                names = names[:-1]
            if len(names) > 2 and names[0] == INDEX_COLUMN and all(names):
                return names
        raise SourceError(f"no table of practices: no row starts with {INDEX_COLUMN} and two or more column names")

    def _find_item_column(self) -> int:
        """Return the column of whole rows that holds the most text, which is that of the practices."""
        lengths: Counter[int] = Counter()
        for line in self._lines:
            if len(line.cells) >= len(self._header):
                for column, cell in enumerate(line.cells[: len(self._header)]):
                    lengths[column] += len(cell.of(self._text).strip())
        return lengths.most_common(1)[0][0] or len(self._header) - 1

    def _item_paragraphs(self) -> Iterator[Span]:
        """Yield the paragraphs of the practices' column, then those of rows that have lost their columns."""
        whole = [line for line in self._lines if len(line.cells) >= len(self._header)]
        for line in whole:
            yield from self._paragraphs(line.cells[self._item_column])
        for line in self._lines:
            if len(line.cells) < len(self._header):
                for cell in line.cells:
                    yield from self._paragraphs(cell)

    def _names(self, line: _Line) -> tuple[str, ...]:
        return tuple(compact("".join(span.of(self._text) for span in self._paragraphs(cell))) for cell in line.cells)

    def _named(self, line: _Line) -> set[str]:
        return set(self._names(line)) & set(self._header)

    def _is_row(self, line: _Line) -> bool:
        part = line.cells[0]
        return (
            len(line.cells) > 1
            or _BREAK.search(self._text, part.start, part.end) is not None
            or any(self._marker.stands_out(span) for span in self._paragraphs(part))
        )

    def _is_furniture(self, line: _Line, titles: set[str]) -> bool:
        """Tell whether a line is a page number or repeats one from before the table, and note it."""
        part = strip(self._text, line.span)
        if _PAGE_NUMBER.fullmatch(part.of(self._text)):
            what = "page number"
        elif compact(part.of(self._text)) in titles:
            what = "running title"
        else:
            return False
        self._notes.append(Note(NoteKind.LEFT_OUT, line.number, part, f"{what} left out"))
        return True

    def _starts_page(self, line: _Line, group: list[_Line]) -> bool:
        named, seen = self._named(line), set().union(*map(self._named, group))
        return bool(named) and (seen >= set(self._header) or bool(named & seen))

    def _page(self, group: list[_Line]) -> Page:
        headed = [line for line in group if self._named(line)]
        pieces = tuple(piece for line in group for piece in self._row(line))
        span = Span(group[0].span.start, group[-1].span.end)
        return Page(headed[0].number if headed else group[0].number, span, len(headed) > 1, pieces)

    def _row(self, line: _Line) -> list[Piece]:
        full = len(line.cells) >= len(self._header)
        bare = full and strip(self._text, line.cells[0]) == Span(line.cells[0].end, line.cells[0].end)
        pieces: list[Piece] = []
        for index, cell in enumerate(line.cells):
            column = index if full else None
            marked = list(self._cell(cell, column))
            if column is not None and column > self._item_column:
                left = [one for one in marked if one.mark is not Mark.HEADER]
                if left:
                    message = f"column {column + 1}, behind that of the practices, left out"
                    self._notes.append(Note(NoteKind.LEFT_OUT, line.number, left[0].span, message))
                continue
            pieces += [_piece(self._text, one, parts, line.number, column, bare) for one, parts in _joined(marked)]
        return [replace(pieces[0], alone=True)] if len(pieces) == 1 else pieces

    def _cell(self, cell: Span, column: int | None) -> Iterator[Marked]:
        paragraphs = list(self._paragraphs(cell))
        # A cell with paragraphs has its practices apart; only where it has none do they run on in one.
        runs_on = len(paragraphs) == 1 and not _BREAK.search(self._text, cell.start, cell.end)
        for span in paragraphs:
            yield from self._marker.mark(span, column, self._item_column, runs_on)

    def _paragraphs(self, cell: Span) -> Iterator[Span]:
        start = cell.start
        for tag in [*_BREAK.finditer(self._text, cell.start, cell.end), None]:
            span = strip(self._text, Span(start, tag.start() if tag else cell.end))
            if span.start < span.end:
                yield span
            start = tag.end() if tag else cell.end


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        cells = []
        for cell in raw.split("\t"):
            cells.append(Span(start, start + len(cell)))
            start += len(cell) + 1
        yield _Line(number, tuple(cells))


def _joined(marked: list[Marked]) -> Iterator[tuple[Marked, list[Marked]]]:
    """Join a heading with the paragraphs of its cell that go on with it."""
    groups: list[list[Marked]] = []
    for one in marked:
        goes_on = one.mark is Mark.TASK_TITLE and groups and groups[-1][0].mark in (Mark.TASK_TITLE, Mark.MEASURE)
        if goes_on:
            groups[-1].append(one)
        else:
            groups.append([one])
    return ((group[0], group) for group in groups)


def _piece(text: str, one: Marked, parts: list[Marked], line: int, column: int | None, bare: bool) -> Piece:
    span = Span(one.span.start, parts[-1].span.end)
    title = "".join(part.span.of(text) for part in parts)
    return Piece(one.mark, one.number, span, one.misread, title, line, column, bare, alone=False)
