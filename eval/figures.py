"""The figures of a result: means, rates and their intervals, in all and by category and split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum

from eval.answers import AnswerFigures, JudgedAnswer, answer_figures
from eval.bootstrap import Interval, Resamples, Samples, draw_resamples, interval
from eval.metrics import Measure
from eval.refusal import Decision, Refusal, refusal
from eval.result import Judged, Result

SPLIT = "split "
CITATION_PRECISION = "citation precision"
CITATION_RECALL = "citation recall"


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold the figures of some questions.

    `scores` average each ranking measure over the `answerable` ones, empty where there are none. `intervals` are the
    95 % intervals of the figures that have one, by the names of measures, of the fields of `Refusal` and those of
    `citation_scores`. `answers` is None where the system gives no answers in words.
    """

    questions: int
    answerable: int
    scores: Mapping[str, float]
    refusal: Refusal
    answers: AnswerFigures | None
    intervals: Mapping[str, Interval]

    def value(self, name: str) -> float | None:
        """Return one figure by the name that `intervals` uses."""
        found: float | None = self.scores.get(name) if name in set(Measure) else getattr(self.refusal, name)
        return found


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold the figures of a result in all, by category and by split; questions of an empty name are in none.

    What is fitted on the split `dev` shows its worth on `test` alone.
    """

    overall: Figures
    categories: Mapping[str, Figures]
    splits: Mapping[str, Figures]

    @property
    def named(self) -> tuple[tuple[str, Figures], ...]:
        """Return all parts with their names: categories, splits, and the whole last."""
        splits = [(f"{SPLIT}{name}", figures) for name, figures in self.splits.items()]
        return (*self.categories.items(), *splits, ("all", self.overall))


def summarise(result: Result) -> Summary:
    """Return the figures of a result with their intervals."""
    resamples = draw_resamples({judged.id: judged.group for judged in result.questions})
    answers = _gives_answers(result)

    def grouped(key: Callable[[Judged], str]) -> dict[str, Figures]:
        names = dict.fromkeys(key(judged) for judged in result.questions)
        return {
            name: _figures([judged for judged in result.questions if key(judged) == name], resamples, answers)
            for name in names
            if name
        }

    return Summary(
        _figures(result.questions, resamples, answers),
        grouped(lambda judged: judged.category),
        grouped(lambda judged: judged.split),
    )


def answers_of(result: Result) -> AnswerFigures | None:
    """Return the figures of all answers of a result, None where the system gives none."""
    return answer_figures(map(_answer, result.questions)) if _gives_answers(result) else None


def decisions(questions: Sequence[Judged]) -> tuple[dict[str, Decision], dict[str, Decision]]:
    """Return confidence and decision of each answerable question by id, and of each of the others."""
    both: tuple[dict[str, Decision], dict[str, Decision]] = ({}, {})
    for judged in questions:
        both[not judged.answerable][judged.id] = (judged.outcome.confidence, judged.outcome.answered)
    return both


def scores_by_measure(questions: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Return the score of each answerable question by id, for each measure; no measures where there are none."""
    scored = {judged.id: judged.scores for judged in questions if judged.scores is not None}
    return {measure.value: {name: scores[measure] for name, scores in scored.items()} for measure in Measure if scored}


def citation_scores(questions: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Return what `AnswerFigures` averages as precision and recall, by question id; nothing without answers."""
    given = [(judged.id, _answer(judged)) for judged in questions if judged.answerable]
    if not any(answer.scores for _, answer in given):
        return {}
    scores = {name: answer.scores for name, answer in given}
    return {
        CITATION_PRECISION: {
            name: found.precision for name, found in scores.items() if found and found.precision is not None
        },
        CITATION_RECALL: {name: (found.recall or 0.0) if found else 0.0 for name, found in scores.items()},
    }


def figure_values(questions: Sequence[Judged]) -> dict[str, float | None]:
    """Return the figures that have intervals, by the names that `Figures.intervals` uses."""
    able, unable = decisions(questions)
    cited = {name: _mean(values) for name, values in citation_scores(questions).items()}
    return {**_means(questions), **asdict(refusal(able.values(), unable.values())), **cited}


def figure_samples(questions: Sequence[Judged], resamples: Resamples) -> dict[str, Samples]:
    """Return the same figures in each resample."""
    means = {
        name: resamples.means(values)
        for name, values in {**scores_by_measure(questions), **citation_scores(questions)}.items()
    }
    return means | resamples.refusals(*decisions(questions))


def _figures(questions: Sequence[Judged], resamples: Resamples, answers: bool) -> Figures:
    able, unable = decisions(questions)
    intervals = {name: interval(samples) for name, samples in figure_samples(questions, resamples).items()}
    return Figures(
        questions=len(questions),
        answerable=len(able),
        scores=_means(questions),
        refusal=refusal(able.values(), unable.values()),
        answers=answer_figures(map(_answer, questions)) if answers else None,
        intervals={name: found for name, found in intervals.items() if found},
    )


def _means(questions: Sequence[Judged]) -> dict[str, float]:
    return {name: fsum(values.values()) / len(values) for name, values in scores_by_measure(questions).items()}


def _mean(values: Mapping[str, float]) -> float | None:
    return fsum(values.values()) / len(values) if values else None


def _gives_answers(result: Result) -> bool:
    return any(judged.outcome.answer or judged.answer for judged in result.questions)


def _answer(judged: Judged) -> JudgedAnswer:
    answered = judged.outcome.answered is not False
    return JudgedAnswer(judged.category, judged.answerable, judged.answer if answered else None)


def figures_json(figures: Figures) -> dict[str, object]:
    """Return figures as JSON values: those in [0, 1] by name, null where they have no meaning."""
    return {
        "questions": figures.questions,
        "answerable": figures.answerable,
        **{measure.value: figures.scores.get(measure.value) for measure in Measure},
        "refusal": asdict(figures.refusal),
        "answers": asdict(figures.answers) if figures.answers else None,
        "intervals": {name: [found.low, found.high] for name, found in figures.intervals.items()},
    }
