"""Set measured figures beside their targets, for a README."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one measured figure with its target.

    `at_most` says on which side of the target to be. `beside` names what was measured next to it in the same unit, and
    `baseline` is its figure; times on shared machines are noisy, their ratio less so.
    """

    figure: str
    unit: str
    measured: float | None
    target: float | None = None
    at_most: bool = True
    beside: str = ""
    baseline: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return the figure as a multiple of its baseline."""
        return self.measured / self.baseline if self.measured is not None and self.baseline else None

    @property
    def reached(self) -> bool | None:
        """Say whether the target is reached; None where there is no target or no figure."""
        if self.target is None or self.measured is None:
            return None
        return self.measured <= self.target if self.at_most else self.measured >= self.target


def markdown(rows: Sequence[Row], command: str) -> str:
    """Return the rows as a Markdown table, with the command and the machine that measured them."""
    beside = any(row.beside for row in rows)
    header = ["figure", "target", "measured", *(["beside it", "ratio"] if beside else [])]
    lines = [header, ["---", "--:", "--:", *(["---", "--:"] if beside else [])]]
    for row in rows:
        cells = [
            row.figure,
            _target(row),
            _number(row.measured, row.unit) + (" (missed)" if row.reached is False else ""),
        ]
        if beside:
            baseline = f"{row.beside}: {_number(row.baseline, row.unit)}" if row.beside else ""
            cells += [baseline, f"{row.ratio:.2f} ×" if row.ratio is not None else ""]
        lines.append(cells)
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n\nMeasured with `{command}` on {machine()}."


def as_json(rows: Sequence[Row], command: str) -> dict[str, Any]:
    """Return the rows as JSON values."""
    return {
        "command": command,
        "machine": machine(),
        "rows": [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in rows],
    }


def machine() -> str:
    """Describe the processor, how many cores this process may use and how busy they have been, and the Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{_processor()}, {cores} cores{load}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _target(row: Row) -> str:
    if row.target is None:
        return "–"
    return f"{'≤' if row.at_most else '≥'} {_number(row.target, row.unit)}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = {"": 3, "ms": 2, "s": 2, "kB": 1}.get(unit, 0)
    return f"{value:.{digits}f}{f' {unit}' if unit else ''}"
