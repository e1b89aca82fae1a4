"""Put what was found in order, the best few by what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from index.background import Beside
from index.fusion import Scored
from index.interaction import Asked
from index.judgement import Found

# In deviations of a score, for each e-fold of the odds that a practice says what is asked.
_READING_WEIGHT = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Hold candidates in order.

    `read` are the question and, where it counts, the one before; `scored` what each channel says for them, `totals`
    the fused scores, `order` the rows of both, best first; `found` are the best few of these and `beside` the question
    beside the background. `reading` is what the reader says of the best one, None where it says nothing, `added` what
    it added to the scores of the rows that were read.
    """

    read: Sequence[Asked]
    scored: Sequence[Scored]
    totals: NDArray[np.float32]
    order: NDArray[np.int64]
    found: Found
    beside: Beside
    reading: float | None = None
    added: Mapping[int, float] = field(default_factory=dict)


def settled(ranking: Ranking, readings: NDArray[np.float64] | None) -> Ranking:
    """Return a ranking whose first rows are in the order that their `readings` settle; the others stay behind them."""
    if readings is None:
        return ranking
    first = ranking.order[: len(readings)]
    # None is put behind one that was not read.
    added = np.asarray(_READING_WEIGHT * (readings - readings.min()), dtype=np.float32)
    totals = ranking.totals.copy()
    totals[first] += added
    again = np.argsort(-totals[first], kind="stable")
    order = np.concatenate([first[again], ranking.order[len(readings) :]])
    return replace(
        ranking,
        totals=totals,
        order=order,
        found=ranking.found.reordered(again),
        reading=float(readings[again[0]]),
        added=dict(zip(first.tolist(), added.tolist(), strict=True)),
    )
