"""zhijian behind Debian's nginx, with the sample configuration of docs/nginx.conf as it stands there."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from playwright.sync_api import Browser, expect
from problem_documents import problem_of

pytest_plugins = ["service_fixtures"]

SAMPLE = Path(__file__).parent.parent / "docs" / "nginx.conf"
UPSTREAM = "http://127.0.0.1:8000"
QUESTION = "嘉兴的人才房票是多少钱？"
# What Debian's nginx.conf has around a site, and what somebody may have set there to make all of it small and buffered.
AROUND = """\
{user}
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    scgi_temp_path {directory}/scgi;
    uwsgi_temp_path {directory}/uwsgi;
    gzip on;
    gzip_types *;
    gzip_min_length 1;
    proxy_buffering on;
    include {site};
}}
"""
# Serving under a path, as the comment of the sample says.
UNDER_A_PATH = (("location / {", "location /zhijian/ {"), (f"proxy_pass {UPSTREAM};", f"proxy_pass {UPSTREAM}/;"))

StartNginx = Callable[..., str]


@pytest.fixture
def start_nginx(tmp_path: Path) -> Iterator[StartNginx]:
    """Yield a function that puts nginx in front of an address and returns that of nginx."""
    path = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is missing: install Debian's package of that name")
        pytest.skip("nginx is not installed")
    running: list[subprocess.Popen[bytes]] = []

    def start(upstream: str, *changes: tuple[str, str]) -> str:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            ports = (("listen 80;", f"listen 127.0.0.1:{port};"), ("    listen [::]:80;\n", ""))
            (tmp_path / "site").write_text(_changed(*changes, *ports, (UPSTREAM, upstream)), encoding="utf-8")
            # Workers of root's nginx would be somebody who may not enter this directory.
            user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.geteuid() == 0 else ""
            around = AROUND.format(user=user, directory=tmp_path, site=tmp_path / "site")
            (tmp_path / "nginx.conf").write_text(around, encoding="utf-8")
            command = [path, "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
            subprocess.run([*command, "-t", "-q"], check=True)
            # nginx takes over a socket that listens already, as it does from an older nginx that it replaces. So there
            # is no port to lose before it starts, and who connects early waits in the queue.
            handed = {"NGINX": f"{listening.fileno()};"}
            running.append(subprocess.Popen(command, env=os.environ | handed, pass_fds=[listening.fileno()]))
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
    assert [process.wait() for process in running] == [0] * len(running)


def _changed(*changes: tuple[str, str]) -> str:
    text = SAMPLE.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    """Yield the address of an application of the test's own."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _stepwise() -> FastAPI:
    """Return an application whose stream says one thing, waits until it is told to go on, and says another."""
    app = FastAPI()
    told, left = asyncio.Event(), asyncio.Event()

    @app.get("/stream", response_class=EventSourceResponse)
    async def stream() -> AsyncIterator[ServerSentEvent]:
        try:
            yield ServerSentEvent(raw_data="第一句")
            await told.wait()
            yield ServerSentEvent(raw_data="第二句")
        finally:
            left.set()

    @app.post("/go-on")
    async def go_on() -> None:
        told.set()

    @app.get("/left")
    async def has_left() -> None:
        await left.wait()

    @app.get("/headers")
    async def headers(request: Request) -> dict[str, str]:
        return {**request.headers, "scheme": request.url.scheme}

    return app


def test_a_stream_passes_event_by_event(start_nginx: StartNginx) -> None:
    with _served(_stepwise()) as upstream:
        url = start_nginx(upstream)
        asked = httpx.stream("GET", f"{url}/stream", headers={"Accept-Encoding": "gzip"}, timeout=30)
        with asked as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in response.headers
            data = (line for line in response.iter_lines() if line.startswith("data:"))
            assert next(data) == "data: 第一句"
            # The second is not even made before this: had nginx kept the first back, nothing would have come.
            assert httpx.post(f"{url}/go-on").status_code == 200
            assert list(data) == ["data: 第二句"]


def test_a_reader_who_leaves_ends_the_stream_behind_nginx(start_nginx: StartNginx) -> None:
    with _served(_stepwise()) as upstream:
        url = start_nginx(upstream)
        with httpx.stream("GET", f"{url}/stream", timeout=30) as response:
            assert next(response.iter_lines()) == "data: 第一句"
        assert httpx.get(f"{url}/left", timeout=30).status_code == 200


def test_the_service_learns_under_which_address_it_was_asked(start_nginx: StartNginx) -> None:
    with _served(_stepwise()) as upstream:
        url = start_nginx(upstream)
        seen = httpx.get(f"{url}/headers").json()
    assert (seen["host"], seen["scheme"]) == (url.removeprefix("http://"), "http")
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "http")


def test_answers_come_whole_small_and_streamed(start_nginx: StartNginx, address: str) -> None:
    url = start_nginx(address)
    direct = httpx.post(f"{address}/v1/search", json={"query": QUESTION})
    found = httpx.post(f"{url}/v1/search", json={"query": QUESTION}, headers={"Accept-Encoding": "gzip"})
    assert found.json() == direct.json()
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["content-security-policy"] == direct.headers["content-security-policy"]
    body = {"question": QUESTION, "stream": True}
    with httpx.stream("POST", f"{url}/v1/ask", json=body, headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in response.headers
        names = [line for line in response.iter_lines() if line.startswith("event: ")]
    assert (names[0], names[-1]) == ("event: status", "event: done")


def test_a_body_too_large_is_refused_in_the_words_of_the_service(start_nginx: StartNginx, address: str) -> None:
    url = start_nginx(address)
    too_much = httpx.post(f"{url}/v1/ask", json={"question": "智" * 200_000})
    assert problem_of(too_much)["type"] == "/problems/body-too-large"
    # More than that nginx does not even pass on.
    far_too_much = httpx.post(f"{url}/v1/ask", json={"question": "智" * 2_000_000})
    assert (far_too_much.status_code, far_too_much.headers["server"].partition("/")[0]) == (413, "nginx")


@pytest.mark.parametrize(("changes", "path"), [((), "/"), (UNDER_A_PATH, "/zhijian/")])
def test_the_page_answers_through_it(
    browser: Browser, start_nginx: StartNginx, address: str, changes: tuple[tuple[str, str], ...], path: str
) -> None:
    url = start_nginx(address, *changes)
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url + path)
    page.get_by_role("textbox", name="问题").fill(QUESTION)
    page.get_by_role("textbox", name="问题").press("Enter")
    expect(page.get_by_role("article", name="回答")).to_contain_text("60万元人才房票")
    page.get_by_role("article", name="回答").get_by_role("button", name="出处 1：").first.click()
    expect(page.locator("#source mark").first).to_be_in_viewport()
    page.close()
    assert complaints == []
