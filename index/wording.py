"""Say what of a question or statement a text holds, word by word, each counting for as much as it is rare here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from index.sparse import SparseIndex
from index.tokens import Tokenizer, function_words
from index.types import Query


class Wording:
    """Know how rare words are in one corpus."""

    def __init__(self, sparse: SparseIndex, tokenizer: Tokenizer) -> None:
        self._sparse = sparse
        self._tokenizer = tokenizer

    def asked(self, query: Query, text: str) -> Mapping[str, float]:
        """Return the words of the question's content that `text` holds, each with its share, by rarity, of all.

        Function words do not count.
        """
        weights = self._rarities(query.content)
        total = sum(weights.values())
        there = set(self._tokenizer(text))
        return {word: weight / total for word, weight in weights.items() if total and word in there}

    def stated(self, statement: str, text: str) -> float:
        """Return the share in [0, 1] of a statement's words, by rarity, that `text` holds; 1 if it has none.

        Function words do not count.
        """
        weights = self._rarities(self._tokenizer(statement))
        there = set(self._tokenizer(text))
        held = sum(weight for word, weight in weights.items() if word in there)
        return held / sum(weights.values()) if weights else 1.0

    def _rarities(self, words: Iterable[str]) -> Mapping[str, float]:
        """Return how rare each word is that is no function word."""
        return {word: self._sparse.rarity(word) for word in words if word not in function_words()}
