"""The tools for chat clients, called with the official client over HTTP and over stdio, and by hand over HTTP."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import CallToolResult, TextContent
from starlette.testclient import TestClient

from index.retriever import Retriever
from index.snapshot import writing
from service.app import BODY_LIMIT, create_app
from service.mcp_tools import TOOLS, Tool
from service.problems import INTERNAL_ERROR
from service.settings import Settings

pytest_plugins = ["service_fixtures"]

DOCUMENT = "mohurd-2024-131"
NAMES = ["search", "fetch", "ask", "list_practices"]
JSON = {"Content-Type": "application/json"}
Script = Callable[[Client], Awaitable[None]]


@pytest.fixture(params=["http", "http-handshake", "stdio"])
def talk(request: pytest.FixtureRequest, address: str, settings: Settings) -> Callable[[Script], None]:
    """Return what runs a script with a client that is connected over each transport in turn."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from service.cli import main; main()", "mcp"],
        env=os.environ | {"ZHIJIAN_HOME": str(settings.home), "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    target = command if request.param == "stdio" else f"{address}/mcp"

    def run(script: Script) -> None:
        async def connected() -> None:
            async with Client(target, mode="legacy" if request.param == "http-handshake" else "auto") as client:
                await script(client)

        anyio.run(connected)

    return run


def _text(result: CallToolResult) -> str:
    (item,) = result.content
    assert isinstance(item, TextContent)
    return item.text


async def _call(client: Client, tool: str, **arguments: Any) -> Any:
    """Return what a tool answered; the client checks it against the tool's output schema."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, _text(result)
    assert json.loads(_text(result)) == result.structured_content
    return result.structured_content


def _post(address: str, body: Any, headers: dict[str, str] | None = None) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.post(f"{address}/mcp", content=content, headers=JSON | (headers or {}), timeout=60)


def _request(tool: str, arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def _failure(response: httpx2.Response) -> str:
    """Return the message of a call that the tool itself refused."""
    assert response.status_code == 200, response.text
    result = response.json()["result"]
    assert result["isError"] is True
    assert "structuredContent" not in result
    (item,) = result["content"]
    return str(item["text"])


def test_the_tools_answer_alike_over_every_transport(talk: Callable[[Script], None], library: Retriever) -> None:
    async def script(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == NAMES
        for tool in tools:
            assert tool.title
            assert "Chinese" in (tool.description or "")
            assert tool.input_schema["additionalProperties"] is False
            assert tool.annotations
            assert tool.annotations.read_only_hint
            assert tool.annotations.idempotent_hint
            assert tool.annotations.open_world_hint is False
        found = await _call(client, "search", query="哪些地方编制了建筑机器人补充定额？")
        assert found.keys() == {"results"}
        for result in found["results"]:
            assert result.keys() == {"id", "title", "url"}
            assert result["title"]
            assert result["url"].endswith(f"/practices/{result['id']}")
        fetched = await _call(client, "fetch", id=found["results"][0]["id"])
        assert fetched.keys() == {"id", "title", "text", "url", "metadata"}
        assert fetched["text"] == library.practices[f"{DOCUMENT}:3.2.3"].text
        assert fetched["metadata"]["regions"] == "苏州市、佛山市、湖北省"
        whole = await _call(client, "fetch", id=DOCUMENT)
        assert whole["text"] == library.documents[DOCUMENT].text
        assert whole["url"].endswith(f"/documents/{DOCUMENT}")
        with pytest.raises(MCPError, match="there is no tool 'delete'; there are search, fetch") as unknown:
            await client.call_tool("delete", {})
        assert unknown.value.error.code == -32602

    talk(script)


def test_answers_are_cited_and_refusals_have_no_citation(talk: Callable[[Script], None], library: Retriever) -> None:
    async def script(client: Client) -> None:
        earlier = "嘉兴给智能建造研发项目最高资助多少？"
        answer = await _call(client, "ask", question="那苏州呢？", history=[earlier])
        assert answer["answered"] is True
        assert f"{DOCUMENT}:2.1.3" in {citation["practice_id"] for citation in answer["citations"]}
        marks = sorted({int(mark) for mark in re.findall(r"\[(\d+)\]", answer["answer"])})
        assert marks == [citation["n"] for citation in answer["citations"]]
        for citation in answer["citations"]:
            text = library.documents[citation["document_id"]].text
            assert "".join(text[span["start"] : span["end"]] for span in citation["spans"]) == citation["quote"]
            assert citation["quote"].strip() in answer["answer"]
            assert citation["url"].endswith(citation["practice_id"])
        refused = await _call(client, "ask", question="怎么做红烧肉？", history=None)
        assert (refused["answered"], refused["citations"], refused["reason"]) == (False, [], "outside")
        assert {practice["role"] for practice in refused["practices"]} == {"nearest"}

    talk(script)


def test_pages_of_a_list_make_up_the_whole_and_filters_narrow_it(address: str, library: Retriever) -> None:
    async def pages() -> None:
        async with Client(f"{address}/mcp") as client:
            ids: list[str] = []
            offset: int | None = 0
            while offset is not None:
                page = await _call(client, "list_practices", limit=10, offset=offset)
                ids += [practice["id"] for practice in page["practices"]]
                offset = page["next_offset"]
            assert ids == list(library.practices)
            narrow = await _call(client, "list_practices", region="Fujian", task="三", measure=None)
            assert (narrow["total"], narrow["next_offset"]) == (1, None)
            assert narrow["practices"][0]["regions"] == ["福建省"]
            past = await _call(client, "list_practices", offset=1000)
            assert (past["practices"], past["next_offset"]) == ([], None)

    anyio.run(pages)


def test_calls_at_once_get_each_its_own_answer(address: str, library: Retriever) -> None:
    questions = [f"{place}有哪些做法？" for place in ("深圳", "温州", "苏州", "武汉", "重庆", "天津")] * 4
    answers: dict[int, Any] = {}

    async def together() -> None:
        async with Client(f"{address}/mcp") as client, anyio.create_task_group() as tasks:
            for number, question in enumerate(questions):
                tasks.start_soon(ask, client, number, question)

    async def ask(client: Client, number: int, question: str) -> None:
        answers[number] = await _call(client, "search", query=question)

    anyio.run(together)
    for number, question in enumerate(questions):
        expected = [hit.practice.id for hit in library.search(question).hits]
        assert [result["id"] for result in answers[number]["results"]] == expected


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("search", {}, "query: Field required"),
        ("search", {"query": "\u3164 "}, "query: The text is blank; write some words"),
        ("search", {"query": "长" * 2001}, "query: The text has 2001 characters; 2000 are the most"),
        ("search", {"query": "a\0b"}, "query: The text holds U+0000"),
        ("search", {"query": 5}, "query: Input should be a valid string"),
        ("search", {"query": "补充定额", "top_k": 3}, "there is no argument 'top_k'; search takes query"),
        ("search", {"query": "x", "k" * 300: 3}, f"there is no argument '{'k' * 100}…'; search takes query"),
        ("fetch", {"id": f"{DOCUMENT}:9.9.9"}, f"unknown id '{DOCUMENT}:9.9.9'; search and list_practices give"),
        ("ask", {"question": "？", "history": "嘉兴"}, "history: Input should be a valid list"),
        ("ask", {"question": "？", "history": ["那"] * 21}, "history: List should have at most 20 items"),
        ("list_practices", {"region": "深玔"}, "unknown region '深玔'"),
        ("list_practices", {"task": "九"}, "unknown task '九'; known: 培育智能建造产业集群"),
        ("list_practices", {"limit": 0, "offset": -1}, "limit: Input should be greater than or equal to 1\noffset: "),
    ],
)
def test_a_tool_says_what_it_can_not_take(address: str, tool: str, arguments: Any, message: str) -> None:
    assert _failure(_post(address, _request(tool, arguments))).startswith(message)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ARGUMENTS = sorted({name for tool in TOOLS for name in tool.arguments.model_fields})


@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tool=st.sampled_from(TOOLS),
    text=st.none() | st.text(max_size=40),
    others=st.dictionaries(st.sampled_from(ARGUMENTS) | st.text(max_size=8), ANYTHING, max_size=3),
)
def test_whatever_the_arguments_the_answer_is_a_result(
    client: TestClient, tool: Tool, text: str | None, others: dict[str, Any]
) -> None:
    first = next(iter(tool.arguments.model_fields))
    arguments = others if text is None else {first: text}
    response = client.post("/mcp", json=_request(tool.name, arguments), headers={"Accept": "application/json"})
    assert response.status_code == 200, response.text
    result = response.json()["result"]
    assert not result["content"][0]["text"].startswith(INTERNAL_ERROR.meaning)
    assert result["isError"] is ("structuredContent" not in result)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/json, text/event-stream", "text/event-stream"),
    ],
)
def test_json_or_a_stream_as_the_client_accepts(address: str, accept: str, media_type: str) -> None:
    response = _post(address, _request("fetch", {"id": DOCUMENT}), {"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "mcp-session-id" not in response.headers
    if media_type == "text/event-stream":
        assert response.headers["x-accel-buffering"] == "no"
    data = response.text.partition("data: ")[2] if "stream" in media_type else response.text
    assert json.loads(data)["result"]["structuredContent"]["id"] == DOCUMENT


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"jsonrpc":', 400, -32700),
        (b"", 400, -32700),
        (b'{"jsonrpc":"2.0","id":7,"method":"\xff"}', 400, -32700),
        ([_request("search", {"query": "补充定额"})], 400, -32602),
        ("text", 400, -32602),
        ({"jsonrpc": "2.0", "id": 7, "method": "nonsense"}, 200, -32601),
        (_request("search", ["补充定额"]), 200, -32602),
        (_request("nonsense", {}), 200, -32602),
        ({"jsonrpc": "2.0", "id": 7, "method": "tools/call"}, 200, -32602),
    ],
)
def test_what_is_no_call_is_an_error_of_the_protocol(address: str, body: Any, status: int, code: int) -> None:
    response = _post(address, body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "Traceback" not in response.text


def test_a_body_beyond_the_limit_is_refused_also_in_pieces(address: str) -> None:
    body = json.dumps(_request("search", {"query": "x" * BODY_LIMIT})).encode()
    pieces = (body[start : start + 1000] for start in range(0, len(body), 1000))
    for content in (body, pieces):
        response = httpx2.post(f"{address}/mcp", content=content, headers=JSON, timeout=60)
        assert (response.status_code, response.json()["type"]) == (413, "/problems/body-too-large")


def test_who_leaves_while_sending_leaves_no_traceback(address: str, caplog: pytest.LogCaptureFixture) -> None:
    place = urlsplit(address)
    head = b"POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    with socket.create_connection((str(place.hostname), place.port or 0)) as connection:
        connection.sendall(head)
    assert _post(address, _request("fetch", {"id": DOCUMENT})).status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_there_is_no_session_to_listen_to_or_to_end(address: str, method: str) -> None:
    response = httpx2.request(method, f"{address}/mcp", headers={"Accept": "text/event-stream"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("http://localhost:8000", "localhost:8000", 200),
        ("http://[::1]:8000", "[::1]:8000", 200),
        ("https://zhijian.example.cn", "zhijian.example.cn", 200),
        (None, "zhijian.example.cn", 200),
        ("http://localhost:3000", "localhost:8000", 403),
        ("https://elsewhere.example", "zhijian.example.cn", 403),
        # A name of the page's own that was made to resolve to this machine.
        ("http://elsewhere.example:8000", "elsewhere.example:8000", 403),
        ("http://localhost.elsewhere.example", "localhost.elsewhere.example", 403),
        ("null", "localhost:8000", 403),
        ("http://[::1", "[::1", 403),
        ("", "", 403),
    ],
)
def test_a_page_of_another_site_may_not_call(address: str, origin: str | None, host: str, status: int) -> None:
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    response = _post(address, _request("fetch", {"id": DOCUMENT}), headers)
    assert response.status_code == status
    if status == 403:
        assert response.json()["type"] == "/problems/foreign-origin"


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"Host": "zhijian.example.cn"}, "http://zhijian.example.cn/"),
        ({"Host": "zhijian.example.cn", "X-Forwarded-Proto": "https"}, "https://zhijian.example.cn/"),
        ({"Host": "example.cn", "X-Forwarded-Prefix": "/policy/zj/"}, "http://example.cn/policy/zj/"),
        ({"Host": "example.cn", "X-Forwarded-Prefix": "//a b?c"}, "http://example.cn/"),
    ],
)
def test_urls_lie_under_the_address_that_the_client_used(address: str, headers: dict[str, str], base: str) -> None:
    response = _post(address, _request("fetch", {"id": f"{DOCUMENT}:3.1.3"}), headers)
    assert response.json()["result"]["structuredContent"]["url"] == f"{base}practices/{DOCUMENT}:3.1.3"


def test_a_call_before_the_index_is_open_and_one_that_goes_wrong_are_told_so(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path))
    with writing(tmp_path), TestClient(app) as client:
        # Who holds the lock keeps the application from building its first snapshot.
        early = client.post("/mcp", json=_request("search", {"query": "补充定额"}))
        broken: Future[Any] = Future()
        broken.set_result(None)
        app.state.library, opening = broken, app.state.library
        wrong = client.post("/mcp", json=_request("search", {"query": "补充定额"}))
        app.state.library = opening
    assert early.json()["result"]["content"][0]["text"] == (
        "The index is being opened or built; try again in a few seconds."
    )
    assert early.json()["result"]["isError"] is True
    assert wrong.json()["result"]["isError"] is True
    assert wrong.json()["result"]["content"][0]["text"] == INTERNAL_ERROR.meaning
    opening.result(120)


def test_who_serves_no_chat_client_does_not_load_what_that_takes() -> None:
    command = "import sys, service.app, service.cli; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0
