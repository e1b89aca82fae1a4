"""How far figures could have come out otherwise with other questions: percentile bootstrap intervals.

Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. What is drawn anew are groups of paraphrases,
not questions (cluster bootstrap; Davison & Hinkley, Bootstrap Methods and their Application, 1997, section 3.8):
paraphrases of one need succeed or fail together, and drawn one by one they would make an interval too narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from eval.refusal import Decision, Refusal, Statistic, weighted_aurc, weighted_auroc, weighted_ece

RESAMPLES = 1000
SEED = 0
LEVEL = 0.95

Samples = NDArray[np.float64]
"""A figure in each resample, shape (resamples,), NaN where it has no meaning in one."""

_STATISTICS: Mapping[str, Statistic] = {"auroc": weighted_auroc, "aurc": weighted_aurc, "ece": weighted_ece}


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold the two ends of an interval, both in it."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """Hold how often each question is in each resample: `weights` of shape (resamples, questions).

    `columns` are the questions' places in it, `groups` numbers the group of each. With fewer than two groups nothing
    can come out otherwise: there are no resamples, and no figure has an interval.
    """

    columns: Mapping[str, int]
    groups: NDArray[np.intp]
    weights: NDArray[np.float64]

    def means(self, values: Mapping[str, float]) -> Samples:
        """Return the mean of the given values in each resample, over those of its questions that have one.

        All are NaN where the values are of fewer than two groups. Raises `ValueError` for an unknown question and for a
        value that is no finite number.
        """
        places = self._places(values)
        sums = np.zeros((len(self.columns), 2))
        sums[places, 0] = list(values.values())
        sums[places, 1] = 1
        if not np.isfinite(sums).all():
            raise ValueError("a value is not a finite number")
        means = np.full(len(self.weights), np.nan)
        if self._varied(values):
            total, count = (self.weights @ sums).T
            np.divide(total, count, out=means, where=count > 0)
        return means

    def refusals(self, answerable: Mapping[str, Decision], unanswerable: Mapping[str, Decision]) -> dict[str, Samples]:
        """Return the figures of `eval.refusal.Refusal` in each resample, by the names of its fields.

        A figure that is None there is NaN here, and so is one whose questions, or those of a side that it compares, are
        of fewer than two groups. A calibration error can't fall below 0, so what chance adds to it in a
        resample makes its interval lie high. Raises `ValueError` for an unknown question and for a confidence outside
        [0, 1].
        """
        decisions = {**answerable, **unanswerable}
        samples = dict.fromkeys((field.name for field in fields(Refusal)), np.full(len(self.weights), np.nan))
        if all(answered is not None for _, answered in decisions.values()):
            samples["answered"] = self.means({name: float(bool(said)) for name, (_, said) in answerable.items()})
            samples["refused"] = self.means({name: float(not said) for name, (_, said) in unanswerable.items()})
        if any(confidence is None for confidence, _ in decisions.values()):
            return samples
        ordered = sorted(decisions)
        weights = self.weights[:, self._places(ordered)]
        confidence = np.array([decisions[name][0] for name in ordered], dtype=np.float64)
        labels = np.array([name in answerable for name in ordered], dtype=bool)
        if not np.isfinite(confidence).all():
            raise ValueError("a confidence is not a finite number")
        found = {name: statistic(confidence, labels, weights) for name, statistic in _STATISTICS.items()}
        sides = self._varied(answerable) and self._varied(unanswerable)
        known = {"auroc": sides, "aurc": sides, "ece": self._varied(decisions)}
        return samples | {name: values for name, values in found.items() if known[name]}

    def _varied(self, questions: Iterable[str]) -> bool:
        """Say whether questions are of two groups at least, so that what is drawn of them can vary."""
        return np.unique(self.groups[self._places(questions)]).size > 1

    def _places(self, questions: Iterable[str]) -> NDArray[np.intp]:
        """Return the columns of questions. Raises `ValueError` for one that was not drawn from."""
        try:
            return np.array([self.columns[name] for name in questions], dtype=np.intp)
        except KeyError as error:
            raise ValueError(f"the question {error} is not among those drawn from") from None


def draw_resamples(groups: Mapping[str, str], resamples: int = RESAMPLES, seed: int = SEED) -> Resamples:
    """Draw as many groups as there are, with replacement, `resamples` times.

    `groups` gives the group of each question by id; one whose group is empty is its own. The order of the questions
    changes nothing. Figures of two runs that are taken from the same resamples are paired.
    """
    keys = {name: (groups[name], "" if groups[name] else name) for name in sorted(groups)}
    numbers = {key: number for number, key in enumerate(sorted(set(keys.values())))}
    owners = np.array([numbers[key] for key in keys.values()], dtype=np.intp)
    columns = {name: place for place, name in enumerate(keys)}
    many = len(numbers)
    if many < 2:
        return Resamples(columns, owners, np.zeros((0, len(columns))))
    drawn = np.random.default_rng(seed).integers(many, size=(resamples, many))
    drawn += np.arange(resamples)[:, None] * many
    counts = np.bincount(drawn.ravel(), minlength=resamples * many).reshape(resamples, many)
    return Resamples(columns, owners, counts[:, owners].astype(np.float64))


def interval(samples: Samples, level: float = LEVEL) -> Interval | None:
    """Return the percentile interval of a figure; resamples in which it has no meaning are left out.

    None where it has a meaning in none.
    """
    known = samples[~np.isnan(samples)]
    if not known.size:
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def paired_interval(first: Samples, second: Samples, level: float = LEVEL) -> Interval | None:
    """Return the interval of the second run's figure less the first's, both taken from the same resamples."""
    return interval(second - first, level)
