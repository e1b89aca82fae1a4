"""What one pass of an encoder gives: a vector for each text, and one for each of its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """Hold the L2-normalised rows (tokens, dimension) of one text, and `spans` (tokens, 2), where each stands in it.

    Spans are in code points, `[start, end)`; an empty one belongs to a token that stands for no words of the text.
    """

    vectors: NDArray[np.float32]
    spans: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Hold the vectors of some texts.

    `pooled` are L2-normalised rows (texts, dimension). `tokens` are L2-normalised rows of the tokens of all texts, one
    text after another, `spans` (tokens, 2) where each stands in its text, and `counts` (texts) how many each text has:
    none where an encoder gives no vectors of tokens. Their dimension may differ from that of `pooled`.
    """

    pooled: NDArray[np.float32]
    tokens: NDArray[np.float32]
    spans: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, pooled: NDArray[np.float32], texts: Sequence[TokenVectors], dimension: int) -> Encoded:
        """Join what was found for each text; `dimension` is that of the tokens."""
        if not texts:
            return cls(pooled, *no_tokens(dimension), np.zeros(0, np.int64))
        return cls(
            pooled,
            np.concatenate([text.vectors for text in texts]),
            np.concatenate([text.spans for text in texts]),
            np.array([len(text.vectors) for text in texts], dtype=np.int64),
        )

    def texts(self) -> list[TokenVectors]:
        """Return the tokens of each text."""
        ends = np.cumsum(self.counts)
        return [
            TokenVectors(self.tokens[end - count : end], self.spans[end - count : end])
            for end, count in zip(ends.tolist(), self.counts.tolist(), strict=True)
        ]


def no_tokens(dimension: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the vectors and spans of a text without tokens."""
    return np.zeros((0, dimension), np.float32), np.zeros((0, 2), np.int32)


def joined_words(one: TokenVectors, other: TokenVectors) -> TokenVectors:
    """Return the words of two texts, one after the other; spans stay those in their own text."""
    return TokenVectors(np.concatenate([one.vectors, other.vectors]), np.concatenate([one.spans, other.spans]))


def normalised_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows of unit length; one of zeros stays as it is."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)


def word_spans(
    text: str, offsets: Iterable[tuple[int, int]], prompt: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the positions of the tokens that hold a letter or digit of `text`, and their spans in it.

    `offsets` are where each token stands behind a prompt of `prompt` characters. Tokens of the prompt, special ones and
    punctuation are left out: they stand for nothing that a practice could answer.
    """
    positions: list[int] = []
    spans: list[tuple[int, int]] = []
    for position, (first, last) in enumerate(offsets):
        start, end = max(0, first - prompt), last - prompt
        written = text[start:end] if end > start else ""
        if any(map(str.isalnum, written)):
            # The space before a word is part of its token.
            positions.append(position)
            spans.append((end - len(written.lstrip()), end))
    return np.array(positions, dtype=np.int64), np.array(spans, dtype=np.int32).reshape(-1, 2)
