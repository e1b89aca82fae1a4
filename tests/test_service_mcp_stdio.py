"""`zhijian mcp` as a process: only the protocol on stdout, and an end when the client leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from index.retriever import Retriever
from service.settings import Settings

pytest_plugins = ["service_fixtures"]

COMMAND = [sys.executable, "-c", "from service.cli import main; main()", "mcp"]
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search", "arguments": {"query": "补充定额"}},
}


@pytest.fixture
def home(settings: Settings, library: Retriever) -> Path:
    """Return a directory that holds a snapshot."""
    return settings.home


def _start(home: Path, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMAND,
        env=os.environ | {"ZHIJIAN_HOME": str(home)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _send(process: subprocess.Popen[bytes], *messages: dict[str, Any] | bytes) -> None:
    assert process.stdin
    for message in messages:
        process.stdin.write(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def _receive(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout
    return dict(json.loads(process.stdout.readline()))


def test_lines_that_are_no_messages_cost_nothing_but_themselves(home: Path) -> None:
    with _start(home) as process:
        _send(process, HELLO)
        assert _receive(process)["result"]["serverInfo"]["name"] == "zhijian"
        long = CALL | {"id": 5, "params": {"name": "search", "arguments": {"query": "长" * 1_000_000}}}
        _send(
            process, b"\n", b"nonsense\n", b"[]\n", b'{"jsonrpc": "2.0"}\n', b"\xff\xfe\n", b'"' + b"x" * 10**6 + b'"\n'
        )
        _send(process, long)
        refused = _receive(process)
        assert (refused["id"], refused["result"]["isError"]) == (5, True)
        _send(process, CALL)
        answered = _receive(process)
        assert answered["result"]["structuredContent"]["results"][0]["id"] == "mohurd-2024-131:3.2.3"
        rest, errors = process.communicate()
        assert (process.returncode, rest, errors) == (0, b"", b"")


def test_it_ends_when_stdin_does_also_half_way_through_a_call(home: Path) -> None:
    with _start(home) as process:
        _send(process, HELLO, CALL, b'{"jsonrpc": "2.0", "id": 2, "meth')
        output, errors = process.communicate()
        assert (process.returncode, errors) == (0, b"")
        assert all(json.loads(line)["jsonrpc"] == "2.0" for line in output.splitlines())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_quietly(home: Path, number: signal.Signals) -> None:
    with _start(home) as process:
        _send(process, HELLO)
        _receive(process)
        process.send_signal(number)
        # The pipe to its stdin is still open: nothing but the signal can have ended it.
        assert process.wait() == -number
        assert process.stderr
        assert process.stderr.read() == b""


def test_a_client_that_closes_its_end_of_stdout_gets_no_traceback(home: Path) -> None:
    with _start(home) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        _send(process, HELLO)
        assert process.stdin
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_a_library_that_can_not_be_opened_is_told_to_the_client(home: Path) -> None:
    with _start(home, ZHIJIAN_CORPUS="/nowhere") as process:
        _send(process, HELLO, CALL)
        _receive(process)
        result = _receive(process)["result"]
        assert result["isError"] is True
        message = "/nowhere: no such directory of documents"
        assert result["content"][0]["text"] == f"The index could not be opened: {message}"
        rest, errors = process.communicate()
        assert (process.returncode, rest) == (1, b"")
        assert errors.decode() == f"ERROR: the library can't be opened: {message}\n"


def test_without_a_client_it_says_what_is_missing(home: Path) -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" <&-', *COMMAND],
        env=os.environ | {"ZHIJIAN_HOME": str(home)},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.startswith(b"zhijian: mcp talks over stdin and stdout, of which one is closed")
