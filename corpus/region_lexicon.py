"""Weigh the words around a place name, so that 形成都市圈 is not read as Chengdu.

The words and their frequencies are chosen once from jieba's dictionary (MIT) by `python -m corpus.region_lexicon`;
reading needs no jieba.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import log
from pathlib import Path

# The sum of the frequencies in jieba's dictionary: the scale on which all words here are weighed.
TOTAL = 60_101_967
# A word that merely touches a name must be common to be worth a row; any other word more so, it only helps to tell
# where the touching word's neighbour ends.
_TOUCHING, _COMMON, _CHARACTER = 20, 300, 100
_RARE_CHARACTER = 20
# A listed false name beats the name inside it and what is left over, whatever the dictionary says of its frequency.
_FALSE_NAME = 5_000
_LONGEST = 4


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Hold log probabilities of words (`costs`, negative) and the length of the longest."""

    costs: Mapping[str, float]
    longest: int

    @property
    def unknown(self) -> float:
        """Return the log probability of a character that the lexicon does not hold."""
        return log(_RARE_CHARACTER / TOTAL)


def log_probability(frequency: int) -> float:
    """Return the natural logarithm of a frequency over the dictionary's total."""
    return log(frequency / TOTAL)


def load_lexicon() -> Lexicon:
    """Read `region_lexicon.txt` (frequency, then its words, a line) and `region_false_names.txt`."""
    data = files("corpus") / "gazetteer"
    costs: dict[str, float] = {}
    for line in (data / "region_lexicon.txt").read_text(encoding="utf-8").splitlines():
        frequency, *words = line.split()
        costs.update(dict.fromkeys(words, log(int(frequency) / TOTAL)))
    false_names = _false_names((data / "region_false_names.txt").read_text(encoding="utf-8"))
    costs.update(dict.fromkeys(false_names, log(_FALSE_NAME / TOTAL)))
    return Lexicon(costs, max(map(len, costs)))


def _false_names(text: str) -> list[str]:
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]


def choose_words(dictionary: Iterable[tuple[str, int, str]], names: frozenset[str]) -> dict[str, int]:
    """Choose from (word, frequency, part of speech) what can compete with a place name.

    Kept are the names themselves, single characters, words that can overlap a name's edge, and very common words.
    Words that contain a name are left out: 武汉人 is about 武汉, and those that are not stand in
    `region_false_names.txt`.
    """
    heads = {name[:cut] for name in names for cut in range(1, len(name))}
    tails = {name[cut:] for name in names for cut in range(1, len(name))}
    chosen: dict[str, int] = {}
    for word, frequency, part in dictionary:
        if word in names:
            chosen[word] = frequency
        elif len(word) == 1:
            if frequency >= _CHARACTER:
                chosen[word] = frequency
        elif len(word) <= _LONGEST and not (part.startswith("nr") and len(word) > 2) and not _contains(word, names):
            touches = any(word[:cut] in tails or word[-cut:] in heads for cut in range(1, len(word)))
            if frequency >= (_TOUCHING if touches else _COMMON):
                chosen[word] = frequency
    return chosen


def _contains(word: str, names: frozenset[str]) -> bool:
    size = len(word)
    return any(word[start:end] in names for start in range(size) for end in range(start + 2, size + 1))


def _short_names(folder: Path) -> Iterator[str]:
    with (folder / "regions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["level"] != "county":
                yield from (name for name in (row["short"], *row["aliases"].split("|")) if len(name) > 1)
            yield row["name"]
    with (folder / "counties.csv").open(encoding="utf-8", newline="") as file:
        yield from (row["short"] for row in csv.DictReader(file) if row["short"])


def main() -> None:
    """Write `region_lexicon.txt` from the installed jieba's dictionary."""
    folder = Path(__file__).parent / "gazetteer"
    lines = (files("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines()
    dictionary = ((word, int(frequency), part) for word, frequency, part in (line.split() for line in lines))
    by_frequency: dict[int, list[str]] = {}
    for word, frequency in choose_words(dictionary, frozenset(_short_names(folder))).items():
        # Two significant digits are more than the dictionary's own accuracy, and keep the file small.
        rounded = int(float(f"{frequency:.2g}"))
        by_frequency.setdefault(rounded, []).append(word)
    text = "".join(f"{number} {' '.join(sorted(words))}\n" for number, words in sorted(by_frequency.items()))
    (folder / "region_lexicon.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
