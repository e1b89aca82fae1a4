"""Whether one run is better than another by more than chance: tests over the paired scores of their questions.

What chance may turn round are groups of paraphrases, not questions, for the reason in `eval.bootstrap`: those of
one need win or lose together, and turned round one by one they would make p too small.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-9
EXACT_UP_TO = 14
SAMPLES = 10_000
SEED = 0

# So many signs are held at a time.
_BATCH = 1_000_000

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Say how the second of two runs compares with the first over the same questions.

    `difference` is the mean of second less first, `p` in (0, 1] the two-sided probability of one at least as large if
    the runs were alike, `effect` Cohen's d_z, the difference in standard deviations of the differences, None where all
    differences are the same. `wins`, `ties` and `losses` count the questions from the second run's side; scores closer
    than 1e-9 tie.
    """

    difference: float
    p: float
    effect: float | None
    wins: int
    ties: int
    losses: int


def paired_test(
    first: Mapping[str, float], second: Mapping[str, float], groups: Mapping[str, str] | None = None, seed: int = SEED
) -> PairedTest | None:
    """Compare the scores of two runs by question id; None without questions.

    `groups` gives the group of paraphrases of each question; one whose group is empty is its own, and so is every one
    without `groups`. The order of the questions changes nothing. Raises `ValueError` where the runs are not over the
    same questions and for a score that is no finite number.
    """
    if first.keys() != second.keys():
        alone = min(first.keys() ^ second.keys())
        raise ValueError(f"the question {alone!r} is in one run only")
    if not first:
        return None
    names = sorted(first)
    differences = np.array([second[name] - first[name] for name in names], dtype=np.float64)
    if not np.isfinite(differences).all():
        raise ValueError("a score is not a finite number")
    differences[np.abs(differences) <= TOLERANCE] = 0
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    return PairedTest(
        difference=fsum(differences) / differences.size,
        p=randomisation_p(_by_group(differences, [(groups or {}).get(name, "") for name in names]), seed),
        effect=effect_size(differences),
        wins=wins,
        ties=differences.size - wins - losses,
        losses=losses,
    )


def randomisation_p(differences: NDArray[np.float64], seed: int = SEED) -> float:
    """Return the two-sided p of Fisher's paired randomisation test on the sum of differences.

    If the runs were alike, each difference could as well have the other sign (Smucker, Allan & Carterette, CIKM 2007).
    Up to 14 that are not zero, all assignments of signs are counted; beyond, 10,000 are drawn and the one observed is
    counted too, so that p is never 0 (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010).
    """
    changed = differences[differences != 0]
    # Sums that differ by rounding alone are the same.
    observed = abs(changed.sum()) - TOLERANCE * np.abs(changed).max(initial=0)
    if changed.size <= EXACT_UP_TO:
        patterns = np.arange(2**changed.size)[:, None] >> np.arange(changed.size) & 1
        return float(np.mean(np.abs((1 - 2 * patterns) @ changed) >= observed))
    generator = np.random.default_rng(seed)
    rows = max(1, _BATCH // changed.size)
    extreme = 0
    for start in range(0, SAMPLES, rows):
        bits = generator.integers(2, size=(min(rows, SAMPLES - start), changed.size), dtype=np.int8)
        extreme += int((np.abs((1 - 2 * bits) @ changed) >= observed).sum())
    return (extreme + 1) / (SAMPLES + 1)


def _by_group(differences: NDArray[np.float64], groups: Sequence[str]) -> NDArray[np.float64]:
    """Return the sum of the differences of each group; those of an empty group stay as they are."""
    sums: dict[str | int, float] = {}
    for place, (difference, group) in enumerate(zip(differences, groups, strict=True)):
        key = group or place
        sums[key] = sums.get(key, 0.0) + float(difference)
    summed = np.array(list(sums.values()), dtype=np.float64)
    summed[np.abs(summed) <= TOLERANCE] = 0
    return summed


def effect_size(differences: NDArray[np.float64]) -> float | None:
    """Return Cohen's d_z: mean by standard deviation of paired differences; None where they do not vary.

    Cohen, Statistical Power Analysis for the Behavioral Sciences (1988), section 2.3.5; n - 1 in the deviation.
    """
    if differences.size < 2 or np.ptp(differences) <= TOLERANCE:
        return None
    return float(differences.mean() / differences.std(ddof=1))


def holm(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """Adjust p for as many tests as there are, by Holm's step-down method (Scand. J. Statist. 6, 1979).

    Raises `ValueError` for a p outside [0, 1].
    """
    adjusted: dict[Key, float] = {}
    largest = 0.0
    for rank, (key, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        if not 0 <= p <= 1:
            raise ValueError(f"the p of {key!r} is {p}")
        largest = max(largest, min(1.0, (len(p_values) - rank) * p))
        adjusted[key] = largest
    return {key: adjusted[key] for key in p_values}
