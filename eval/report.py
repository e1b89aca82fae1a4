"""Show the figures of a result as tables for a terminal, and as JSON for a program."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from eval.answers import AnswerFigures
from eval.cost import Cost
from eval.figures import Figures, figures_json, summarise
from eval.metrics import Measure
from eval.refusal import Refusal
from eval.result import Result
from eval.robustness import DROPS, Drop, Robustness

LEAST_SHOWN = 0.0005
"""What `figure` shows as 0.000 is no difference, however sure it is: vectors differ in the last digits by machine."""

REFUSAL = tuple(field.name for field in fields(Refusal))


def to_json(result: Result) -> dict[str, Any]:
    """Return the figures of a result as JSON values; figures in [0, 1], null where they have no meaning."""
    summary = summarise(result)
    return {
        "set": result.name,
        "system": result.system,
        "depth": result.depth,
        "all": figures_json(summary.overall),
        "categories": {name: figures_json(figures) for name, figures in summary.categories.items()},
        "splits": {name: figures_json(figures) for name, figures in summary.splits.items()},
        "robustness": asdict(result.robustness) if result.robustness else None,
        "cost": asdict(result.cost) if result.cost else None,
        "provenance": asdict(result.provenance),
    }


def to_text(result: Result) -> str:
    """Return the figures of a result as tables, columns aligned where Chinese characters take two cells."""
    summary = summarise(result)
    overall = summary.overall
    parts = summary.named
    blocks = [
        f"{result.name}: {count(overall.questions, 'question')}, {result.system}, top {result.depth}",
        table([["", "questions", *Measure], *(_row(name, figures) for name, figures in parts), *_spread(overall)]),
    ]
    if overall.answerable < overall.questions:
        blocks.append("Ranking figures are over the questions that can be answered.")
    if any(overall.value(name) is not None for name in REFUSAL):
        blocks.append(_refusals(parts[:-1], overall))
    if overall.answers:
        blocks.append(_answers(overall.answers))
    if result.robustness:
        blocks.append(_robustness(result.robustness))
    if result.cost:
        blocks.append(_cost(result.cost))
    return "\n\n".join(blocks)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns, the first to the left, the others to the right."""
    rows = [[printable(value) for value in row] for row in rows]
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        pads = [" " * (width - _cells(value)) for value, width in zip(row, widths, strict=True)]
        first, *others = (
            value + pad if index == 0 else pad + value for index, (value, pad) in enumerate(zip(row, pads, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def printable(text: str) -> str:
    """Return a stranger's text for a terminal: in one line, and without characters that would steer it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def figure(value: float | None, sign: str = "") -> str:
    """Return a figure with three digits, – where it has no meaning."""
    return "–" if value is None else f"{value:{sign}.3f}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _row(name: str, figures: Figures) -> list[str]:
    return [name, str(figures.questions), *(figure(figures.scores.get(measure)) for measure in Measure)]


def _spread(figures: Figures) -> list[list[str]]:
    return [["95 %", "", *_ends(figures, Measure)]] if figures.intervals else []


def _ends(figures: Figures, names: Iterable[str]) -> list[str]:
    found = [figures.intervals.get(name) for name in names]
    return [f"{ends.low:.3f}–{ends.high:.3f}" if ends else "–" for ends in found]


def _refusals(parts: Iterable[tuple[str, Figures]], overall: Figures) -> str:
    """Return the figures of refusal, of those parts that hold something to refuse."""
    told = [(name, figures) for name, figures in parts if figures.answerable < figures.questions]
    rows = [_refusal_row(name, figures) for name, figures in [*told, ("all", overall)]]
    spread = [["95 %", *_ends(overall, REFUSAL)]] if overall.intervals else []
    return table([["refusal", *REFUSAL], *rows, *spread])


def _refusal_row(name: str, figures: Figures) -> list[str]:
    return [name, *(figure(figures.value(field)) for field in REFUSAL)]


def _answers(figures: AnswerFigures) -> str:
    names = {
        "verbatim": "quotes verbatim at their span",
        "precision": "citation precision",
        "recall": "citation recall",
        "list_recall": "lists: share found",
        "list_complete": "lists: complete",
        "uncited": "sentences without a citation",
    }
    rows = [[label, figure(getattr(figures, name))] for name, label in names.items()]
    return table([["answers", ""], *rows, ["marks and citations unmatched", str(figures.unmatched)]])


def _robustness(robustness: Robustness) -> str:
    rows = [
        [
            disturbed.name,
            str(disturbed.questions),
            *(figure(side.get(Measure.HIT_AT_1)) for side in (disturbed.before, disturbed.after)),
            *(_drop(disturbed.drops.get(measure)) for measure in DROPS),
            figure(disturbed.answered_after),
            figure(disturbed.refused_after),
        ]
        for disturbed in robustness.disturbed
    ]
    head = ["disturbed", "questions", "hit@1 before", "after", *(f"{measure} lost" for measure in DROPS)]
    return table([[*head, "answered", "refused"], *rows])


def _drop(drop: Drop | None) -> str:
    if drop is None:
        return "–"
    ends = f" ({drop.interval.low:+.3f} to {drop.interval.high:+.3f})" if drop.interval else ""
    return f"{drop.mean:+.3f}{ends}"


def _cost(cost: Cost) -> str:
    rows = [
        [stage, *(f"{value:.1f}" for value in (times.p50, times.p95, times.p99))]
        for stage, times in cost.stages.items()
    ]
    sizes = {"memory, at most": cost.memory_peak, "snapshot": cost.snapshot}
    facts = [f"{count(cost.questions, 'question')} in {cost.seconds:.1f} s"]
    facts += [f"{name} {size / 1e6:.0f} MB" for name, size in sizes.items() if size is not None]
    return f"{table([['ms', 'p50', 'p95', 'p99'], *rows])}\n\n{', '.join(facts)}"


def _cells(text: str) -> int:
    """Count the terminal cells that a text takes (Unicode Standard Annex 11)."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
