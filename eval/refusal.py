"""How well confidence tells the questions that can be answered from those that can't: pure functions over decisions.

A system that may refuse is a selective predictor (El-Yaniv & Wiener, JMLR 11, 2010): it answers the questions whose
confidence reaches a threshold. On one that it answers, its loss is 1 where the question can't be answered, else 0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import fsum, isfinite, isnan

import numpy as np
from numpy.typing import NDArray

Decision = tuple[float | None, bool | None]
"""The confidence of one question and whether it was answered, each None where the system does not say."""

Confidences = Collection[float | None]

Floats = NDArray[np.float64]

Statistic = Callable[[Floats, NDArray[np.bool_], Floats], Floats]
"""Take the confidence of each question, whether it can be answered, and weights of shape (samples, questions); return
the figure of each sample, NaN where it has no meaning."""

BINS = 10
LOWER_IS_BETTER = frozenset({"aurc", "ece"})
"""The fields of `Refusal` that are better low."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say how well confidence tells questions that can be answered from those that can't.

    `auroc` in [0, 1] is the area under the ROC curve, `aurc` in [0, 1] that under the risk-coverage curve, lower is
    better; both are None unless there are questions of both kinds. `answered` is the share of answerable questions that
    were answered, `refused` the share of the others that were refused; None where there are none. `ece` in [0, 1] is
    the expected calibration error, None without questions. What a system does not say of every question has no figure:
    one without confidences has the two rates at most, a TREC run has nothing.
    """

    auroc: float | None
    answered: float | None
    refused: float | None
    aurc: float | None
    ece: float | None


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """Hold one step of the risk-coverage curve: what answering from `confidence` on would mean.

    `coverage` in (0, 1] is the share of all questions answered, `risk` in [0, 1] the share of these that can't be.
    """

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Hold the questions whose confidence lies in (low, high], that of the first bin in [0, high].

    `confidence` is their mean, `share` in [0, 1] that of the answerable ones; both are None where `count` is 0.
    """

    low: float
    high: float
    confidence: float | None
    share: float | None
    count: int


def refusal(answerable: Iterable[Decision], unanswerable: Iterable[Decision]) -> Refusal:
    """Judge refusals from (confidence, answered) of the questions that can be answered and of those that can't.

    Raises `ValueError` for a confidence outside [0, 1].
    """
    able, unable = list(answerable), list(unanswerable)
    decided = all(answered is not None for _, answered in (*able, *unable))
    positives, negatives = [confidence for confidence, _ in able], [confidence for confidence, _ in unable]
    return Refusal(
        auroc=auroc(positives, negatives),
        answered=sum(bool(answered) for _, answered in able) / len(able) if able and decided else None,
        refused=sum(not answered for _, answered in unable) / len(unable) if unable and decided else None,
        aurc=aurc(positives, negatives),
        ece=ece(positives, negatives),
    )


def auroc(positives: Confidences, negatives: Confidences) -> float | None:
    """Return the chance that a random positive scores above a random negative, ties counting one half.

    It is the Mann-Whitney statistic U / (n₁ n₂) (Hanley & McNeil, Radiology 143, 1982). None if a side is empty or a
    confidence absent.
    """
    return _figure(weighted_auroc, positives, negatives)


def aurc(positives: Confidences, negatives: Confidences) -> float | None:
    """Return the area under the risk-coverage curve: the mean, over all questions, of the risk at their confidence.

    This is the empirical area of Geifman, Uziel & El-Yaniv (ICLR 2019): each step counts with the coverage that it
    adds. Its least value depends on the share of negatives. None if a side is empty or a confidence absent.
    """
    return _figure(weighted_aurc, positives, negatives)


def ece(positives: Confidences, negatives: Confidences) -> float | None:
    """Return the expected calibration error of confidence as the probability that a question can be answered.

    It is Σ nᵦ/n · |shareᵦ - confidenceᵦ| over ten bins of equal width (Naeini, Cooper & Hauskrecht, AAAI 2015; Guo et
    al., ICML 2017). None without questions or if a confidence is absent. Raises `ValueError` for one outside [0, 1].
    """
    return _figure(weighted_ece, positives, negatives)


def risk_coverage(positives: Confidences, negatives: Confidences) -> tuple[CoveragePoint, ...]:
    """Return the risk-coverage curve (El-Yaniv & Wiener 2010; Geifman & El-Yaniv, NIPS 2017), coverage rising to 1.

    Questions of the same confidence are answered together and make one point. Empty without questions or if a
    confidence is absent.
    """
    known = _labelled(positives, negatives)
    if known is None or not known[0].size:
        return ()
    confidence, answerable = known
    able, unable = (counts[0] for counts in _by_level(confidence, answerable, np.ones((1, confidence.size))))
    answered = np.cumsum((able + unable)[::-1])
    wrong = np.cumsum(unable[::-1])
    levels = np.unique(confidence)[::-1]
    return tuple(
        CoveragePoint(float(level), float(count / confidence.size), float(bad / count))
        for level, count, bad in zip(levels, answered, wrong, strict=True)
    )


