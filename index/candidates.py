"""Propose the passages that are looked at closely."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.interaction import Asked
from index.parts import Headings
from index.sparse import highest
from index.stages import Stopwatch
from index.types import Query, Stage


class Proposer:
    """Let both channels propose practices.

    `owner` (chunks) is the position of the practice that a chunk is part of, `located` the positions of the practices
    that name a place, by the codes of it and of all that it lies in, `headings` know what stands under each.
    """

    def __init__(
        self,
        dense: DenseIndex,
        owner: NDArray[np.int64],
        located: Mapping[str, Sequence[int]],
        headings: Headings,
    ) -> None:
        self._dense = dense
        self._owner = owner
        self._located = located
        self._headings = headings

    def propose(
        self, asked: Sequence[Asked], wanted: int, among: NDArray[np.int64] | None, clock: Stopwatch
    ) -> NDArray[np.int64]:
        """Return all chunks of the practices that a channel proposes, anywhere or in the places asked about."""
        proposed: list[NDArray[np.int64]] = []
        for one in asked:
            for scope in self._scopes(one.query, among):
                proposed.append(self._proposed(partial(self._dense.search, one.vector, among=scope), wanted))
                clock.lap(Stage.DENSE)
                proposed.append(self._proposed(partial(highest, one.lexical.scores, among=scope), wanted))
                clock.lap(Stage.SPARSE)
        chunks = np.flatnonzero(np.isin(self._owner, np.concatenate(proposed)))
        if among is not None:
            chunks = np.intersect1d(chunks, among)
        clock.lap(Stage.FUSE)
        return chunks

    def _scopes(self, query: Query, among: NDArray[np.int64] | None) -> list[NDArray[np.int64] | None]:
        """Return where to look for candidates: in `among`, and in the places and parts asked about there."""
        codes = {code for place in query.places if not place.excluded for code in place.codes}
        located = [number for code in codes for number in self._located.get(code, ())]
        under = [number for part in query.parts if not part.excluded for number in self._headings.positions(part)]
        scopes = [among]
        for numbers in filter(None, (located, under)):
            inside = np.flatnonzero(np.isin(self._owner, numbers))
            scopes.append(inside if among is None else np.intersect1d(inside, among))
        return scopes

    def _proposed(self, search: Callable[[int], NDArray[np.int64]], wanted: int) -> NDArray[np.int64]:
        """Return the practices of the best chunks, as many as `wanted` where there are so many."""
        depth = wanted
        while True:
            chunks = search(depth)
            owners = np.unique(self._owner[chunks])
            if len(owners) >= wanted or len(chunks) < depth:
                return owners
            # Long practices take several places each.
            depth *= 4
