"""Assemble the pieces of a table into practices under their headings.

Numbering decides, not columns. Items that count on (1, 2, 3 …) form a run; a new 1 starts the next run. The k-th run
belongs to the k-th measure heading and the k-th measure （一） to the k-th task, whether a heading came before its
items or, on a transposed page, after them. Whatever had to be repaired or inferred becomes a Note; numbers that do not
count on are an error, because then order no longer tells what belongs together.
"""

from __future__ import annotations

from corpus.marks import Mark, without_continuation
from corpus.numerals import chinese_numeral
from corpus.outline import Item, Outline, collect, late_titles, make_note, numbered
from corpus.outline_checks import check_end, check_measures, check_places, check_tasks
from corpus.region_mentions import MentionKind
from corpus.regions import gazetteer
from corpus.table import Table, read_table
from corpus.types import Document, Heading, Note, NoteKind, Practice, PracticeList


def parse_practice_list(document: Document) -> PracticeList:
    """Read the practices of a list with their headings, spans and regions.

    Raises SourceError with line and text for numbers that do not count on, headings that are missing, or a document
    without such a table.
    """
    table = read_table(document)
    outline = collect(document, table)
    check_end(document, outline, table)
    check_measures(document, outline, table)
    check_tasks(document, outline)
    check_places(document, outline, table)
    paths = _paths(outline)
    notes = [*table.notes, *outline.notes, *_page_notes(table), *_column_notes(table), *_order_notes(outline, table)]
    practices = tuple(
        _practice(document, path, item) for path, run in zip(paths, outline.runs, strict=True) for item in run
    )
    return PracticeList(document, practices, tuple(sorted(notes, key=lambda note: (note.span, note.kind))))


def _paths(outline: Outline) -> list[tuple[Heading, ...]]:
    """Return the headings above each run, outermost first."""
    tasks = [
        Heading(number, chinese_numeral(number), without_continuation(title.title))
        for number, title in enumerate(outline.titles, start=1)
    ]
    if not outline.measures:
        return [(task,) for task in tasks]
    paths: list[tuple[Heading, ...]] = []
    task = -1
    for measure in outline.measures:
        number = measure.number or 0
        task += number == 1
        heading = Heading(number, f"（{chinese_numeral(number)}）", without_continuation(measure.title))
        paths.append((tasks[task], heading))
    return paths


def _practice(document: Document, path: tuple[Heading, ...], item: Item) -> Practice:
    text = item.text(document.text)
    numbers = ".".join(str(number) for number in (*(heading.number for heading in path), item.number))
    # What a group covers, or a name might mean, is not named.
    named = [mention.codes for mention in gazetteer().mentions(text) if mention.kind is MentionKind.REGION]
    codes = dict.fromkeys(code for mention in named for code in mention)
    return Practice(f"{document.id}:{numbers}", document.id, path, item.number, text, tuple(item.spans), tuple(codes))


def _page_notes(table: Table) -> list[Note]:
    message = "the header's cells stand on several lines; headings and items are matched by order"
    return [Note(NoteKind.TRANSPOSED_PAGE, page.line, page.span, message) for page in table.pages if page.transposed]


def _column_notes(table: Table) -> list[Note]:
    item = table.item_column
    columns = {Mark.TASK_NUMBER: 0, Mark.TASK_TITLE: 1, Mark.MEASURE: item - 1, Mark.ITEM: item}
    return [
        make_note(NoteKind.MISPLACED_CELL, piece, f"{piece.mark} stands in column {table.header[piece.column]}")
        for piece in table.pieces
        if piece.mark in columns and piece.column is not None and piece.column != columns[piece.mark]
    ]


def _order_notes(outline: Outline, table: Table) -> list[Note]:
    """Report headings that stand after what they head, and rows that go on without one."""
    notes: list[Note] = []
    for measure, run in zip(outline.measures, outline.runs, strict=False):
        if measure.span > run[0].spans[0]:
            notes.append(make_note(NoteKind.LATE_HEADING, measure, f"heads the items from line {run[0].line} on"))
    late = late_titles(outline)
    for title, first in late:
        notes.append(make_note(NoteKind.LATE_HEADING, title, f"heads the measures from line {first.line} on"))
    for number, title in numbered(outline):
        if number.span > title.span:
            notes.append(make_note(NoteKind.LATE_HEADING, number, f"numbers the task of line {title.line}"))
    rows = {piece.line: piece for piece in reversed(list(table.pieces)) if piece.bare}
    for line, piece in rows.items():
        if not any(line in (first.line, title.line) for title, first in late) and not any(
            title.line == line for title in outline.titles
        ):
            above = [title for title in outline.titles if title.line < line]
            message = f"row without a task number goes on with task {chinese_numeral(len(above))}"
            notes.append(make_note(NoteKind.CONTINUED_ROW, piece, message))
    return notes
