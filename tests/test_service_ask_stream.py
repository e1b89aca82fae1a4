"""A streamed answer is the whole one, in pieces, each citation before the sentence that it stands behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from index.retriever import Retriever

pytest_plugins = ["service_fixtures"]

QUESTIONS = ["嘉兴的人才房票是多少钱？", "哪些地方给智能建造研发项目资金支持？", "怎么做红烧肉？"]


def events(lines: Iterator[str]) -> list[tuple[str, Any]]:
    """Return the events of a stream, by name and data, as an EventSource reads them."""
    found: list[tuple[str, Any]] = []
    name, data = "message", ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data += line.removeprefix("data: ")
        elif not line and data:
            found.append((name, json.loads(data)))
            name, data = "message", ""
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_stream_is_the_whole_answer_in_pieces(address: str, question: str) -> None:
    whole = httpx2.post(f"{address}/v1/ask", json={"question": question}).json()
    with httpx2.stream("POST", f"{address}/v1/ask", json={"question": question, "stream": True}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["cache-control"] == "no-cache"
        assert "content-encoding" not in response.headers
        streamed = events(response.iter_lines())
    names = [name for name, _ in streamed]
    assert (names[0], names[-1]) == ("status", "done")
    assert set(names[1:-1]) <= {"citation", "sentence"}
    assert streamed[-1][1] == whole
    assert [data for name, data in streamed if name == "sentence"] == whole["segments"]
    assert [data for name, data in streamed if name == "citation"] == whole["citations"]
    known: set[int] = set()
    for name, data in streamed[1:-1]:
        if name == "citation":
            known.add(data["n"])
        else:
            assert known >= set(data["marks"])
    shown = "".join(piece["text"] + "".join(f"[{mark}]" for mark in piece["marks"]) for piece in whole["segments"])
    assert shown == whole["answer"]


def test_a_bad_question_is_refused_before_the_stream_begins(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": " ", "stream": True})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/blank-text")


def test_an_answer_that_breaks_off_ends_with_an_error(
    client: TestClient, library: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("service.answer_events.answer_from", broken)
    response = client.post("/v1/ask", json={"question": QUESTIONS[0], "stream": True})
    (first, _), (last, problem) = events(iter(response.text.splitlines()))
    assert (first, last) == ("status", "error")
    assert problem["type"] == "/problems/internal-error"
    assert "secret" not in response.text


def test_a_reader_who_goes_away_leaves_the_server_answering(address: str) -> None:
    for _ in range(5):
        with httpx2.stream("POST", f"{address}/v1/ask", json={"question": QUESTIONS[1], "stream": True}) as response:
            next(response.iter_lines())
    assert httpx2.post(f"{address}/v1/ask", json={"question": QUESTIONS[0]}).status_code == 200
