"""Compare judged runs question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.errors import DataError
from eval.metrics import Measure
from eval.report import count, figure, printable, table
from eval.result import Judged, Result
from eval.significance import TOLERANCE, PairedTest, holm, paired_test

DECISION = "decision"
"""1 where an answerable question was answered or one that can't be was refused, else 0."""

_SHOWN = (Measure.HIT_AT_1, Measure.R_PRECISION)


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one measure of two runs: means over the questions of both, the test, and p adjusted for all tests (Holm)."""

    first: float
    second: float
    test: PairedTest
    adjusted: float


@dataclass(frozen=True, slots=True)
class Changed:
    """Hold a question whose hit@1, R-precision or decision differs, with these of both runs and their first hits."""

    id: str
    text: str
    first: Mapping[str, float]
    second: Mapping[str, float]
    first_hit: str | None
    second_hit: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold how the second of two runs compares with the first.

    Only `questions` that both judge alike count; `left_out` are the others of either.
    """

    first: str
    second: str
    questions: int
    left_out: int
    rows: Mapping[str, Row]
    changed: tuple[Changed, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the comparison as tables for a terminal."""
        rows = [
            [
                name,
                figure(row.first),
                figure(row.second),
                figure(row.test.difference, "+"),
                figure(row.test.effect, "+"),
                f"{row.test.p:.4f}",
                f"{row.adjusted:.4f}",
                f"{row.test.wins}/{row.test.ties}/{row.test.losses}",
            ]
            for name, row in self.rows.items()
        ]
        head = ["", "first", "second", "difference", "effect", "p", "p (Holm)", "wins/ties/losses"]
        blocks = [f"{self.first} → {self.second}: {count(self.questions, 'question')}", table([head, *rows])]
        if self.left_out:
            blocks.append(f"{count(self.left_out, 'question')} left out: not in both runs, or judged otherwise.")
        blocks += [_changed_text(changed) for changed in self.changed]
        return "\n\n".join(blocks)


def compare(results: Sequence[tuple[str, Result]]) -> tuple[Comparison, ...]:
    """Compare each result, given with its name, with the first of them.

    p is that of the paired randomisation test over groups of paraphrases, adjusted over all measures and runs. Raises
    `DataError` where two results have no question in common.
    """
    (first_name, first), *others = results
    pairs = {name: comparable(first, other) for name, other in others}
    for name, common in pairs.items():
        if not common:
            raise DataError(name, f"has no question in common with {first_name} that is judged alike")
    tests: dict[tuple[str, str], tuple[dict[str, float], dict[str, float], PairedTest]] = {}
    for name, common in pairs.items():
        for measure in (*Measure, DECISION):
            values = _paired_values(common, measure)
            test = paired_test(*values, groups={judged.id: judged.group for judged, _ in common})
            if test:
                tests[name, measure] = (*values, test)
    adjusted = holm({key: test.p for key, (_, _, test) in tests.items()})
    return tuple(
        Comparison(
            first=first_name,
            second=name,
            questions=len(pairs[name]),
            left_out=len({judged.id for judged in (*first.questions, *other.questions)}) - len(pairs[name]),
            rows={
                measure: Row(_mean(values[0]), _mean(values[1]), values[2], adjusted[key])
                for key, values in tests.items()
                for owner, measure in [key]
                if owner == name
            },
            changed=tuple(found for pair in pairs[name] if (found := _changed(*pair))),
        )
        for name, other in others
    )


def comparable(first: Result, second: Result) -> list[tuple[Judged, Judged]]:
    """Return the questions of both that are judged alike, in pairs and in order of the first.

    Alike are their texts, histories and grades, and the grade from which on a passage answers.
    """
    if first.relevant != second.relevant:
        return []
    others = {judged.id: judged for judged in second.questions}
    pairs = [(judged, others[judged.id]) for judged in first.questions if judged.id in others]

    def key(judged: Judged) -> object:
        return judged.text, judged.history, dict(judged.grades), judged.answerable

    return [pair for pair in pairs if key(pair[0]) == key(pair[1])]


def values(judged: Judged) -> dict[str, float]:
    """Return what a question brought by measure: its scores where it can be answered, and the decision if any."""
    found = dict(judged.scores or {})
    if judged.outcome.answered is not None:
        found[DECISION] = float(judged.outcome.answered == judged.answerable)
    return found


def _paired_values(common: Sequence[tuple[Judged, Judged]], measure: str) -> tuple[dict[str, float], dict[str, float]]:
    both: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for pair in common:
        first, second = map(values, pair)
        if measure in first and measure in second:
            both[0][pair[0].id], both[1][pair[0].id] = first[measure], second[measure]
    return both


def _changed(first: Judged, second: Judged) -> Changed | None:
    before, after = values(first), values(second)
    shown = [name for name in (*_SHOWN, DECISION) if name in before and name in after]
    if all(abs(before[name] - after[name]) <= TOLERANCE for name in shown):
        return None
    return Changed(
        first.id,
        first.text,
        {name: before[name] for name in shown},
        {name: after[name] for name in shown},
        *(next((name for name, _ in judged.outcome.ranking), None) for judged in (first, second)),
    )


def _changed_text(changed: Changed) -> str:
    lines = [printable(f"{changed.id}  {changed.text}")]
    lines += [
        f"  {name} {changed.first[name]:.3f} → {changed.second[name]:.3f}"
        for name in changed.first
        if abs(changed.first[name] - changed.second[name]) > TOLERANCE
    ]
    if changed.first_hit != changed.second_hit:
        lines.append(f"  first hit {changed.first_hit or '–'} → {changed.second_hit or '–'}")
    return "\n".join(lines)


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)
