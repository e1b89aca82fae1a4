"""Feedback over HTTP and out of the command: what is kept, what is refused, and that asking never suffers."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from problem_documents import problem_of
from starlette.testclient import TestClient

from index.retriever import Retriever
from service.feedback import NAME, FeedbackFile
from service.settings import Settings

pytest_plugins = ["service_fixtures"]

COMMAND = [sys.executable, "-c", "from service.cli import main; main()"]
ROOT = Path(__file__).parent.parent
SHOWN = ["mohurd-2024-131:4.2.1", "mohurd-2024-131:1.1.1"]
GIVEN: dict[str, Any] = {"question": "深圳给培训补贴多少？", "practice_ids": SHOWN, "verdict": "up"}


def _environment(home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIJIAN_")}
    return inherited | {"ZHIJIAN_HOME": str(home), "PYTHONPATH": str(ROOT)}


@contextmanager
def _serving(home: Path, limits: str = "") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the address of a server process of its own, under shell limits, and end it."""
    command = ["sh", "-c", f'{limits} exec "$@"', "sh", *COMMAND, "serve", "--port", "0"]
    server = subprocess.Popen(command, env=_environment(home), stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
    assert found
    try:
        while httpx.get(f"{found[0]}/readyz").status_code == 503:
            pass
        yield found[0], server
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate()


def _export(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "feedback", "export", *arguments]
    return subprocess.run(command, env=_environment(home) | environment, capture_output=True, check=False)


def _kept(settings: Settings) -> tuple[str, ...]:
    return tuple(one.id for one in FeedbackFile(settings.home).read())


def _give(client: TestClient, **fields: Any) -> httpx.Response:
    return client.post("/v1/feedback", content=json.dumps(GIVEN | fields), headers={"content-type": "application/json"})


def test_feedback_is_kept_as_given_with_id_and_time(client: TestClient, settings: Settings) -> None:
    note = "  第二条不对\n应该是苏州 "
    response = _give(client, verdict="down", history=["嘉兴呢？"], note=note, practice_ids=[*SHOWN, SHOWN[0]])
    assert response.status_code == 201, response.text
    kept = FeedbackFile(settings.home).read()[-1]
    assert response.json() == {"id": kept.id, "time": kept.time}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", kept.time)
    assert (kept.question, kept.history, kept.verdict.value) == (GIVEN["question"], ("嘉兴呢？",), "down")
    assert (kept.practice_ids, kept.note) == (tuple(SHOWN), note.strip())


@pytest.mark.parametrize("fields", [{}, {"note": None}, {"note": ""}, {"note": " \n\u200b"}, {"practice_ids": []}])
def test_a_note_and_practices_may_be_left_out(client: TestClient, settings: Settings, fields: dict[str, Any]) -> None:
    kept = _give(client, **fields).json()["id"]
    assert [one.note for one in FeedbackFile(settings.home).read() if one.id == kept] == [None]


def test_nothing_is_kept_of_who_sent_it(address: str, settings: Settings) -> None:
    marks = {"User-Agent": "Tattletale/9.75", "X-Forwarded-For": "203.0.113.77", "Referer": "http://leak.example/"}
    assert httpx.post(f"{address}/v1/feedback", json=GIVEN, headers=marks | {"Cookie": "who=me"}).status_code == 201
    written = b"".join(path.read_bytes() for path in settings.home.glob(f"{NAME}*"))
    assert GIVEN["question"].encode() in written
    for trace in (b"Tattletale", b"203.0.113.77", b"leak.example", b"who=me", b"127.0.0.1"):
        assert trace not in written


@pytest.mark.parametrize(
    ("fields", "name", "pointer"),
    [
        ({"question": " "}, "blank-text", "#/question"),
        ({"question": "长" * 2001}, "text-too-long", "#/question"),
        ({"history": ["\ud800"]}, "unreadable-text", "#/history/0"),
        ({"note": "长" * 1001}, "text-too-long", "#/note"),
        ({"note": "字\0"}, "unreadable-text", "#/note"),
        ({"note": 5}, "invalid-request", "#/note"),
        ({"verdict": "sideways"}, "invalid-request", "#/verdict"),
        ({"verdict": True}, "invalid-request", "#/verdict"),
        ({"practice_ids": None}, "invalid-request", "#/practice_ids"),
        ({"practice_ids": [SHOWN[0]] * 51}, "invalid-request", "#/practice_ids"),
        ({"practice_ids": [7]}, "invalid-request", "#/practice_ids/0"),
        ({"practice_ids": [SHOWN[0], "mohurd-2024-131:9.9.9"]}, "unknown-shown-practice", "#/practice_ids/1"),
        ({"practice_ids": ["\ud800"]}, "unreadable-text", "#/practice_ids/0"),
        ({"practice_ids": ["4" * 201]}, "text-too-long", "#/practice_ids/0"),
        ({"practice_ids": ["4.2.1"]}, "unknown-shown-practice", "#/practice_ids/0"),
        ({"ip": "127.0.0.1"}, "invalid-request", "#/ip"),
    ],
)
def test_bad_feedback_is_refused_by_name_and_not_kept(
    client: TestClient, settings: Settings, fields: dict[str, Any], name: str, pointer: str
) -> None:
    before = _kept(settings)
    problem = problem_of(_give(client, **fields))
    assert problem["type"] == f"/problems/{name}"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert _kept(settings) == before


def test_a_verdict_and_practices_are_needed(client: TestClient) -> None:
    problem = problem_of(client.post("/v1/feedback", json={"question": "智能建造"}))
    assert {error["pointer"] for error in problem["errors"]} == {"#/practice_ids", "#/verdict"}


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "multipart/form-data", ""],
)
def test_another_site_cannot_post_without_being_asked_first(client: TestClient, settings: Settings, kind: str) -> None:
    # The types that a browser sends across sites without a preflight.
    before = _kept(settings)
    headers = {"Origin": "https://elsewhere.example"} | ({"Content-Type": kind} if kind else {})
    refused = client.post("/v1/feedback", content=json.dumps(GIVEN), headers=headers)
    assert problem_of(refused)["type"] == "/problems/unsupported-media-type"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = client.options("/v1/feedback", headers={"Origin": "https://elsewhere.example"} | asked)
    assert preflight.status_code == 405
    assert "access-control-allow-origin" not in preflight.headers
    assert _kept(settings) == before


