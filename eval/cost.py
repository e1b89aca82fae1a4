"""What a run costs: time by stage, memory, disk."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.run import Run

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Latencies:
    """Hold the percentiles of a sample in milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold the resident memory of a process in bytes: now, and the most that it ever had."""

    now: int
    peak: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Hold what a run cost.

    `stages` are the latencies of a question by stage, in order, and their sum as `total` last; empty where the system
    tells no times. `seconds` is what all `questions` took. `memory_now` and `memory_peak` are the resident memory of
    this process in bytes, None where the system has no `/proc`. `snapshot` is the size of the searched files in bytes,
    None where they are not of this process.
    """

    stages: Mapping[str, Latencies]
    questions: int
    seconds: float
    memory_now: int | None
    memory_peak: int | None
    snapshot: int | None


def measure_cost(run: Run, snapshot: Path | None, seconds: float) -> Cost:
    """Return what a run of this process cost; `seconds` is the wall time of all of it, `snapshot` a directory."""
    memory = resident_memory(os.getpid())
    return Cost(
        stages=stage_latencies([outcome.seconds for outcome in run.outcomes.values()]),
        questions=len(run.outcomes),
        seconds=seconds,
        memory_now=memory.now if memory else None,
        memory_peak=memory.peak if memory else None,
        snapshot=directory_size(snapshot) if snapshot else None,
    )


def stage_latencies(timings: Sequence[Mapping[str, float]]) -> dict[str, Latencies]:
    """Return the latencies of each stage over the questions that went through it, and of their sum as `total`.

    `timings` are the seconds of each question by stage; a question without any is left out.
    """
    samples: dict[str, list[float]] = {}
    for seconds in timings:
        for stage, spent in seconds.items():
            samples.setdefault(stage, []).append(spent)
    told = [sum(seconds.values()) for seconds in timings if seconds]
    return {stage: percentiles(sample) for stage, sample in (samples | {TOTAL: told}).items() if sample}


def percentiles(sample: Sequence[float]) -> Latencies:
    """Return the percentiles of a sample in seconds, interpolated between its points; one point is all of them."""
    points = sample if len(sample) > 1 else [*sample, *sample]
    cuts = statistics.quantiles(points, n=100, method="inclusive")
    return Latencies(*(cuts[percent - 1] * 1000 for percent in (50, 95, 99)))


def resident_memory(process_id: int) -> Memory | None:
    """Return the resident memory of a process as Linux counts it (VmRSS, VmHWM); None on other systems."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    # A process that has ended but was not waited for has a status without memory.
    if "VmRSS" not in fields or "VmHWM" not in fields:
        return None
    now, peak = (int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return Memory(now, peak)


def directory_size(directory: Path) -> int:
    """Return how many bytes the files of a directory and of those in it hold together."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
