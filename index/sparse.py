"""The sparse channel: BM25 over the tokens of passages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.tokens import Script, script

# Lucene's own settings; on the public sets they are at or near the best of those tried (see eval/README.md).
_K1, _B = 1.2, 0.75
# Of the vocabulary, the share from which a script counts as one that passages are written in.
_HOME_SHARE = 0.2


class SparseIndex:
    """Hold the BM25 weights of passages, numbered from 0 in the order in which they were given."""

    def __init__(self, index: bm25s.BM25) -> None:
        self._index = index
        self._vocabulary: dict[str, int] = index.vocab_dict
        self._count = int(index.scores["num_docs"])
        # As plain arrays: each look into a mapped one costs several times as much.
        self._starts = index.scores["indptr"].view(np.ndarray)
        self._holding = index.scores["indices"].view(np.ndarray)
        scripts = Counter(map(script, self._vocabulary))
        self._scripts = {name for name, count in scripts.items() if count >= _HOME_SHARE * len(self._vocabulary)}

    @classmethod
    def build(cls, passages: Sequence[Sequence[str]]) -> SparseIndex:
        """Index the token lists of passages."""
        # Numbered by itself, the library takes words in the order of their hashes, which differs from run to run.
        words = sorted({token for tokens in passages for token in tokens})
        vocabulary = {word: number for number, word in enumerate(words)}
        numbered = [[vocabulary[token] for token in tokens] for tokens in passages]
        index = bm25s.BM25(k1=_K1, b=_B, method="lucene")
        # The library divides by the mean length, which is 0 where no passage has a token.
        with np.errstate(invalid="ignore"):
            index.index((numbered, vocabulary), create_empty_token=False, show_progress=False)
        return cls(index)

    def scores(self, tokens: Iterable[str]) -> NDArray[np.float32]:
        """Return the BM25 scores (0 or more) of all passages; tokens that none holds add nothing."""
        known = [self._vocabulary[token] for token in tokens if token in self._vocabulary]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._index.get_scores_from_ids(known), dtype=np.float32)

    def could_hold(self, token: str) -> bool:
        """Tell whether a token could stand in these passages.

        A word in a script that they are written in could, and so could a number; of another script only what they do
        hold (BIM).
        """
        written = script(token)
        return written is Script.NUMBER or written in self._scripts or token in self._vocabulary

    def rarity(self, token: str) -> float:
        """Return the inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)) of Robertson and Spärck Jones."""
        held = self.document_frequency(token)
        return math.log(1 + (self._count - held + 0.5) / (held + 0.5))

    def document_frequency(self, token: str) -> int:
        """Return the number of passages that hold `token`."""
        return len(self._holders(token))

    def common(self, words: Iterable[str]) -> frozenset[str]:
        """Return those of `words` that more than half of the passages hold."""
        return frozenset(word for word in words if self.document_frequency(word) > self._count / 2)

    def holds(self, numbers: NDArray[np.int64], token: str) -> bool:
        """Tell whether one of the passages `numbers` holds `token`."""
        return bool(np.isin(self._holders(token), numbers).any())

    def _holders(self, token: str) -> NDArray[np.int32]:
        number = self._vocabulary.get(token)
        if number is None:
            return np.empty(0, dtype=np.int32)
        return np.asarray(self._holding[self._starts[number] : self._starts[number + 1]])

    def save(self, directory: Path) -> None:
        """Write the index under `directory`."""
        self._index.save(directory, show_progress=False)

    @classmethod
    def load(cls, directory: Path) -> SparseIndex:
        """Read what `save` wrote."""
        return cls(bm25s.BM25.load(directory, mmap=True, show_progress=False))


@dataclass(frozen=True, slots=True, eq=False)
class Lexical:
    """Hold the BM25 scores of all passages for one question, and the `most` that a passage could have."""

    scores: NDArray[np.float32]
    most: float

    def held(self, numbers: NDArray[np.int64]) -> float:
        """Return how much of the question the best of the passages `numbers` holds, a share in [0, 1]."""
        return min(1.0, float(self.scores[numbers].max(initial=0)) / self.most) if self.most else 0.0


def lexical(*parts: tuple[SparseIndex, Sequence[str]]) -> Lexical:
    """Score the passages of several indexes for the tokens that are asked of each.

    A token's score is its rarity times a share below 1, so that the most there can be is the sum of the rarities.
    """
    scores = np.stack([index.scores(tokens) for index, tokens in parts]).sum(axis=0)
    return Lexical(scores, sum(index.rarity(token) for index, tokens in parts for token in tokens))


def highest(scores: NDArray[np.float32], k: int, among: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return the numbers of the `k` highest scores above 0, highest first, only of `among` where given."""
    numbers = np.arange(len(scores), dtype=np.int64) if among is None else among
    best = numbers[np.argsort(-scores[numbers], kind="stable")[:k]]
    return best[scores[best] > 0]
