"""Encode what the reader is trained on, each text once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.training.examples import Collection, Text
from index.background import background_texts
from index.encoded import Encoded
from index.encoder import Encoder

# Texts at once: memory for the vectors of some, in full precision.
_AT_ONCE = 256
# Passages looked at for those that look like a question's own.
_NEAR = 12


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Hold the unit vectors of a question's words (words, dimension), and their usual cosines (words, 2)."""

    vectors: NDArray[np.float16]
    usual: NDArray[np.float32]


class Vectors:
    """Hold the words of questions and passages, by text, and the vectors of whole texts."""

    def __init__(self, encoder: Encoder, queries: Iterable[str], passages: Iterable[Text]) -> None:
        self._usual = _Usual(encoder)
        self.asked: dict[str, Words] = {}
        self.met: dict[str, NDArray[np.float16]] = {}
        self._pooled: dict[str, NDArray[np.float32]] = {}
        for text, vectors, _spans, pooled in _encoded(encoder.encode_queries, sorted(set(queries))):
            self.asked[text] = Words(vectors.astype(np.float16), self._usual(vectors))
            self._pooled[text] = pooled
        headings = {passage.text: passage.heading for passage in passages}
        for text, vectors, spans, pooled in _encoded(encoder.encode_passages, sorted(headings)):
            # A heading has left its mark on the words below it, as in a snapshot.
            self.met[text] = vectors[spans[:, 0] >= headings[text]].astype(np.float16)
            self._pooled[text] = pooled

    def lookalikes(self, collection: Collection) -> NDArray[np.int64]:
        """Return (examples, passages) the numbers of the passages nearest to each question, as whole texts."""
        queries = np.stack([self._pooled[example.query] for example in collection.examples])
        passages = np.stack([self._pooled[passage.text] for passage in collection.passages])
        return np.asarray(np.argsort(-(queries @ passages.T), axis=1)[:, :_NEAR])


class _Usual:
    """Know how near words come to the background, as `index.background` tells the judge."""

    def __init__(self, encoder: Encoder) -> None:
        encoded = encoder.encode_passages([text.text for text in background_texts()])
        self._vectors = encoded.tokens
        self._starts = np.cumsum(encoded.counts) - encoded.counts

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        best = np.maximum.reduceat(vectors @ self._vectors.T, self._starts, axis=1)
        return np.stack([best.mean(axis=1), best.max(axis=1)], axis=1)


_Text = tuple[str, NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]


def _encoded(encode: Callable[[Sequence[str]], Encoded], texts: Sequence[str]) -> Iterable[_Text]:
    """Yield each text with the vectors and spans of its words and its own vector."""
    # Texts of a length together, so that little is padded.
    ordered = sorted(texts, key=len)
    for start in range(0, len(ordered), _AT_ONCE):
        part = ordered[start : start + _AT_ONCE]
        encoded = encode(part)
        for text, words, pooled in zip(part, encoded.texts(), encoded.pooled, strict=True):
            yield text, words.vectors, words.spans, pooled
