"""Write unit vectors of tokens in few bytes: what late interaction keeps of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

# Up to so many passages, one byte a dimension; beyond, product codes. eval/README.md says what each costs and loses.
_LARGEST_PLAIN = 50_000
# Bytes of a product code, each of which stands for one of 256 pieces of a vector.
_PIECES = 96
_CENTROIDS = "centroids.npy"


class Codec(Protocol):
    """Turn vectors into rows of `width` bytes and back; `name` says how, for the manifest."""

    name: str
    dimension: int
    width: int

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return codes (tokens, width) of unit rows (tokens, dimension)."""
        ...

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return rows (tokens, dimension) that are near the encoded ones."""
        ...

    def save(self, directory: Path) -> None:
        """Write what `load_codec` needs besides name and dimension."""
        ...


class ByteCodec:
    """Keep one signed byte a dimension and, in two more, the scale of the vector: cosines change by some 0.0001."""

    name = "int8"

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.width = dimension + 2

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return codes (tokens, width) of unit rows (tokens, dimension)."""
        largest = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-4)
        # Rounded up in the last bit, so that no component leaves the range.
        scales = np.nextafter((largest / 127).astype(np.float16), np.float16(np.inf))
        codes = np.rint(vectors / scales.astype(np.float32)).astype(np.int8)
        return np.concatenate([codes.view(np.uint8), scales.view(np.uint8)], axis=1)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return rows (tokens, dimension) that are near the encoded ones."""
        scales = np.ascontiguousarray(codes[:, self.dimension :]).view(np.float16).astype(np.float32)
        vectors = codes[:, : self.dimension].view(np.int8).astype(np.float32)
        vectors *= scales
        return vectors

    def save(self, directory: Path) -> None:
        """Write nothing: it has learnt nothing."""


class ProductCodec:
    """Keep one byte for each piece of a vector, the number of the nearest of 256 pieces learnt from a sample.

    Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search" (IEEE TPAMI 33, 2011), by FAISS.
    """

    name = "pq"

    def __init__(self, quantizer: Any) -> None:
        self._quantizer = quantizer
        self.dimension = int(quantizer.d)
        self.width = int(quantizer.code_size)

    @classmethod
    def train(cls, sample: NDArray[np.float32]) -> Self:
        """Learn the pieces from rows (tokens, dimension); the same rows give the same ones."""
        quantizer: Any = faiss.ProductQuantizer(sample.shape[1], _pieces(sample.shape[1]), 8)
        quantizer.train(np.ascontiguousarray(sample))
        return cls(quantizer)

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return codes (tokens, width) of unit rows (tokens, dimension)."""
        if not len(vectors):
            return np.zeros((0, self.width), dtype=np.uint8)
        return np.asarray(self._quantizer.compute_codes(np.ascontiguousarray(vectors)), dtype=np.uint8)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return rows (tokens, dimension) that are near the encoded ones."""
        if not len(codes):
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.asarray(self._quantizer.decode(np.ascontiguousarray(codes)), dtype=np.float32)

    def save(self, directory: Path) -> None:
        """Write the pieces."""
        shape = (self.width, 256, self.dimension // self.width)
        np.save(directory / _CENTROIDS, faiss.vector_to_array(self._quantizer.centroids).reshape(shape))

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote."""
        centroids = np.load(directory / _CENTROIDS)
        quantizer: Any = faiss.ProductQuantizer(centroids.shape[0] * centroids.shape[2], centroids.shape[0], 8)
        faiss.copy_array_to_vector(np.ascontiguousarray(centroids.ravel(), dtype=np.float32), quantizer.centroids)
        return cls(quantizer)


def needs_training(passages: int) -> bool:
    """Tell whether a corpus is so large that its codes must be learnt."""
    return passages > _LARGEST_PLAIN


def load_codec(name: str, dimension: int, directory: Path) -> Codec:
    """Open a codec by its name; raise ValueError for one that is not known."""
    if name == ByteCodec.name:
        return ByteCodec(dimension)
    if name == ProductCodec.name:
        return ProductCodec.load(directory)
    raise ValueError(f"token codes of a kind that is not known: {name!r}")


def _pieces(dimension: int) -> int:
    """Return the largest number of pieces of one length, up to the wanted one."""
    return max(pieces for pieces in range(1, min(_PIECES, dimension) + 1) if dimension % pieces == 0)
