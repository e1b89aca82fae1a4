"""Pages for people: the question page, the widget, the API reference, what a problem type means."""

from __future__ import annotations

from concurrent.futures import Future
from importlib import resources
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from index.retriever import Retriever
from service.middleware import CONTENT_SECURITY_POLICY
from service.problems import NOT_FOUND, PROBLEM_TYPES, Problem, ProblemError

_WEB = Path(__file__).parent.parent / "web"
# Swagger UI's stylesheet carries its icons as data: images.
_DOCS_POLICY = f"{CONTENT_SECURITY_POLICY}; img-src 'self' data:"

router = APIRouter(include_in_schema=False)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # A browser may keep a file but asks by its ETag before each use, so that an upgrade is seen at once.
        response.headers["Cache-Control"] = "no-cache"
        return response


_PAGES = _Files(directory=_WEB)


def mount(app: FastAPI) -> None:
    """Serve the pages and their assets; every asset lies on this machine."""
    app.include_router(router)
    app.mount("/assets", _Files(directory=_WEB / "assets"), name="assets")
    app.mount("/docs/swagger", _Files(directory=str(resources.files("fastapi_offline") / "static")), name="swagger")


@router.api_route("/", methods=["GET", "HEAD"])
async def index(request: Request) -> Response:
    """Serve the question page."""
    return await _PAGES.get_response("index.html", request.scope)


@router.get("/widget.js")
async def widget(request: Request) -> Response:
    """Serve the script that adds the chat to a page of another site."""
    response = await _PAGES.get_response("widget.js", request.scope)
    # Pages that isolate themselves (Cross-Origin-Embedder-Policy) take scripts of others only with this.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@router.get("/practices/{practice_id}")
async def practice(practice_id: str, request: Request) -> HTMLResponse:
    """Serve the same page for one practice, with status 404 for an id that is known not to exist."""
    page = (_WEB / "index.html").read_text(encoding="utf-8").replace('="./', '="../')
    library: Future[Retriever] = request.app.state.library
    opened = library.result() if library.done() and not library.exception() else None
    # While nothing is known of the id yet, the page asks again until it is.
    unknown = opened is not None and practice_id not in opened.practices
    return HTMLResponse(page, NOT_FOUND.status if unknown else 200, {"Cache-Control": "no-cache"})


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs(request: Request) -> Response:
    """Serve the API reference."""
    response = await _PAGES.get_response("docs.html", request.scope)
    response.headers["Content-Security-Policy"] = _DOCS_POLICY
    return response


@router.get("/problems/{name}")
async def problem_type(name: str, request: Request) -> JSONResponse:
    """Say what a problem type means."""
    known = PROBLEM_TYPES.get(name)
    if known is None:
        raise ProblemError(Problem(NOT_FOUND, f"Known problem types are {', '.join(PROBLEM_TYPES)}."))
    return JSONResponse({"type": known.uri, "title": known.title, "status": known.status, "meaning": known.meaning})
