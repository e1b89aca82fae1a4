"""Join the channels' scores into one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Fitted on dev questions only; see eval/README.md for the values tried.
LARGEST_SPARSE_WEIGHT = 0.4
PLACE_WEIGHT = 1.0


def standardise(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return z-scores: mean 0 and standard deviation 1 over the candidates, all 0 where they do not differ."""
    if not len(scores):
        return scores
    deviation = float(scores.std())
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / deviation, dtype=np.float32)


def combine(
    dense: NDArray[np.float32], sparse: NDArray[np.float32], place: NDArray[np.float32], sparse_weight: float
) -> NDArray[np.float32]:
    """Return the convex combination of two channels' z-scores over the same candidates, and what their places add.

    `sparse_weight` is in [0, 1], `place` in [0, 1] for each candidate. After Bruch, Gai and Ingber, "An Analysis of
    Fusion Functions for Hybrid Retrieval" (arXiv 2210.11934), section 4, with z-scores for the normalisation.
    """
    mixed = sparse_weight * standardise(sparse) + (1 - sparse_weight) * standardise(dense)
    return np.asarray(mixed + PLACE_WEIGHT * place, dtype=np.float32)


def sparse_weight(held: float) -> float:
    """Return the weight of the sparse channel for a question of which the corpus holds the share `held`.

    `held` is in [0, 1]: of the question's content, weighted by rarity, the share that the corpus holds. A question in
    another language holds next to nothing, and a blind mean would throw away what the vectors found.
    """
    return LARGEST_SPARSE_WEIGHT * held**2
