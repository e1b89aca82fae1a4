"""Hold a result against a baseline, figure by figure, over the questions that both judged alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum

from eval.bootstrap import Interval, Resamples, Samples, draw_resamples, paired_interval
from eval.compare import DECISION, Row, comparable, compare, values
from eval.figures import figure_samples, figure_values
from eval.html.labels import LABELS
from eval.report import LEAST_SHOWN
from eval.result import Judged, Result

LEVEL = 0.05


class Verdict(StrEnum):
    """Say how a figure compares with the baseline's."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold one figure of the baseline and of now over the same questions.

    `interval` is the 95 % interval of `difference`, now less the baseline, None where there is none. `p` is that of the
    paired randomisation test, adjusted for all tests of the comparison (Holm); None for figures that are no mean over
    questions, whose interval then decides.
    """

    baseline: float
    now: float
    difference: float
    interval: Interval | None
    p: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Against:
    """Hold the standing of each figure; `questions` are those of both, `left_out` the others of either.

    `before` are the baseline's of the former by id.
    """

    questions: int
    left_out: int
    standings: Mapping[str, Standing]
    before: Mapping[str, Judged]


def hold_against(result: Result, baseline: Result) -> Against | None:
    """Compare a result with a baseline; None where no question of both is judged alike."""
    pairs = comparable(result, baseline)
    if not pairs:
        return None
    shared = [judged for judged, _ in pairs]
    before = {earlier.id: earlier for _, earlier in pairs}
    (comparison,) = compare([("baseline", baseline), ("result", result)])
    resamples = draw_resamples({judged.id: judged.group for judged in shared})
    old, new = tuple(before.values()), tuple(shared)
    then, now = _figures(old), _figures(new)
    old_samples, new_samples = _samples(old, resamples), _samples(new, resamples)
    standings: dict[str, Standing] = {}
    for name, label in LABELS.items():
        was, value = then.get(name), now.get(name)
        if was is None or value is None:
            continue
        known = name in old_samples and name in new_samples
        interval = paired_interval(old_samples[name], new_samples[name]) if known else None
        row = comparison.rows.get(name)
        verdict = _verdict(value - was, interval, row, label.lower_is_better)
        standings[name] = Standing(was, value, value - was, interval, row.adjusted if row else None, verdict)
    every = {judged.id for judged in (*result.questions, *baseline.questions)}
    return Against(len(shared), len(every) - len(shared), standings, before)


def decision_rate(questions: Sequence[Judged]) -> float | None:
    """Return the share of questions that were rightly answered or rightly refused; None where a system does not say."""
    right = [values(judged).get(DECISION) for judged in questions]
    known = [value for value in right if value is not None]
    return fsum(known) / len(known) if known and len(known) == len(right) else None


def decision_samples(questions: Sequence[Judged], resamples: Resamples) -> Samples | None:
    """Return `decision_rate` in each resample."""
    if decision_rate(questions) is None:
        return None
    return resamples.means({judged.id: values(judged)[DECISION] for judged in questions})


def _figures(questions: Sequence[Judged]) -> dict[str, float | None]:
    return {**figure_values(questions), DECISION: decision_rate(questions)}


def _samples(questions: Sequence[Judged], resamples: Resamples) -> dict[str, Samples]:
    found = figure_samples(questions, resamples)
    decided = decision_samples(questions, resamples)
    return found if decided is None else {**found, DECISION: decided}


def _verdict(difference: float, interval: Interval | None, row: Row | None, lower_is_better: bool) -> Verdict:
    outside = interval is not None and not interval.low <= 0 <= interval.high
    sure = row.adjusted < LEVEL if row else outside
    if not sure or abs(difference) < LEAST_SHOWN:
        return Verdict.SAME
    return Verdict.WORSE if (difference > 0) == lower_is_better else Verdict.BETTER
