from __future__ import annotations

import copy
from itertools import pairwise
from math import fsum, log2
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import (
    Measure,
    mean_scores,
    score_rankings,
    separate_scores,
)


def ranked(*names: str) -> tuple[tuple[str, float], ...]:
    return tuple((name, 1.0 - position / 100) for position, name in enumerate(names))


def scores_of(grades: dict[str, int], *names: str, relevant: int = 2) -> dict[Measure, float]:
    return score_rankings({"q": grades}, {"q": ranked(*names)}, relevant)["q"]


def test_two_answers_found_at_ranks_two_and_four() -> None:
    scores = scores_of({"a": 2, "b": 2}, "x", "a", "y", "b")
    assert scores[Measure.HIT_AT_1] == 0
    assert scores[Measure.R_PRECISION] == 1 / 2
    assert scores[Measure.RECALL_AT_10] == 1
    assert scores[Measure.MRR_AT_10] == 1 / 2
    gain = 2 / log2(3) + 2 / log2(5)
    assert scores[Measure.NDCG_AT_10] == pytest.approx(gain / (2 / log2(2) + 2 / log2(3)), abs=1e-12)


def test_a_practice_that_only_helps_counts_in_ndcg_alone() -> None:
    scores = scores_of({"a": 2, "h": 1}, "h", "a")
    assert scores[Measure.HIT_AT_1] == 0
    assert scores[Measure.R_PRECISION] == 0
    assert scores[Measure.RECALL_AT_10] == 1
    assert scores[Measure.MRR_AT_10] == 1 / 2
    assert scores[Measure.NDCG_AT_10] == pytest.approx((1 + 2 / log2(3)) / (2 + 1 / log2(3)), abs=1e-12)


def test_helping_practices_alone_find_nothing_but_gain() -> None:
    scores = scores_of({"a": 2, "h": 1}, "x", "h")
    assert scores.pop(Measure.NDCG_AT_10) == pytest.approx((1 / log2(3)) / (2 + 1 / log2(3)), abs=1e-12)
    assert set(scores.values()) == {0.0}


def test_answers_below_rank_ten_count_for_r_precision_alone() -> None:
    answers = {f"a{number:02}": 2 for number in range(12)}
    scores = scores_of(answers, *(f"x{number}" for number in range(10)), "a00", "a01")
    assert scores[Measure.R_PRECISION] == pytest.approx(2 / 12, abs=1e-12)
    assert {scores[measure] for measure in Measure if measure is not Measure.R_PRECISION} == {0}


def test_gold_alone_scores_the_same_at_either_grade() -> None:
    assert scores_of({"a": 2, "b": 2}, "b", "x", "a") == pytest.approx(
        scores_of({"a": 1, "b": 1}, "b", "x", "a", relevant=1), abs=1e-12
    )


def test_a_question_that_the_run_lacks_counts_zero_in_the_average() -> None:
    judgements = {"found": {"a": 2}, "missing": {"a": 2}, "empty": {"a": 2}, "unanswerable": {"h": 1}, "none": {}}
    scores = score_rankings(judgements, {"found": ranked("a"), "empty": (), "unjudged": ranked("a")}, 2)
    assert set(scores) == {"found", "missing", "empty"}
    assert set(scores["missing"].values()) == {0.0}
    means = mean_scores(list(scores.values()))
    assert means == pytest.approx(dict.fromkeys(Measure, 1 / 3), abs=1e-12)


def test_no_answerable_question_has_no_scores() -> None:
    assert score_rankings({"q": {}}, {"q": ranked("a")}, 2) == {}
    assert mean_scores([]) is None


@pytest.mark.parametrize("gap", [0.0, 1e-9])
@pytest.mark.parametrize("names", [("a", "z"), ("z", "a")])
def test_the_order_of_a_ranking_counts_where_scores_tie(names: tuple[str, str], gap: float) -> None:
    ranking = ((names[0], 0.9), (names[1], 0.9 - gap))
    scores = score_rankings({"q": {names[0]: 2}}, {"q": ranking}, 2)["q"]
    assert set(scores.values()) == {1.0}


def test_inputs_stay_as_they_were() -> None:
    judgements = {"q": {"a": 2, "h": 1}, "r": {}}
    rankings = {"q": [("h", 0.5), ("a", 0.5)], "r": [("a", 0.1)]}
    before = copy.deepcopy((judgements, rankings))
    score_rankings(judgements, rankings, 2)
    assert (judgements, rankings) == before


NAMES = [f"d{number}" for number in range(6)]
RANKINGS = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3", "q4"]),
    st.lists(st.tuples(st.sampled_from(NAMES), st.floats(-5, 5)), max_size=8),
)
JUDGEMENTS = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3", "q4"]),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2), max_size=6),
)


@given(JUDGEMENTS, RANKINGS, st.randoms())
def test_the_order_of_questions_and_judgements_changes_no_bit(
    judgements: dict[str, dict[str, int]], rankings: dict[str, list[tuple[str, float]]], random: Random
) -> None:
    def shuffled(items: dict[str, Any]) -> dict[str, Any]:
        pairs = list(items.items())
        random.shuffle(pairs)
        return dict(pairs)

    scores = score_rankings(judgements, rankings, 2)
    other = score_rankings({q: shuffled(grades) for q, grades in shuffled(judgements).items()}, shuffled(rankings), 2)
    assert other == scores
    assert mean_scores(list(other.values())) == mean_scores(list(scores.values()))
    assert all(0 <= value <= 1 + 1e-9 for values in scores.values() for value in values.values())


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.floats(allow_nan=False, allow_infinity=False)), max_size=8))
def test_separated_scores_fall_and_keep_the_order(ranking: list[tuple[str, float]]) -> None:
    separated = separate_scores(ranking)
    assert [name for name, _ in separated] == list(dict.fromkeys(name for name, _ in ranking))
    values = [value for _, value in separated]
    assert all(high > low for high, low in pairwise(values))


def test_the_average_is_the_same_to_the_last_bit_in_any_order() -> None:
    values = [0.1, 0.7, 0.3, 1e-17, 0.2, 1.0, 0.6]
    means = [
        mean_scores([dict.fromkeys(Measure, value) for value in ordered])
        for ordered in (values, values[::-1], sorted(values), sorted(values, reverse=True))
    ]
    assert means == [dict.fromkeys(Measure, fsum(values) / 7)] * 4


def test_scores_already_apart_are_kept() -> None:
    assert separate_scores([("a", 0.9), ("b", 0.8), ("c", -2.0)]) == (("a", 0.9), ("b", 0.8), ("c", -2.0))


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_finite_number_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="the score of 'a' is"):
        separate_scores([("a", score)])
