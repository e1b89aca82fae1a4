"""Start processes and time them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from corpus.errors import ZhijianError

HOST = "127.0.0.1"
START_TIMEOUT = 120.0


class BenchError(ZhijianError):
    """Report a process that failed while it was measured."""


def zhijian_command() -> str:
    """Return the path of the `zhijian` command of this environment."""
    beside = Path(sys.executable).with_name("zhijian")
    command = str(beside) if beside.exists() else shutil.which("zhijian")
    if command is None:
        raise BenchError("the command zhijian is not installed here; run `pip install -e .`")
    return command


def seconds(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Run a command to its end and return the wall time; raise `BenchError` with its stderr if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True)
    elapsed = time.perf_counter() - start
    if done.returncode:
        raise BenchError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return elapsed


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(command: Sequence[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a server until the block ends; yield its process id once `/readyz` answers 200."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_TIMEOUT
            while not _ready(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    tail = log.read().decode(errors="replace").strip()[-500:]
                    raise BenchError(f"{' '.join(command)} did not get ready: {tail}")
                time.sleep(0.05)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _ready(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
