"""Hold what was found in order, with what was read in the best few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.background import Beside
from index.fusion import Scored
from index.interaction import Asked
from index.judgement import Found


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Hold candidates in order.

    `read` are the question and, where it counts, the one before; `scored` what each channel says for them, `totals`
    the fused scores, `order` the rows of both, best first; `found` are the best few of these and `beside` the question
    beside the background. `readings` are what the reader says of the rows that were read, the logarithm of the odds
    that they answer.
    """

    read: Sequence[Asked]
    scored: Sequence[Scored]
    totals: NDArray[np.float32]
    order: NDArray[np.int64]
    found: Found
    beside: Beside
    readings: Mapping[int, float] = field(default_factory=dict)

    @property
    def reading(self) -> float | None:
        """Return what was read in the best one, None where it was not read."""
        return self.readings.get(int(self.order[0])) if len(self.order) else None
