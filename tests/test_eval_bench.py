"""The arithmetic and the tables of the benchmarks; what they measure is no test."""

from __future__ import annotations

import sys

import pytest

from eval.bench.processes import BenchError, seconds
from eval.bench.table import Row, as_json, machine, markdown

LATE = Row("p50", "ms", 12.5, 10, beside="echo", baseline=0.5)
GOOD = Row("set: ndcg@10", "", 0.9, 0.845, at_most=False)


def test_a_target_is_reached_from_its_side() -> None:
    assert LATE.reached is False
    assert GOOD.reached is True
    assert Row("x", "s", 5.0, 5).reached is True
    assert Row("x", "", 0.845, 0.845, at_most=False).reached is True
    assert Row("x", "s", None, 5).reached is None
    assert Row("x", "s", 5.0).reached is None


def test_the_ratio_is_to_what_was_measured_beside() -> None:
    assert LATE.ratio == 25
    assert GOOD.ratio is None
    assert Row("x", "s", None, beside="y", baseline=2.0).ratio is None


def test_the_table_has_a_column_for_what_was_measured_beside_only_where_something_was() -> None:
    lines = markdown([LATE, Row("memory", "MB", None, 350)], "bench").splitlines()
    assert lines[0] == "| figure | target | measured | beside it | ratio |"
    assert lines[2] == "| p50 | ≤ 10.00 ms | 12.50 ms (missed) | echo: 0.50 ms | 25.00 × |"
    assert lines[3] == "| memory | ≤ 350 MB | – |  |  |"
    assert lines[5] == f"Measured with `bench` on {machine()}."
    assert markdown([GOOD], "bench").splitlines()[2] == "| set: ndcg@10 | ≥ 0.845 | 0.900 |"


def test_json_carries_verdict_and_ratio() -> None:
    late, good = as_json([LATE, GOOD], "bench")["rows"]
    assert (late["figure"], late["measured"], late["ratio"], late["reached"]) == ("p50", 12.5, 25, False)
    assert (good["ratio"], good["reached"]) == (None, True)


def test_a_command_that_fails_is_named_with_what_it_said() -> None:
    with pytest.raises(BenchError, match=r"ended with 3: out of cheese"):
        seconds([sys.executable, "-c", "import sys; print('out of cheese', file=sys.stderr); sys.exit(3)"])
