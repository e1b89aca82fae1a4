"""A service asked over HTTP: a real one, and servers that answer anything else."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from eval import http_client
from eval.answers import judge_answer
from eval.evaluate import OWN_QUESTIONS
from eval.http_client import JsonClient, ServiceError
from eval.http_system import HttpSystem
from eval.judge import passage_texts
from eval.questions import Question, load_questions, resolve_gold
from eval.run import run_questions
from eval.systems import Search, SearchAndAnswer
from index.retriever import Retriever
from index.types import Mode

pytest_plugins = ["service_fixtures"]

DOCUMENT = "mohurd-2024-131"
SPLIT = "dev"


FOLLOWS_NOTHING = {"rewritten": None, "changed_topic": False}


def asked(text: str, *history: str) -> Question:
    return Question("q", "fact", text, (), history=history)


class Served:
    """Hold what a scripted server was asked: the head and the body of each request, by connection."""

    def __init__(self) -> None:
        self.connections: list[list[tuple[str, bytes]]] = []

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for requests in self.connections for _, body in requests if body]

    @property
    def paths(self) -> list[str]:
        return [head.split()[1] for requests in self.connections for head, _ in requests]


@contextmanager
def server(*script: Sequence[bytes]) -> Iterator[tuple[str, Served]]:
    """Serve one connection after another, each with its replies, and then close it."""
    served = Served()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for replies in script:
            connection, _ = listening.accept()
            requests: list[tuple[str, bytes]] = []
            served.connections.append(requests)
            with connection, connection.makefile("rb") as stream:
                for reply in replies:
                    head = b""
                    while (line := stream.readline()).strip():
                        head += line
                    if not head:
                        break
                    length = next((int(row.split(b":")[1]) for row in head.split(b"\n") if b"ength:" in row), 0)
                    requests.append((head.decode(), stream.read(length)))
                    connection.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", served
    thread.join()
    listening.close()


def reply(body: object, status: str = "200 OK", *headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def found(**fields: Any) -> dict[str, Any]:
    understood = {
        "places": [],
        "kind": "other",
        "corrections": [],
        "amounts": [],
        "titles": [],
        "parts": [],
        "about_list": [],
    } | FOLLOWS_NOTHING
    query = {"raw": "q", "text": "q", "tokens": [], **understood}
    return {"query": query, "hits": [], "confidence": 0.5, "reason": None, "signals": None, **fields}


def given(**fields: Any) -> dict[str, Any]:
    return {
        "question": "q",
        "kind": "other",
        "answered": False,
        "answer": "",
        "segments": [],
        "citations": [],
        "hits": [],
        "confidence": 0.25,
        "reason": "subject",
        "corrections": [],
        "places": [],
        "written_by": "list",
        "notes": [],
        **FOLLOWS_NOTHING,
        **fields,
    }


JUDGED = b'"confidence": 0, "reason": null, "signals": null}'


def hit(score: str = "1.0") -> bytes:
    """Return the JSON of a hit whose score is written like this."""
    unasked = '"late": null, "place": null, "amount": null, "title": null, "part": null, "reading": null'
    parts = f'{{"dense": 0, "sparse": 0, "sparse_weight": 0, {unasked}}}'
    citation = json.dumps(cited(1))
    lists = '"heading_path": [], "regions": [], "evidence": []'
    fields = f'{lists}, "text": "", "relevance": 0.5, "citation": {citation}, "scores": {parts}'
    return f'{{"id": "a", "score": {score}, {fields}}}'.encode()


def cited(n: int) -> dict[str, Any]:
    span = {"start": 0, "end": 1}
    document = {"document_id": "d", "document_title": "", "document_number": "", "heading_path": []}
    return {"n": n, "practice_id": "p", "quote": "x", "span": span, "spans": [span], **document}


def test_the_service_says_what_the_retriever_and_the_answer_say(address: str, library: Retriever) -> None:
    questions = [question for question in load_questions(OWN_QUESTIONS) if question.split == SPLIT]
    some = questions[::12] + [question for question in questions if question.history][:10]
    with HttpSystem(address) as system:
        run = run_questions(system, some, 12)
    local = run_questions(SearchAndAnswer(library), some, 12)
    assert run.outcomes == local.outcomes
    assert run.system == system.label == address
    for outcome in run.outcomes.values():
        assert outcome.seconds.keys() == {"search", "ask"}
        assert min(outcome.seconds.values()) > 0


def test_quotes_stand_verbatim_in_the_documents_that_the_service_gives(address: str) -> None:
    with HttpSystem(address) as system:
        documents, practices = system.documents(), system.practices()
        labelled = resolve_gold(load_questions(OWN_QUESTIONS)[:400], practices)
        answerable = [question for question in labelled if question.split == SPLIT and question.answerable][::12]
        run = run_questions(system, answerable)
    citations = 0
    for question in answerable:
        answer = run.outcomes[question.id].answer
        assert answer is not None
        scores = judge_answer(answer, question.grades, 2, documents.get)
        assert scores.verbatim == scores.citations
        citations += scores.citations
    assert citations > 10


def test_practices_and_documents_are_those_of_the_library(address: str, library: Retriever) -> None:
    with HttpSystem(address + "/") as system:
        assert system.practices() == passage_texts(library.practices.values())
        assert system.documents() == {name: document.text for name, document in library.documents.items()}


def test_another_mode_is_asked_for_rankings_alone(address: str, library: Retriever) -> None:
    with HttpSystem(address, Mode.SPARSE) as system:
        outcome = system.ask(asked("深圳的技术目录"), 10)
    local = Search(library, Mode.SPARSE).ask(asked("深圳的技术目录"), 10)
    assert (outcome.ranking, outcome.confidence) == (local.ranking, local.confidence)
    assert (outcome.answered, outcome.answer) == (None, None)
    assert outcome.seconds.keys() == {"search"}


def test_rankings_end_where_the_api_ends(address: str) -> None:
    with HttpSystem(address) as system:
        assert len(system.ask(asked("智能建造"), 80).ranking) == 43


@pytest.mark.parametrize("earlier", [0, 1, 20, 23])
def test_of_a_long_conversation_the_last_twenty_questions_are_sent(earlier: int) -> None:
    history = [f"问{number}" for number in range(earlier)]
    with server([reply(found()), reply(given())]) as (address, served), HttpSystem(address) as system:
        system.ask(asked("那苏州呢？", *history), 70)
    sent = {"history": history[-20:]} if history else {}
    assert served.bodies == [
        {"query": "那苏州呢？", "top_k": 50, "mode": "hybrid", **sent},
        {"question": "那苏州呢？", **sent},
    ]


def test_a_service_may_lie_under_a_path() -> None:
    with server([reply({"documents": []})]) as (address, served), HttpSystem(f"{address}/zhijian/") as system:
        assert system.documents() == {}
    assert served.paths == ["/zhijian/v1/documents"]
    assert system.label == f"{address}/zhijian"


def test_a_refusal_is_told_with_its_detail(address: str) -> None:
    with HttpSystem(address) as system:
        message = r"http://.*: POST /v1/search: status 422: The text is too long: #/query: .*2001 characters"
        with pytest.raises(ServiceError, match=message):
            system.ask(asked("智" * 2001), 10)
        with pytest.raises(ServiceError, match=r"status 422: .*#/query: The text holds U\+0000 or half"):
            system.ask(asked("智\ud800"), 10)
        # The connection is good for the next question.
        assert system.ask(asked("智能建造"), 10).ranking


NOT_READY = {"type": "/problems/not-ready", "title": "Not ready", "detail": "The index is being\nbuilt.\x1b[31m"}


def test_a_service_that_is_not_ready_is_asked_again_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    starting = [reply(NOT_READY, "503 Service Unavailable", f"Retry-After: {seconds}") for seconds in (0, 3)]
    with server([*starting, reply({"documents": []})]) as (address, _), HttpSystem(address) as system:
        assert system.documents() == {}
    assert pauses == [1, 3]


@pytest.mark.parametrize("headers", [(), ("Retry-After: 100",), ("Retry-After: soon",), ("Retry-After: -1",)])
def test_a_service_that_will_not_be_ready_in_time_says_why(headers: tuple[str, ...]) -> None:
    failed = reply(NOT_READY, "503 Service Unavailable", *headers)
    message = r"GET /v1/documents: status 503: Not ready: The index is being built\. \[31m$"
    with server([failed]) as (address, _), pytest.raises(ServiceError, match=message), HttpSystem(address) as system:
        system.documents()


def test_an_address_where_nothing_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    system = HttpSystem(address)
    for _ in range(2):
        with pytest.raises(ServiceError, match=rf"^{address}: GET /v1/documents: nothing listens there"):
            system.documents()


def test_a_host_that_is_not_known_is_named() -> None:
    with pytest.raises(ServiceError, match=r"the host is not known"):
        HttpSystem("http://zhijian.invalid").documents()
    with pytest.raises(ServiceError, match=r"the host is not known"):
        HttpSystem(f"http://{'a' * 70}.invalid").documents()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply(b"<html>hello</html>"), r"the answer is no JSON: .*is it zhijian that answers there\?"),
        (reply(b""), r"the answer is no JSON"),
        (reply(b"\xff"), r"the answer is no JSON"),
        (reply(b"[" * 100_000), r"the answer is no JSON: recursion limit"),
        (reply(b'{"documents": NaN}'), r"the answer is no JSON"),
        (reply({}), r"is no zhijian service, or one of another version: documents: Field required"),
        (reply([]), r"is no zhijian service, .*: the answer: Input should be"),
        (
            reply({"documents": [{"id": 5}]}),
            r"is no zhijian service, .*: documents\.0\.id: Input should be a valid str",
        ),
        (reply(b"gone", "404 Not Found"), r"status 404$"),
        (reply({"title": 5, "detail": None}, "500 Oops"), r"status 500$"),
        (reply([1], "500 Oops"), r"status 500$"),
        (reply(b"", "301 Moved", "Location: https://x.example/"), r"status 301; .*elsewhere, at https://x\.example/$"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", r"no answer in HTTP: SSH-2\.0"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", r"the connection was cut before the whole answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", r"the connection was cut before the whole"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n{", r"the connection was cut before the whole"),
        (b"", r"the connection was cut before the whole answer"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", r"no answer in HTTP: got more than 65536 bytes"),
    ],
)
def test_what_is_no_answer_of_the_service_is_named(answer: bytes, message: str) -> None:
    with (
        server([answer]) as (address, _),
        HttpSystem(address) as system,
        pytest.raises(ServiceError, match=rf"{address}: GET /v1/documents: {message}"),
    ):
        system.documents()


@pytest.mark.parametrize(
    ("searched", "answered", "message"),
    [
        (found(hits=[5]), given(), r"POST /v1/search: is no zhijian service, .*: hits\.0: "),
        (b'{"hits": [' + hit("1e999") + b'], "query": %s, ' + JUDGED, given(), r"search: a score is not finite"),
        (found(), given(confidence=1.5), r"POST /v1/ask: the confidence 1\.5 is not in \[0, 1\]"),
        (found(), b'{"confidence": 1e999}', r"POST /v1/ask: is no zhijian service, .*: question: Field required"),
        (found(), given(citations=[cited(2)]), r"POST /v1/ask: the citations are not numbered 1, 2, 3"),
        (found(), given(citations=[cited(1), cited(1)]), r"POST /v1/ask: the citations are not numbered 1, 2, 3"),
    ],
)
def test_answers_that_contradict_themselves_are_named(searched: Any, answered: Any, message: str) -> None:
    if isinstance(searched, bytes):
        searched = searched % json.dumps(found()["query"]).encode()
    with (
        server([reply(searched), reply(answered)]) as (address, _),
        pytest.raises(ServiceError, match=message),
        HttpSystem(address) as system,
    ):
        system.ask(asked("智能建造"), 10)


def practice(name: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"task": None, "measure": None, "heading_path": ["一", "二"], "regions": [], "spans": []}
    return {"id": name, "document_id": "d", "text": "文", "item": 1, "span": {"start": 0, "end": 1}, **nothing}


def page(total: int, *names: str) -> bytes:
    facets: dict[str, Any] = {"documents": [], "tasks": [], "measures": [], "regions": []}
    return reply({"total": total, "practices": list(map(practice, names)), "facets": facets})


def test_pages_of_practices_are_put_together() -> None:
    with server([page(3, "a", "b"), page(3, "c")]) as (address, served), HttpSystem(address) as system:
        assert system.practices() == dict.fromkeys("abc", "一 › 二 › 文")
    assert served.paths == ["/v1/practices?limit=200&offset=0", "/v1/practices?limit=200&offset=2"]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([page(3, "a", "b"), page(3, "b")], r"offset=2: a practice comes twice"),
        ([page(3, "a", "a")], r"offset=0: a practice comes twice"),
        ([page(3, "a"), page(3)], r"offset=1: 3 practices are announced, 1 come"),
    ],
)
def test_pages_that_do_not_fit_together_are_named(pages: list[bytes], message: str) -> None:
    with server(pages) as (address, _), HttpSystem(address) as system, pytest.raises(ServiceError, match=message):
        system.practices()


def document(name: str, **text: str) -> dict[str, Any]:
    words = dict.fromkeys(["title", "issuer", "number", "batch", "source", "sha256"], "")
    return {"id": name, "length": 1, "practices": 1, **words, **text}


def test_a_document_is_asked_for_by_any_id() -> None:
    script = [reply({"documents": [document("a/b ?")]}), reply(document("a/b ?", text="文"))]
    with server(script) as (address, served), HttpSystem(address) as system:
        assert system.documents() == {"a/b ?": "文"}
    assert served.paths[1] == "/v1/documents/a%2Fb%20%3F"
    script[1] = reply(document("c", text="文"))
    message = r"GET /v1/documents/a%2Fb%20%3F: answers the document 'c'"
    with server(script) as (address, _), pytest.raises(ServiceError, match=message), HttpSystem(address) as system:
        system.documents()


def test_all_questions_go_through_one_connection() -> None:
    with server([reply(found()), reply(given())] * 1, []) as (address, served):
        with HttpSystem(address) as system:
            assert system.ask(asked("智能建造"), 10).confidence == 0.25
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))).close()
    assert [len(requests) for requests in served.connections] == [2, 0]


def test_a_kept_connection_that_was_dropped_is_made_anew_once() -> None:
    with server([reply(found())], [reply(given())]) as (address, served), HttpSystem(address) as system:
        assert system.ask(asked("智能建造"), 10).answered is False
    assert [len(requests) for requests in served.connections] == [1, 1]
    message = r"POST /v1/ask: the connection was cut before the whole answer"
    with (
        server([reply(found())], [b""]) as (address, served),
        pytest.raises(ServiceError, match=message),
        HttpSystem(address) as system,
    ):
        system.ask(asked("智能建造"), 10)
    assert [len(requests) for requests in served.connections] == [1, 1]


def test_a_server_that_closes_after_each_answer_is_asked_again() -> None:
    closing = [reply(found(), "200 OK", "Connection: close")], [reply(given(), "200 OK", "Connection: close")]
    with server(*closing) as (address, _), HttpSystem(address) as system:
        assert system.ask(asked("智能建造"), 10).confidence == 0.25


def test_a_silent_server_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        system = HttpSystem(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        with pytest.raises(ServiceError, match=r"GET /v1/documents: no answer within 0\.05 s"):
            system.documents()


@contextmanager
def endless(piece: bytes) -> Iterator[str]:
    """Serve an answer without end, until the client hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                while True:
                    connection.sendall(piece)
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread.join()
    listening.close()


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with endless(b"1\r\nx\r\n") as address, pytest.raises(ServiceError, match=r"no answer within 0\.1 s"):
        JsonClient(address, timeout=0.1).get("/")
    monkeypatch.setattr(http_client, "MAX_BODY", 1000)
    with endless(b"1\r\nx\r\n") as address, pytest.raises(ServiceError, match=r"the answer is longer than 1000 bytes"):
        JsonClient(address).get("/")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost:8000",
        "ftp://x",
        "http://",
        "http://x:port",
        "http://x:99999",
        "http://[::1",
        "http://例.cn",
        "x\n",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ServiceError, match=r"is no address like http://127\.0\.0\.1:8000"):
        HttpSystem(address)


@pytest.mark.parametrize("address", ["http://a:b@x", "http://x/?q=1", "http://x/#top", "http://x/a b"])
def test_an_address_with_more_than_a_place_is_refused(address: str) -> None:
    with pytest.raises(ServiceError, match=r"must be a plain address, without user, query, fragment and spaces"):
        HttpSystem(address)
