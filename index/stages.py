"""Measure where the time of a search goes."""

from __future__ import annotations

from time import perf_counter

from index.types import Stage


class Stopwatch:
    """Share out the time since its making among stages; `seconds` is what each has got so far."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(Stage, 0.0)
        self._last = perf_counter()

    def lap(self, stage: Stage) -> None:
        """Count the time since the last lap for `stage`, so that a stage may have several and no time is lost."""
        now = perf_counter()
        self.seconds[stage] += now - self._last
        self._last = now
