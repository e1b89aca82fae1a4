"""Tell what kind of answer a question wants, by the words in which it asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from index.types import Kind, Place
from index.word_lists import patterns

_FILE = Path(__file__).parent / "data" / "kind_words.txt"
_WHOLE, _OPEN, _SIDES = "whole", "open", "sides"
_TITLE = "《"
# Two sides are what a comparison needs at least.
_TWO = 2


def kind_of(text: str, places: tuple[Place, ...], about_place: bool, about_part: bool = False) -> Kind:
    """Return the kind of a normalised question that names `places`; `about_place` and `about_part` as in `Query`."""
    sides = sum(not place.excluded for place in places)
    asks = {name for name, words in _words().items() if words.search(text)}
    if about_place:
        return Kind.REGION
    if Kind.COMPARE in asks or (_SIDES in asks and sides >= _TWO):
        return Kind.COMPARE
    if about_part or _WHOLE in asks or Kind.LIST in asks or (_OPEN in asks and not sides and _TITLE not in text):
        return Kind.LIST
    return next((kind for kind in (Kind.NUMBER, Kind.FACT) if kind in asks), Kind.OTHER)


def without_whole(text: str) -> str:
    """Return a normalised question without the words that ask for all of it (一条不落地), which are no subject."""
    return _words()[_WHOLE].sub(" ", text)


@cache
def _words() -> Mapping[str, re.Pattern[str]]:
    return patterns(_FILE)
