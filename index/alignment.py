"""Find the characters of one text in another form of it."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.normal import normalise


class Alignment:
    """Take spans of a text as it was read to spans of the text as it is written, both in code points.

    What is read differs from what is written in width, script, spaces and some words, and may have more before it.
    """

    def __init__(self, read: str, written: str) -> None:
        plain = list(map(_plain, written))
        origin = np.repeat(np.arange(len(written), dtype=np.int32), list(map(len, plain)))
        starts, ends = _matched(read, "".join(plain))
        held = ends > starts
        self._starts = np.full(len(read), -1, dtype=np.int32)
        self._ends = np.full(len(read), -1, dtype=np.int32)
        self._starts[held] = origin[starts[held]]
        self._ends[held] = origin[ends[held] - 1] + 1

    def __call__(self, spans: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return where each of the spans (any number, 2) is written; (0, 0) for one that is not, or is empty."""
        held = spans[:, 1] > spans[:, 0]
        found = np.zeros_like(spans)
        found[held, 0] = self._starts[spans[held, 0]]
        found[held, 1] = self._ends[spans[held, 1] - 1]
        found[(found[:, 0] < 0) | (found[:, 1] <= found[:, 0])] = 0
        return found


@lru_cache(maxsize=1 << 14)
def _plain(character: str) -> str:
    """Return one character normalised by itself; a space stays."""
    return " " if character.isspace() else normalise(character)


def _matched(read: str, plain: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each character of `read` where its counterpart begins and ends in `plain`: nowhere if both are 0.

    Where a run of words was written differently, each of its characters stands for all of it.
    """
    starts, ends = np.zeros((2, len(read)), dtype=np.int64)
    if plain and read.endswith(plain):
        starts[-len(plain) :] = np.arange(len(plain))
        ends[-len(plain) :] = starts[-len(plain) :] + 1
        return starts, ends
    for _, first, last, start, end in SequenceMatcher(None, read, plain, autojunk=False).get_opcodes():
        if last - first == end - start:
            starts[first:last] = np.arange(start, end)
            ends[first:last] = starts[first:last] + 1
        else:
            starts[first:last], ends[first:last] = start, end
    return starts, ends
