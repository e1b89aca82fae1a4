"""Measure what somebody waits for: the first sentence of a streamed answer, many streams at once, page and widget.

Run as `python -m eval.bench.streams`. The server is the `zhijian` of this environment, started as a process with a
fresh home and without a language model. Memory is read from `/proc` and so on Linux only; the figures of the page need
`playwright` and Chromium.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from eval.bench.browser import measure_browser
from eval.bench.command import run
from eval.bench.event_client import Stream, ask, ask_at_once
from eval.bench.processes import HOST, BenchError, free_port, serving, zhijian_command
from eval.bench.table import Row
from eval.cost import percentiles, resident_memory
from eval.questions import FITTING_SPLIT, Question

AT_ONCE = 100
ROUNDS = 5
WARM_UP = 50
BLOCK = 50
PAGES = 5
MEGABYTE = 1_000_000
ASK, ECHO = "/v1/ask", "/stream"
_SEED = 20241131
_BESIDE = "FastAPI SSE echo"


def sample(questions: Sequence[Question]) -> list[Question]:
    """Draw `AT_ONCE` questions of the dev split, the same at each run. Raises `BenchError` where there are fewer."""
    known = [question for question in questions if question.split == FITTING_SPLIT]
    if len(known) < AT_ONCE:
        raise BenchError(f'{len(known)} questions are of the split "{FITTING_SPLIT}"; {AT_ONCE} are needed')
    return random.Random(_SEED).sample(known, AT_ONCE)


def body_of(question: Question) -> bytes:
    """Return the request that asks a question, after those before it, for a stream."""
    return json.dumps({"question": question.text, "history": question.history, "stream": True}).encode()


def measure_alone(bodies: Sequence[bytes], requests: int, port: int, echo_port: int) -> list[Row]:
    """Return the time to the first sentence, one stream after another, in turns with the echo."""
    turns = cycle(bodies)
    for body in islice(turns, WARM_UP):
        ask(port, ASK, body)
        ask(echo_port, ECHO, body)
    answered: list[Stream] = []
    echoed: list[Stream] = []
    for start in range(0, requests, BLOCK):
        block = list(islice(turns, min(BLOCK, requests - start)))
        answered += [ask(port, ASK, body) for body in block]
        echoed += [ask(echo_port, ECHO, body) for body in block]
    ours, bare = percentiles(first_sentences(answered)), percentiles(first_sentences(echoed))
    return [
        Row("first sentence p50", "ms", ours.p50, beside=_BESIDE, baseline=bare.p50),
        Row("first sentence p95", "ms", ours.p95, 60, beside=_BESIDE, baseline=bare.p95),
        Row("first sentence p99", "ms", ours.p99, beside=_BESIDE, baseline=bare.p99),
    ]


def measure_at_once(bodies: Sequence[bytes], port: int, echo_port: int) -> list[Row]:
    """Return how many streams fail or differ where all are asked in the same moment, and how long they take."""
    alone = [ask(port, ASK, body) for body in bodies]
    rounds: list[list[Stream | BenchError]] = []
    echoed: list[list[Stream | BenchError]] = []
    for _ in range(ROUNDS):
        rounds.append(ask_at_once(port, ASK, bodies))
        echoed.append(ask_at_once(echo_port, ECHO, bodies))
    for error in sorted({str(one) for streams in (*rounds, *echoed) for one in streams if isinstance(one, BenchError)}):
        print(f"at once: {error}", file=sys.stderr)
    return at_once_rows(alone, rounds, echoed)


def at_once_rows(
    alone: Sequence[Stream],
    rounds: Sequence[Sequence[Stream | BenchError]],
    echoed: Sequence[Sequence[Stream | BenchError]],
) -> list[Row]:
    """Return the rows of several rounds of the streams that were first asked `alone`, in the same order."""
    broken = differing = 0
    for streams in rounds:
        for one, apart in zip(streams, alone, strict=True):
            if isinstance(one, BenchError) or not one.complete:
                broken += 1
            elif one.said != apart.said:
                differing += 1
    ours, bare = _whole(rounds), _whole(echoed)
    name = f"{len(alone)} streams at once, {len(rounds)} rounds"
    return [
        Row(f"{name}: not whole", "streams", broken, 0),
        Row(f"{name}: unlike the same asked alone", "streams", differing, 0),
        Row(f"{name}: first sentence p95", "ms", _p95(ours), beside=_BESIDE, baseline=_p95(bare)),
        Row(f"{name}: all of them", "s", _seconds(ours), beside=_BESIDE, baseline=_seconds(bare)),
    ]


def first_sentences(streams: Sequence[Stream]) -> list[float]:
    """Return the seconds to each first sentence. Raises `BenchError` for a stream that is not whole."""
    times: list[float] = []
    for stream in streams:
        if not stream.complete or stream.first_sentence is None:
            raise BenchError(f"a stream is not whole: {', '.join(event.name for event in stream.events)}")
        times.append(stream.first_sentence)
    return times


def measure(questions: Sequence[Question], requests: int, home: Path) -> list[Row]:
    """Return all rows for a sample of the questions, from a server that is started for them with an empty `home`."""
    questions = sample(questions)
    bodies = [body_of(question) for question in questions]
    port, echo_port = free_port(), free_port()
    echo_command = [sys.executable, "-m", "uvicorn", "eval.bench.echo:app", "--host", HOST, "--port", str(echo_port)]
    environment = {
        "ZHIJIAN_HOME": str(home),
        "ZHIJIAN_HOST": HOST,
        "ZHIJIAN_PORT": str(port),
        "ZHIJIAN_ALLOWED_ORIGINS": f"http://{HOST}:{echo_port}",
        # Empty counts as not set.
        **dict.fromkeys(("ZHIJIAN_LLM_BASE_URL", "ZHIJIAN_LLM_MODEL", "ZHIJIAN_LLM_API_KEY"), ""),
    }
    with (
        serving([zhijian_command(), "serve"], port, environment) as process_id,
        serving([*echo_command, "--no-access-log", "--log-level", "warning"], echo_port),
    ):
        rows = measure_alone(bodies, requests, port, echo_port) + measure_at_once(bodies, port, echo_port)
        memory = resident_memory(process_id)
        # The address of a page holds one question, not those before it.
        linked = [question.text for question in questions if not question.history][:PAGES]
        pages = measure_browser(linked, port, echo_port)
    return [*rows, Row("server memory after them", "MB", memory.now / MEGABYTE if memory else None), *pages]


def _whole(rounds: Sequence[Sequence[Stream | BenchError]]) -> list[list[Stream]]:
    return [[one for one in streams if isinstance(one, Stream) and one.complete] for streams in rounds]


def _p95(rounds: Sequence[Sequence[Stream]]) -> float | None:
    """Return the 95th percentile of the times to a first sentence, in milliseconds; the median of all rounds."""
    times = [percentiles(first_sentences(streams)).p95 for streams in rounds if streams]
    return statistics.median(times) if times else None


def _seconds(rounds: Sequence[Sequence[Stream]]) -> float | None:
    """Return how long a round took, from its first question to its last event; the median of all."""
    spans = [
        max(stream.events[-1].at for stream in streams) - min(stream.begun for stream in streams)
        for streams in rounds
        if streams
    ]
    return statistics.median(spans) if spans else None


if __name__ == "__main__":
    run("streams", __doc__, measure, requests=500, least=100)
