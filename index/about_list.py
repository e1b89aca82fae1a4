"""See what a question asks about the list itself (谁印发的, 一共多少条), which no practice of it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from re import Pattern

from index.word_lists import patterns

_FILE = Path(__file__).parent / "data" / "list_words.txt"
_LIST, _ALONE = "list", "alone"


class Aspect(StrEnum):
    """Name what can be asked about a list: who issued it, when, its number, title, places, contents and size.

    `ABSENT` are the places that it does not hold, `SHARES` how much it holds of each place. They are looked for in this
    order: 多少个城市 asks for places, not for how many practices.
    """

    ISSUER = "issuer"
    DATE = "date"
    NUMBER = "number"
    TITLE = "title"
    ABSENT = "absent"
    SHARES = "shares"
    PLACES = "places"
    CONTENTS = "contents"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class AboutList:
    """Hold the `aspects` of the list that a question asks for, none for most; `named` says whether it names the list.

    One that does not (涉及哪些城市) may speak of something that was asked before.
    """

    aspects: tuple[Aspect, ...] = ()
    named: bool = False


NOTHING = AboutList()
"""What a question that is about something in the list asks of the list itself."""


def about_list(text: str, says_nothing: Callable[[str], bool]) -> AboutList:
    """Return what a normalised question asks of the list itself.

    Whoever asks about something in the list names it: nothing may be left that `says_nothing` does not hold for.
    """
    words = _words()
    named = bool(words[_LIST].search(text))
    if not named and not words[_ALONE].search(text):
        return NOTHING
    rest = words[_LIST].sub(" ", text)
    aspects: list[Aspect] = []
    for aspect in Aspect:
        bare = words[aspect].sub(" ", rest)
        if bare != rest:
            aspects.append(aspect)
            rest = bare
    return AboutList(tuple(aspects), named) if aspects and says_nothing(rest) else NOTHING


@cache
def _words() -> Mapping[str, Pattern[str]]:
    return patterns(_FILE)
