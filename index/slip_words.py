"""Find the words of a corpus that something written could have been meant for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from index.pinyin import sounds
from index.types import SlipKind

# Longer names are found by their parts. Of a large vocabulary only the commonest words are kept: rarer ones may be
# slips themselves, and 65,536 take some 25 MB.
_LENGTHS = range(2, 9)
_MOST_WORDS = 65_536
# From this length on, a word is told by all of its characters but one.
_LEAST_GAPPED = 3
_GAP = "_"
_MOST_KEYS = 8


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
        # Every beginning of a key is held too, with no word, so that a search knows when to stop.
        self._sounds: dict[str, tuple[str, ...]] = {}
        self._gapped: dict[str, tuple[str, ...]] = {}
        for word in words:
            if shortest <= len(word) < _LENGTHS.stop and len(self._words) < _MOST_WORDS:
                self._add(word)

    def _add(self, word: str) -> None:
        self._words.add(word)
        for key in _keys(word):
            self._sounds[key] = (*self._sounds.get(key, ()), word)
            for end in range(1, len(key)):
                self._sounds.setdefault(key[:end], ())
        if len(word) >= _LEAST_GAPPED:
            for place in range(len(word)):
                key = word[:place] + _GAP + word[place + 1 :]
                self._gapped[key] = (*self._gapped.get(key, ()), word)

    def at(self, text: str, start: int, spelled: Mapping[int, bool]) -> Iterator[Candidate]:
        """Yield what `text` could be a slip of from `start` on.

        `text` is in lower case, `spelled` holds the places of letters that may be read as pinyin.
        """
        yield from self._sounding(text, start, spelled)
        if start not in spelled:
            yield from self._swapped(text, start)
            yield from self._gapped_at(text, start)

    def _sounding(self, text: str, start: int, spelled: Mapping[int, bool]) -> Iterator[Candidate]:
        table = sounds()
        # What is open: the end, the key so far, and for each character its syllable if spelled, else itself.
        stack: list[tuple[int, str, tuple[tuple[int, str], ...]]] = [(start, "", ())]
        while stack:
            place, key, units = stack.pop()
            for word in self._sounds.get(key, ()) if key else ():
                candidate = _compared(word, units, place)
                if candidate is not None:
                    yield candidate
            if place < len(text) and text[place] == " " and units and (place + 1 in spelled or units[-1][0] in spelled):
                place += 1
            if place >= len(text):
                continue
            if place in spelled:
                for syllable in table.syllables_at(text, place):
                    if all(letter in spelled for letter in range(place, place + len(syllable))):
                        longer = key + table.near[syllable]
                        if longer in self._sounds:
                            stack.append((place + len(syllable), longer, (*units, (place, syllable))))
            else:
                for sound in table.keys(text[place]):
                    if key + sound in self._sounds:
                        stack.append((place + 1, key + sound, (*units, (place, text[place]))))

    def _swapped(self, text: str, start: int) -> Iterator[Candidate]:
        for length in _LENGTHS:
            span = text[start : start + length]
            if len(span) < length:
                return
            for place in range(length - 1):
                if span[place] != span[place + 1]:
                    word = span[:place] + span[place + 1] + span[place] + span[place + 2 :]
                    if word in self._words:
                        changed = (start + place, start + place + 1)
                        yield Candidate(start + length, word, (SlipKind.ORDER,), changed)

    def _gapped_at(self, text: str, start: int) -> Iterator[Candidate]:
        for length in range(_LEAST_GAPPED - 1, _LENGTHS.stop):
            span = text[start : start + length]
            if len(span) < length:
                return
            for place in range(1, length):
                for word in self._gapped.get(span[:place] + _GAP + span[place:], ()):
                    yield Candidate(start + length, word, (SlipKind.MISSING,), (start + place - 1, start + place))
            for place in range(length):
                for word in self._gapped.get(span[:place] + _GAP + span[place + 1 :], ()):
                    if word != span:
                        yield Candidate(start + length, word, (SlipKind.CHARACTER,), (start + place,))


def _keys(word: str) -> list[str]:
    """Return the keys of a word's sounds: one for each way to read it, as far as they are few."""
    keys = [""]
    for character in word:
        keys = [key + sound for key in keys for sound in sounds().keys(character)]
    return keys[:_MOST_KEYS]


def _compared(word: str, units: tuple[tuple[int, str], ...], end: int) -> Candidate | None:
    """Return how a word that sounds like `units` differs from them; None where it does not."""
    kinds: list[SlipKind] = []
    changed: list[int] = []
    for character, (place, written) in zip(word, units, strict=True):
        if written == character:
            continue
        if written.isascii():
            exact = written in sounds().readings[character]
            kinds.append(SlipKind.PINYIN if exact else SlipKind.NEAR_PINYIN)
        else:
            kinds.append(SlipKind.SOUND if sounds().alike(character, written) else SlipKind.NEAR_SOUND)
        changed.append(place)
    return Candidate(end, word, tuple(kinds), tuple(changed)) if kinds else None
