"""What is shown beside rankings: confidence, robustness, answers, cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from eval.answers import AnswerFigures
from eval.bootstrap import Interval
from eval.cost import TOTAL, Cost, Latencies
from eval.figures import decisions
from eval.html.bilingual import Text, listed, signed
from eval.html.charts import Chart, Operating, drop_bar, reliability_chart, risk_coverage_chart, share_bar
from eval.html.labels import ANSWERS, DISTURBANCES, STAGES, Label, named
from eval.metrics import Measure
from eval.refusal import calibration_bins, risk_coverage
from eval.result import Judged, Result
from eval.robustness import Disturbed, LostQuestion, Robustness

# Bars of differences reach at least this far, so that nothing looks like much.
_LEAST_REACH = 0.05


@dataclass(frozen=True, slots=True)
class Confidence:
    """Hold both charts of confidence; that of risk and coverage is None without questions of both kinds."""

    risk: Chart | None
    reliability: Chart


@dataclass(frozen=True, slots=True)
class Change:
    """Hold what a disturbance does to a measure, negative where something is lost; the interval may be None."""

    mean: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Shaken:
    """Hold one disturbance: before and after, changes, and the questions whose first hit it cost."""

    label: Label
    disturbed: Disturbed
    first: Change | None
    complete: Change | None
    answered: float | None
    refused: float | None
    bar: Markup | None
    lost: tuple[LostQuestion, ...]


@dataclass(frozen=True, slots=True)
class Answering:
    """Hold one figure of answers with what it means."""

    name: str
    label: Label
    value: float


@dataclass(frozen=True, slots=True)
class Spent:
    """Hold the latency of one stage; `bar` shows its median as a share of the slowest."""

    label: Text
    latencies: Latencies
    bar: Markup
    total: bool


def confidence(result: Result) -> Confidence | None:
    """Return the charts of confidence; None where some question has none."""
    able, unable = decisions(result.questions)
    sides = [confidence for confidence, _ in able.values()], [confidence for confidence, _ in unable.values()]
    bins = calibration_bins(*sides)
    if not bins:
        return None
    points = risk_coverage(*sides) if able and unable else ()
    share = len(able) / len(result.questions)
    risk = risk_coverage_chart(points, _operating(result.questions), share) if points else None
    return Confidence(risk, reliability_chart(bins))


def shaken(robustness: Robustness) -> list[Shaken]:
    """Return each disturbance that changed a question, with bars to one scale."""
    kept = [disturbed for disturbed in robustness.disturbed if disturbed.questions]
    first = {disturbed.name: _change(disturbed, Measure.HIT_AT_1) for disturbed in kept}
    ends = [_LEAST_REACH]
    for change in filter(None, first.values()):
        ends += [abs(change.mean), *((abs(change.interval.low), abs(change.interval.high)) if change.interval else ())]
    return [_shaken(disturbed, first[disturbed.name], max(ends)) for disturbed in kept]


def worst_words(rows: list[Shaken]) -> Text:
    """Say which disturbances cost first hits beyond chance."""
    sure = [row for row in rows if row.first and row.first.interval and row.first.interval.high < 0]
    if not sure:
        return Text("没有哪种扰动显著降低首条命中。", "No disturbance lowers hit@1 significantly.")
    sure.sort(key=lambda row: row.first.mean if row.first else 0.0)
    names = [
        Text(f"{row.label.name.zh}（{signed(row.first.mean)}）", f"{row.label.name.en} ({signed(row.first.mean)})")
        for row in sure
        if row.first
    ]
    every = listed(names)
    return Text(f"显著降低首条命中的：{every.zh}。", f"Significantly lower hit@1: {every.en}.")


def answering(figures: AnswerFigures) -> list[Answering]:
    """Return the figures of answers that have a meaning."""
    values: Mapping[str, float | None] = {name: getattr(figures, name) for name in ANSWERS}
    return [Answering(name, ANSWERS[name], value) for name, value in values.items() if value is not None]


def spent(cost: Cost) -> list[Spent]:
    """Return the latency of each stage, the total last."""
    slowest = max((latencies.p50 for latencies in cost.stages.values()), default=0.0)
    return [
        Spent(
            named(STAGES, name),
            latencies,
            share_bar(latencies.p50 / slowest if slowest > 0 else 0.0),
            name == TOTAL,
        )
        for name, latencies in cost.stages.items()
    ]


def _operating(questions: tuple[Judged, ...]) -> Operating | None:
    decided = [judged.outcome.answered for judged in questions]
    answered = [judged for judged in questions if judged.outcome.answered]
    if None in decided or not answered:
        return None
    return Operating(len(answered) / len(questions), sum(not judged.answerable for judged in answered) / len(answered))


def _shaken(disturbed: Disturbed, first: Change | None, reach: float) -> Shaken:
    bar = None
    if first:
        ends = first.interval
        bar = drop_bar(first.mean, ends.low if ends else None, ends.high if ends else None, reach)
    return Shaken(
        label=DISTURBANCES.get(disturbed.name) or Label(Text(disturbed.name, disturbed.name), Text("", "")),
        disturbed=disturbed,
        first=first,
        complete=_change(disturbed, Measure.R_PRECISION),
        answered=_difference(disturbed.answered_before, disturbed.answered_after),
        refused=_difference(disturbed.refused_before, disturbed.refused_after),
        bar=bar,
        lost=disturbed.lost,
    )


def _change(disturbed: Disturbed, measure: Measure) -> Change | None:
    """Turn a drop round, so that less is worse as everywhere else in the report."""
    drop = disturbed.drops.get(measure)
    if drop is None:
        return None
    return Change(-drop.mean, Interval(-drop.interval.high, -drop.interval.low) if drop.interval else None)


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
