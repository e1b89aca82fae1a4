"""Talk JSON with an HTTP server over one kept connection, and say plainly what goes wrong."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from eval.errors import DataError

TIMEOUT = 60.0
# Far more than the longest document needs; a stream without end should not fill the memory.
MAX_BODY = 64 * 1024 * 1024
_PIECE = 64 * 1024
_MAX_TOLD = 300
_DROPPED = (ConnectionError, ssl.SSLEOFError, IncompleteRead)
_CUT = "the connection was cut before the whole answer had come"


class ServiceError(DataError):
    """Report a server that can't be asked, with its address and the request."""


class JsonClient:
    """Send requests to one server, one after another; not to be shared between threads.

    `address` is an http or https URL, perhaps with a path that all requests go under; ServiceError for another one.
    `timeout`, in seconds, is how long the server may be silent, how long its answer may take, and how long a server is
    waited for that says when to come back (status 503 with Retry-After).
    """

    def __init__(self, address: str, timeout: float = TIMEOUT) -> None:
        self.address = address.rstrip("/")
        self._timeout = timeout
        self._connection, self._base = _connection(self.address, timeout)

    def get(self, path: str) -> Any:
        """Return the JSON that a path answers. Raises ServiceError."""
        return self._request("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """Return the JSON that a path answers to `body`, which asks and changes nothing. Raises ServiceError."""
        return self._request("POST", path, json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """Close the connection; another request opens a new one."""
        self._connection.close()

    def _request(self, method: str, path: str, body: bytes | None) -> Any:
        try:
            answer = self._answer(method, path, body)
        except (OSError, HTTPException, UnicodeError, _BadAnswer) as error:
            # Whatever it was, the next request must not read what is left of this one.
            self.close()
            told = f"no answer within {self._timeout:g} s" if isinstance(error, TimeoutError) else _reason(error)
            raise ServiceError(self.address, f"{method} {path}: {told}") from None
        return answer

    def _answer(self, method: str, path: str, body: bytes | None) -> Any:
        patience = time.monotonic() + self._timeout
        while True:
            response = self._send(method, path, body)
            answer = _read(response, time.monotonic() + self._timeout)
            pause = _pause(response)
            if pause is None or time.monotonic() + pause > patience:
                break
            time.sleep(pause)
        if response.status != 200:
            raise _BadAnswer(_refusal(response, answer))
        try:
            return from_json(answer, allow_inf_nan=False)
        except ValueError as error:
            raise _BadAnswer(f"the answer is no JSON: {_told(error)}; is it zhijian that answers there?") from None

    def _send(self, method: str, path: str, body: bytes | None) -> HTTPResponse:
        headers = {"Accept": "application/json", **({} if body is None else {"Content-Type": "application/json"})}
        kept = self._connection.sock is not None
        try:
            return self._sent(method, path, body, headers)
        except ConnectionRefusedError:
            raise
        except _DROPPED:
            if not kept:
                raise
        # A server closes a connection that was idle for long, and the next request is the first to notice.
        self.close()
        return self._sent(method, path, body, headers)

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HTTPResponse:
        self._connection.request(method, self._base + path, body, headers)
        return self._connection.getresponse()


class _BadAnswer(ValueError):
    """Report an answer that came whole and can't be used."""


def _connection(address: str, timeout: float) -> tuple[HTTPConnection, str]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not address.isascii() or not address.isprintable():
        raise ServiceError(address, "is no address like http://127.0.0.1:8000")
    if parts.query or parts.fragment or parts.username is not None or " " in address:
        raise ServiceError(address, "must be a plain address, without user, query, fragment and spaces")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(host, port, timeout=timeout), parts.path


def _read(response: HTTPResponse, deadline: float) -> bytes:
    """Return the whole body."""
    body = bytearray()
    while piece := response.read1(_PIECE):
        body += piece
        if len(body) > MAX_BODY:
            raise _BadAnswer(f"the answer is longer than {MAX_BODY} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    if response.length:
        raise IncompleteRead(bytes(body), response.length)
    # Read to its end, but `read1` leaves it open, and an open response blocks the next request.
    response.close()
    return bytes(body)


def _pause(response: HTTPResponse) -> float | None:
    """Return the seconds after which a server that is not ready wants to be asked again; None where it doesn't say."""
    told = response.headers.get("Retry-After", "")
    if response.status != 503 or not re.fullmatch("[0-9]{1,9}", told):
        return None
    return max(1.0, float(told))


def _reason(error: Exception) -> str:
    """Say in words why a request failed."""
    match error:
        case _BadAnswer():
            return str(error)
        case ConnectionRefusedError():
            return "nothing listens there; `zhijian serve` starts the service"
        case ConnectionError() | ssl.SSLEOFError() | IncompleteRead():
            return _CUT
        case ssl.SSLError():
            return f"no secure connection: {_told(error.reason or error)}"
        case socket.gaierror() | UnicodeError():
            return f"the host is not known: {_told(error)}"
        case OSError():
            return f"can't be reached: {_told(error.strerror or error)}"
        case _:
            return f"no answer in HTTP: {_told(error)}"


def _refusal(response: HTTPResponse, body: bytes) -> str:
    """Say what a server answers instead of 200, with what a problem document (RFC 9457) says of it."""
    if location := response.headers.get("Location"):
        return f"status {response.status}; the service is elsewhere, at {_told(location)}"
    try:
        problem = from_json(body)
    except ValueError:
        problem = None
    fields = problem if isinstance(problem, dict) else {}
    told = [_told(fields[name]) for name in ("title", "detail") if isinstance(fields.get(name), str)]
    return ": ".join([f"status {response.status}", *told])


def _told(what: object) -> str:
    """Return what a stranger's server says as one line that no terminal stumbles over."""
    return "".join(character if character.isprintable() else " " for character in str(what)[:_MAX_TOLD]).strip()
