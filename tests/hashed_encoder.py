"""A small deterministic encoder: texts that share character pairs get near vectors, and so do their characters."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from index.encoded import Encoded, TokenVectors, normalised_rows


class HashedEncoder:
    """Hash character pairs into `dimension` buckets, after Weinberger et al., "Feature Hashing" (ICML 2009)."""

    def __init__(self, dimension: int = 256, max_tokens: int = 512, fingerprint: str = "hashed-256") -> None:
        self.dimension = self.token_dimension = dimension
        self.max_tokens = max_tokens
        self.fingerprint = fingerprint

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        """Encode as passages are: there is no prompt."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Encoded:
        """Return the vectors of texts, and of each letter and digit as seen beside its neighbours."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        tokens: list[TokenVectors] = []
        for row, text in enumerate(texts):
            vectors[row, 0] = 1e-3
            for pair in pairwise(text):
                vectors[row, self._bucket("".join(pair))] += 1
            tokens.append(self._tokens(text))
            if progress:
                progress(row + 1, len(texts))
        return Encoded.of(normalised_rows(vectors), tokens, self.dimension)

    def _tokens(self, text: str) -> TokenVectors:
        places = [place for place, character in enumerate(text) if character.isalnum()]
        vectors = np.zeros((len(places), self.dimension), dtype=np.float32)
        for row, place in enumerate(places):
            vectors[row, self._bucket(text[place])] += 1
            vectors[row, self._bucket(text[place : place + 2])] += 1
        spans = [(place, place + 1) for place in places]
        return TokenVectors(normalised_rows(vectors), np.array(spans, dtype=np.int32).reshape(-1, 2))

    def _bucket(self, written: str) -> int:
        return zlib.crc32(written.encode("utf-8", "surrogatepass")) % self.dimension

    def count_tokens(self, text: str) -> int:
        """Return the number of characters."""
        return len(text)