def calibration_bins(positives: Confidences, negatives: Confidences) -> tuple[CalibrationBin, ...]:
    """Return the bins of a reliability diagram, ten of equal width (Guo et al., ICML 2017), the empty ones too.

    No bins without questions or if a confidence is absent. Raises `ValueError` for a confidence outside [0, 1].
    """
    known = _labelled(positives, negatives)
    if known is None or not known[0].size:
        return ()
    confidence, answerable = known
    number = _bin_numbers(confidence)
    bins: list[CalibrationBin] = []
    for index in range(BINS):
        inside = number == index
        count = int(inside.sum())
        bins.append(
            CalibrationBin(
                low=index / BINS,
                high=(index + 1) / BINS,
                confidence=fsum(confidence[inside]) / count if count else None,
                share=int(answerable[inside].sum()) / count if count else None,
                count=count,
            )
        )
    return tuple(bins)


def weighted_auroc(confidence: Floats, answerable: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return `auroc` of each weighted sample; weights have shape (samples, questions)."""
    able, unable = _by_level(confidence, answerable, weights)
    wins = able * (np.cumsum(unable, axis=1) - unable / 2)
    return _ratio(wins.sum(axis=1), able.sum(axis=1) * unable.sum(axis=1))


def weighted_aurc(confidence: Floats, answerable: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return `aurc` of each weighted sample; weights have shape (samples, questions)."""
    able, unable = (counts[:, ::-1] for counts in _by_level(confidence, answerable, weights))
    added = able + unable
    answered = np.cumsum(added, axis=1)
    # Above the first question of a sample nothing is answered and nothing added.
    risk = np.cumsum(unable, axis=1) / np.where(answered > 0, answered, 1)
    both = (able.sum(axis=1) > 0) & (unable.sum(axis=1) > 0)
    return _ratio((added * risk).sum(axis=1), np.where(both, added.sum(axis=1), 0))


def weighted_ece(confidence: Floats, answerable: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return `ece` of each weighted sample; weights have shape (samples, questions).

    Raises `ValueError` for a confidence outside [0, 1].
    """
    # nᵦ · |shareᵦ - confidenceᵦ| is the sum of the differences in the bin, without its sign.
    gaps = np.zeros((confidence.size, BINS))
    gaps[np.arange(confidence.size), _bin_numbers(confidence)] = answerable - confidence
    return _ratio(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))


def _figure(statistic: Statistic, positives: Confidences, negatives: Confidences) -> float | None:
    known = _labelled(positives, negatives)
    if known is None:
        return None
    confidence, answerable = known
    value = float(statistic(confidence, answerable, np.ones((1, confidence.size)))[0])
    return None if isnan(value) else value


def _labelled(positives: Confidences, negatives: Confidences) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Return all confidences in rising order and whether each is a positive; None where one is absent."""
    pairs: list[tuple[float, bool]] = []
    for label, values in ((True, positives), (False, negatives)):
        for value in values:
            if value is None:
                return None
            if not isfinite(value):
                raise ValueError(f"a confidence is not a finite number: {value}")
            pairs.append((value, label))
    # Sorted, so that the order of the questions changes no bit of a sum.
    pairs.sort()
    return np.array([value for value, _ in pairs], dtype=np.float64), np.array(
        [label for _, label in pairs], dtype=bool
    )


def _by_level(confidence: Floats, answerable: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Return the weights of answerable and of other questions at each distinct confidence, lowest first.

    Both have shape (samples, levels).
    """
    if not confidence.size:
        return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    order = np.argsort(confidence, kind="stable")
    ordered, levels = weights[:, order], confidence[order]
    starts = np.flatnonzero(np.append(True, levels[1:] != levels[:-1]))
    every: Floats = np.add.reduceat(ordered, starts, axis=1)
    able: Floats = np.add.reduceat(ordered * answerable[order], starts, axis=1)
    return able, every - able


def _bin_numbers(confidence: Floats) -> NDArray[np.intp]:
    outside = confidence[(confidence < 0) | (confidence > 1)]
    if outside.size:
        raise ValueError(f"a confidence of {outside[0]} is no probability")
    return np.searchsorted(np.arange(1, BINS) / BINS, confidence, side="left")


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    ratios = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=ratios, where=denominator > 0)
    return ratios
