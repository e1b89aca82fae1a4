from __future__ import annotations

from dataclasses import replace
from math import inf, nan, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from scipy.stats import permutation_test

from eval.significance import EXACT_UP_TO, PairedTest, effect_size, holm, paired_test, randomisation_p

# Scores with ties, among them sums that differ by rounding alone.
# Sums of these are exact: where rounding makes or breaks a tie, the two are not held to one another.
SCORE = st.sampled_from([0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0])


def compare(differences: list[float]) -> PairedTest:
    names = [f"q{number:03}" for number in range(len(differences))]
    found = paired_test(dict.fromkeys(names, 0.0), dict(zip(names, differences, strict=True)))
    assert found is not None
    return found


def test_three_wins_by_hand() -> None:
    found = compare([0.5, 0.2, 0.2, 0.0])
    assert found.difference == pytest.approx(0.9 / 4)
    # Of the 8 assignments of signs, only all of one sign reach 0.9.
    assert found.p == 2 / 8
    deviation = sqrt((0.275**2 + 2 * 0.025**2 + 0.225**2) / 3)
    assert found.effect == pytest.approx(0.225 / deviation)
    assert (found.wins, found.ties, found.losses) == (3, 1, 0)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([0.0, 0.0], 1.0),
        ([1.0], 1.0),
        ([1.0, 1.0], 2 / 4),
        ([1.0, -1.0], 1.0),
        ([0.3, 0.2, -0.1], 4 / 8),
        ([1.0] * 10, 2 / 1024),
    ],
)
def test_exact_p_by_hand(differences: list[float], p: float) -> None:
    assert compare(differences).p == p


@effort(max_examples=50, deadline=None)
@given(st.lists(st.tuples(SCORE, SCORE), min_size=2, max_size=9))
def test_exact_p_is_that_of_scipy(pairs: list[tuple[float, float]]) -> None:
    first, second = ({str(n): pair[side] for n, pair in enumerate(pairs)} for side in (0, 1))
    found = paired_test(first, second)
    theirs = permutation_test(
        (list(second.values()), list(first.values())),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert found is not None
    assert found.p == pytest.approx(theirs, abs=1e-12)


def test_beyond_fourteen_changed_questions_signs_are_sampled() -> None:
    random = Random(4)
    differences = np.array([random.gauss(0.25, 1) for _ in range(18)])
    assert np.count_nonzero(differences) > EXACT_UP_TO
    patterns = 1 - 2 * (np.arange(2**18)[:, None] >> np.arange(18) & 1)
    exact = np.mean(np.abs(patterns @ differences) >= abs(differences.sum()) - 1e-9)
    assert 0.05 < exact < 0.95
    # Four standard errors of 10,000 samples.
    assert randomisation_p(differences) == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / 10_000))
    assert randomisation_p(differences, seed=1) != randomisation_p(differences, seed=2)


def test_a_sampled_p_is_never_zero() -> None:
    assert compare([1.0] * 100).p == 1 / 10_001
    assert compare([1.0] * 15).p == pytest.approx(2 / 2**15, abs=5e-4)


def test_under_the_null_p_is_uniform() -> None:
    generator = np.random.default_rng(8)
    values = [randomisation_p(generator.normal(size=12)) for _ in range(300)]
    for level in (0.1, 0.3, 0.5, 0.8):
        assert np.mean(np.array(values) <= level) == pytest.approx(level, abs=4 * sqrt(level * (1 - level) / 300))


def test_paraphrases_change_sides_together() -> None:
    first = dict.fromkeys("abcdef", 0.0)
    second = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 0.0, "f": 1.0}
    alone, unknown = paired_test(first, second), paired_test(first, second, dict.fromkeys("abcdef", ""))
    assert alone is not None
    assert alone == unknown
    assert alone.p == 2 / 2**5
    grouped = paired_test(first, second, {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y"})
    # Three things may turn round: x, worth 3, y and f, worth 1 each.
    assert grouped == replace(alone, p=2 / 2**3)
    assert paired_test(first, second, dict.fromkeys("abcdef", "x")) == replace(alone, p=1.0)
    # In a group, a win and a loss cancel out.
    assert paired_test({"a": 0.1, "b": 0.3}, {"a": 0.3, "b": 0.1}, {"a": "x", "b": "x"}) == PairedTest(
        difference=0.0, p=1.0, effect=0.0, wins=1, ties=0, losses=1
    )


def test_unchanged_questions_change_no_p() -> None:
    assert compare([0.3, 0.2, -0.1]).p == compare([0.3, 0.2, -0.1, *[0.0] * 200]).p


def test_rounding_is_no_difference() -> None:
    found = paired_test({"a": 0.1 + 0.2, "b": 0.5, "c": 1.0}, {"a": 0.3, "b": 0.5 + 1e-12, "c": 1.0})
    assert found == PairedTest(difference=0.0, p=1.0, effect=None, wins=0, ties=3, losses=0)


@given(st.lists(st.tuples(SCORE, SCORE), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_sides_and_order(pairs: list[tuple[float, float]], random: Random) -> None:
    first, second = ({f"q{n}": pair[side] for n, pair in enumerate(pairs)} for side in (0, 1))
    found, turned = paired_test(first, second), paired_test(second, first)
    shuffled = list(first.items())
    random.shuffle(shuffled)
    assert paired_test(dict(shuffled), second) == found
    assert found is not None
    assert turned is not None
    assert turned.p == found.p
    assert 0 < found.p <= 1
    assert turned.difference == -found.difference
    assert (turned.wins, turned.losses) == (found.losses, found.wins)
    assert found.wins + found.ties + found.losses == len(pairs)
    assert (found.effect is None) == (turned.effect is None)
    if found.effect is not None:
        assert turned.effect == pytest.approx(-found.effect)
        assert found.effect * found.difference >= 0


@pytest.mark.parametrize("differences", [[], [0.5], [0.1, 0.1, 0.1], [0.0] * 5])
def test_without_variance_there_is_no_effect_size(differences: list[float]) -> None:
    assert effect_size(np.array(differences, dtype=np.float64)) is None


def test_bad_scores_are_refused() -> None:
    assert paired_test({}, {}) is None
    with pytest.raises(ValueError, match="the question 'b' is in one run only"):
        paired_test({"a": 1.0, "b": 1.0}, {"a": 1.0})
    for score in (nan, inf):
        with pytest.raises(ValueError, match="a score is not a finite number"):
            paired_test({"a": 1.0}, {"a": score})


def test_holm_by_hand() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert list(adjusted) == ["a", "b", "c", "d"]
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({"a": 0.6, "b": 0.5}) == {"a": 1.0, "b": 1.0}
    assert holm({"a": 0.2}) == {"a": 0.2}
    assert holm({}) == {}


@given(st.dictionaries(st.integers(), st.floats(0, 1), max_size=10), st.randoms(use_true_random=False))
def test_holm_keeps_the_order_and_lowers_nothing(p_values: dict[int, float], random: Random) -> None:
    adjusted = holm(p_values)
    assert all(p <= adjusted[key] <= min(1, len(p_values) * p) for key, p in p_values.items())
    ordered = sorted(p_values, key=p_values.__getitem__)
    assert sorted(adjusted.values()) == [adjusted[key] for key in ordered]
    shuffled = list(p_values.items())
    random.shuffle(shuffled)
    assert holm(dict(shuffled)) == adjusted


@pytest.mark.parametrize("p", [nan, -0.1, 1.1])
def test_holm_refuses_what_is_no_p(p: float) -> None:
    with pytest.raises(ValueError, match=f"the p of 'b' is {p}"):
        holm({"a": 0.5, "b": p})
