"""Ask a retriever every question and keep what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from eval.metrics import Judgements
from eval.questions import Question
from index.confidence import answerable
from index.types import Hit, Mode, SearchResult

DEPTH = 10

Progress = Callable[[str, int, int], None]
"""Take the name of a stage, how many of its steps are done, and how many there are."""


class Searcher(Protocol):
    """Find practices for a question; `index.retriever.Retriever` is one."""

    def search(
        self, question: str, *, top_k: int = ..., mode: Mode = ..., history: Sequence[str] = ...
    ) -> SearchResult:
        """Return at most `top_k` hits, best first; `history` are the questions before, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what one question brought: ids with scores, best first, the confidence, and whether it was answered."""

    ranking: tuple[tuple[str, float], ...]
    confidence: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Hold the outcome of each question by id, and how they were asked."""

    outcomes: Mapping[str, Outcome]
    mode: Mode
    depth: int


def practice_id(hit: Hit) -> str:
    """Name a hit by its practice."""
    return hit.practice.id


def sufficient_depth(judgements: Judgements, relevant: int) -> int:
    """Return how deep rankings must be: 10, or as many as the most right answers of one question.

    R-precision looks at as many ranks as there are right answers. All questions are asked to one depth.
    """
    return max([DEPTH, *(sum(grade >= relevant for grade in grades.values()) for grades in judgements.values())])


def run_questions(
    searcher: Searcher,
    questions: Sequence[Question],
    depth: int = DEPTH,
    mode: Mode = Mode.HYBRID,
    *,
    name: Callable[[Hit], str] = practice_id,
    progress: Progress | None = None,
) -> Run:
    """Ask every question, with the questions before it, to `depth` hits; `name` says what a hit counts as."""
    outcomes: dict[str, Outcome] = {}
    for done, question in enumerate(questions, start=1):
        result = searcher.search(question.text, top_k=depth, mode=mode, history=question.history)
        outcomes[question.id] = Outcome(
            ranking=tuple((name(hit), hit.score) for hit in result.hits),
            confidence=result.confidence,
            answered=answerable(result),
        )
        if progress:
            progress("questions", done, len(questions))
    return Run(outcomes, mode, depth)
