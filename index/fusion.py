"""Join the channels' scores into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.types import Kind, Mode, Query, ScoreParts

# eval/README.md says what was tried, and on which questions.
LARGEST_SPARSE_WEIGHT = 0.4
# What it counts for where that does not depend on the question.
SAME_SPARSE_WEIGHT = 0.15
# Of what the encoder says, the share that is said text by text, the rest being word by word.
DENSE_SHARE = 0.175
PLACE_WEIGHT = 2.5
# A question about a place as such is about nothing else: no other score can bring in another place.
ABOUT_PLACE_WEIGHT = 100.0
# A part of the list that a question points to says as much of what is meant as a place does.
PART_WEIGHT = PLACE_WEIGHT
# In deviations, as places: less than it, since other words may say the same.
AMOUNT_WEIGHT = 0.5
TITLE_WEIGHT = 0.5
# What an earlier question of a conversation still counts for.
EARLIER_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Scored:
    """Hold what each channel says of the same candidates; every array has their shape.

    `owners` are the candidates' positions in the list, `dense` cosines, `late`, `place`, `amount`, `title` and `part`
    as in ScoreParts, `sparse` BM25 scores, `weight` and `place_weight` what sparse channel and place count for,
    `about_part` as in Query.
    """

    owners: NDArray[np.int64]
    dense: NDArray[np.float32]
    late: NDArray[np.float32] | None
    sparse: NDArray[np.float32]
    place: NDArray[np.float32] | None
    weight: float
    place_weight: float
    amount: NDArray[np.float32] | None = None
    title: NDArray[np.float32] | None = None
    part: NDArray[np.float32] | None = None
    about_part: bool = False

    @property
    def meaning(self) -> NDArray[np.float32]:
        """Return what the encoder says: word by word, with a share of text by text, where it can."""
        return self.dense if self.late is None else combine(self.late, self.dense, None, DENSE_SHARE)

    def total(self, mode: Mode) -> NDArray[np.float32]:
        """Return the scores by which candidates are ranked."""
        match mode:
            case Mode.DENSE:
                return self.dense
            case Mode.LATE:
                return self.dense if self.late is None else self.late
            case Mode.SPARSE:
                return self.sparse
            case Mode.HYBRID if self.about_part and self.part is not None:
                # What else it says counts for nothing: the list's own order holds.
                return np.float32(ABOUT_PLACE_WEIGHT) * self.part
            case Mode.HYBRID:
                total = combine(self.meaning, self.sparse, self.place, self.weight, self.place_weight)
                for weight, met in ((AMOUNT_WEIGHT, self.amount), (TITLE_WEIGHT, self.title), (PART_WEIGHT, self.part)):
                    total = total if met is None else total + np.float32(weight) * met
                return total

    def parts(self, row: int) -> ScoreParts:
        """Return where the score of one candidate comes from."""
        place = None if self.place is None else float(self.place[row])
        late = None if self.late is None else float(self.late[row])
        amount = None if self.amount is None else float(self.amount[row])
        title = None if self.title is None else float(self.title[row])
        part = None if self.part is None else float(self.part[row])
        return ScoreParts(
            float(self.dense[row]), late, float(self.sparse[row]), place, self.weight, amount, title, part
        )


def total(scored: Sequence[Scored], mode: Mode) -> NDArray[np.float32]:
    """Return the scores for a question, with those for the one before it, which counts less, where there is one."""
    first, *rest = (one.total(mode) for one in scored)
    return np.asarray(first + sum(EARLIER_WEIGHT * earlier for earlier in rest), dtype=np.float32)


def standardise(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return z-scores: mean 0 and standard deviation 1 over the candidates, all 0 where they do not differ."""
    if not len(scores):
        return scores
    wide = scores.astype(np.float64)
    deviation = float(wide.std())
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((wide - wide.mean()) / deviation, dtype=np.float32)


def combine(
    meaning: NDArray[np.float32],
    sparse: NDArray[np.float32],
    place: NDArray[np.float32] | None,
    sparse_weight: float,
    place_weight: float = PLACE_WEIGHT,
) -> NDArray[np.float32]:
    """Return the convex combination of two scores' z-scores over the same candidates, and what their places add.

    `sparse_weight`, what the second counts for, is in [0, 1], `place` in [-1, 1] for each candidate. After Bruch, Gai
    and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (arXiv 2210.11934), section 4, with z-scores for
    the normalisation.
    """
    mixed = sparse_weight * standardise(sparse) + (1 - sparse_weight) * standardise(meaning)
    return np.asarray(mixed if place is None else mixed + place_weight * place, dtype=np.float32)


def sparse_weight(held: float | None) -> float:
    """Return the weight of the sparse channel for a question.

    `held` in [0, 1] is how much of the question the best passage holds, None where all questions are to be alike. Of a
    question in everyday words or in another language next to nothing is held, by chance as it were, and the same weight
    for all would throw away what the vectors found.
    """
    return SAME_SPARSE_WEIGHT if held is None else LARGEST_SPARSE_WEIGHT * held


def place_weight(query: Query) -> float:
    """Return what a place that a question names counts for; most where the question is about it as such.

    Nothing where a place is compared with something else: that is asked about as well.
    """
    if query.about_place:
        return ABOUT_PLACE_WEIGHT
    return 0.0 if is_one_side(query) else PLACE_WEIGHT


def is_one_side(query: Query) -> bool:
    """Tell whether a question compares a place with something that is none."""
    return query.kind is Kind.COMPARE and sum(not place.excluded for place in query.places) == 1
