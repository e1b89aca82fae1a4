"""The record of what was judged, by whom, and how far they agree."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.types import PracticeList
from eval.agreement import kappa
from eval.errors import DataError
from eval.evaluate import OWN_QUESTIONS
from eval.pool import HEADER, JUDGES, POOL, agreement, pool, read_judges
from eval.questions import Question, load_questions, resolve_gold
from eval.run import Outcome, Run
from index.types import Mode

PRACTICES = ("list:1.1.1", "list:1.1.2", "list:1.1.3")
QUESTIONS = (Question("q1", "fact", "一？", ("list:1.1.1",)), Question("q2", "fact", "二？", ()))


def write_judges(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def labels(gold: list[str], helps: list[str]) -> dict[str, list[str]]:
    return {"gold": gold, "helps": helps}


NOTHING = labels([], [])


def test_every_question_of_the_project_was_judged_twice_and_the_judges_agree(shipped: PracticeList) -> None:
    practices = [practice.id for practice in shipped.practices]
    questions = resolve_gold(load_questions(OWN_QUESTIONS), practices)
    judged = read_judges(JUDGES, questions, practices)
    answers, grades = agreement(judged, practices)
    assert answers is not None
    assert answers > 0.9
    assert grades is not None
    assert grades > 0.9
    # What both judges found to answer is what is settled.
    for one in judged:
        if set(one.first.gold) == set(one.second.gold):
            assert set(one.settled.gold) == set(one.first.gold), one.settled.id


def test_the_pool_holds_ten_hits_of_every_channel_with_the_settled_grades(shipped: PracticeList) -> None:
    practices = [practice.id for practice in shipped.practices]
    questions = {question.id: question for question in resolve_gold(load_questions(OWN_QUESTIONS), practices)}
    ranks: dict[tuple[str, str], list[int]] = defaultdict(list)
    with POOL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert tuple(rows[0]) == HEADER
    for row in rows:
        assert int(row["grade"]) == questions[row["question"]].grades.get(row["practice"], 0)
        for mode in Mode:
            if row[f"{mode}_rank"] != "-":
                ranks[row["question"], mode].append(int(row[f"{mode}_rank"]))
    for name in questions:
        assert sorted(ranks[name, Mode.HYBRID]) == list(range(1, 11))
        assert sorted(ranks[name, Mode.LATE]) == list(range(1, 11))
        assert sorted(ranks[name, Mode.DENSE]) == list(range(1, 11))
        # Words can be found in fewer practices.
        assert sorted(ranks[name, Mode.SPARSE]) == list(range(1, len(ranks[name, Mode.SPARSE]) + 1))


def test_rows_give_ranks_and_grades(tmp_path: Path) -> None:
    path = write_judges(
        tmp_path / "judges.jsonl",
        {"id": "q2", "first": NOTHING, "second": labels([], ["1.1.3"])},
        {"id": "q1", "first": labels(["1.1.1"], []), "second": labels(["1.1.1"], ["list:1.1.2"])},
    )
    judged = read_judges(path, QUESTIONS, PRACTICES)
    runs = {
        mode: Run({"q1": Outcome(ranking), "q2": Outcome(())}, mode.value, 10)
        for mode, ranking in {
            Mode.HYBRID: (("list:1.1.2", 2.0), ("list:1.1.1", 1.0)),
            Mode.LATE: (("list:1.1.1", 0.8), ("list:1.1.2", 0.7)),
            Mode.DENSE: (("list:1.1.1", 0.9), ("list:1.1.2", 0.8)),
            Mode.SPARSE: (("list:1.1.1", 5.0),),
        }.items()
    }
    by_name = [dict(zip(HEADER, row, strict=True)) for row in pool(judged, runs)]
    assert [row["practice"] for row in by_name] == ["list:1.1.1", "list:1.1.2"]
    assert by_name[0] == {
        "question": "q1",
        "practice": "list:1.1.1",
        "hybrid_rank": "2",
        "late_rank": "1",
        "dense_rank": "1",
        "sparse_rank": "1",
        "first": "2",
        "second": "2",
        "grade": "2",
    }
    assert (by_name[1]["sparse_rank"], by_name[1]["first"], by_name[1]["second"], by_name[1]["grade"]) == tuple("-010")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"id": "q1", "first": NOTHING, "second": NOTHING}], 'nobody has judged the question "q2" yet'),
        ([{"id": "q9", "first": NOTHING, "second": NOTHING}], ':1: the question "q9" is unknown'),
        ([{"id": "q1", "first": NOTHING, "second": NOTHING}] * 2, ':2: the question "q1" is judged twice'),
        ([{"id": "q1", "first": NOTHING}], ':1: "second" must be an object'),
        ([{"id": "q1", "first": {"gold": "1.1.1"}, "second": NOTHING}], ':1: "first.gold" must be an array'),
        ([{"id": "q1", "first": labels(["9.9.9"], []), "second": NOTHING}], ':1: .*"9.9.9" names no practice'),
    ],
)
def test_what_is_wrong_with_a_file_of_judges_is_named(tmp_path: Path, records: list[object], message: str) -> None:
    path = write_judges(tmp_path / "judges.jsonl", *records)
    with pytest.raises(DataError, match=message):
        read_judges(path, QUESTIONS, PRACTICES)


def test_kappa_of_an_example_by_hand() -> None:
    # Cohen's own kind of table: 20 and 15 agree, 5 and 10 do not; chance agrees in .5 × .6 + .5 × .4.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert kappa([]) is None
    assert kappa([(0, 0), (0, 0)]) is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_kappa_is_at_most_one_and_does_not_care_who_judged_first(pairs: list[tuple[int, int]]) -> None:
    value = kappa(pairs)
    other = kappa([(second, first) for first, second in pairs])
    if value is None:
        assert other is None
        return
    assert other == pytest.approx(value)
    assert value <= 1
    assert (value == 1) == all(first == second for first, second in pairs)
