"""Say what of a question or statement a text holds, word by word, each counting for as much as it is rare here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from index.sparse import SparseIndex
from index.tokens import Tokenizer, function_words
from index.types import Query


class Wording:
    """Know how rare words are in one corpus."""

    def __init__(self, sparse: SparseIndex, tokenizer: Tokenizer) -> None:
        self._sparse = sparse
        self._tokenizer = tokenizer

    def share(self, words: Sequence[str], counts: Callable[[str], bool]) -> float:
        """Return the share in [0, 1] of `words`, weighted by rarity, of which `counts` is true; 0 of none."""
        weights = {word: self._sparse.rarity(word) for word in words}
        total = sum(weights.values())
        return sum(weight for word, weight in weights.items() if counts(word)) / total if total else 0.0

    def asked(self, query: Query, text: str) -> Mapping[str, float]:
        """Return the words of the question's content that `text` holds, each with its share, by rarity, of all.

        Function words do not count.
        """
        weights = {word: self._sparse.rarity(word) for word in query.content if word not in function_words()}
        total = sum(weights.values())
        there = set(self._tokenizer(text))
        return {word: weight / total for word, weight in weights.items() if total and word in there}

    def stated(self, statement: str, text: str) -> float:
        """Return the share in [0, 1] of a statement's words, by rarity, that `text` holds; 1 if it has none.

        Function words do not count.
        """
        words = tuple(dict.fromkeys(word for word in self._tokenizer(statement) if word not in function_words()))
        return self.share(words, set(self._tokenizer(text)).__contains__) if words else 1.0
