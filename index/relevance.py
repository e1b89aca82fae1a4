"""Judge which of the hits belong to the answer, so that a list ends where relevance ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ZhijianError
from index.fusion import EARLIER_WEIGHT, SAME_SPARSE_WEIGHT, Scored
from index.types import Hit, Kind

READ, UNREAD = "read", "unread"
MODEL_FILE = Path(__file__).parent / "data" / "relevance.json"

SEVERAL = frozenset({Kind.LIST, Kind.REGION, Kind.COMPARE})
"""The kinds of question that want every practice that answers."""

MOST = 50
"""The most practices that a search gives where the caller sets no number."""

FEW = 5
"""How many it gives there for a question that wants one thing."""

# To leave out a practice that answers costs as much as to show two that do not.
_BELONGS = 1 / 3


@dataclass(frozen=True, slots=True)
class RelevanceModel:
    """Hold a logistic regression: `several` and `one` are its intercepts for the two sorts of question.

    `closeness`, `elsewhere` and `behind` weigh what the functions of these names return.
    """

    several: float
    one: float
    closeness: float
    elsewhere: float
    behind: float = 0.0

    def probability(
        self, kind: Kind, closeness: NDArray[np.float64], elsewhere: NDArray[np.bool_], behind: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return for each practice the probability in [0, 1] that it belongs to the answer, if there is one."""
        base = self.several if kind in SEVERAL else self.one
        odds = base + self.closeness * closeness + self.elsewhere * elsewhere + self.behind * behind
        return np.asarray(1 / (1 + np.exp(-odds)))


def relevances(
    kind: Kind, scored: Sequence[Scored], readings: Mapping[int, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return of each candidate closeness, whether it is elsewhere, and the probability that it belongs to the answer.

    `scored` are the scores for the question and, where there is one, for the question before; `readings` what the
    reader says of the candidates that it read, by row.
    """
    first, *rest = scored
    if first.about_part:
        # All that stands there is asked for, and nothing else is.
        near, readings = np.ones(len(first.owners)), {}
    else:
        near = closeness(kind, [(first, 1.0), *((one, EARLIER_WEIGHT) for one in rest)])
    rows = np.full(len(near), np.nan)
    rows[list(readings)] = list(readings.values())
    model = relevance_model(read=bool(readings))
    away = elsewhere(first)
    return near, away, model.probability(kind, near, away, behind(kind, rows))


def behind(kind: Kind, readings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far what the reader says of each practice is behind the best, at most 0.

    What was not read, NaN among the `readings`, is as far behind as anything that was. Nothing is behind where nothing
    was read, nor where a place is asked about as such.
    """
    read = np.isfinite(readings)
    if kind is Kind.REGION or not read.any():
        return np.zeros(len(readings))
    return np.asarray(np.where(read, readings, readings[read].min()) - readings[read].max())


def closeness(kind: Kind, scores: Sequence[tuple[Scored, float]]) -> NDArray[np.float64]:
    """Return how near each candidate comes to the best: 1 where it is best in every channel, 0 where it is average.

    `scores` are those for the question and for the one before, with what each counts for. Where a place is asked about
    as such, nothing else counts: all are as near. The sparse channel counts for the same in every question: how much of
    it the best practice holds says nothing of how the others compare with that one.
    """
    if kind is Kind.REGION:
        return np.ones(len(scores[0][0].owners))
    total = sum(
        share * ((1 - SAME_SPARSE_WEIGHT) * _relative(one.meaning) + SAME_SPARSE_WEIGHT * _relative(one.sparse))
        for one, share in scores
    )
    return np.asarray(total / sum(share for _, share in scores), dtype=np.float64)


def elsewhere(scored: Scored) -> NDArray[np.bool_]:
    """Return for each candidate whether others meet the question's places or parts better, or amounts that it fails."""
    bettered = np.zeros(len(scored.owners), dtype=np.bool_)
    if scored.place is not None and len(scored.place) and scored.place_weight:
        bettered |= scored.place < scored.place.max()
    if scored.amount is not None and scored.amount.max(initial=0) > 0:
        bettered |= scored.amount < 0
    if scored.part is not None and len(scored.part):
        bettered |= scored.part < scored.part.max()
    return bettered


def belongs(hit: Hit) -> bool:
    """Tell whether a hit belongs to the answer rather than stands beside it."""
    return hit.relevance >= _BELONGS


def kept(hits: Sequence[Hit], kind: Kind, at_least: int = 1) -> Sequence[Hit]:
    """Return what of the hits a question of this kind wants: all that belong, or the best few.

    `at_least` so many are kept where there are so many, those that do not belong after the others.
    """
    if kind not in SEVERAL:
        return hits[:FEW]
    belonging = [hit for rank, hit in enumerate(hits) if rank == 0 or belongs(hit)]
    return [*belonging, *(hit for hit in hits if hit not in belonging)][: min(MOST, max(at_least, len(belonging)))]


def _relative(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = scores.astype(np.float64)
    if not len(wide):
        return wide
    mean, best = wide.mean(), wide.max()
    return (wide - mean) / (best - mean) if best - mean > 1e-6 else np.ones_like(wide)


@cache
def relevance_model(*, read: bool) -> RelevanceModel:
    """Return the fitted model for what was read or not; `python -m eval.fit_relevance` fits both anew."""
    try:
        values: Mapping[str, Mapping[str, float]] = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
        return RelevanceModel(**values[READ if read else UNREAD])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ZhijianError(f"{MODEL_FILE}: not readable: {error!r}; run `python -m eval.fit_relevance`") from error
