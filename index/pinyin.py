"""Know how Chinese characters sound, and which syllables are taken for one another.

The table is written by `python -m index.pinyin`; what it is made from is said in its head. Reading it needs no other
library.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_TABLE = _DATA / "pinyin.txt"
_ENGLISH = _DATA / "english_like_pinyin.txt"
# Readings that make up less of a character's running text are those of names and of old books.
_LEAST_SHARE = 0.03
# Enough for every character of a name or a term; the dictionary holds some 7,000 that are seen at all.
_COMMON = 7000
_LONGEST = 6
_NEAR_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_NEAR_FINALS = {"ing": "in", "eng": "en", "ang": "an"}


@dataclass(frozen=True, slots=True)
class Sounds:
    """Hold the syllables of each character, the usual one first, without tone and with v for ü; and all syllables.

    `near` maps a syllable to one character that stands for it and for all that are easily taken for it (zh and z, ch
    and c, sh and s, n and l, ing and in, eng and en, ang and an).
    """

    readings: Mapping[str, tuple[str, ...]]
    near: Mapping[str, str]

    def keys(self, character: str) -> tuple[str, ...]:
        """Return what stands for the sounds of a character, without repeats; nothing where they are not known."""
        return tuple(dict.fromkeys(self.near[syllable] for syllable in self.readings.get(character, ())))

    def alike(self, first: str, second: str) -> bool:
        """Tell whether two characters share a syllable."""
        return not set(self.readings.get(first, ())).isdisjoint(self.readings.get(second, ()))

    def syllables_at(self, text: str, start: int) -> Iterator[str]:
        """Yield the syllables that `text`, in lower case, has at `start`, short ones first."""
        for end in range(start + 1, min(start + _LONGEST, len(text)) + 1):
            if text[start:end] in self.near:
                yield text[start:end]

    def reads(self, text: str) -> bool:
        """Tell whether `text`, in lower case, is syllables from end to end."""
        reached = {0}
        for start in range(len(text)):
            if start in reached:
                reached.update(start + len(syllable) for syllable in self.syllables_at(text, start))
        return len(text) in reached


@cache
def sounds() -> Sounds:
    """Return the table."""
    readings: defaultdict[str, list[str]] = defaultdict(list)
    near: dict[str, str] = {}
    numbered: dict[str, str] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            syllable, usual, *others = line.split(" ")
            for character in usual:
                readings[character].insert(0, syllable)
            for character in "".join(others):
                readings[character].append(syllable)
            near[syllable] = numbered.setdefault(_nearest(syllable), chr(0xE000 + len(numbered)))
    return Sounds({character: tuple(syllables) for character, syllables in readings.items()}, near)


@cache
def english_like_pinyin() -> frozenset[str]:
    """Return the common English words that could be read as pinyin (change, women)."""
    lines = _ENGLISH.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _nearest(syllable: str) -> str:
    for written, taken_for in _NEAR_INITIALS.items():
        if syllable.startswith(written):
            syllable = taken_for + syllable.removeprefix(written)
            break
    for written, taken_for in _NEAR_FINALS.items():
        if syllable.endswith(written):
            return syllable.removesuffix(written) + taken_for
    return syllable


def main() -> None:
    """Write the tables from jieba's dictionary, read aloud by pypinyin, and from the word lists of zxcvbn."""
    from importlib.metadata import version

    usual, others = _by_syllable()
    lines = [f"{syllable} {usual[syllable]} {others[syllable]}".rstrip(" ") for syllable in sorted({*usual, *others})]
    head = (
        "# Simplified characters by syllable: those usually read so, a space, those also read so.\n"
        "# Made by `python -m index.pinyin`, not by hand: which are common is from the dictionary of\n"
        f"# jieba {version('jieba')} (MIT, Sun Junyi), how they are read from pypinyin {version('pypinyin')} (MIT).\n"
    )
    _TABLE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    sounds.cache_clear()
    words = sorted(word for word in _english() if len(word) > 1 and sounds().reads(word))
    head = (
        "# Common English words that could be read as pinyin. Made by `python -m index.pinyin`, not by hand, from the\n"
        f"# word lists of zxcvbn {version('zxcvbn')} (MIT, Dropbox), without the names of Chinese places.\n"
    )
    _ENGLISH.write_text(head + " ".join(words) + "\n", encoding="utf-8")


def _by_syllable() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the characters of each syllable, common ones first: as their usual reading, and as another."""
    from opencc import OpenCC

    simplified = OpenCC("t2s").convert
    counted = {character: count for character, count in _running().items() if simplified(character) == character}
    usual: defaultdict[str, str] = defaultdict(str)
    others: defaultdict[str, str] = defaultdict(str)
    for character in sorted(counted, key=lambda one: (-counted[one].total(), one))[:_COMMON]:
        (first, _), *rest = counted[character].most_common()
        usual[first] += character
        for syllable, times in rest:
            if times >= _LEAST_SHARE * counted[character].total():
                others[syllable] += character
    return usual, others


def _running() -> Mapping[str, Counter[str]]:
    """Return how often each character is read as each syllable in running text."""
    from pypinyin import lazy_pinyin

    running: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in (files("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, times, _ = line.split()
        if all("\u4e00" <= character <= "\u9fff" for character in word):
            for character, syllable in zip(word, lazy_pinyin(word), strict=True):
                if set(syllable) & set("aeiouv"):
                    running[character][syllable] += int(times)
    return running


def _english() -> Iterable[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    from corpus.regions import gazetteer

    names = {name.lower() for region in gazetteer().regions.values() for name in region.english}
    return {word for kind in ("english_wikipedia", "us_tv_and_film") for word in FREQUENCY_LISTS[kind]} - names


if __name__ == "__main__":
    main()
