"""What Dify's metadata conditions mean: which practices they let through.

Every name holds text, and a practice may go by several: its places with all that they lie in and every name of each,
its task and measure by number, label and title, its document by id, number and title. Texts are compared without
brackets, blanks, punctuation, capitals and script. `is` on a region understands any name of a place and covers what
lies in it. `=` and `≠` are `is` and `is not`; each `not` lets through exactly what the operator without it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from corpus.regions import gazetteer
from corpus.types import Document, Practice
from index.filters import document_names, fold, measure_names, task_names

Matches = Callable[[Practice, Document], bool]


class Operator(StrEnum):
    """Name what Dify can compare by, as it writes it."""

    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"
    START_WITH = "start with"
    END_WITH = "end with"
    IS = "is"
    IS_NOT = "is not"
    IN = "in"
    NOT_IN = "not in"
    EMPTY = "empty"
    NOT_EMPTY = "not empty"
    EQUAL = "="
    NOT_EQUAL = "≠"
    GREATER = ">"
    LESS = "<"
    AT_LEAST = "≥"
    AT_MOST = "≤"
    BEFORE = "before"
    AFTER = "after"


ORDERING = frozenset(
    {Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST, Operator.BEFORE, Operator.AFTER}
)
"""Operators that compare numbers or dates, which no name here holds."""

VALUELESS = frozenset({Operator.EMPTY, Operator.NOT_EMPTY})
"""Operators whose value is not looked at."""

SEVERAL = frozenset({Operator.IN, Operator.NOT_IN})
"""Operators that take more than one value."""

_NEGATIVE: Mapping[Operator, Operator] = {
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_EMPTY: Operator.EMPTY,
    Operator.NOT_EQUAL: Operator.EQUAL,
}


@dataclass(frozen=True, slots=True)
class _Field:
    """Hold how to read the folded names of a practice, and what it is to be one of them."""

    names: Callable[[Practice, Document], frozenset[str]]
    being: Callable[[str], Matches]


def condition(names: Sequence[str], operator: Operator, values: Sequence[str]) -> Matches:
    """Return what one condition lets through; of several names any may hold.

    `names` are keys of FIELDS, `operator` none of ORDERING. Raises UnknownNameError for a region that the gazetteer
    does not know.
    """
    positive = _NEGATIVE.get(operator, operator)
    tests = [_test(FIELDS[name], positive, values) for name in names]
    wanted = positive is operator
    return lambda practice, document: any(test(practice, document) for test in tests) is wanted


def combined(conditions: Sequence[Matches], *, all_of: bool) -> Matches:
    """Return what all of the conditions let through, or any of them; no condition lets everything through."""
    if all_of or not conditions:
        return lambda practice, document: all(matches(practice, document) for matches in conditions)
    return lambda practice, document: any(matches(practice, document) for matches in conditions)


def _test(field: _Field, operator: Operator, values: Sequence[str]) -> Matches:
    if operator is Operator.EMPTY:
        return lambda practice, document: not field.names(practice, document)
    if operator in (Operator.IS, Operator.EQUAL, Operator.IN):
        return combined([field.being(value) for value in values], all_of=False)
    key = fold(values[0])
    compare: Mapping[Operator, Callable[[str], bool]] = {
        Operator.CONTAINS: lambda name: key in name,
        Operator.START_WITH: lambda name: name.startswith(key),
        Operator.END_WITH: lambda name: name.endswith(key),
    }
    holds = compare[operator]
    return lambda practice, document: any(map(holds, field.names(practice, document)))


def _text(names: Callable[[Practice, Document], frozenset[str]]) -> _Field:
    def being(value: str) -> Matches:
        key = fold(value)
        return lambda practice, document: key in names(practice, document)

    return _Field(names, being)


def _in_place(value: str) -> Matches:
    codes = [region.code for region in gazetteer().resolve(value)]
    return lambda practice, document: gazetteer().covers_any(codes, practice.regions)


def _regions(practice: Practice, document: Document) -> frozenset[str]:
    return frozenset().union(*map(_region_names, practice.regions))


@cache
def _region_names(code: str) -> frozenset[str]:
    """Return every name of a region, of what it lies in, and of the groups that it belongs to."""
    lineage = [gazetteer().region(step) for step in gazetteer().lineage(code)]
    names = {
        "".join(region.name for region in reversed(lineage)),
        "".join(region.short for region in reversed(lineage)),
    }
    for region in lineage:
        names |= {region.code, region.name, region.short, *region.english, *region.aliases}
    for group in gazetteer().groups:
        if gazetteer().covers_any(group.members, [code]):
            names |= {group.name, *group.aliases}
    return frozenset(map(fold, names)) - {""}


@cache
def _folded(*names: str) -> frozenset[str]:
    return frozenset(map(fold, names)) - {""}


_REGION = _Field(_regions, _in_place)

FIELDS: Mapping[str, _Field] = {
    "region": _REGION,
    "regions": _REGION,
    "task": _text(lambda practice, document: task_names(practice)),
    "measure": _text(lambda practice, document: measure_names(practice)),
    "document": _text(
        lambda practice, document: document_names(document.id, document.number) | _folded(document.title)
    ),
    "document_id": _text(lambda practice, document: _folded(document.id)),
    "document_number": _text(lambda practice, document: _folded(document.number)),
    "document_title": _text(lambda practice, document: _folded(document.title)),
    "practice_id": _text(lambda practice, document: _folded(practice.id)),
}
"""What a condition can be about, by its name in Dify; `regions` and those with `_` are keys of a record's metadata."""
