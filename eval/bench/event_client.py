"""Read answers as server-sent events, with the time at which each came; one alone or many at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from threading import Barrier

from eval.bench.processes import HOST, BenchError

# What a reader might wait for, in seconds; a stream that is silent for longer counts as broken.
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Event:
    """Hold a server-sent event with the time at which its last line came, in seconds of `time.perf_counter`."""

    name: str
    data: str
    at: float


@dataclass(frozen=True, slots=True)
class Stream:
    """Hold the events of one answer; `begun` is when its question was sent, on the clock of the events."""

    begun: float
    events: tuple[Event, ...]

    @property
    def first_sentence(self) -> float | None:
        """Return the seconds from sending the question to the first sentence; None where none came."""
        return next((event.at - self.begun for event in self.events if event.name == "sentence"), None)

    @property
    def complete(self) -> bool:
        """Say whether it holds a sentence, and ends with `done` and nothing behind it."""
        names = [event.name for event in self.events]
        return "sentence" in names and names.count("done") == 1 and names[-1] == "done"

    @property
    def said(self) -> list[tuple[str, str]]:
        """Return what came, without the times."""
        return [(event.name, event.data) for event in self.events]


def read_events(lines: Iterable[bytes], clock: Callable[[], float] = time.perf_counter) -> Iterator[Event]:
    """Yield the events of a stream as an EventSource reads them; an event that is cut off is none."""
    name, data = "message", list[str]()
    for line in lines:
        field, _, value = line.decode().rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not field and not value and not line.startswith(b":"):
            if data:
                yield Event(name, "\n".join(data), clock())
            name, data = "message", []


def ask(port: int, path: str, body: bytes) -> Stream:
    """Return the stream that answers `body`, on a connection of its own. Raises `BenchError` where it is no stream."""
    with closing(_connected(port)) as connection:
        return _asked(connection, path, body)


def ask_at_once(port: int, path: str, bodies: Sequence[bytes]) -> list[Stream | BenchError]:
    """Return what answers each of `bodies`, all sent in the same moment, each on a connection of its own."""
    connections = [_connected(port) for _ in bodies]
    gate = Barrier(len(bodies))
    try:
        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(partial(_asked_behind, gate, path), connections, bodies))
    finally:
        for connection in connections:
            connection.close()


def _asked_behind(gate: Barrier, path: str, connection: HTTPConnection, body: bytes) -> Stream | BenchError:
    gate.wait()
    try:
        return _asked(connection, path, body)
    except BenchError as error:
        return error


def _connected(port: int) -> HTTPConnection:
    connection = HTTPConnection(HOST, port, timeout=_TIMEOUT)
    try:
        connection.connect()
    except OSError as error:
        raise BenchError(f"port {port} can't be reached: {error}") from None
    return connection


def _asked(connection: HTTPConnection, path: str, body: bytes) -> Stream:
    begun = time.perf_counter()
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise BenchError(f"{path} answered {response.status}: {response.read()[:200]!r}")
        return Stream(begun, tuple(read_events(iter(response.readline, b""))))
    except (OSError, HTTPException, UnicodeError) as error:
        raise BenchError(f"{path} broke off: {error!r}") from None
