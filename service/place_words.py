"""Say which places a question speaks of, and how they were understood."""

from __future__ import annotations

from corpus.regions import gazetteer
from index.types import Place, Query
from service.wording import Wording

# Of the members of a group so many are named at most.
_MOST_NAMED = 12


def unheld_places(query: Query) -> list[Place]:
    """Return the places asked about in which no practice lies."""
    return [place for place in query.places if not place.excluded and not place.held]


def narrowest(query: Query) -> list[Place]:
    """Return the places asked about without those that hold another of them (同在浙江，台州和嘉兴……)."""
    asked = [place for place in query.places if not place.excluded]
    return [place for place in asked if not any(_holds(place, other) for other in asked)]


def described(word: Wording, query: Query) -> str:
    """Return a name for what a question about places asks about (广东（不含深圳）)."""
    places = [place for place in query.places if not place.excluded and place.held]
    widest = [place for place in places if not any(_holds(other, place) for other in places)]
    asked = word.joined(list(dict.fromkeys(word.named(place) for place in widest)))
    left_out = word.joined([word.named(place) for place in query.places if place.excluded])
    if not left_out:
        return asked
    return word("without", place=asked, left_out=left_out) if asked else word("elsewhere", left_out=left_out)


def understood(word: Wording, query: Query) -> list[str]:
    """Return, in clauses, how the places of a question were understood that it does not call by a usual name."""
    return [
        word("understood", written=place.written, place=_members(word, place))
        for place in query.places
        if not _is_obvious(place)
    ]


def _holds(outer: Place, inner: Place) -> bool:
    """Tell whether all of one place lies in another one."""
    covers_any = gazetteer().covers_any
    return set(outer.codes) != set(inner.codes) and all(covers_any(outer.codes, [code]) for code in inner.codes)


def _members(word: Wording, place: Place) -> str:
    names = [word.full_name(code) for code in place.codes]
    if len(names) <= _MOST_NAMED:
        return word.joined(names)
    return word("and_more", places=word.joined(names[:_MOST_NAMED]), count=word.places(len(names)))


def _is_obvious(place: Place) -> bool:
    """Tell whether a place is called by a name that says itself which one it is."""
    usual: set[str] = set()
    for code in place.codes:
        region = gazetteer().region(code)
        names = {region.name, region.short, *(name.lower() for name in region.english)}
        usual |= {*names, *(f"{name} {region.level}" for name in names), *(f"{name} city" for name in names)}
    return len(place.codes) == 1 and place.written.lower() in usual
