"""Turn a run and its judgements into the figures that a person or a program reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.metrics import Judgements, Measure, Refusal, Scores, mean_scores, refusal, score_rankings
from eval.questions import Question
from eval.run import Run
from index.types import Mode


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold the figures of some questions: `scores` average over the `answerable` ones, None if there are none."""

    questions: int
    answerable: int
    scores: Scores | None
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the figures of a run in all and by category, and how the questions were asked.

    `name` says what was evaluated. `splits` are the figures of each split that questions name: what is fitted on dev
    shows its worth on test alone. `per_question` are the scores of each answerable question by id.
    """

    name: str
    overall: Figures
    categories: Mapping[str, Figures]
    splits: Mapping[str, Figures]
    mode: Mode
    depth: int
    per_question: Mapping[str, Scores]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values; figures in [0, 1], null where they have no meaning."""
        return {
            "set": self.name,
            "mode": self.mode.value,
            "depth": self.depth,
            "questions": self.overall.questions,
            "answerable": self.overall.answerable,
            "all": _scores_json(self.overall.scores),
            "categories": {name: _figures_json(figures) for name, figures in self.categories.items()},
            "splits": {name: _figures_json(figures) for name, figures in self.splits.items()},
            "refusal": _refusal_json(self.overall.refusal),
        }

    def to_text(self) -> str:
        """Return the report as tables for a terminal, columns aligned where Chinese characters take two cells."""
        header = ["", "questions", *Measure]
        named = [*self.categories.items(), *((f"split {name}", figures) for name, figures in self.splits.items())]
        mixed = [(name, figures) for name, figures in named if figures.answerable < figures.questions]
        head = f"{self.name}: {_count(self.overall.questions, 'question')}, {self.mode.value}, top {self.depth}"
        blocks = [head, _table([header, *(_row(name, figures) for name, figures in [*named, ("all", self.overall)])])]
        if self.overall.answerable < self.overall.questions:
            blocks.append("Ranking figures are over the questions that can be answered.")
        rows = [_refusal_row(name, figures.refusal) for name, figures in [*mixed, ("all", self.overall)]]
        blocks.append(_table([["refusal", "auroc", "answered", "refused"], *rows]))
        return "\n\n".join(blocks)


def make_report(name: str, questions: Sequence[Question], judgements: Judgements, run: Run, relevant: int) -> Report:
    """Judge a run.

    Grades from `relevant` on are right answers; a question with none can't be answered. A question that the run lacks
    scores 0 and counts as refused with confidence 0. Questions of the empty category or split are in none.
    """
    rankings = {question: outcome.ranking for question, outcome in run.outcomes.items()}
    scores = score_rankings(judgements, rankings, relevant)
    return Report(
        name=name,
        overall=_figures(questions, scores, run),
        categories=_grouped(questions, lambda question: question.category, scores, run),
        splits=_grouped(questions, lambda question: question.split, scores, run),
        mode=run.mode,
        depth=run.depth,
        per_question=scores,
    )


def _grouped(
    questions: Sequence[Question], key: Callable[[Question], str], scores: Mapping[str, Scores], run: Run
) -> dict[str, Figures]:
    names = sorted({key(question) for question in questions} - {""})
    return {
        name: _figures([question for question in questions if key(question) == name], scores, run) for name in names
    }


def _figures(questions: Sequence[Question], scores: Mapping[str, Scores], run: Run) -> Figures:
    decided: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    for question in questions:
        outcome = run.outcomes.get(question.id)
        decided[question.id in scores].append((outcome.confidence, outcome.answered) if outcome else (0.0, False))
    return Figures(
        questions=len(questions),
        answerable=len(decided[True]),
        scores=mean_scores([scores[question.id] for question in questions if question.id in scores]),
        refusal=refusal(decided[True], decided[False]),
    )


def _scores_json(scores: Scores | None) -> dict[str, float | None]:
    return {measure.value: scores[measure] if scores else None for measure in Measure}


def _refusal_json(figures: Refusal) -> dict[str, float | None]:
    return {"auroc": figures.auroc, "answered": figures.answered, "refused": figures.refused}


def _figures_json(figures: Figures) -> dict[str, Any]:
    return {
        **_scores_json(figures.scores),
        "questions": figures.questions,
        "answerable": figures.answerable,
        "refusal": _refusal_json(figures.refusal),
    }


def _row(name: str, figures: Figures) -> list[str]:
    scores = figures.scores
    return [name, str(figures.questions), *(_figure(scores[measure] if scores else None) for measure in Measure)]


def _refusal_row(name: str, figures: Refusal) -> list[str]:
    return [name, _figure(figures.auroc), _figure(figures.answered), _figure(figures.refused)]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        pads = [" " * (width - _cells(value)) for value, width in zip(row, widths, strict=True)]
        first, *others = (
            value + pad if index == 0 else pad + value for index, (value, pad) in enumerate(zip(row, pads, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def _cells(text: str) -> int:
    """Count the terminal cells that a text takes (Unicode Standard Annex 11)."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
