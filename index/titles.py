"""See which titles and phrases a question quotes (《智能建造技术目录》), and which practices hold them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.normal import normalise

# What opens a quotation and what closes it.
_MARKS = {"《": "》", "〈": "〉", "‹": "›", "«": "»", "「": "」", "『": "』", "“": "”", '"': '"'}
_CLOSED = "|".join(f"{opening}([^{opening}{closing}]+){closing}" for opening, closing in _MARKS.items())
# One that nothing closes goes on to the end of its clause at most.
_HALF = r"[《〈‹«「『“]([^《》〈〉‹›«»「」『』“”,，。;；:：?？!！]{2,60})"
_QUOTED = re.compile(f"{_CLOSED}|(?P<half>{_HALF})")
_TITLED = re.compile("《([^《》]+)》")
_NUMERAL = "[一二三四五六七八九十\\d]"
# What says which edition it is; the marks around it (第一版) are gone by then.
_EDITION = re.compile(
    rf"(?:第{_NUMERAL}{{1,3}}批|第?{_NUMERAL}{{1,3}}版|[12]\d{{3}}年?(?:第?{_NUMERAL}版|版|修订版?|修正版?)|\d\.\d版|修订版|修正版|试行版?|暂行|试用版?"
    r"|(?:征求意见|送审|报批|讨论)稿)$"
)
# From so many characters on, a title is known by a part of it, or as a part of a longer one.
_TELLING = 4
# The most times that a title may be as long as a part by which it is known.
_PART = 3
# What another edition of a title is worth, or a title that is like it.
_LIKE = 0.5


@dataclass(frozen=True, slots=True)
class Title:
    """Hold what a question quotes, as `written`, without its marks; `closed` is false where the closing one lacks."""

    written: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Held:
    """Hold in folded form, which knows neither marks nor case, a practice's `text` and the `titles` that it names."""

    text: str
    titles: tuple[str, ...]


def quoted(text: str) -> tuple[Title, ...]:
    """Return what a normalised question quotes, in order and without repeats."""
    found = (
        Title(next(filter(None, reversed(match.groups()))).strip(), match["half"] is None)
        for match in _QUOTED.finditer(text)
    )
    return tuple(title for title in dict.fromkeys(found) if len(_folded(title.written)) > 1)


def held(text: str, titles: Sequence[str] = ()) -> Held:
    """Return what a practice's text holds to be quoted, beside the `titles` of what it is part of."""
    plain = normalise(text)
    named = (*_TITLED.findall(plain), *map(normalise, titles))
    return Held(_folded(plain), tuple(dict.fromkeys(_edited(_folded(title)) for title in named)))


def quotes(asked: Sequence[Title], practice: Held) -> float:
    """Return in [0, 1] how well a practice holds what a question quotes, as `ScoreParts.title`."""
    return sum(_holds(title, practice) for title in asked) / len(asked) if asked else 0.0


def _holds(title: Title, practice: Held) -> float:
    whole = _folded(title.written)
    if whole in practice.text or whole in practice.titles:
        return 1.0
    if not title.closed:
        return max((_begun(whole, one) for one in practice.titles), default=0.0)
    core = _edited(whole)
    if core in practice.text:
        return _LIKE
    return _LIKE * any(_is_like(core, one) for one in practice.titles)


def _begun(rest: str, title: str) -> float:
    """Return 1 where a title begins a clause or ends with how that begins (《技术手册里有什么), else 0."""
    return float(any(title.endswith(rest[:length]) for length in range(len(rest), _TELLING - 1, -1)))


def _is_like(core: str, title: str) -> bool:
    """Tell whether a quoted title is a title with more words, or one with fewer: 《机器人选用指南》."""
    if min(len(core), len(title)) < _TELLING:
        return False
    return title in core or (_PART * len(core) >= len(title) and _in_pieces(core, title))


def _in_pieces(core: str, title: str) -> bool:
    """Tell whether a title holds another in order, in pieces of two characters or more."""
    place = start = 0
    while start < len(core):
        length = next((n for n in range(len(core) - start, 1, -1) if core[start : start + n] in title[place:]), 0)
        if not length:
            return False
        place = title.index(core[start : start + length], place) + length
        start += length
    return True


def _folded(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _edited(title: str) -> str:
    """Return a folded title without what says which edition it is."""
    return _EDITION.sub("", title) or title
