from __future__ import annotations

from dataclasses import fields
from math import nan
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from scipy.stats import bootstrap

from eval.bootstrap import Interval, Resamples, draw_resamples, interval, paired_interval
from eval.refusal import Decision, Refusal, refusal

NAMES = [f"q{number:03}" for number in range(60)]
ALONE = dict.fromkeys(NAMES, "")


def values_of(names: list[str], seed: int = 1) -> dict[str, float]:
    random = Random(seed)
    return {name: random.random() for name in names}


def decisions(count: int, seed: int) -> dict[str, Decision]:
    random = Random(seed)
    return {name: (round(random.random(), 1), random.random() < 0.5) for name in NAMES[:count]}


def width(found: Interval | None) -> float:
    assert found is not None
    return found.high - found.low


def test_as_many_groups_are_drawn_as_there_are_and_paraphrases_go_together() -> None:
    groups = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "c": "", "d": "", "b": ""}
    drawn = draw_resamples(groups, resamples=50)
    assert list(drawn.columns) == sorted(groups)
    assert drawn.weights.shape == (50, 8)
    column = {name: drawn.weights[:, place] for name, place in drawn.columns.items()}
    assert (column["a1"] == column["a2"]).all()
    assert (column["a1"] == column["a3"]).all()
    assert (column["b1"] == column["b2"]).all()
    # A question without a group is its own, also where its id is the name of one.
    assert (column["b"] != column["b1"]).any()
    assert (np.sum([column[name] for name in ("a1", "b1", "b", "c", "d")], axis=0) == 5).all()
    assert (drawn.weights.min(), drawn.weights.max() > 1) == (0, True)


def test_resamples_are_the_same_for_any_order_and_others_for_another_seed() -> None:
    groups = {name: name[:3] if number % 2 else "" for number, name in enumerate(NAMES)}
    shuffled = list(groups.items())
    Random(3).shuffle(shuffled)
    drawn, again, other = draw_resamples(groups), draw_resamples(dict(shuffled)), draw_resamples(groups, seed=1)
    assert list(drawn.columns) == list(again.columns)
    assert (drawn.weights == again.weights).all()
    assert (drawn.weights != other.weights).any()
    values = values_of(NAMES)
    turned = dict(reversed(values.items()))
    assert (drawn.means(values) == again.means(turned)).all()


def test_means_are_over_the_drawn_questions_that_have_a_value() -> None:
    drawn = draw_resamples({"a": "", "b": "", "c": "", "d": ""}, resamples=200)
    means = drawn.means({"b": 1.0, "c": 4.0})
    for weights, mean in zip(drawn.weights, means, strict=True):
        values = [1.0] * int(weights[1]) + [4.0] * int(weights[2])
        assert mean == pytest.approx(sum(values) / len(values) if values else nan, nan_ok=True)
    assert np.isnan(means).any()
    assert interval(means) == Interval(1.0, 4.0)


def test_the_interval_is_near_that_of_scipy() -> None:
    values = values_of(NAMES)
    ours = interval(draw_resamples(ALONE, resamples=10_000).means(values))
    theirs = bootstrap(
        (list(values.values()),), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.005)


def test_the_interval_covers_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    drawn = draw_resamples(ALONE)
    covered = 0
    for _ in range(400):
        found = interval(drawn.means(dict(zip(NAMES, generator.normal(size=60), strict=True))))
        assert found is not None
        covered += found.low <= 0 <= found.high
    assert 0.90 <= covered / 400 <= 0.98


def test_repeating_a_question_as_paraphrases_makes_nothing_surer() -> None:
    values = values_of(NAMES[:20])
    groups = {f"{name}-{copy}": name for name in values for copy in range(5)}
    copies = {f"{name}-{copy}": value for name, value in values.items() for copy in range(5)}
    singly = interval(draw_resamples({name: name for name in values}).means(values))
    grouped = interval(draw_resamples(groups).means(copies))
    alone = interval(draw_resamples(dict.fromkeys(copies, "")).means(copies))
    assert grouped is not None
    assert singly is not None
    assert (grouped.low, grouped.high) == pytest.approx((singly.low, singly.high), abs=1e-12)
    assert width(alone) < 0.6 * width(grouped)


def test_figures_of_refusal_are_those_of_the_questions_drawn() -> None:
    able, unable = decisions(9, seed=1), {f"x{name}": said for name, said in decisions(6, seed=2).items()}
    drawn = draw_resamples({**dict.fromkeys(able, ""), **dict.fromkeys(unable, ""), "other": ""}, resamples=200)
    samples = drawn.refusals(able, unable)
    assert set(samples) == {field.name for field in fields(Refusal)}
    for row, weights in enumerate(drawn.weights):
        times = {name: int(weights[place]) for name, place in drawn.columns.items()}
        expected = refusal(
            [said for name, said in able.items() for _ in range(times[name])],
            [said for name, said in unable.items() for _ in range(times[name])],
        )
        for name, values in samples.items():
            figure = getattr(expected, name)
            assert values[row] == pytest.approx(nan if figure is None else figure, abs=1e-12, nan_ok=True)


