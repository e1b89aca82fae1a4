"""Score the practices of one corpus by every channel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from corpus.types import Practice
from index.dense import DenseIndex
from index.fusion import Scored, place_weight, sparse_weight
from index.interaction import Asked, Interaction
from index.places import placed
from index.preferences import Preferences
from index.stages import Stopwatch
from index.types import Stage, Step, Steps


class Scorer:
    """Score candidates, which are passages, as the practices that they belong to.

    `owner` (passages) is the position of each passage's practice in `listed`.
    """

    def __init__(
        self,
        dense: DenseIndex,
        preferences: Preferences,
        owner: NDArray[np.int64],
        listed: Sequence[Practice],
    ) -> None:
        self._dense = dense
        self._preferences = preferences
        self._owner = owner
        self._listed = listed

    def score(
        self, one: Asked, words: Interaction | None, candidates: NDArray[np.int64], without: Steps, clock: Stopwatch
    ) -> Scored:
        """Return what each channel says of the candidates for one question; `words` is what its words found there."""
        query = one.query
        owners, owner_rows = np.unique(self._owner[candidates], return_inverse=True)
        best = partial(_best, owner_rows, len(owners))
        dense = best(self._dense.scores(one.vector, candidates))
        clock.lap(Stage.DENSE)
        late = None if words is None else best(words.scores)
        clock.lap(Stage.LATE)
        sparse = best(one.lexical.scores[candidates])
        clock.lap(Stage.SPARSE)
        place = None
        if query.places:
            place = np.array([placed(query.places, self._listed[owner].regions) for owner in owners], dtype=np.float32)
        held = None if Step.WEIGHT in without else one.lexical.held(candidates)
        weights = sparse_weight(held), place_weight(query)
        amount, title, part = (read(query, owners) for read in self._preferences.all)
        scored = Scored(owners, dense, late, sparse, place, *weights, amount, title, part, query.about_part)
        clock.lap(Stage.FUSE)
        return scored


def _best(rows: NDArray[np.int64], count: int, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each of `count` practices its best chunk's score; `rows` is the practice of each chunk."""
    best = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(best, rows, scores)
    return best
