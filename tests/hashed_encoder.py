"""A small deterministic encoder: texts that share character pairs get near vectors."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


class HashedEncoder:
    """Hash character pairs into `dimension` buckets, after Weinberger et al., "Feature Hashing" (ICML 2009)."""

    def __init__(self, dimension: int = 256, max_tokens: int = 512, fingerprint: str = "hashed-256") -> None:
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.fingerprint = fingerprint

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows (len(texts), dimension)."""
        return self.encode_passages(texts)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit rows (len(texts), dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 1e-3
            for pair in pairwise(text):
                vectors[row, zlib.crc32("".join(pair).encode("utf-8", "surrogatepass")) % self.dimension] += 1
            if progress:
                progress(row + 1, len(texts))
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def count_tokens(self, text: str) -> int:
        """Return the number of characters."""
        return len(text)
