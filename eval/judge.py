"""Judge a run: turn what came back into a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from corpus.types import Document, Practice
from eval.answers import AnswerScores, judge_answer
from eval.metrics import Judgements, score_rankings
from eval.provenance import Provenance
from eval.questions import Question
from eval.result import Judged, Result
from eval.run import Outcome, Run

TextOf = Callable[[str], str | None]
"""Return the text of a document by id, None for an unknown one."""


def judge(
    name: str,
    questions: Sequence[Question],
    judgements: Judgements,
    run: Run,
    relevant: int,
    made_with: Provenance,
    text_of: TextOf = lambda _: None,
    passages: Mapping[str, str] | None = None,
) -> Result:
    """Judge a run.

    Grades from `relevant` on are right answers; a question with none can't be answered. One that the run lacks scores
    0. `text_of` gives the documents that quotes are checked against.
    """
    rankings = {question: outcome.ranking for question, outcome in run.outcomes.items()}
    scores = score_rankings(judgements, rankings, relevant)
    silent = _silence(run)

    def judged(question: Question) -> Judged:
        outcome = run.outcomes.get(question.id, silent)
        grades = judgements.get(question.id, {})
        given = scores.get(question.id)
        return Judged(
            id=question.id,
            text=question.text,
            grades=grades,
            outcome=outcome,
            scores={measure.value: value for measure, value in given.items()} if given is not None else None,
            answer=_worth(outcome, grades, relevant, text_of),
            category=question.category,
            split=question.split,
            group=question.group,
            history=question.history,
            partial=question.partial,
        )

    return Result(
        name=name,
        system=run.system,
        depth=run.depth,
        relevant=relevant,
        provenance=made_with,
        questions=tuple(map(judged, questions)),
        passages=passages or {},
    )


def texts_of(documents: Iterable[Document]) -> TextOf:
    """Return what gives the text of these documents by id."""
    return {document.id: document.text for document in documents}.get


def passage_texts(practices: Iterable[Practice]) -> dict[str, str]:
    """Return the text of practices by id, each after the titles that it stands under."""
    return {
        practice.id: " › ".join([*(heading.title for heading in practice.path), practice.text])
        for practice in practices
    }


def _worth(outcome: Outcome, grades: Mapping[str, int], relevant: int, text_of: TextOf) -> AnswerScores | None:
    if outcome.answer is None:
        return None
    return judge_answer(outcome.answer, grades, relevant, text_of)


def _silence(run: Run) -> Outcome:
    """Return what counts for a question that the run lacks: refused where the system can refuse."""
    refuses = any(outcome.answered is not None for outcome in run.outcomes.values())
    trusts = any(outcome.confidence is not None for outcome in run.outcomes.values())
    return Outcome((), confidence=0.0 if trusts else None, answered=False if refuses else None)