any_json: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=9), children, max_size=3),
    max_leaves=6,
)


@effort(max_examples=100, deadline=None)
@given(fields=st.dictionaries(st.sampled_from([*GIVEN, "history", "note"]), any_json, min_size=1, max_size=3))
def test_any_json_is_kept_or_refused_with_a_problem(client: TestClient, fields: dict[str, Any]) -> None:
    response = _give(client, **fields)
    if response.status_code != 201:
        assert 400 <= response.status_code < 500, response.text
        problem_of(response)


def test_many_people_at_two_servers_lose_nothing(library: Retriever, settings: Settings, address: str) -> None:
    with _serving(settings.home) as (other, _), ThreadPoolExecutor(8) as people:
        given = [GIVEN | {"note": f"第{number}个"} for number in range(40)]
        sent = [
            people.submit(httpx.post, f"{(address, other)[number % 2]}/v1/feedback", json=body, timeout=60)
            for number, body in enumerate(given)
        ]
        answers = [one.result() for one in sent]
    assert [answer.status_code for answer in answers] == [201] * 40
    notes = {one.id: one.note for one in FeedbackFile(settings.home).read()}
    assert [notes[answer.json()["id"]] for answer in answers] == [body["note"] for body in given]


def test_what_was_answered_outlives_a_killed_server(library: Retriever, settings: Settings) -> None:
    with _serving(settings.home) as (address, server):
        told = [httpx.post(f"{address}/v1/feedback", json=GIVEN).json()["id"] for _ in range(5)]
        server.kill()
        server.wait()
    assert _kept(settings)[-5:] == tuple(told)


def _ask(address: str) -> bool:
    answer = httpx.post(f"{address}/v1/ask", json={"question": GIVEN["question"]}, timeout=60)
    return answer.status_code == 200 and bool(answer.json()["answered"])


def test_a_disk_that_takes_nothing_is_a_problem_of_feedback_alone(library: Retriever, settings: Settings) -> None:
    before = _kept(settings)
    # No file may grow: as on a full disk, but for everybody who runs the tests.
    with _serving(settings.home, "ulimit -f 0;") as (address, _):
        refused = httpx.post(f"{address}/v1/feedback", json=GIVEN)
        assert problem_of(refused)["type"] == "/problems/feedback-unavailable"
        assert str(settings.home) not in refused.text
        assert _ask(address)
    assert _kept(settings) == before


def test_questions_are_answered_while_the_file_is_locked(address: str, settings: Settings) -> None:
    httpx.post(f"{address}/v1/feedback", json=GIVEN)
    with (
        closing(sqlite3.connect(settings.home / NAME, isolation_level=None)) as holder,
        ThreadPoolExecutor(4) as people,
    ):
        holder.execute("BEGIN IMMEDIATE")
        waiting = [people.submit(httpx.post, f"{address}/v1/feedback", json=GIVEN, timeout=60) for _ in range(2)]
        assert _ask(address)
        assert not any(one.done() for one in waiting)
        holder.execute("COMMIT")
        assert [one.result().status_code for one in waiting] == [201, 201]


def test_a_damaged_file_is_a_problem_of_feedback_alone(
    client: TestClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    _give(client)
    file = settings.home / NAME
    whole = file.read_bytes()
    file.write_bytes(b"no database" * 100)
    try:
        problem = problem_of(_give(client))
        assert client.post("/v1/ask", json={"question": GIVEN["question"]}).json()["answered"]
        exported = _export(settings.home)
    finally:
        file.write_bytes(whole)
    assert (problem["status"], problem["type"]) == (503, "/problems/feedback-unavailable")
    assert f"feedback can't be kept: {file}: damaged: " in caplog.text
    assert (exported.returncode, exported.stdout) == (1, b"")
    assert exported.stderr.decode().startswith(f"zhijian: {file}: damaged: file is not a database; move it away")
    assert _give(client).status_code == 201
