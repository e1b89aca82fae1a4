"""How far two judges agree: pure functions over their labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import fsum


def kappa(labels: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Return Cohen's kappa of pairs of labels: agreement beyond chance, 1 for all (Educ. Psychol. Meas. 20, 1960).

    None without pairs, and where both judges gave one and the same label throughout, so that chance alone agrees.
    """
    if not labels:
        return None
    first, second = (Counter(side) for side in zip(*labels, strict=True))
    observed = sum(one == other for one, other in labels) / len(labels)
    chance = fsum(first[label] * second[label] for label in first) / len(labels) ** 2
    return None if chance >= 1 else (observed - chance) / (1 - chance)
