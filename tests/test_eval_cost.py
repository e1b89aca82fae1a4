from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from eval.cost import Cost, Latencies, directory_size, measure_cost, percentiles, resident_memory, stage_latencies
from eval.run import Outcome, Run

LINUX = sys.platform.startswith("linux")


def run_of(*seconds: dict[str, float]) -> Run:
    return Run({str(number): Outcome((), seconds=spent) for number, spent in enumerate(seconds)}, "hybrid", 10)


def test_percentiles_are_interpolated_and_in_milliseconds() -> None:
    found = percentiles([number / 1000 for number in range(101)][::-1])
    assert (found.p50, found.p95, found.p99) == pytest.approx((50, 95, 99))


def test_one_question_is_every_percentile() -> None:
    assert percentiles([0.25]) == Latencies(250, 250, 250)


def test_each_stage_has_its_latencies_and_the_total_is_that_of_whole_questions() -> None:
    stages = stage_latencies([{"encode": 0.001, "fuse": 0.003}, {"encode": 0.003, "fuse": 0.001}])
    assert list(stages) == ["encode", "fuse", "total"]
    assert stages["encode"].p50 == pytest.approx(2)
    assert stages["encode"].p99 == pytest.approx(2.98)
    # The two questions took equally long, so no percentile of the total is the sum of the stages' percentiles.
    assert stages["total"].p50 == stages["total"].p99 == pytest.approx(4)


def test_a_stage_counts_the_questions_that_went_through_it() -> None:
    stages = stage_latencies([{"encode": 0.002}, {"encode": 0.002, "answer": 0.010}, {}])
    assert stages["answer"].p50 == pytest.approx(10)
    assert stages["total"].p50 == pytest.approx(7)


def test_a_system_that_tells_no_times_has_no_stages() -> None:
    assert stage_latencies([{}, {}]) == {}
    assert measure_cost(run_of({}, {}), None, 3.0).stages == {}
    assert measure_cost(run_of(), None, 0.0).questions == 0


def test_the_snapshot_is_weighed_with_all_that_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "dense").mkdir()
    (tmp_path / "dense" / "vectors").write_bytes(b"x" * 1000)
    (tmp_path / "manifest.json").write_bytes(b"{}")
    assert directory_size(tmp_path) == 1002
    cost = measure_cost(run_of({"encode": 0.5}), tmp_path, 1.5)
    assert (cost.snapshot, cost.questions, cost.seconds) == (1002, 1, 1.5)
    assert measure_cost(run_of(), None, 0.0).snapshot is None


@pytest.mark.skipif(not LINUX, reason="memory is read from /proc")
def test_memory_is_that_of_a_running_process() -> None:
    here = resident_memory(os.getpid())
    assert here is not None
    assert 5_000_000 < here.now <= here.peak
    assert resident_memory(2**22 + 1) is None
    cost = measure_cost(run_of(), None, 0.0)
    assert cost.memory_now is not None
    assert cost.memory_peak is not None
    assert cost.memory_peak >= here.peak


def test_a_cost_comes_back_from_json() -> None:
    adapter = TypeAdapter(Cost)
    cost = Cost({"encode": Latencies(1.5, 2.5, 3.5), "total": Latencies(4.0, 5.0, 6.0)}, 3, 0.25, None, None, 12)
    assert adapter.validate_json(adapter.dump_json(cost)) == cost
