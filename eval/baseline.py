"""Hold a result against the committed baseline: what CI fails on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.bootstrap import Interval, draw_resamples, paired_interval
from eval.compare import comparable
from eval.figures import answers_of, figure_samples, figure_values
from eval.refusal import LOWER_IS_BETTER
from eval.report import LEAST_SHOWN, figure, table
from eval.result import Result, read_result, write_result

BASELINE = Path(__file__).parent / "data" / "baseline.json"
ACCEPT = "zhijian eval gate --accept"


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

    A figure fell where the whole interval of its difference is on the worse side, and the difference is large enough to
    be shown. Faults are questions or labels that differ from the baseline's, since nothing can be compared then, a
    figure that the baseline has and the result lacks, and a quote that is not verbatim. Raises `DataError` where there
    is no baseline to read.
    """
    baseline = read_result(path)
    faults: list[str] = []
    was, now = _verbatim(baseline), _verbatim(result)
    if now is not None and now < 1:
        faults.append(f"Only {now:.4f} of the quotes stand verbatim at their spans; all must.")
    if was is not None and now is None:
        faults.append("No answer quotes anything any more.")
    if not len(baseline.questions) == len(result.questions) == len(comparable(baseline, result)):
        faults.append("The questions or their labels are not those of the baseline.")
        return Verdict((), tuple(faults))
    changes, gone = _changes(baseline, result)
    faults += (f"{name} can't be told any more." for name in gone)
    return Verdict(changes, tuple(faults))


def accept(result: Result, path: Path = BASELINE) -> None:
    """Make a result the baseline."""
    write_result(path, result.without_details())


def _verbatim(result: Result) -> float | None:
    answers = answers_of(result)
    return answers.verbatim if answers else None


def _changes(baseline: Result, result: Result) -> tuple[tuple[Change, ...], list[str]]:
    """Return how each figure of the baseline changed, and the names of those that the result lacks."""
    resamples = draw_resamples({judged.id: judged.group for judged in baseline.questions})
    old, new = figure_values(baseline.questions), figure_values(result.questions)
    before, after = (figure_samples(one.questions, resamples) for one in (baseline, result))
    changes: list[Change] = []
    for name, was in old.items():
        now = new.get(name)
        if was is None or now is None:
            continue
        difference = paired_interval(before[name], after[name])
        if difference is None:
            continue
        worse = difference.low > 0 if name in LOWER_IS_BETTER else difference.high < 0
        changes.append(Change(name, was, now, difference, worse and abs(now - was) >= LEAST_SHOWN))
    return tuple(changes), [name for name, was in old.items() if was is not None and new.get(name) is None]
