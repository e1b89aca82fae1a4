"""See which parts of a list a question points to: by number (二（三）), or by a heading (完善标准体系里的第2条)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

from corpus.types import Practice, Span
from index.normal import normalise
from index.structure import ITEM, item_alone, marks, numbered
from index.word_lists import patterns

_FILE = Path(__file__).parent / "data" / "part_words.txt"
_PART, _INSIDE, _BEFORE, _WITHOUT, _OUTSIDE = "part", "inside", "before", "without", "outside"
_EVERY = "every"
_OPENING, _CLOSING = "“\"「『《'‘", "”\"」』》'’"
# The mark of the list as a whole.
_ALL = "§"
# Shorter headings (总则) are seen in quotation marks only: they are everyday words, too.
_LEAST, _LEAST_QUOTED, _LONGEST = 4, 2, 40
# A heading is known by so much of it, where no more than so many have that in common.
_ENOUGH, _ALIKE = 0.5, 2
# A question points to a few parts at most.
_MOST_CUT_SHORT = 4


@dataclass(frozen=True, slots=True)
class Part:
    """Name a part of a list that a question points to, as `written`.

    `mark` is its place by number, as in `index.structure.marks`, § for all of the list, or nothing where it is named by
    `titles`, headings of the corpus. `item` is the number of one of its practices, or 0 for all of it. `held` is
    whether the corpus has it, `excluded` is true where the question asks about all but it.
    """

    written: str
    mark: str = ""
    titles: tuple[str, ...] = ()
    item: int = 0
    held: bool = True
    excluded: bool = False

    @property
    def names_one(self) -> bool:
        """Tell whether it is one practice (3.1.3) rather than all under a heading."""
        return bool(self.item) or self.mark.count(".") > 1

    def holds(self, practice: Practice) -> bool:
        """Tell whether a practice stands in this part."""
        if self.item not in (0, practice.item):
            return False
        if self.mark == _ALL:
            return True
        if self.mark:
            return self.mark in marks(practice)
        return any(heading.title in self.titles for heading in practice.path)


def stands_in(parts: Sequence[Part], practice: Practice) -> bool:
    """Tell whether a practice stands in one of the parts asked about, if in any, and in none that is left out."""
    within = [part.holds(practice) for part in parts if not part.excluded]
    return (not within or any(within)) and not any(part.excluded and part.holds(practice) for part in parts)


@dataclass(frozen=True, slots=True)
class Pointing:
    """Hold the parts that a question points to, and the `rest` of it, without the words that point."""

    parts: tuple[Part, ...]
    rest: str


class Headings:
    """Know the headings of a corpus and what stands under them."""

    def __init__(self, practices: Sequence[Practice]) -> None:
        self._items: dict[str, set[int]] = {}
        self._under: dict[str, list[int]] = {}
        self._practices = practices
        for position, practice in enumerate(practices):
            for mark in marks(practice):
                self._items.setdefault(mark, set()).add(practice.item)
            for title in {heading.title for heading in practice.path}:
                self._under.setdefault(title, []).append(position)
        self._titles: dict[str, list[str]] = {}
        for title in self._under:
            self._titles.setdefault(normalise(title), []).append(title)
        self._beginnings = {title[:_LEAST] for title in self._titles}
        # To look into all of them at once.
        self._together = "\n".join(self._titles)

    def read(self, text: str, says_nothing: Callable[[str], bool]) -> Pointing:
        """Return the parts that a normalised question points to.

        A heading that stands there as in the list points without any other word where the rest of the question
        `says_nothing` (完善标准体系有哪些做法).
        """
        found = [(Span(start, end), Part(text[start:end].strip(), mark)) for start, end, mark in numbered(text)]
        named = [(span, self._titled(span.of(text))) for span in self._written(text)]
        pointed = [(beside, part) for span, part in named if (beside := _beside(text, span))]
        found += pointed or list(self._cut_short(text))
        if not found and says_nothing(_blanked(text, named)):
            found = [(span, part) for span, part in named if not says_nothing(part.written)]
        rest = _blanked(text, found)
        item, shorter = item_alone(rest)
        if item and any(not part.item for _, part in found):
            found, rest = [(span, replace(part, item=part.item or item)) for span, part in found], shorter
        parts = [replace(part, held=self._holds(part), excluded=_is_left_out(text, span)) for span, part in found]
        # To leave out what is not there is to say nothing.
        parts = [part for part in parts if part.held or not part.excluded]
        return Pointing(tuple(dict.fromkeys(parts)), rest)

    def whole(self, text: str, says_nothing: Callable[[str], bool]) -> Pointing:
        """Return the list as a whole where a normalised question asks for all that it holds and `says_nothing` more."""
        asked = _words()[_EVERY].search(text)
        if not asked or not says_nothing(_words()[_EVERY].sub(" ", text)):
            return Pointing((), text)
        return Pointing((Part(asked[0].strip(), _ALL),), "")

    @property
    def practices(self) -> int:
        """Return how many practices stand under them."""
        return len(self._practices)

    def are_in(self, text: str) -> bool:
        """Tell whether a normalised text holds a heading as it stands in the list."""
        return any(True for _ in self._written(text))

    def positions(self, part: Part) -> Sequence[int]:
        """Return the positions of the practices under the headings that a part is named by."""
        under = [position for title in part.titles for position in self._under[title]]
        return [position for position in under if part.item in (0, self._practices[position].item)]

    def _holds(self, part: Part) -> bool:
        if part.titles:
            return bool(self.positions(part))
        items = self._items.get(part.mark, ())
        return part.item in items if part.item else bool(items)

    def _titled(self, written: str) -> Part:
        return Part(written, titles=tuple(self._titles[written]))

    def _written(self, text: str) -> Iterator[Span]:
        """Yield where a heading stands in a text as in the list, the longest of those that overlap."""
        start = 0
        while start < len(text):
            end = 0
            if _is_opened(text, start):
                end = next((at for at in _ends(text, start, _LEAST_QUOTED) if _is_closed(text, at)), 0)
                end = end if text[start:end] in self._titles else 0
            if not end and text[start : start + _LEAST] in self._beginnings:
                end = next((at for at in _ends(text, start, _LEAST) if text[start:at] in self._titles), 0)
            if end:
                yield Span(start, end)
            start = end or start + 1

    def _cut_short(self, text: str) -> Iterator[tuple[Span, Part]]:
        """Yield what is said right before a word for a part and is most of a heading (标准体系那一栏)."""
        reached = 0
        for word in islice(_words()[_PART].finditer(text), _MOST_CUT_SHORT):
            end = len(text[: word.start()].rstrip(f"的 {_CLOSING}"))
            for start in range(max(reached, end - _LONGEST), end - _LEAST + 1):
                short = text[start:end]
                if short not in self._together:
                    continue
                alike = [title for title in self._titles if short in title and len(short) >= _ENOUGH * len(title)]
                if 0 < len(alike) <= _ALIKE:
                    reached = word.end()
                    titles = tuple(one for title in alike for one in self._titles[title])
                    yield Span(start, reached), Part(short, titles=titles)
                    break


def _is_opened(text: str, start: int) -> bool:
    return start > 0 and text[start - 1] in _OPENING


def _is_closed(text: str, end: int) -> bool:
    return end < len(text) and text[end] in _CLOSING


def _ends(text: str, start: int, least: int) -> range:
    """Return where a heading that begins at `start` may end, the longest first."""
    return range(min(len(text), start + _LONGEST), start + least - 1, -1)


def _beside(text: str, heading: Span) -> Span | None:
    """Return a heading with the words by which a question points to it, None where there are none."""
    quoted = _is_opened(text, heading.start) and _is_closed(text, heading.end)
    whole = Span(heading.start - 1, heading.end + 1) if quoted else heading
    behind = _behind().match(text, whole.end)
    before = _ahead().search(text[: whole.start])
    if not (quoted or before or behind):
        return None
    return Span(before.start() if before else whole.start, behind.end() if behind else whole.end)


def _is_left_out(text: str, pointing: Span) -> bool:
    words = _words()
    before = re.search(rf"(?:{words[_WITHOUT].pattern})\s*$", text[: pointing.start], re.IGNORECASE)
    return bool(before or re.match(rf"\s*的?(?:{words[_OUTSIDE].pattern})", text[pointing.end :], re.IGNORECASE))


def _blanked(text: str, found: Sequence[tuple[Span, Part]]) -> str:
    for span, _ in found:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


@cache
def _behind() -> re.Pattern[str]:
    words = _words()
    called, inside = words[_PART].pattern, words[_INSIDE].pattern
    return re.compile(rf"\s*的?(?:(?:{called})(?:的?(?:{inside}))?的?|(?:{inside})的?|(?={ITEM}))", re.IGNORECASE)


@cache
def _ahead() -> re.Pattern[str]:
    return re.compile(rf"(?:{_words()[_BEFORE].pattern})\s*$", re.IGNORECASE)


@cache
def _words() -> Mapping[str, re.Pattern[str]]:
    return patterns(_FILE)
