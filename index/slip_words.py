"""Find the words of a corpus that something written could have been meant for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.pinyin import sounds
from index.tokens import function_words
from index.types import SlipKind

# Longer names are found by their parts. Of a large vocabulary only the commonest words are kept: rarer ones may be
# slips themselves, and 65,536 take some 25 MB.
_LENGTHS = range(2, 9)
_MOST_WORDS = 65_536
# From this length on, a word is told by all of its characters but one.
_LEAST_GAPPED = 3
_GAP = "_"
_MOST_KEYS = 8
# Another number is another question.
_NUMERALS = frozenset("零一二三四五六七八九十百千万亿两几半")
_STAYS = _NUMERALS | frozenset(word for word in function_words() if len(word) == 1)
_BY_EAR = frozenset({SlipKind.SOUND, SlipKind.NEAR_SOUND})


@dataclass(frozen=True, slots=True)
class Candidate:
    """Say that the text up to `end` could be a slip of `word`, of which `changed` are the places in the text.

    `kinds` names a slip for each place of `changed`, or one for all where characters are missing or out of order.
    """

    end: int
    word: str
    kinds: tuple[SlipKind, ...]
    changed: tuple[int, ...]


class SlipWords:
    """Look words up by their sound, and by all of their characters but one."""

    def __init__(self, words: Iterable[str], shortest: int = 2) -> None:
        self._words: set[str] = set()
        self._longest = 0
        # Every beginning of a key is held too, with no word, so that a search knows when to stop.
        self._sounds: dict[str, tuple[str, ...]] = {}
        self._gapped: dict[str, tuple[str, ...]] = {}
        # How words begin: most of what is written does not, and need not be looked at further on.
        self._heads: set[str] = set()
        for word in words:
            if shortest <= len(word) < _LENGTHS.stop and len(self._words) < _MOST_WORDS:
                self._add(word)

    def _add(self, word: str) -> None:
        self._words.add(word)
        self._heads.add(word[:2])
        self._longest = max(self._longest, len(word))
        for key in _keys(word):
            self._sounds[key] = (*self._sounds.get(key, ()), word)
            for end in range(1, len(key)):
                self._sounds.setdefault(key[:end], ())
        if len(word) >= _LEAST_GAPPED:
            for place in range(len(word)):
                key = word[:place] + _GAP + word[place + 1 :]
                self._gapped[key] = (*self._gapped.get(key, ()), word)

    def at(self, text: str, start: int, spelled: Container[int], held: Container[int]) -> Iterator[Candidate]:
        """Yield what `text` could be a slip of from `start` on.

        `text` is in lower case, `spelled` holds the places of letters that may be read as pinyin, `held` those of
        characters that stay.
        """
        yield from self._sounding(text, start, spelled, held)
        if start not in spelled:
            longest = min(self._longest, _run_length(text, start))
            # What went wrong further on than the third character leaves the first two as they should be.
            last = start + longest if text[start : start + 2] in self._heads else start + min(longest, 3)
            places = [place for place in range(start, last) if place not in held]
            yield from self._swapped(text, start, longest, places)
            yield from self._gapped_at(text, start, longest, places)

    def _sounding(self, text: str, start: int, spelled: Container[int], held: Container[int]) -> Iterator[Candidate]:
        table = sounds()
        # What is open: the end, the key so far, and for each character its syllable if spelled, else itself.
        stack: list[tuple[int, str, tuple[tuple[int, str], ...]]] = [(start, "", ())]
        while stack:
            place, key, units = stack.pop()
            for word in self._sounds.get(key, ()) if key else ():
                candidate = _compared(word, units, place, held)
                if candidate is not None:
                    yield candidate
            if place < len(text) and text[place] == " " and units and (place + 1 in spelled or units[-1][0] in spelled):
                place += 1
            if place >= len(text):
                continue
            if place in spelled:
                units_here = [
                    (table.near[syllable], syllable)
                    for syllable in table.syllables_at(text, place)
                    if all(letter in spelled for letter in range(place, place + len(syllable)))
                ]
            else:
                units_here = [(sound, text[place]) for sound in table.keys(text[place])]
            stack.extend(
                (place + len(written), key + sound, (*units, (place, written)))
                for sound, written in units_here
                if key + sound in self._sounds
            )

    def _swapped(self, text: str, start: int, longest: int, places: Sequence[int]) -> Iterator[Candidate]:
        for place, following in pairwise(places):
            if following != place + 1 or text[place] == text[following]:
                continue
            swapped = text[start:place] + text[place + 1] + text[place] + text[place + 2 : start + longest]
            for length in range(place + 2 - start, longest + 1):
                if swapped[:length] in self._words:
                    yield Candidate(start + length, swapped[:length], (SlipKind.ORDER,), (place, place + 1))

    def _gapped_at(self, text: str, start: int, longest: int, places: Sequence[int]) -> Iterator[Candidate]:
        for place in places:
            before, character, after = text[start:place], text[place], text[place + 1 : start + longest]
            for length in range(len(after) + 1):
                key = before + _GAP + after[:length]
                for word in self._gapped.get(key, ()):
                    kept = _STAYS.isdisjoint((character, word[len(before)]))
                    if kept and word[len(before)] != character:
                        yield Candidate(start + len(key), word, (SlipKind.CHARACTER,), (place,))
            if before and place - 1 in places:
                for length in range(len(after) + 1):
                    key = before + _GAP + character + after[:length]
                    for word in self._gapped.get(key, ()):
                        if word[len(before)] not in _NUMERALS:
                            yield Candidate(start + len(key) - 1, word, (SlipKind.MISSING,), (place - 1, place))


def _run_length(text: str, start: int) -> int:
    """Return how many Chinese characters follow one another from `start` on, as far as it matters."""
    end = start
    while end < len(text) and end - start < _LENGTHS.stop and "\u3400" <= text[end] <= "\u9fff":
        end += 1
    return end - start


def _keys(word: str) -> list[str]:
    """Return the keys of a word's sounds: one for each way to read it, as far as they are few."""
    keys = [""]
    for character in word:
        keys = [key + sound for key in keys for sound in sounds().keys(character)]
    return keys[:_MOST_KEYS]


def _compared(word: str, units: tuple[tuple[int, str], ...], end: int, held: Container[int]) -> Candidate | None:
    """Return how a word that sounds like `units` differs from them; None where it does not."""
    kinds: list[SlipKind] = []
    changed: list[int] = []
    for character, (place, written) in zip(word, units, strict=True):
        if written == character:
            continue
        if place in held:
            return None
        if written.isascii():
            exact = written in sounds().readings[character]
            kinds.append(SlipKind.PINYIN if exact else SlipKind.NEAR_PINYIN)
        elif written in _NUMERALS or character in _NUMERALS:
            return None
        else:
            kinds.append(SlipKind.SOUND if sounds().alike(character, written) else SlipKind.NEAR_SOUND)
        changed.append(place)
    # Of two characters that both sound alike, nothing that was written speaks for the word.
    if not kinds or 2 * sum(kind in _BY_EAR for kind in kinds) > len(word):
        return None
    return Candidate(end, word, tuple(kinds), tuple(changed))
