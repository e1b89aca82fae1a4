"""Measure what the service costs: latency and memory of the real server, a cold question, a build.

Run as `python -m eval.bench.latency`. The server and the commands are those of the `zhijian` of this environment,
started as processes with a fresh home. Memory is read from `/proc` and so on Linux only.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path

from eval.bench.command import run
from eval.bench.processes import HOST, BenchError, free_port, seconds, serving, zhijian_command
from eval.bench.table import Row
from eval.cost import percentiles, resident_memory
from eval.questions import Question

WARM_UP = 50
BLOCK = 50
MEGABYTE = 1_000_000


class Client:
    """Post JSON over one connection that is kept alive."""

    def __init__(self, port: int, path: str) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)
        self._path = path

    def post(self, body: bytes) -> float:
        """Send one request and return its time in seconds, from the first byte sent to the last received."""
        start = time.perf_counter()
        self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        elapsed = time.perf_counter() - start
        if response.status != 200:
            raise BenchError(f"{self._path} answered {response.status}: {answer[:200]!r}")
        return elapsed


def measure_server(questions: Sequence[str], requests: int, home: Path) -> list[Row]:
    """Return latency and memory of `/v1/search`, one client, in turns with a server that only sends bodies back."""
    bodies = cycle([json.dumps({"query": question}).encode() for question in questions])
    port, echo_port = free_port(), free_port()
    echo_command = [sys.executable, "-m", "uvicorn", "eval.bench.echo:app", "--host", HOST, "--port", str(echo_port)]
    environment = {"ZHIJIAN_HOME": str(home), "ZHIJIAN_HOST": HOST, "ZHIJIAN_PORT": str(port)}
    with (
        serving([zhijian_command(), "serve"], port, environment) as process_id,
        serving([*echo_command, "--no-access-log", "--log-level", "warning"], echo_port),
    ):
        search, echo = Client(port, "/v1/search"), Client(echo_port, "/echo")
        for body in islice(bodies, WARM_UP):
            search.post(body)
            echo.post(body)
        found: list[float] = []
        echoed: list[float] = []
        for block in _blocks(bodies, requests):
            found += [search.post(body) for body in block]
            echoed += [echo.post(body) for body in block]
        memory = resident_memory(process_id)
    ours, bare = percentiles(found), percentiles(echoed)
    beside = "FastAPI echo"
    return [
        Row("`/v1/search` p50", "ms", ours.p50, 15, beside=beside, baseline=bare.p50),
        Row("`/v1/search` p95", "ms", ours.p95, beside=beside, baseline=bare.p95),
        Row("`/v1/search` p99", "ms", ours.p99, 50, beside=beside, baseline=bare.p99),
        Row("server memory after it", "MB", memory.now / MEGABYTE if memory else None, 350),
    ]


def measure_commands(question: str, home: Path) -> list[Row]:
    """Return the time of a build into an empty home (median of 3) and of a cold question (median of 5)."""
    builds = [_build(home / str(number)) for number in range(3)]
    environment = {"ZHIJIAN_HOME": str(home / "0")}
    asks: list[float] = []
    starts: list[float] = []
    for _ in range(5):
        asks.append(seconds([zhijian_command(), "ask", question], environment))
        starts.append(seconds([sys.executable, "-c", "import numpy"]))
    start, beside = statistics.median(starts), 'python -c "import numpy"'
    return [
        Row("`zhijian ask`, new process", "s", statistics.median(asks), 1.5, beside=beside, baseline=start),
        Row("`zhijian build`", "s", statistics.median(builds), 5, beside=beside, baseline=start),
    ]


def measure(questions: Sequence[Question], requests: int, home: Path) -> list[Row]:
    """Return all rows; the server answers from the first of the indexes that are built for them."""
    texts = [question.text for question in questions]
    commands = measure_commands(texts[0], home)
    return measure_server(texts, requests, home / "0") + commands


def _build(home: Path) -> float:
    return seconds([zhijian_command(), "build"], {"ZHIJIAN_HOME": str(home)})


def _blocks(bodies: Iterator[bytes], count: int) -> Iterator[list[bytes]]:
    while count > 0:
        yield list(islice(bodies, min(BLOCK, count)))
        count -= BLOCK


if __name__ == "__main__":
    run("latency", __doc__, measure, requests=1000, least=500)