def test_what_a_system_does_not_say_has_no_interval() -> None:
    drawn = draw_resamples(ALONE)
    able: dict[str, Decision] = {"q000": (None, True), "q001": (None, False)}
    unable: dict[str, Decision] = {"q002": (0.0, False), "q003": (0.0, False)}
    samples = drawn.refusals(able, unable)
    assert [name for name, values in samples.items() if interval(values)] == ["answered", "refused"]
    assert interval(samples["answered"]) == Interval(0, 1)
    assert interval(samples["refused"]) == Interval(1, 1)
    samples = drawn.refusals({"q000": (None, None)}, {})
    assert [interval(values) for values in samples.values()] == [None] * 5


@pytest.mark.parametrize("groups", [{}, {"a": ""}, {"a": "g", "b": "g"}])
def test_where_nothing_can_come_out_otherwise_there_is_no_interval(groups: dict[str, str]) -> None:
    drawn = draw_resamples(groups)
    assert interval(drawn.means(dict.fromkeys(groups, 0.5))) is None
    samples = drawn.refusals(dict.fromkeys(groups, (0.5, True)), {})
    assert [interval(values) for values in samples.values()] == [None] * 5


def test_values_of_a_single_group_have_no_interval() -> None:
    drawn = draw_resamples({"a": "g", "b": "g", "c": "", "d": ""})
    assert interval(drawn.means({"a": 0.0, "b": 1.0})) is None
    assert interval(drawn.means({})) is None
    assert interval(drawn.means({"a": 0.0, "c": 1.0})) == Interval(0, 1)


def test_confidences_of_a_single_group_have_no_interval() -> None:
    drawn = draw_resamples({"a": "g", "b": "g", "c": "h", "d": "i"})
    one, other = {"a": (0.9, True), "b": (0.2, True)}, {"c": (0.5, True), "d": (0.3, False)}
    samples = drawn.refusals(dict[str, Decision](one), {})
    assert [name for name, values in samples.items() if interval(values)] == []
    samples = drawn.refusals(dict[str, Decision](one), dict[str, Decision](other))
    assert [name for name, values in samples.items() if interval(values)] == ["refused", "ece"]
    samples = drawn.refusals({"a": (0.9, True), "d": (0.3, True)}, {"b": (0.2, True), "c": (0.5, True)})
    assert [name for name, values in samples.items() if interval(values)] == [
        "auroc",
        "answered",
        "refused",
        "aurc",
        "ece",
    ]


def test_without_questions_of_both_kinds_areas_have_no_interval() -> None:
    samples = draw_resamples(ALONE).refusals(decisions(10, seed=1), {})
    assert {name for name, values in samples.items() if interval(values)} == {"answered", "ece"}


def test_a_difference_is_taken_resample_by_resample() -> None:
    drawn = draw_resamples(ALONE)
    first = values_of(NAMES)
    better = {name: value + 0.25 for name, value in first.items()}
    assert paired_interval(drawn.means(first), drawn.means(first)) == Interval(0, 0)
    found = paired_interval(drawn.means(first), drawn.means(better))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.25, 0.25))
    noisy = {name: value + 0.01 * number % 3 for number, (name, value) in enumerate(first.items())}
    paired = paired_interval(drawn.means(first), drawn.means(noisy))
    unpaired = paired_interval(drawn.means(first), draw_resamples(ALONE, seed=1).means(noisy))
    assert width(paired) < 0.5 * width(unpaired)


def test_bad_values_are_refused() -> None:
    drawn = draw_resamples({"a": "", "b": ""})
    with pytest.raises(ValueError, match="the question 'x' is not among those drawn from"):
        drawn.means({"a": 1.0, "x": 1.0})
    with pytest.raises(ValueError, match="the question 'x' is not among those drawn from"):
        drawn.refusals({"x": (0.5, True)}, {})
    with pytest.raises(ValueError, match="a value is not a finite number"):
        drawn.means({"a": nan, "b": 1.0})
    with pytest.raises(ValueError, match="a confidence is not a finite number"):
        drawn.refusals({"a": (nan, True)}, {"b": (0.5, True)})
    with pytest.raises(ValueError, match="is no probability"):
        drawn.refusals({"a": (1.5, True)}, {"b": (0.5, True)})


@effort(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.tuples(st.floats(0, 1), st.booleans(), st.booleans(), st.sampled_from(["", "g", "h"])),
        max_size=20,
    )
)
def test_intervals_lie_in_the_range_of_the_values(questions: dict[str, tuple[float, bool, bool, str]]) -> None:
    drawn: Resamples = draw_resamples({name: group for name, (*_, group) in questions.items()}, resamples=100)
    values = {name: value for name, (value, *_) in questions.items()}
    found = interval(drawn.means(values))
    if found is not None:
        assert min(values.values()) - 1e-12 <= found.low <= found.high <= max(values.values()) + 1e-12
    able: dict[str, Decision] = {n: (value, said) for n, (value, said, label, _) in questions.items() if label}
    unable: dict[str, Decision] = {n: (value, said) for n, (value, said, label, _) in questions.items() if not label}
    for samples in drawn.refusals(able, unable).values():
        found = interval(samples)
        assert found is None or -1e-12 <= found.low <= found.high <= 1 + 1e-12
