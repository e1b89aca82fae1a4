"""Know which common characters sound alike, and so what slips from a keyboard that is typed in pinyin.

The table is made once by `python -m eval.homophones`, so that questions are disturbed alike whatever is installed; what
it is made from is said in its head.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import jieba
from opencc import OpenCC

_TABLE = Path(__file__).parent / "data" / "homophones.txt"
# Characters beyond these are rare, and no input method offers them first.
_COMMON = 3000
# A character of which one in twenty is read otherwise is no homophone of any other.
_SHARE = 0.95
# An input method offers a word of the same sound before single characters, if people use it at all.
_LEAST_SEEN = 20
# The interjections hm, m, n and ng have none.
_VOWELS = frozenset("aeiouv")


@dataclass(frozen=True, slots=True)
class Homophones:
    """Hold the syllable, without tone, of each common character of one sound, and the characters of each, common first.

    ü is written v, as it is typed.
    """

    syllables: Mapping[str, str]
    characters: Mapping[str, str]

    def spelled(self, word: str) -> str | None:
        """Return the pinyin of a word as it is typed; None where a character has no sound, or several."""
        if not all(character in self.syllables for character in word):
            return None
        return "".join(self.syllables[character] for character in word)

    def slips(self, word: str) -> Iterator[tuple[int, str]]:
        """Yield the word with one character replaced by one of the same sound, and where; common ones first."""
        for place, character in enumerate(word):
            for other in self.characters.get(self.syllables.get(character, ""), ""):
                if other != character:
                    yield place, word[:place] + other + word[place + 1 :]


@cache
def homophones() -> Homophones:
    """Return the table."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    characters = dict(line.split() for line in lines if line and not line.startswith("#"))
    syllables = {character: syllable for syllable, alike in characters.items() for character in alike}
    return Homophones(syllables, characters)


def slip_of(word: str, place: int) -> str | None:
    """Return what comes out where a word is typed in pinyin and the wrong candidate is taken: one character differs.

    That is the most common word of the same sound. Where there is none, the character at `place`, or the next that has
    a homophone, becomes the most common one. None where no character has one.
    """
    slips = list(homophones().slips(word))
    if not slips:
        return None
    counted = dictionary().FREQ
    # All beginnings of words are in the dictionary too, with no count.
    seen, known = max((counted.get(slip, 0), slip) for _, slip in slips)
    if seen >= _LEAST_SEEN:
        return known
    first = dict(reversed(slips))
    return first[min(first, key=lambda other: (other - place) % len(word))]


@cache
def dictionary() -> jieba.Tokenizer:
    """Return jieba with its whole dictionary, read without the messages and the cache file of its own start."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(jieba.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


def main() -> None:
    """Write the table from jieba's dictionary, its words read aloud by pypinyin."""
    head = (
        f"# The {_COMMON} most common characters by sound, without those of several sounds; common ones first.\n"
        "# Made by `python -m eval.homophones`, not by hand: how often words are seen is from the dictionary of\n"
        f"# jieba {version('jieba')} (MIT, Sun Junyi), how they are read from pypinyin {version('pypinyin')} (MIT).\n"
    )
    text = "".join(f"{syllable} {characters}\n" for syllable, characters in sorted(_sound_alike().items()))
    _TABLE.write_text(head + text, encoding="utf-8")


def _sound_alike() -> dict[str, str]:
    """Return the common simplified characters of each syllable."""
    readings = _readings()
    simplified = OpenCC("t2s").convert
    common = sorted(
        (character for character in readings if simplified(character) == character),
        key=lambda character: (-readings[character].total(), character),
    )
    alike: defaultdict[str, str] = defaultdict(str)
    for character in common[:_COMMON]:
        syllable, times = readings[character].most_common(1)[0]
        if times >= _SHARE * readings[character].total() and not _VOWELS.isdisjoint(syllable):
            alike[syllable] += character
    return alike


def _readings() -> dict[str, Counter[str]]:
    """Return how often each character is read as each syllable in running text."""
    from pypinyin import lazy_pinyin

    readings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in (files("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, times, _ = line.split()
        if all("\u4e00" <= character <= "\u9fff" for character in word):
            for character, syllable in zip(word, lazy_pinyin(word), strict=True):
                readings[character][syllable] += int(times)
    return readings


if __name__ == "__main__":
    main()
