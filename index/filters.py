"""Keep the practices that a filter names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from corpus.errors import UnknownNameError
from corpus.regions import gazetteer
from corpus.types import Document, Heading, Practice
from index.normal import normalise
from index.types import Filters


def select(practices: Sequence[Practice], documents: Mapping[str, Document], filters: Filters) -> list[int]:
    """Return the positions of the practices that match every given filter, in order.

    Raises UnknownNameError for a document, task or measure that no practice has, and for a region that the gazetteer
    does not know; a known region without practices gives an empty list.
    """
    positions = list(range(len(practices)))
    for value, kind, matches, known in (
        (filters.document, "document", _in_document(documents), [document.id for document in documents.values()]),
        (filters.task, "task", _in_task, _titles(practice.task for practice in practices)),
        (filters.measure, "measure", _in_measure, _titles(practice.measure for practice in practices)),
    ):
        if value is not None:
            if not any(matches(practice, normalise(value)) for practice in practices):
                raise UnknownNameError(kind, value, f"known: {', '.join(known[:20])}")
            positions = [position for position in positions if matches(practices[position], normalise(value))]
    if filters.region is not None:
        codes = [region.code for region in gazetteer().resolve(filters.region)]
        covers = gazetteer().covers
        positions = [
            position
            for position in positions
            if any(covers(code, region) for code in codes for region in practices[position].regions)
        ]
    return positions


def _in_document(documents: Mapping[str, Document]) -> Callable[[Practice, str], bool]:
    def matches(practice: Practice, value: str) -> bool:
        document = documents[practice.document_id]
        return value in (normalise(document.id), normalise(document.number) or None)

    return matches


def _in_task(practice: Practice, value: str) -> bool:
    task = practice.task
    return task is not None and value in (normalise(task.title), task.label, str(task.number))


def _in_measure(practice: Practice, value: str) -> bool:
    measure = practice.measure
    numbers = ".".join(str(heading.number) for heading in practice.path[:2])
    return measure is not None and value in (normalise(measure.title), numbers)


def _titles(headings: Iterable[Heading | None]) -> list[str]:
    return list(dict.fromkeys(heading.title for heading in headings if heading))
