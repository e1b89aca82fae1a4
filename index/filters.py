"""Keep the practices that a filter names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from corpus.errors import UnknownNameError
from corpus.regions import gazetteer
from corpus.types import Document, Heading, Practice
from index.normal import normalise
from index.types import Filters

_MARKS = re.compile(r"[^\w.-]|_")


def select(practices: Sequence[Practice], documents: Mapping[str, Document], filters: Filters) -> list[int]:
    """Return the positions of the practices that match every given filter, in order.

    Raises UnknownNameError for a document, task or measure that no practice has, and for a region that the gazetteer
    does not know; a known region without practices gives an empty list.
    """
    positions = list(range(len(practices)))
    for value, kind, matches, known in (
        (filters.document, "document", _in_document(documents), partial(list, documents)),
        (filters.task, "task", _in_task, partial(_titles, practices, 0)),
        (filters.measure, "measure", _in_measure, partial(_titles, practices, 1)),
    ):
        if value is not None:
            key = fold(value)
            matching = {position for position, practice in enumerate(practices) if matches(practice, key)}
            if not matching:
                raise UnknownNameError(kind, value, f"known: {', '.join(known()[:20])}")
            positions = [position for position in positions if position in matching]
    if filters.region is not None:
        codes = [region.code for region in gazetteer().resolve(filters.region)]
        covers_any = gazetteer().covers_any
        positions = [position for position in positions if covers_any(codes, practices[position].regions)]
    return positions


def _in_document(documents: Mapping[str, Document]) -> Callable[[Practice, str], bool]:
    def matches(practice: Practice, value: str) -> bool:
        document = documents[practice.document_id]
        return value in document_names(document.id, document.number)

    return matches


@cache
def document_names(identifier: str, number: str) -> frozenset[str]:
    """Return the folded names of a document: its id, and its number (文号) where it has one."""
    return frozenset({fold(identifier), fold(number)} - {""})


def _in_task(practice: Practice, value: str) -> bool:
    return value in task_names(practice)


def _in_measure(practice: Practice, value: str) -> bool:
    return value in measure_names(practice)


def task_names(practice: Practice) -> frozenset[str]:
    """Return the folded names of a practice's task: 3, 三, 完善标准体系; none where the list has no such level."""
    return _names(practice.task) | {fold(str(practice.task.number))} if practice.task else frozenset()


def measure_names(practice: Practice) -> frozenset[str]:
    """Return the folded names of a practice's measure: 3.1, its title; none where the list has no such level."""
    numbers = ".".join(str(heading.number) for heading in practice.path[:2])
    return _names(practice.measure) | {numbers} if practice.measure else frozenset()


@cache
def _names(heading: Heading) -> frozenset[str]:
    """Return the ways to write a heading: by its label, its title, or both."""
    return frozenset(fold(name) for name in (heading.label, heading.title, heading.label + heading.title)) - {""}


def fold(name: str) -> str:
    """Return a name without what people type differently: brackets, blanks, punctuation and capitals."""
    return _MARKS.sub("", normalise(name).casefold())


def _titles(practices: Sequence[Practice], level: int) -> list[str]:
    """Return the titles of one level of headings, outermost 0, in order of the list."""
    return list(dict.fromkeys(practice.path[level].title for practice in practices if len(practice.path) > level))
