from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf, nan, nextafter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from eval.refusal import (
    BINS,
    CoveragePoint,
    Refusal,
    Statistic,
    aurc,
    auroc,
    calibration_bins,
    ece,
    refusal,
    risk_coverage,
    weighted_aurc,
    weighted_auroc,
    weighted_ece,
)

CONFIDENCE = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
SOME = st.lists(CONFIDENCE, min_size=1, max_size=12)
ANY = st.lists(CONFIDENCE, max_size=12)
Figure = Callable[[list[float], list[float]], float | None]


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.9, 0.5, 0.3], [0.5, 0.4], (2 + 1.5 + 0) / 6),
        ([0.5], [], None),
        ([], [0.5], None),
        ([], [], None),
        # Confidences that are no probabilities rank all the same, also where their difference is no finite number.
        ([1e308, 5e-324], [-1e308, 0.0], 1.0),
    ],
)
def test_auroc_by_hand(positives: list[float], negatives: list[float], expected: float | None) -> None:
    assert auroc(positives, negatives) == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(SOME, SOME)
def test_auroc_is_the_share_of_pairs_won(positives: list[float], negatives: list[float]) -> None:
    pairs = [(p, n) for p in positives for n in negatives]
    share = sum((p > n) + (p == n) / 2 for p, n in pairs) / len(pairs)
    area, turned = auroc(positives, negatives), auroc(negatives, positives)
    assert area == pytest.approx(share, abs=1e-12)
    assert area is not None
    assert turned == pytest.approx(1 - area, abs=1e-12)


@given(SOME, SOME)
def test_auroc_is_that_of_scipy(positives: list[float], negatives: list[float]) -> None:
    u = mannwhitneyu(positives, negatives, method="asymptotic").statistic if {*positives} | {*negatives} else 0
    assert auroc(positives, negatives) == pytest.approx(u / (len(positives) * len(negatives)), abs=1e-12)


def test_the_risk_coverage_curve_by_hand() -> None:
    # Answered from the surest on: + | + - | - +; the two at .6 and the two at .2 come together.
    curve = risk_coverage([0.9, 0.6, 0.2], [0.6, 0.2])
    assert curve == (CoveragePoint(0.9, 1 / 5, 0.0), CoveragePoint(0.6, 3 / 5, 1 / 3), CoveragePoint(0.2, 1.0, 2 / 5))
    assert aurc([0.9, 0.6, 0.2], [0.6, 0.2]) == pytest.approx((1 * 0 + 2 / 3 + 2 * 2 / 5) / 5, abs=1e-12)


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([0.9, 0.8], [0.2, 0.1], (0 + 0 + 1 / 3 + 2 / 4) / 4),
        ([0.2, 0.1], [0.9, 0.8], (1 + 1 + 2 / 3 + 2 / 4) / 4),
        ([0.5] * 3, [0.5], 1 / 4),
        ([0.5], [], None),
        ([], [0.5], None),
        ([], [], None),
    ],
)
def test_the_area_by_hand(positives: list[float], negatives: list[float], expected: float | None) -> None:
    assert aurc(positives, negatives) == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(ANY, ANY)
def test_the_curve_says_what_answering_from_each_confidence_on_would_mean(
    positives: list[float], negatives: list[float]
) -> None:
    curve = risk_coverage(positives, negatives)
    for point in curve:
        able, unable = (sum(value >= point.confidence for value in values) for values in (positives, negatives))
        assert point.coverage == (able + unable) / len(positives + negatives)
        assert point.risk == unable / (able + unable)
    assert {point.confidence for point in curve} == {*positives, *negatives}
    assert all(before.coverage < after.coverage for before, after in pairwise(curve))
    if curve:
        assert (curve[-1].coverage, curve[-1].risk) == (1, len(negatives) / len(positives + negatives))


@given(SOME, SOME)
def test_the_area_is_that_under_the_steps_of_the_curve(positives: list[float], negatives: list[float]) -> None:
    curve = risk_coverage(positives, negatives)
    widths = [after - before for before, after in pairwise([0.0, *(point.coverage for point in curve)])]
    area = aurc(positives, negatives)
    assert area == pytest.approx(sum(width * point.risk for width, point in zip(widths, curve, strict=True)), abs=1e-12)
    # Nothing beats all that can be answered first, nothing is worse than all of them last.
    high, low = [1 + float(n) for n in range(len(positives))], [-1 - float(n) for n in range(len(negatives))]
    best, worst = aurc(high, low), aurc([-value for value in high], [-value for value in low])
    assert best is not None
    assert worst is not None
    assert area is not None
    assert best - 1e-12 <= area <= worst + 1e-12
    assert 0 < best < worst < 1


@given(SOME, SOME)
def test_ranks_alone_count_for_both_areas(positives: list[float], negatives: list[float]) -> None:
    rank = {value: float(number) for number, value in enumerate(sorted({*positives, *negatives}))}
    for figure in (auroc, aurc):
        assert figure([rank[p] for p in positives], [rank[n] for n in negatives]) == figure(positives, negatives)


def test_calibration_by_hand() -> None:
    positives, negatives = [0.95, 0.85, 0.95, 0.25], [0.95, 0.05, 0.0]
    bins = calibration_bins(positives, negatives)
    assert [(b.low, b.high) for b in bins] == [(number / 10, (number + 1) / 10) for number in range(10)]
    assert [b.count for b in bins] == [2, 0, 1, 0, 0, 0, 0, 0, 1, 3]
    assert [b.share for b in bins if b.count] == [0, 1, 1, 2 / 3]
    assert [b.confidence for b in bins if b.count] == pytest.approx([0.025, 0.25, 0.85, 0.95])
    assert {(b.share, b.confidence) for b in bins if not b.count} == {(None, None)}
    gaps = 2 * 0.025 + 1 * 0.75 + 1 * 0.15 + 3 * (0.95 - 2 / 3)
    assert ece(positives, negatives) == pytest.approx(gaps / 7, abs=1e-12)


