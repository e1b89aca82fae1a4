"""Pool the first ten hits of every channel and record how each of them was judged.

`python -m eval.pool` writes `eval/data/pool.tsv` and says how far the two judges agree. A question that they have not
both judged is an error: what nobody looked at must not count as wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus.errors import ZhijianError
from eval.agreement import kappa
from eval.errors import DataError
from eval.evaluate import OWN_QUESTIONS
from eval.lines import id_field, json_type, read_objects
from eval.questions import ANSWERS, Question, id_list, load_questions, resolve_gold
from eval.result import write_text
from eval.run import DEPTH, Run, run_questions
from eval.systems import Search
from index.retriever import Retriever
from index.types import Mode
from service.library import open_library
from service.settings import read_settings

POOL = OWN_QUESTIONS.with_name("pool.tsv")
JUDGES = OWN_QUESTIONS.with_name("judges.jsonl")
HEADER = ("question", "practice", *(f"{mode}_rank" for mode in Mode), "first", "second", "grade")


@dataclass(frozen=True, slots=True)
class TwiceJudged:
    """Hold a question as settled, and as each of the two judges labelled it without seeing the other's labels."""

    settled: Question
    first: Question
    second: Question


def read_judges(path: Path, questions: Sequence[Question], practices: Collection[str]) -> tuple[TwiceJudged, ...]:
    """Return both judges' labels of each question, in order of the questions.

    Each line of the file is an object with an `id` and the labels of the `first` and the `second` judge, objects with
    `gold` and `helps` as in the file of questions. Raises `DataError` for a question that it lacks or has twice, one
    that is unknown, and for anything that is not of this form.
    """
    known = {question.id: question for question in questions}
    judged: dict[str, tuple[Question, Question]] = {}
    for line, record in read_objects(path):
        name = id_field(record, "id", path, line)
        if name not in known:
            raise DataError(path, f'the question "{name}" is unknown', line)
        if name in judged:
            raise DataError(path, f'the question "{name}" is judged twice', line)
        first, second = resolve_gold(
            (_labelled(known[name], record, judge, path, line) for judge in ("first", "second")), practices
        )
        judged[name] = (first, second)
    for question in questions:
        if question.id not in judged:
            raise DataError(path, f'nobody has judged the question "{question.id}" yet')
    return tuple(TwiceJudged(question, *judged[question.id]) for question in questions)


def agreement(judged: Iterable[TwiceJudged], practices: Collection[str]) -> tuple[float | None, float | None]:
    """Return the judges' kappa over all practices: on whether one answers, and on all three grades."""
    grades = [
        (one.first.grades.get(practice, 0), one.second.grades.get(practice, 0))
        for one in judged
        for practice in practices
    ]
    return kappa([(first == ANSWERS, second == ANSWERS) for first, second in grades]), kappa(grades)


def pool(judged: Iterable[TwiceJudged], runs: Mapping[Mode, Run]) -> Iterator[tuple[str, ...]]:
    """Yield a row of `HEADER` for each practice that is among the first ten of a run, best ranks first."""
    for one in judged:
        ranks: dict[str, dict[Mode, int]] = {}
        for mode, run in runs.items():
            for rank, (practice, _) in enumerate(run.outcomes[one.settled.id].ranking[:DEPTH], start=1):
                ranks.setdefault(practice, {})[mode] = rank
        for practice, found in sorted(ranks.items(), key=lambda item: (min(item[1].values()), item[0])):
            labels = (one.first, one.second, one.settled)
            yield (
                one.settled.id,
                practice,
                *(str(found.get(mode, "-")) for mode in Mode),
                *(str(question.grades.get(practice, 0)) for question in labels),
            )


def pool_own_questions(retriever: Retriever) -> tuple[tuple[TwiceJudged, ...], str]:
    """Return the project's own questions with both judges' labels, and the text of `pool.tsv`."""
    practices = retriever.practices
    questions = resolve_gold(load_questions(OWN_QUESTIONS), practices)
    judged = read_judges(JUDGES, questions, practices)
    runs = {mode: run_questions(Search(retriever, mode), questions) for mode in Mode}
    rows = [HEADER, *pool(judged, runs)]
    return judged, "".join("\t".join(row) + "\n" for row in rows)


def main() -> None:
    """Write the pool and say how far the judges agree."""
    try:
        retriever = open_library(read_settings())
        judged, text = pool_own_questions(retriever)
        write_text(POOL, text)
    except ZhijianError as error:
        sys.exit(f"error: {error}")
    answers, grades = agreement(judged, retriever.practices)
    print(f"{text.count(chr(10)) - 1} pooled practices of {len(judged)} questions")
    print(f"kappa of the judges: {answers:.3f} on answers, {grades:.3f} on all grades")


def _labelled(question: Question, record: Mapping[str, Any], judge: str, path: Path, line: int) -> Question:
    labels = record.get(judge)
    if not isinstance(labels, dict):
        raise DataError(path, f'"{judge}" must be an object with "gold" and "helps", found {json_type(labels)}', line)
    gold, helps = (id_list(labels.get(name), f"{judge}.{name}", path, line) for name in ("gold", "helps"))
    return replace(question, gold=gold, helps=helps, path=path, line=line)


if __name__ == "__main__":
    main()
