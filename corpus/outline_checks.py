"""Refuse an outline in which numbers do not count on, or of which order does not tell what belongs together."""

from __future__ import annotations

from itertools import pairwise

from corpus.errors import SourceError
from corpus.marks import is_open
from corpus.numerals import chinese_numeral
from corpus.outline import Outline, late_titles, make_error, make_note, numbered
from corpus.table import Piece, Table
from corpus.types import Document, Note, NoteKind, Span


def check_end(document: Document, outline: Outline, table: Table) -> None:
    """Refuse a last practice that breaks off before text which the table leaves out; note what else is left out."""
    rest = document.text[table.end :]
    start = table.end + len(rest) - len(rest.lstrip())
    if not rest.strip():
        return
    line = document.text.count("\n", 0, start) + 1
    if outline.runs and is_open(outline.runs[-1][-1].text(document.text)):
        raise SourceError(f"line {line}: text after the table, whose last item breaks off: {rest.strip()[:60]!r}")
    outline.notes.append(
        Note(NoteKind.LEFT_OUT, line, Span(start, len(document.text.rstrip())), "text after the table left out")
    )


def check_measures(document: Document, outline: Outline, table: Table) -> None:
    """Refuse measures that do not count on, or are not as many as the runs of items."""
    if not outline.runs:
        raise SourceError("the table holds no numbered practice")
    for run in outline.runs:
        for item in run:
            if not item.spans:
                raise SourceError(f"line {item.line}: item {item.number} has no text")
    if not outline.measures:
        if table.item_column > 2:
            column = table.header[table.item_column - 1]
            raise SourceError(f"column {column} holds no heading numbered （一）, （二） …")
        return
    if outline.measures[0].number != 1:
        raise make_error(document, outline.measures[0], "the first measure is not （一）")
    for before, after in pairwise(outline.measures):
        if after.number not in (1, (before.number or 0) + 1):
            expected = f"（{chinese_numeral((before.number or 0) + 1)}） or （一）"
            raise make_error(document, after, f"measure where {expected} should follow")
    if len(outline.measures) != len(outline.runs):
        raise _mismatch(document, outline, outline.measures, "measure")


def check_tasks(document: Document, outline: Outline) -> None:
    """Refuse task titles that are not as many as the measures （一）, and task numbers out of order."""
    firsts = [measure for measure in outline.measures if measure.number == 1]
    if outline.measures and len(outline.titles) != len(firsts):
        lines = ", ".join(str(title.line) for title in outline.titles) or "none"
        raise SourceError(
            f"{len(firsts)} measures are numbered （一）, but there are {len(outline.titles)} task "
            f"titles (lines {lines}); a task title is missing or a line is taken for one"
        )
    if not outline.measures and len(outline.titles) != len(outline.runs):
        raise _mismatch(document, outline, outline.titles, "task")
    value = 0
    for number in outline.numbers:
        if number.number is None or not value < number.number <= len(outline.titles):
            raise make_error(document, number, f"task number out of order among {len(outline.titles)} tasks")
        value = number.number
    printed = {number.number for number in outline.numbers}
    for value, title in enumerate(outline.titles, start=1):
        if value not in printed:
            message = f"task number {chinese_numeral(value)} is missing and was counted on"
            outline.notes.append(make_note(NoteKind.INFERRED_NUMBER, title, message))


def check_places(document: Document, outline: Outline, table: Table) -> None:
    """Refuse what order alone would pair wrongly: two faults, a lost heading and a lost item say, can even out.

    On an ordinary page a heading stands before what it heads, in the same row, or where cells slipped by one row: a
    measure in a row of its own, a task's title in a row with others.
    """
    scattered = [page.span for page in table.pages if page.transposed]

    def on_an_ordinary_page(heading: Piece) -> bool:
        return not any(span.start <= heading.span.start < span.end for span in scattered)

    for measure, run in zip(outline.measures, outline.runs, strict=False):
        late = measure.span > run[0].spans[0] and measure.line != run[0].line and not measure.alone
        if late and on_an_ordinary_page(measure):
            raise make_error(document, measure, f"measure after the items of line {run[0].line}, which have no heading")
    for title, first in late_titles(outline):
        if title.alone and on_an_ordinary_page(title):
            raise make_error(document, title, f"task title after the measure of line {first.line}, which has none")
    for number, title in numbered(outline):
        at = outline.titles.index(title)
        before, after = outline.titles[:at], outline.titles[at + 1 :]
        if any(other.span > number.span for other in before) or any(other.span < number.span for other in after):
            raise make_error(document, number, f"task number that does not stand by its title, line {title.line}")


def _mismatch(document: Document, outline: Outline, headings: list[Piece], kind: str) -> SourceError:
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
        f"line {line}: {len(starts)} runs of items but {len(headings)} {kind} headings, near {text[:40]!r}"
    )
