"""The dense channel: passages as vectors in a FAISS index, compared by inner product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

_VECTORS = "vectors.faiss"


class DenseIndex:
    """Hold unit vectors, numbered from 0 in the order in which they were given."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> DenseIndex:
        """Index `vectors` of shape (passages, dimension), rows of unit length."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    def search(self, vector: NDArray[np.float32], k: int, among: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Return the numbers of the `k` passages nearest to `vector`, best first, only of `among` where given."""
        count = self._index.ntotal if among is None else len(among)
        if count == 0:
            return np.empty(0, dtype=np.int64)
        selector = None if among is None else _only(among)
        _, numbers = self._index.search(vector.reshape(1, -1), min(k, count), params=selector)
        return np.asarray(numbers[0][numbers[0] >= 0], dtype=np.int64)

    def scores(self, vector: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosines in [-1, 1] of `vector` with the passages `numbers`."""
        if not len(numbers):
            return np.empty(0, dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(numbers) @ vector, dtype=np.float32)

    def save(self, directory: Path) -> None:
        """Write the index under `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self._index, str(directory / _VECTORS))

    @classmethod
    def load(cls, directory: Path) -> DenseIndex:
        """Read what `save` wrote."""
        return cls(faiss.read_index(str(directory / _VECTORS)))


def _only(among: NDArray[np.int64]) -> Any:
    # The wrapper's type hints leave out that parameters are given by keyword.
    parameters: Any = faiss.SearchParameters
    return parameters(sel=faiss.IDSelectorBatch(among))
