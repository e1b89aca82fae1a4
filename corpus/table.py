"""Break the table of a list into marked pieces, trusting its text more than its columns.

A list reaches us through conversions that lose pages' shapes: header rows repeat, cells move to other columns, a page
comes out transposed. What survives is the order of the text and how each piece is numbered, so pieces are told apart
by their own marks (1. …, （一）…, 一) and keep their column only as a hint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from corpus.errors import SourceError
from corpus.numerals import chinese_number
from corpus.types import Document, Span

INDEX_COLUMN = "序号"
SENTENCE_END = "。！？!?"
_CLOSING = "”’」』）)】》\"'"
_NUMERAL = "一二三四五六七八九十"
# Conversions print the lone character 一 as one of these strokes.
_STROKES = "—－-–―ー─﹣"
_BREAK = re.compile(r"</?p\b[^>]*>|<br\s*/?>", re.IGNORECASE)
_ITEM = re.compile(r"\s*(\d{1,3})\s*[.．、](?!\d)\s*")
_INNER_ITEM = re.compile(rf"(?<=[{SENTENCE_END}；;])\s*(\d{{1,3}})\s*[.．、](?!\d)\s*")
_MEASURE = re.compile(rf"[（(]\s*([{_NUMERAL}]+)\s*[）)]\s*")
_TASK = re.compile(rf"(?:第\s*)?([{_NUMERAL}]+)\s*(?:[、.．]\s*|$)")


class Mark(StrEnum):
    """Say what a piece of the table is."""

    HEADER = "header"
    TASK_NUMBER = "task-number"
    TASK_TITLE = "task-title"
    MEASURE = "measure"
    ITEM = "item"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold one marked piece: `number` where it carries one, `span` of its text without the number.

    `column` counts from 0 and is None where the row does not have the header's width. `misread` marks a number that
    was printed as a stroke. `bare` marks a row of which the index cell is empty.
    """

    mark: Mark
    number: int | None
    span: Span
    line: int
    column: int | None
    misread: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Hold the pieces under one header; `transposed` when the header's cells stand on several lines."""

    line: int
    span: Span
    transposed: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    start: int
    cells: tuple[Span, ...]


def read_pages(document: Document) -> tuple[tuple[str, ...], tuple[Page, ...]]:
    """Return the header's column names and the pages of the table.

    A page begins at a header, or at the first line of a header whose cells are scattered over lines. Text before the
    first header and after the last row is not part of the table. Raises SourceError when there is no header row.
    """
    lines = list(_lines(document.text))
    header = _header(document, lines)
    first = next(index for index, line in enumerate(lines) if _names(document.text, line) == header)
    last = max(index for index, line in enumerate(lines) if len(line.cells) > 1 or _has_break(document.text, line))
    pages: list[Page] = []
    group: list[_Line] = []
    for line in lines[first : last + 1]:
        # A header starts a page, except that a scattered one goes on over the lines that follow it.
        if group and _starts_page(document.text, line, group, header):
            pages.append(_page(document.text, group, header))
            group = []
        group.append(line)
    pages.append(_page(document.text, group, header))
    return header, tuple(pages)


def is_open(text: str) -> bool:
    """Tell whether a text breaks off: it does not end with the end of a sentence."""
    return not text.rstrip().rstrip(_CLOSING).endswith(tuple(SENTENCE_END))


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        cells, offset = [], start
        for cell in raw.split("\t"):
            cells.append(Span(offset, offset + len(cell)))
            offset += len(cell) + 1
        yield _Line(number, start, tuple(cells))
        start += len(raw) + 1


def _names(text: str, line: _Line) -> tuple[str, ...]:
    return tuple(cell.of(text).strip() for cell in line.cells)


def _header(document: Document, lines: list[_Line]) -> tuple[str, ...]:
    for line in lines:
        names = _names(document.text, line)
        if len(names) > 2 and names[0] == INDEX_COLUMN and all(names):
            return names
    raise SourceError(
        f"{document.source}: no table of practices: no row starts with {INDEX_COLUMN} and two or more column names"
    )


def _has_break(text: str, line: _Line) -> bool:
    return any(_BREAK.search(cell.of(text)) for cell in line.cells)


def _starts_page(text: str, line: _Line, group: list[_Line], header: tuple[str, ...]) -> bool:
    named = {name for name in _names(text, line) if name in header}
    seen = {name for other in group for name in _names(text, other) if name in header}
    return bool(named) and (seen >= set(header) or bool(named & seen))


def _page(text: str, group: list[_Line], header: tuple[str, ...]) -> Page:
    headed = [line for line in group if any(name in header for name in _names(text, line))]
    pieces = tuple(piece for line in group for piece in _row_pieces(text, line, header))
    span = Span(group[0].start, group[-1].cells[-1].end)
    return Page(headed[0].number if headed else group[0].number, span, len(headed) > 1, pieces)


def _row_pieces(text: str, line: _Line, header: tuple[str, ...]) -> Iterator[Piece]:
    full = len(line.cells) == len(header)
    bare = full and not line.cells[0].of(text).strip()
    for index, cell in enumerate(line.cells):
        column = index if full else None
        for paragraph in _paragraphs(text, cell):
            for mark, number, span, misread in _classify(text, paragraph, header, column):
                yield Piece(mark, number, span, line.number, column, misread, bare)


def _paragraphs(text: str, cell: Span) -> Iterator[Span]:
    start = cell.start
    for tag in [*_BREAK.finditer(text, cell.start, cell.end), None]:
        span = _strip(text, Span(start, tag.start() if tag else cell.end))
        if span.start < span.end:
            yield span
        start = tag.end() if tag else cell.end


def _strip(text: str, span: Span) -> Span:
    part = span.of(text)
    start = span.start + len(part) - len(part.lstrip())
    return Span(start, max(start, span.start + len(part.rstrip())))


def _classify(
    text: str, span: Span, header: tuple[str, ...], column: int | None
) -> Iterator[tuple[Mark, int | None, Span, bool]]:
    part = span.of(text)
    if part in header:
        yield Mark.HEADER, None, span, False
    elif item := _ITEM.match(text, span.start, span.end):
        yield from _items(text, span, item)
    elif (measure := _MEASURE.match(text, span.start, span.end)) and (is_open(part) or column != len(header) - 1):
        yield Mark.MEASURE, chinese_number(measure[1]), Span(measure.end(), span.end), False
    elif (task := _TASK.match(part)) and is_open(part):
        yield Mark.TASK_NUMBER, chinese_number(task[1]), Span(span.start, span.start + len(task[1])), False
        if task.end() < len(part):
            yield Mark.TASK_TITLE, None, Span(span.start + task.end(), span.end), False
    elif len(part) == 1 and part in _STROKES:
        yield Mark.TASK_NUMBER, 1, span, True
    elif is_open(part) and column != len(header) - 1:
        yield Mark.TASK_TITLE, None, span, False
    else:
        yield Mark.TEXT, None, span, False


def _items(text: str, span: Span, match: re.Match[str]) -> Iterator[tuple[Mark, int | None, Span, bool]]:
    """Split a paragraph that runs on from one item to the next one's number."""
    number, start = int(match[1]), match.end()
    for inner in _INNER_ITEM.finditer(text, start, span.end):
        if int(inner[1]) == number + 1:
            yield Mark.ITEM, number, _strip(text, Span(start, inner.start())), False
            number, start = number + 1, inner.end()
    yield Mark.ITEM, number, _strip(text, Span(start, span.end)), False
