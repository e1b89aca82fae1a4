"""Ask questions again under disturbances, and see what is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from eval.bootstrap import Interval, Resamples, draw_resamples, paired_interval
from eval.disturbances import Disturbance, disturb
from eval.metrics import Judgements, Measure, Scores, mean_scores, score_rankings
from eval.questions import Question
from eval.refusal import Refusal, refusal
from eval.run import Outcome, Progress, Run, System, run_questions

STAGE = "disturbed questions"
DROPS = (Measure.HIT_AT_1, Measure.R_PRECISION)


@dataclass(frozen=True, slots=True)
class Drop:
    """Say how much of a measure is lost: the mean before less the mean after, negative where it is gained.

    `interval` is the 95 % interval of paired resamples, None with fewer than two groups of questions.
    """

    mean: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class LostQuestion:
    """Name a question whose first hit answered it until it was disturbed to `text`."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Disturbed:
    """Compare the questions that one disturbance changes before and after it.

    `questions` and `answerable` are how many. `before` and `after` are the mean ranking measures of the answerable ones
    by name, empty where there are none, and `drops` what hit@1 and R-precision lose. `answered_*` are the shares of the
    answerable ones that are answered, `refused_*` those of the others that are refused; None where there are none or
    the system does not say.
    """

    name: str
    questions: int
    answerable: int
    before: Mapping[str, float]
    after: Mapping[str, float]
    drops: Mapping[str, Drop]
    answered_before: float | None
    answered_after: float | None
    refused_before: float | None
    refused_after: float | None
    lost: tuple[LostQuestion, ...]


@dataclass(frozen=True, slots=True)
class Robustness:
    """Hold what each disturbance costs; `questions` is how many there were to disturb."""

    questions: int
    disturbed: tuple[Disturbed, ...]


def measure_robustness(
    system: System,
    questions: Sequence[Question],
    judgements: Judgements,
    relevant: int,
    depth: int,
    before: Run,
    progress: Progress | None = None,
) -> Robustness:
    """Ask the questions that each disturbance changes again, to `depth`, and compare with `before`.

    Histories are left as they are. Raises `ValueError` where a question is missing in `before`.
    """
    missing = next((question.id for question in questions if question.id not in before.outcomes), None)
    if missing is not None:
        raise ValueError(f"the question {missing!r} is not in the run before")
    changed = {disturbance: _changed(questions, disturbance) for disturbance in Disturbance}
    total = sum(map(len, changed.values()))
    found: list[Disturbed] = []
    done = 0
    for disturbance, disturbed in changed.items():
        run = run_questions(system, disturbed, depth, _shifted(progress, done, total))
        done += len(disturbed)
        found.append(_compare(disturbance, disturbed, judgements, relevant, before, run))
    return Robustness(len(questions), tuple(found))


def _changed(questions: Sequence[Question], disturbance: Disturbance) -> list[Question]:
    disturbed = (replace(question, text=disturb(disturbance, question.text)) for question in questions)
    return [new for new, old in zip(disturbed, questions, strict=True) if new.text != old.text]


def _shifted(progress: Progress | None, done: int, total: int) -> Progress | None:
    """Return a report of all disturbances as one stage."""
    if progress is None:
        return None
    return lambda _stage, here, _many: progress(STAGE, done + here, total)


def _compare(
    disturbance: Disturbance,
    disturbed: Sequence[Question],
    judgements: Judgements,
    relevant: int,
    before: Run,
    after: Run,
) -> Disturbed:
    names = [question.id for question in disturbed]
    graded = {name: judgements.get(name, {}) for name in names}
    first, second = (
        score_rankings(graded, {name: run.outcomes[name].ranking for name in names}, relevant)
        for run in (before, after)
    )
    resamples = draw_resamples({question.id: question.group for question in disturbed if question.id in first})
    decided_before, decided_after = (_refusal(run.outcomes, names, first) for run in (before, after))
    lost = [
        LostQuestion(question.id, question.text)
        for question in disturbed
        if question.id in first and second[question.id][Measure.HIT_AT_1] < first[question.id][Measure.HIT_AT_1]
    ]
    return Disturbed(
        name=disturbance.value,
        questions=len(names),
        answerable=len(first),
        before=_means(first),
        after=_means(second),
        drops={measure.value: _drop(first, second, measure, resamples) for measure in DROPS} if first else {},
        answered_before=decided_before.answered,
        answered_after=decided_after.answered,
        refused_before=decided_before.refused,
        refused_after=decided_after.refused,
        lost=tuple(lost),
    )


def _means(scores: Mapping[str, Scores]) -> dict[str, float]:
    means = mean_scores(scores.values())
    return {measure.value: mean for measure, mean in means.items()} if means else {}


def _drop(first: Mapping[str, Scores], second: Mapping[str, Scores], measure: Measure, resamples: Resamples) -> Drop:
    before, after = ({name: scores[measure] for name, scores in side.items()} for side in (first, second))
    lost = fsum(before.values()) - fsum(after.values())
    return Drop(lost / len(before), paired_interval(resamples.means(after), resamples.means(before)))


def _refusal(outcomes: Mapping[str, Outcome], names: Sequence[str], answerable: Collection[str]) -> Refusal:
    decisions = {name: (outcomes[name].confidence, outcomes[name].answered) for name in names}
    able = [decision for name, decision in decisions.items() if name in answerable]
    return refusal(able, [decision for name, decision in decisions.items() if name not in answerable])
