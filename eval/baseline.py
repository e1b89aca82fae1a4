"""Hold a result against the committed baseline: what CI fails on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.bootstrap import Interval, Resamples, Samples, draw_resamples, paired_interval
from eval.figures import decisions, scores_by_measure, summarise
from eval.report import figure, table
from eval.result import Result, read_result, write_result

BASELINE = Path(__file__).parent / "data" / "baseline.json"
ACCEPT = "zhijian eval gate --accept"

_LOWER_IS_BETTER = frozenset({"aurc", "ece"})


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one figure of the baseline and of now; `difference` is the 95 % interval of now less the baseline.

    It is of pairs: the same questions drawn for both.
    """

    name: str
    baseline: float
    now: float
    difference: Interval
    fell: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say whether a result holds up to the baseline, by figure, and what else is wrong with it."""

    changes: tuple[Change, ...]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Say whether nothing fell and nothing is wrong."""
        return not self.faults and not any(change.fell for change in self.changes)

    def to_text(self) -> str:
        """Return the figures as a table, then what is wrong, then what accepts it."""
        rows = [
            [
                change.name,
                figure(change.baseline),
                figure(change.now),
                f"{change.difference.low:+.3f} to {change.difference.high:+.3f}",
                "fell" if change.fell else "",
            ]
            for change in self.changes
        ]
        blocks = [table([["", "baseline", "now", "95 % of the difference", ""], *rows])] if rows else []
        blocks += self.faults
        if not self.passed:
            blocks.append(f"If this is meant, accept it and commit the new baseline: {ACCEPT}")
        return "\n\n".join(blocks)


def check(result: Result, path: Path = BASELINE) -> Verdict:
    """Compare a result with the baseline.

    A figure fell where the whole interval of its difference is on the worse side. Questions or labels that differ from
    the baseline's are a fault, since nothing can be compared then, and so is a quote that is not verbatim. Raises
    `DataError` where there is no baseline to read.
    """
    baseline = read_result(path)
    faults: list[str] = []
    answers = summarise(result).overall.answers
    if answers and answers.verbatim is not None and answers.verbatim < 1:
        faults.append(f"Only {answers.verbatim:.4f} of the quotes stand verbatim at their spans; all must.")
    if _asked(baseline) != _asked(result):
        faults.append("The questions or their labels are not those of the baseline.")
        return Verdict((), tuple(faults))
    return Verdict(_changes(baseline, result), tuple(faults))


def accept(result: Result, path: Path = BASELINE) -> None:
    """Make a result the baseline."""
    write_result(path, result.without_details())


def _asked(result: Result) -> dict[str, object]:
    return {judged.id: (judged.text, judged.history, dict(judged.grades)) for judged in result.questions}


def _changes(baseline: Result, result: Result) -> tuple[Change, ...]:
    resamples = draw_resamples({judged.id: judged.group for judged in baseline.questions})
    old, new = summarise(baseline).overall, summarise(result).overall
    before, after = _samples(baseline, resamples), _samples(result, resamples)
    changes: list[Change] = []
    for name in before:
        was, now = old.value(name), new.value(name)
        difference = paired_interval(before[name], after[name])
        if was is None or now is None or difference is None:
            continue
        fell = difference.low > 0 if name in _LOWER_IS_BETTER else difference.high < 0
        changes.append(Change(name, was, now, difference, fell))
    return tuple(changes)


def _samples(result: Result, resamples: Resamples) -> Mapping[str, Samples]:
    means = {name: resamples.means(values) for name, values in scores_by_measure(result.questions).items()}
    return {**means, **resamples.refusals(*decisions(result.questions))}
