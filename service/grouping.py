"""Put practices in groups, by where they come from or by what they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from corpus.regions import Level, gazetteer
from corpus.types import Practice
from index.types import Hit, Kind, Query
from index.word_lists import patterns

_FILE = Path(__file__).parent / "data" / "grouping_words.txt"
_TASK, _PLACE = "task", "place"
# So many places together make a heading; more are many places.
_NAMED_TOGETHER = 3
_K = TypeVar("_K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Group:
    """Hold hits under what they have in common: the codes of their `places`, or the title of their `heading`.

    Both are empty for what has neither, and for what comes from more places than make a heading: `many`.
    """

    hits: tuple[Hit, ...]
    places: tuple[str, ...] = ()
    heading: str = ""
    many: bool = False


def asked_places(query: Query) -> tuple[str, ...]:
    """Return the codes of the places that a question asks about, without those that it leaves out."""
    return tuple(code for place in query.places if not place.excluded for code in place.codes)


def left_out_places(query: Query) -> tuple[str, ...]:
    """Return the codes of the places that a question leaves out."""
    return tuple(code for place in query.places if place.excluded for code in place.codes)


def cities(query: Query, regions: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the cities and provinces that `regions`, codes too, come to, in their order, without repeats.

    A county counts as its city, a province not where one of its cities is named. Where some lie in the places that the
    question asks about, the others are left away; so are those that it leaves out.
    """
    named = tuple(dict.fromkeys(_city(code) for code in regions))
    covers_any = gazetteer().covers_any
    narrow = [code for code in named if not any(covers_any([code], [other]) for other in named if other != code)]
    wanted = [code for code in narrow if not covers_any(left_out_places(query), [code])] or narrow
    asked = asked_places(query)
    within = [code for code in wanted if covers_any(asked, [code]) or covers_any([code], asked)]
    return tuple(within or wanted)


def grouped(query: Query, hits: Sequence[Hit]) -> list[Group]:
    """Return hits in groups, by task where the question asks for that or all come from one place, else by place.

    A part of the list that is asked for stays in its order, under its headings. Places are in order of the
    gazetteer, several at once after each alone, tasks in order of the list; within a group the order of the list holds.
    All are one group where groups would mostly hold one hit each: those for a question about places as such in the
    order of the groups, others as they were.
    """
    if query.about_part:
        headings = _by(hits, lambda hit: hit.practice.path[-1].title if hit.practice.path else "")
        return [Group(tuple(members), heading=title) for title, members in headings.items()]
    asks = {name for name, words in _words().items() if words.search(query.text)}
    places = {code for hit in hits for code in cities(query, hit.practice.regions)}
    if (_TASK in asks or len(places) <= 1) and _PLACE not in asks:
        groups = _by(hits, lambda hit: hit.practice.path[0].title if hit.practice.path else "")
        found = [Group(tuple(members), heading=title) for title, members in groups.items()]
        found.sort(key=lambda group: group.heading == "")
    else:
        found = _by_place(query, hits)
    telling = len(found) > 1 and (bool(asks) or len(found) * 3 <= len(hits) * 2)
    if telling:
        return found
    return [Group(tuple(hit for group in found for hit in group.hits) if query.kind is Kind.REGION else tuple(hits))]


def _by_place(query: Query, hits: Sequence[Hit]) -> list[Group]:
    """Group by the places asked about where there are several, else by province, or by city within one."""
    asked = asked_places(query)
    from_where = {hit.practice.id: cities(query, hit.practice.regions) for hit in hits}
    provinces = {_province(code) for codes in from_where.values() for code in codes}

    def key(hit: Hit) -> tuple[bool, int, tuple[str, ...]]:
        codes: Iterable[str] = from_where[hit.practice.id]
        if len(asked) > 1:
            codes = sorted({narrow for code in codes if (narrow := _narrowest(asked, code))})
        elif len(provinces) > 1:
            codes = dict.fromkeys(map(_province, codes))
        named = tuple(codes)
        many = len(named) > _NAMED_TOGETHER
        return not named, min(len(named), _NAMED_TOGETHER + 1), () if many else named

    groups = sorted(_by(hits, key).items())
    return [Group(tuple(members), places=codes, many=many > _NAMED_TOGETHER) for (_, many, codes), members in groups]


def _by(hits: Iterable[Hit], key: Callable[[Hit], _K]) -> Mapping[_K, list[Hit]]:
    groups: dict[_K, list[Hit]] = {}
    for hit in sorted(hits, key=lambda hit: _place_in_list(hit.practice)):
        groups.setdefault(key(hit), []).append(hit)
    return groups


def _place_in_list(practice: Practice) -> tuple[str, tuple[int, ...], int]:
    return practice.document_id, tuple(heading.number for heading in practice.path), practice.item


def _city(code: str) -> str:
    region = gazetteer().region(code)
    return region.parent if region.level is Level.COUNTY and region.parent else code


def _narrowest(asked: Sequence[str], code: str) -> str | None:
    """Return which of the places asked about a place lies in, the innermost of several."""
    return next((outer for outer in gazetteer().lineage(code) if outer in asked), None)


def _province(code: str) -> str:
    return gazetteer().lineage(code)[-1]


@cache
def _words() -> Mapping[str, re.Pattern[str]]:
    return patterns(_FILE)
