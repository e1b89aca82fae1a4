"""What wraps every request: a limit on its body, HEAD for GET, and what pages may reach out of here and into here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.error_shapes import error_response
from service.problems import BODY_TOO_LARGE, Problem

# Past its limit a body is still read up to here and thrown away: a client that is cut off while it sends often misses
# the answer.
_DISCARD = 4 * 1024 * 1024
_CLOSE = {"Connection": "close"}

CONTENT_SECURITY_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'"

# What the widget asks for, and no more: the doors for programs stay closed to the pages of other sites.
_WIDGET_PATHS = ("/v1/ask", "/v1/feedback", "/widget.js")
_WIDGET_FOLDERS = ("/v1/documents/", "/assets/")


class BodyLimit:
    """Refuse a body of more than `limit` bytes, declared or streamed, without keeping it or reading all of it.

    `larger` are the limits of the paths that have their own.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        self._app = app
        self._limit = limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._limit)
        discard = max(_DISCARD, 2 * limit)
        if _declared_length(scope) > discard:
            problem = Problem(BODY_TOO_LARGE, BODY_TOO_LARGE.meaning, headers=_CLOSE)
            await error_response(scope, problem)(scope, receive, send)
            return
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            while True:
                message = await receive()
                seen += len(message.get("body", b""))
                if seen <= limit:
                    return message
                if seen > discard or not message.get("more_body", False):
                    # FastAPI, which reads the body, lets this kind of exception pass and hides others behind a 400.
                    raise HTTPException(BODY_TOO_LARGE.status, headers=_CLOSE)

        await self._app(scope, limited, send)


class Head:
    """Answer HEAD wherever GET is answered, with the same headers and no body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, a HEAD as the GET that it stands for."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


class AllowedSites:
    """Let scripts of the pages of `origins` read what the widget asks for (CORS), without cookies or passwords."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        # Retry-After says to the client when to ask again while the library is being opened.
        self._open = CORSMiddleware(app, origins, allow_methods=("GET", "POST"), expose_headers=("Retry-After",))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the headers of CORS where the widget needs them."""
        path = scope.get("path", "")
        wanted = scope["type"] == "http" and (path in _WIDGET_PATHS or path.startswith(_WIDGET_FOLDERS))
        await (self._open if wanted else self._app)(scope, receive, send)


class SecurityHeaders:
    """Add a content security policy and its companions to every response that does not bring its own.

    Pages of this service and of `framed_by` may show a response in a frame, others not, whatever policy it brings.
    """

    def __init__(self, app: ASGIApp, framed_by: Sequence[str] = ()) -> None:
        self._app = app
        self._frames = " ".join(("frame-ancestors 'self'", *framed_by))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and put the headers on its response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                policy = headers.get("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                headers["Content-Security-Policy"] = f"{policy}; {self._frames}"
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
            await send(message)

        await self._app(scope, receive, with_headers)


def _declared_length(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() else 0
