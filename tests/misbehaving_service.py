"""A service that misbehaves on a real connection, for the tests of the page."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from page_steps import QUESTION, WEB

Answers = Callable[["Misbehaving", dict[str, Any]], None]


class Misbehaving(BaseHTTPRequestHandler):
    """Serve the page's real files; what `POST /v1/ask` does is the server's `answers`."""

    server: _Server

    def do_GET(self) -> None:
        """Serve a file of the page, an empty list where the page asks for data."""
        path = self.path.partition("?")[0]
        kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
        file = WEB / ("index.html" if path == "/" else path.lstrip("/"))
        if path.startswith("/v1/"):
            listing = {"documents": [], "practices": [], "total": 0, "facets": {"tasks": [], "regions": []}}
            self.reply(200, json.dumps(listing).encode(), "application/json")
        else:
            self.reply(200, file.read_bytes(), f"{kinds[file.suffix]}; charset=utf-8")

    def do_POST(self) -> None:
        """Do to a question what this server does."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        self.server.answers(self, body)

    def reply(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def start_stream(self) -> None:
        """Begin a stream of events."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()

    def event(self, name: str, data: object, end: str = "\n") -> None:
        """Send one event at once."""
        self.write(f"event: {name}{end}data: {json.dumps(data)}{end}{end}".encode())

    def write(self, data: bytes) -> None:
        """Send bytes at once."""
        self.wfile.write(data)
        self.wfile.flush()

    def reset(self) -> None:
        """Cut the connection off without a goodbye."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answers: Answers
    asked: list[dict[str, Any]]

    def handle_error(self, *_: object) -> None:
        """Let readers go away."""


@contextmanager
def misbehaving(answers: Answers) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Run a service that treats questions as `answers` does; yield its address and the questions as they come."""
    server = _Server(("127.0.0.1", 0), Misbehaving)
    server.answers, server.asked = answers, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def citation(n: int, text: str) -> dict[str, Any]:
    """Return a citation of a practice of its own."""
    return {
        "n": n,
        "practice_id": f"made-up:1.1.{n}",
        "quote": text,
        "span": {"start": 0, "end": len(text)},
        "spans": [{"start": 0, "end": len(text)}],
        "document_id": "made-up",
        "document_title": text,
        "document_number": "测〔2026〕1号",
        "heading_path": ["任务", text],
    }


def answer_of(*sentences: str) -> dict[str, Any]:
    """Return a whole answer of these sentences, each cited."""
    segments = [{"text": f"\n• {text}", "marks": [n]} for n, text in enumerate(sentences, 1)]
    return {
        "question": QUESTION,
        "kind": "list",
        "answered": True,
        "answer": "".join(f"{segment['text']}[{n}]" for n, segment in enumerate(segments, 1)),
        "segments": segments,
        "citations": [citation(n, text) for n, text in enumerate(sentences, 1)],
        "hits": [],
        "confidence": 0.9,
        "reason": None,
        "corrections": [],
        "places": [],
        "rewritten": None,
        "notes": [],
    }


def send(
    service: Misbehaving,
    answer: dict[str, Any],
    *,
    first: int | None = None,
    end: str = "\n",
    promised: int | None = None,
) -> None:
    """Begin a stream and send the first sentences of an answer; all of them, and `done`, unless told how many."""
    service.start_stream()
    service.event("status", {"answered": True, "corrections": [], "places": []}, end)
    for source, segment in list(zip(answer["citations"], answer["segments"], strict=True))[:first]:
        service.event("citation", source, end)
        service.event("sentence", segment, end)
    if first is None:
        service.event("done", answer, end)


def hit() -> dict[str, Any]:
    """Return a practice that stands beside an answer."""
    return {
        "id": "made-up:9.9.9",
        "heading_path": ["任务"],
        "text": "别的做法。",
        "citation": citation(9, "别的做法。"),
        "regions": [],
        "evidence": [],
    }


def dumped(value: object) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False).encode()
