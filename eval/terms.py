"""Read short questions: terms that somebody types into a box, of which a list treats some and lacks others.

A line of such a file is a list: its `field`, in `held` terms with the id of a practice that treats them, one of its two
terms in its own words and one in others, in `absent` terms of which nothing in the list speaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.errors import DataError
from eval.lines import read_objects, text_field

# Most people type nothing but the term.
_FORMS = ("{}", "{}怎么推进", "{}有哪些做法", "{}", "关于{}的政策", "有没有{}方面的经验", "{}怎么做", "{}有什么规定")


@dataclass(frozen=True, slots=True)
class Terms:
    """Hold terms about a list: `held` with the id of a practice that treats each, `absent` without."""

    field: str
    held: tuple[tuple[str, str], ...]
    absent: tuple[str, ...]


def read_terms(path: Path) -> Iterator[Terms]:
    """Yield the lists of a file. Raises DataError for a bad line."""
    for line, record in read_objects(path):
        field = text_field(record, "field", path, line)
        held, absent = record.get("held"), record.get("absent")
        if not isinstance(held, list) or not isinstance(absent, list):
            raise DataError(path, '"held" and "absent" must be arrays', line)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in held):
            raise DataError(path, '"held" must hold arrays of a term and an id', line)
        yield Terms(field, tuple((str(term), str(name)) for term, name in held), tuple(map(str, absent)))


def asked(term: str, number: int) -> str:
    """Return a term as it is asked about: bare or in the plainest of questions, by its number in turn."""
    return _FORMS[number % len(_FORMS)].format(term)
