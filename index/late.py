"""The late interaction: the words of a question against the words of passages, each with its nearest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.products import products
from index.token_codes import Codec, load_codec

_CODES, _SPANS, _BOUNDS, _SETTINGS = "codes.bin", "spans.bin", "bounds.npy", "settings.json"
# Tokens decoded at once: what stays in a processor's cache.
_BLOCK = 4096

Number = TypeVar("Number", bound=np.generic)
_LAST_PLACE = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True, eq=False)
class CodedPassages:
    """Hold the codes (tokens, width) of some passages, one after another, and `spans` (tokens, 2) in their texts.

    `numbers` are the passages', `counts` how many tokens each has.
    """

    numbers: NDArray[np.int64]
    codes: NDArray[np.uint8]
    spans: NDArray[np.int32]
    counts: NDArray[np.int64]


class LateIndex:
    """Hold the token vectors of passages, numbered from 0, in files that are mapped and not read."""

    def __init__(
        self, codec: Codec, codes: NDArray[np.uint8], spans: NDArray[np.uint16], bounds: NDArray[np.int64]
    ) -> None:
        self._codec = codec
        self._codes = codes
        self._spans = spans
        self._starts, self._counts = bounds
        self.dimension = codec.dimension

    @staticmethod
    def write(directory: Path, codec: Codec, passages: int, parts: Iterable[CodedPassages]) -> None:
        """Write the codes of as many `passages` under `directory`, one part at a time, in whatever order they come."""
        directory.mkdir(parents=True, exist_ok=True)
        bounds = np.zeros((2, passages), dtype=np.int64)
        written = 0
        with (directory / _CODES).open("wb") as codes, (directory / _SPANS).open("wb") as spans:
            for part in parts:
                bounds[0, part.numbers] = written + np.cumsum(part.counts) - part.counts
                bounds[1, part.numbers] = part.counts
                written += len(part.codes)
                codes.write(np.ascontiguousarray(part.codes, dtype=np.uint8).tobytes())
                spans.write(np.clip(part.spans, 0, _LAST_PLACE).astype("<u2").tobytes())
        np.save(directory / _BOUNDS, bounds)
        codec.save(directory)
        settings = {"codec": codec.name, "dimension": codec.dimension, "tokens": written}
        (directory / _SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> LateIndex:
        """Map what `write` wrote."""
        settings = json.loads((directory / _SETTINGS).read_text(encoding="utf-8"))
        codec = load_codec(settings["codec"], settings["dimension"], directory)
        tokens = settings["tokens"]
        codes = _mapped(directory / _CODES, np.dtype(np.uint8), (tokens, codec.width))
        spans = _mapped(directory / _SPANS, np.dtype("<u2"), (tokens, 2))
        return cls(codec, codes, spans, np.load(directory / _BOUNDS))

    def similarities(self, question: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the best cosine of each token of a question in each of the passages `numbers`.

        The shape is (tokens, passages); where a passage has no tokens, 0. The mean over the tokens is the MaxSim of
        Khattab and Zaharia, "ColBERT" (SIGIR 2020), as a mean and not a sum.
        """
        best = np.zeros((len(question), len(numbers)), dtype=np.float32)
        if not len(question):
            return best
        for columns in self._blocks(numbers):
            rows, starts = self._rows(numbers[columns])
            cosines = products(question, self._codec.decode(self._codes[rows]))
            best[:, columns] = np.maximum.reduceat(cosines, starts, axis=1)
        return best

    def matches(self, question: NDArray[np.float32], number: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return for each token of a question its best cosine in one passage, and the span of what it met there."""
        rows, _ = self._rows(np.array([number]))
        if not len(rows) or not len(question):
            return np.zeros(len(question), np.float32), np.zeros((len(question), 2), np.int64)
        cosines = products(question, self._codec.decode(self._codes[rows]))
        met = cosines.argmax(axis=1)
        return cosines[np.arange(len(question)), met], np.asarray(self._spans[rows[met]], dtype=np.int64)

    def vectors(self, number: int) -> NDArray[np.float32]:
        """Return the vectors (tokens, dimension) of one passage."""
        rows, _ = self._rows(np.array([number]))
        return self._codec.decode(self._codes[rows])

    def _blocks(self, numbers: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Yield the places in `numbers` of passages with tokens, in groups of about `_BLOCK` tokens."""
        counts = self._counts[numbers]
        held = np.flatnonzero(counts)
        group = np.cumsum(counts[held]) // _BLOCK
        yield from np.split(held, np.flatnonzero(np.diff(group)) + 1) if len(held) else ()

    def _rows(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of all tokens of passages, one passage after another, and where each passage begins."""
        counts = self._counts[numbers]
        starts = np.cumsum(counts) - counts
        return np.repeat(self._starts[numbers] - starts, counts) + np.arange(counts.sum()), starts


def _mapped(path: Path, kind: np.dtype[Number], shape: tuple[int, int]) -> NDArray[Number]:
    # An empty file can't be mapped.
    if not shape[0]:
        return np.zeros(shape, dtype=kind)
    # As a plain array: each look into a mapped one costs several times as much.
    return np.memmap(path, dtype=kind, mode="r", shape=shape).view(np.ndarray)
