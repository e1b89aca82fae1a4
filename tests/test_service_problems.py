"""What is refused, with which problem."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from problem_documents import problem_of
from starlette.testclient import TestClient

from service.app import BODY_LIMIT
from service.problems import MEDIA_TYPE, PROBLEM_TYPES

pytest_plugins = ["service_fixtures"]

JSON = {"content-type": "application/json"}
Value = Any


def _refused(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    problem = problem_of(response)
    assert (problem["status"], problem["type"]) == (status, f"/problems/{name}")
    return problem


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "blank-text"),
        (" \t\r\n　", "blank-text"),
        ("\u200b\u200d\ufeff\u2060", "blank-text"),
        ("\u3164\uffa0\u2800", "blank-text"),
        ("\u0301\ufe0f", "blank-text"),
        ("\x07\x1b", "blank-text"),
        ("智能\0建造", "unreadable-text"),
        ("智能\ud800建造", "unreadable-text"),
        ("\udfff", "unreadable-text"),
        ("智" * 2001, "text-too-long"),
        ("𠮷" * 2001, "text-too-long"),
    ],
)
@pytest.mark.parametrize(("path", "field"), [("/v1/search", "query"), ("/v1/ask", "question")])
def test_a_text_that_is_none_is_refused_by_name(
    client: TestClient, path: str, field: str, text: str, name: str
) -> None:
    problem = _refused(client.post(path, content=json.dumps({field: text}), headers=JSON), 422, name)
    assert [error["pointer"] for error in problem["errors"]] == [f"#/{field}"]
    follow_up = {field: "那苏州呢？", "history": ["嘉兴呢？", text]}
    problem = _refused(client.post(path, content=json.dumps(follow_up), headers=JSON), 422, name)
    assert [error["pointer"] for error in problem["errors"]] == ["#/history/1"]


@pytest.mark.parametrize("character", ["智", "𠮷", "a", "\u0301"])
def test_2000_characters_are_the_longest_question(client: TestClient, character: str) -> None:
    question = "智" + character * 1999
    assert client.post("/v1/ask", json={"question": f" {question} "}).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/query"),
        ({"query": None}, "#/query"),
        ({"query": 5}, "#/query"),
        ({"query": ["智能建造"]}, "#/query"),
        ({"query": "智能建造", "top_k": 0}, "#/top_k"),
        ({"query": "智能建造", "top_k": -1}, "#/top_k"),
        ({"query": "智能建造", "top_k": 51}, "#/top_k"),
        ({"query": "智能建造", "top_k": 10**30}, "#/top_k"),
        ({"query": "智能建造", "top_k": "5"}, "#/top_k"),
        ({"query": "智能建造", "top_k": 5.0}, "#/top_k"),
        ({"query": "智能建造", "top_k": True}, "#/top_k"),
        ({"query": "智能建造", "top_k": float("nan")}, "#/top_k"),
        ({"query": "智能建造", "top_k": float("inf")}, "#/top_k"),
        ({"query": "智能建造", "mode": "fast"}, "#/mode"),
        ({"query": "智能建造", "mode": ["hybrid"]}, "#/mode"),
        ({"query": "智能建造", "filters": []}, "#/filters"),
        ({"query": "智能建造", "filters": {"region": 440300}}, "#/filters/region"),
        ({"query": "智能建造", "filters": {"city": "深圳"}}, "#/filters/city"),
        ({"query": "智能建造", "history": "嘉兴呢？"}, "#/history"),
        ({"query": "智能建造", "history": None}, "#/history"),
        ({"query": "智能建造", "history": {"0": "嘉兴呢？"}}, "#/history"),
        ({"query": "智能建造", "history": ["嘉兴呢？"] * 21}, "#/history"),
        ({"query": "智能建造", "history": ["嘉兴呢？", 5]}, "#/history/1"),
        ({"query": "智能建造", "history": [["嘉兴呢？"]]}, "#/history/0"),
        ({"query": "智能建造", "a/b~c": 1}, "#/a~1b~0c"),
        ([], "#"),
        ("智能建造", "#"),
        (None, "#"),
        (7, "#"),
    ],
)
def test_a_wrong_field_is_pointed_at(client: TestClient, body: Value, pointer: str) -> None:
    problem = _refused(client.post("/v1/search", content=json.dumps(body), headers=JSON), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["detail"].endswith(".")


def test_many_wrong_fields_are_told_in_part(client: TestClient) -> None:
    body = {"query": "智能建造"} | {f"field{number}": number for number in range(500)}
    problem = _refused(client.post("/v1/search", json=body), 422, "invalid-request")
    assert len(problem["errors"]) == 20
    assert "And 499 more" in problem["detail"]


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        ({"region": "亚特兰蒂斯"}, "unknown-filter"),
        ({"task": "不存在的任务"}, "unknown-filter"),
        ({"measure": "9.9"}, "unknown-filter"),
        ({"document": "mohurd-0000-0"}, "unknown-filter"),
        ({"region": " "}, "blank-text"),
        ({"region": "深" * 101}, "text-too-long"),
        ({"region": "深\0圳"}, "unreadable-text"),
    ],
)
def test_a_filter_that_names_nothing_is_refused(client: TestClient, filters: dict[str, str], name: str) -> None:
    (field,) = filters
    searched = _refused(client.post("/v1/search", json={"query": "智能建造", "filters": filters}), 422, name)
    assert [error["pointer"] for error in searched["errors"]] == [f"#/filters/{field}"]
    listed = _refused(client.get("/v1/practices", params=filters), 422, name)
    assert [error["parameter"] for error in listed["errors"]] == [field]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1e9", "limit=", "city=深圳"])
def test_a_wrong_query_parameter_is_named(client: TestClient, query: str) -> None:
    problem = _refused(client.get(f"/v1/practices?{query}"), 422, "invalid-request")
    assert [error["parameter"] for error in problem["errors"]] == [query.split("=")[0]]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"  ",
        b'{"query": "x",}',
        b"\xff\xfe\xfd",
        b'{"query": "\xff"}',
        b"[" * 20_000,
        b'{"a":' * 10_000,
        b'{"query": ' + b"9" * 10_000 + b"}",
        "智能建造".encode("gb18030"),
    ],
)
def test_a_body_that_is_not_json_is_refused(client: TestClient, body: bytes) -> None:
    _refused(client.post("/v1/search", content=body, headers=JSON), 400, "malformed-json")


def test_a_surrogate_in_raw_bytes_is_refused_like_one_in_an_escape(client: TestClient) -> None:
    response = client.post("/v1/search", content=b'{"query": "\xed\xa0\x80"}', headers=JSON)
    _refused(response, 422, "unreadable-text")


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}]
)
def test_a_body_not_marked_as_json_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/v1/search", content=b'{"query": "x"}', headers=headers)
    _refused(response, 415, "unsupported-media-type")


def test_no_body_at_all_is_an_invalid_request(client: TestClient) -> None:
    problem = _refused(client.post("/v1/ask"), 422, "invalid-request")
    assert problem["errors"] == [{"pointer": "#", "detail": "A JSON object is expected."}]


def test_of_a_field_sent_twice_the_last_one_counts(client: TestClient) -> None:
    response = client.post("/v1/search", content='{"query": "甲", "query": "智能建造"}', headers=JSON)
    assert response.json()["query"]["raw"] == "智能建造"


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 100_000, 1_500_000])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_over_the_limit_is_refused(client: TestClient, size: int, streamed: bool) -> None:
    body = json.dumps({"question": "智" * size}, ensure_ascii=False).encode()[:size]
    chunks: Iterator[bytes] = (body[start : start + 16_384] for start in range(0, size, 16_384))
    response = client.post("/v1/ask", content=chunks if streamed else body, headers=JSON)
    _refused(response, 413, "body-too-large")


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_50_mb_is_not_read_to_its_end(app: FastAPI, client: TestClient, declared: bool) -> None:
    size, chunk = 50_000_000, 65_536
    headers = [(b"content-type", b"application/json"), *([(b"content-length", str(size).encode())] if declared else [])]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/ask",
        "raw_path": b"/v1/ask",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    read = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += chunk
        return {"type": "http.request", "body": b" " * chunk, "more_body": read < size}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"content-type"] == MEDIA_TYPE.encode()
    assert read <= (0 if declared else 4_300_000)


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/v1/", 404, "not-found"),
        ("GET", "/v1/practices/", 404, "not-found"),
        ("GET", "/assets/nothing.js", 404, "not-found"),
        ("GET", "/assets/%2e%2e/index.html", 404, "not-found"),
        ("GET", "/assets/%00", 404, "not-found"),
        ("GET", "/assets", 404, "not-found"),
        ("GET", f"/{'a' * 3000}", 404, "not-found"),
        ("GET", "/%ff%fe", 404, "not-found"),
        ("GET", "/problems/nothing", 404, "not-found"),
        ("GET", "/v1/practices/mohurd-2024-131:9.9.9", 404, "unknown-practice"),
        ("GET", "/v1/practices/%00", 404, "unknown-practice"),
        ("GET", "/v1/practices/%ed%a0%80", 404, "unknown-practice"),
        ("GET", "/v1/documents/nothing", 404, "unknown-document"),
        ("GET", "/v1/search", 405, "method-not-allowed"),
        ("DELETE", "/v1/practices", 405, "method-not-allowed"),
        ("POST", "/", 405, "method-not-allowed"),
        ("PUT", "/assets/app.js", 405, "method-not-allowed"),
    ],
)
def test_a_wrong_address_or_method_is_a_problem_too(
    client: TestClient, method: str, path: str, status: int, name: str
) -> None:
    response = client.request(method, path)
    _refused(response, status, name)
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("name", PROBLEM_TYPES)
def test_a_problem_type_can_be_opened(client: TestClient, name: str) -> None:
    shown = client.get(f"/problems/{name}").json()
    assert shown == {
        "type": f"/problems/{name}",
        "title": PROBLEM_TYPES[name].title,
        "status": PROBLEM_TYPES[name].status,
        "meaning": PROBLEM_TYPES[name].meaning,
    }


def test_an_unforeseen_error_keeps_its_text_to_itself(app: FastAPI, client: TestClient) -> None:
    def fail() -> None:
        raise RuntimeError("the secret of the house")

    app.add_api_route("/fail", fail)
    try:
        response = client.get("/fail")
    finally:
        app.router.routes[:] = [route for route in app.router.routes if getattr(route, "path", None) != "/fail"]
    _refused(response, 500, "internal-error")
    assert "secret" not in response.text
