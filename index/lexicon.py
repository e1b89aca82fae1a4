"""Know how likely words are in a corpus and in the language: what a slip of the pen is corrected towards, and from."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.normal import normalise
from index.tokens import Script, Tokenizer, script

# Half of what is asked is taken to be in the corpus' words, and half of those to follow one another as they do there.
_OF_CORPUS = 0.5
_FOLLOWING = 0.5
# Pairs are counted in memory; past this many, those seen once so far are forgotten (lossy counting).
_MOST_PAIRS = 2_000_000
# The share of running words of one that was never counted: half a time in as many as jieba's dictionary was made from.
_UNSEEN = 0.5 / 60_000_000


class Lexicon:
    """Hold the words of a corpus with their counts, and those of their pairs, beside the language's own counts.

    Costs are negative natural logarithms of probabilities: of a word by itself, the mean of its shares of the corpus'
    and of the language's running words; after another, that mixed with how often it follows it in the corpus.
    """

    def __init__(
        self, counts: Mapping[str, int], pairs: NDArray[np.int64], times: NDArray[np.int32], tokenizer: Tokenizer
    ) -> None:
        self.counts = counts
        self._tokenizer = tokenizer
        self._numbers = {word: number for number, word in enumerate(counts)}
        self._total = max(1, sum(counts.values()))
        self._pairs = pairs
        self._times = times

    @classmethod
    def build(cls, texts: Iterable[str], tokenizer: Tokenizer) -> Lexicon:
        """Count the words of `texts`, and which Chinese word follows which."""
        counts: Counter[str] = Counter()
        following: Counter[tuple[str, str]] = Counter()
        for text in texts:
            plain = normalise(text)
            counts.update(token for token in tokenizer.cut(plain) if script(token) in (Script.HAN, Script.LATIN))
            for run in tokenizer.words(plain):
                following.update(pairwise(run))
                for word in run:
                    following.update(_within(word, tokenizer))
            if len(following) > _MOST_PAIRS:
                following = Counter({pair: times for pair, times in following.items() if times > 1})
        ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        numbers = {word: number for number, word in enumerate(ordered)}
        coded = sorted(
            (_code(numbers[first], numbers[second]), times)
            for (first, second), times in following.items()
            if first in numbers and second in numbers
        )
        pairs = np.array([code for code, _ in coded], dtype=np.int64)
        return cls(ordered, pairs, np.array([times for _, times in coded], dtype=np.int32), tokenizer)

    def save(self, directory: Path) -> None:
        """Write the counts under `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "words.txt").write_text("\n".join(self.counts), encoding="utf-8")
        np.save(directory / "counts.npy", np.array(list(self.counts.values()), dtype=np.int32))
        np.save(directory / "pairs.npy", self._pairs)
        np.save(directory / "times.npy", self._times)

    @classmethod
    def load(cls, directory: Path, tokenizer: Tokenizer) -> Lexicon:
        """Read what `save` wrote; `tokenizer` is the one it was built with."""
        words = [word for word in (directory / "words.txt").read_text(encoding="utf-8").split("\n") if word]
        counts = np.load(directory / "counts.npy", allow_pickle=False).tolist()
        pairs, times = (
            # As plain arrays: each look into a mapped one costs several times as much.
            np.load(directory / name, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for name in ("pairs.npy", "times.npy")
        )
        return cls(dict(zip(words, counts, strict=True)), pairs, times, tokenizer)

    def cost(self, word: str) -> float:
        """Return what a word costs by itself, in nats."""
        return -math.log(self._share(word))

    def cost_after(self, before: str, word: str) -> float:
        """Return what a word costs after another, in nats."""
        times = self._following(before, word)
        follows = times / self.counts[before] if times else 0.0
        return -math.log((1 - _FOLLOWING) * self._share(word) + _FOLLOWING * min(1.0, follows))

    def _share(self, word: str) -> float:
        of_corpus = self.counts.get(word, 0) / self._total
        return _OF_CORPUS * of_corpus + (1 - _OF_CORPUS) * max(self._tokenizer.frequency(word), _UNSEEN)

    def _following(self, before: str, word: str) -> int:
        first, second = self._numbers.get(before), self._numbers.get(word)
        if first is None or second is None:
            return 0
        code = _code(first, second)
        at = bisect_left(self._pairs, code)
        return int(self._times[at]) if at < len(self._pairs) and self._pairs[at] == code else 0


def _code(first: int, second: int) -> int:
    return first << 32 | second


def _within(word: str, tokenizer: Tokenizer) -> Iterator[tuple[str, str]]:
    """Yield the pairs of words that a longer one is made of, so that 产业学院 is known from 专精特新产业学院."""
    for middle in range(2, len(word) - 1):
        for start in range(middle - 2, -1, -1):
            for end in range(middle + 2, len(word) + 1):
                first, second = word[start:middle], word[middle:end]
                if tokenizer.frequency(first) and tokenizer.frequency(second):
                    yield first, second
