"""Ask a system every question and keep what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from corpus.types import Span
from eval.metrics import Judgements
from eval.questions import Question

DEPTH = 10

Progress = Callable[[str, int, int], None]
"""Take the name of a stage, how many of its steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Hold one citation of an answer as it was given: `text` should stand at `spans` of the document, joined."""

    practice_id: str
    document_id: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """Hold an answer as it was given: `text` with marks [1] … [n], and what they stand for, in their order."""

    text: str
    citations: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what one question brought.

    `ranking` are ids with scores, best first; `parts` say, for as many of the first as are given, where each score
    comes from. `confidence` in [0, 1] and `answered` are None where the system gives none, a TREC run for example.
    `answer` is None where there was none to give or to judge. `seconds` is the time by stage.
    """

    ranking: tuple[tuple[str, float], ...]
    confidence: float | None = None
    answered: bool | None = None
    parts: tuple[Mapping[str, float | None], ...] = ()
    answer: GivenAnswer | None = None
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Run:
    """Hold the outcome of each question by id, how deep rankings are, and what was asked (`hybrid`, an address …)."""

    outcomes: Mapping[str, Outcome]
    system: str
    depth: int


class System(Protocol):
    """Answer questions; what it is made of does not matter here."""

    @property
    def label(self) -> str:
        """Say which system it is, for reports."""
        ...

    def ask(self, question: Question, depth: int) -> Outcome:
        """Return the best `depth` for the last question of a conversation, and whatever else the system says."""
        ...


def sufficient_depth(judgements: Judgements, relevant: int) -> int:
    """Return how deep rankings must be: 10, or as many as the most right answers of one question.

    R-precision looks at as many ranks as there are right answers. All questions are asked to one depth.
    """
    return max([DEPTH, *(sum(grade >= relevant for grade in grades.values()) for grades in judgements.values())])


def run_questions(
    system: System, questions: Sequence[Question], depth: int = DEPTH, progress: Progress | None = None
) -> Run:
    """Ask every question, with the questions before it, to `depth` hits."""
    outcomes: dict[str, Outcome] = {}
    for done, question in enumerate(questions, start=1):
        outcomes[question.id] = system.ask(question, depth)
        if progress:
            progress("questions", done, len(questions))
    return Run(outcomes, system.label, depth)