@pytest.mark.parametrize("number", range(1, BINS))
def test_the_upper_edge_of_a_bin_belongs_to_it(number: int) -> None:
    edge = number / BINS
    for value, place in ((edge, number - 1), (nextafter(edge, 1), number)):
        assert [b.count for b in calibration_bins([value], [])] == [int(bin_ == place) for bin_ in range(BINS)]


def test_certainty_is_calibrated_where_it_is_right() -> None:
    assert ece([1.0, 1.0], [0.0]) == 0
    assert ece([0.0], [1.0]) == 1
    assert ece([1.0], []) == 0
    assert ece([0.5, 0.5], [0.5, 0.5]) == 0
    assert ece([], []) is None


@given(ANY, ANY)
def test_the_error_is_the_mean_gap_of_the_bins(positives: list[float], negatives: list[float]) -> None:
    bins, error = calibration_bins(positives, negatives), ece(positives, negatives)
    if not positives + negatives:
        assert (bins, error) == ((), None)
        return
    assert sum(b.count for b in bins) == len(positives + negatives)
    gap = sum(b.count * abs(b.share - b.confidence) for b in bins if b.share is not None and b.confidence is not None)
    assert error == pytest.approx(gap / len(positives + negatives), abs=1e-12)
    assert 0 <= gap / len(positives + negatives) <= 1
    for b in bins:
        assert b.confidence is None or b.low - 1e-12 <= b.confidence <= b.high + 1e-12
        assert b.share is None or 0 <= b.share <= 1


@given(ANY, ANY)
def test_the_order_of_questions_changes_no_bit(positives: list[float], negatives: list[float]) -> None:
    turned = positives[::-1], sorted(negatives)
    for figure in (auroc, aurc, ece, risk_coverage, calibration_bins):
        assert figure(*turned) == figure(positives, negatives)


@given(st.lists(st.tuples(CONFIDENCE, st.booleans(), st.integers(0, 3)), max_size=10))
@pytest.mark.parametrize(
    ("weighted", "plain"),
    [(weighted_auroc, auroc), (weighted_aurc, aurc), (weighted_ece, ece)],
    ids=lambda f: f.__name__,
)
def test_a_weight_counts_a_question_so_many_times(
    weighted: Statistic, plain: Figure, questions: list[tuple[float, bool, int]]
) -> None:
    confidence = np.array([value for value, _, _ in questions], dtype=np.float64)
    labels = np.array([label for _, label, _ in questions], dtype=bool)
    weights = np.array([[weight for _, _, weight in questions], [1] * len(questions)], dtype=np.float64)
    for row, value in zip(weights, weighted(confidence, labels, weights), strict=True):
        times = [
            (c, label) for c, label, weight in zip(confidence, labels, row, strict=True) for _ in range(int(weight))
        ]
        expected = plain([c for c, label in times if label], [c for c, label in times if not label])
        assert value == pytest.approx(nan if expected is None else expected, abs=1e-12, nan_ok=True)


def test_refusal_counts_decisions_at_the_threshold() -> None:
    able = [(0.9, True), (0.7, True), (0.4, False)]
    unable = [(0.6, True), (0.1, False)]
    both = refusal(able, unable)
    assert (both.auroc, both.answered, both.refused) == (5 / 6, 2 / 3, 1 / 2)
    assert both.aurc == aurc([0.9, 0.7, 0.4], [0.6, 0.1])
    assert both.ece == pytest.approx((0.1 + 0.3 + 0.6 + 0.6 + 0.1) / 5)
    assert refusal(able, []) == Refusal(None, 2 / 3, None, None, ece([0.9, 0.7, 0.4], []))
    assert refusal([], unable) == Refusal(None, None, 1 / 2, None, ece([], [0.6, 0.1]))
    assert refusal([], []) == Refusal(None, None, None, None, None)


def test_what_a_system_does_not_say_has_no_figure() -> None:
    assert refusal([(None, None), (0.0, False)], [(None, None)]) == Refusal(None, None, None, None, None)
    assert refusal([(None, True)], [(None, False)]) == Refusal(None, 1.0, 1.0, None, None)
    assert refusal([(1.0, None)], [(0.0, True)]) == Refusal(1.0, None, None, 0.25, 0.0)
    assert (auroc([None], [0.5]), aurc([0.5], [None]), ece([None], [])) == (None, None, None)
    assert (risk_coverage([0.5, None], [0.1]), calibration_bins([None], [0.1])) == ((), ())


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_confidence_that_is_no_finite_number_is_refused(value: float) -> None:
    for figure in (auroc, aurc, ece, risk_coverage, calibration_bins):
        with pytest.raises(ValueError, match="not a finite number"):
            figure([value], [0.5])


@pytest.mark.parametrize("value", [1.5, -0.1])
def test_a_confidence_that_is_no_probability_can_not_be_calibrated(value: float) -> None:
    assert auroc([value], [value]) == 0.5
    with pytest.raises(ValueError, match=rf"a confidence of {value} is no probability"):
        ece([0.5], [value])
    with pytest.raises(ValueError, match="is no probability"):
        calibration_bins([value], [])
