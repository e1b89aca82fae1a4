"""The HTTP application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from corpus.errors import ZhijianError
from index.retriever import Retriever
from service import problem_handlers
from service.library import open_library
from service.middleware import BodyLimit, SecurityHeaders
from service.openapi import Api, describe
from service.routes import ask, documents, health, pages, practices, search
from service.settings import Settings

BODY_LIMIT = 64 * 1024
# One search already keeps the encoder's threads busy: more of them at once would not be faster, only larger in memory.
WORKERS = 4

logger = logging.getLogger(__name__)


def create_app(settings: Settings, *, on_failure: Callable[[ZhijianError], None] | None = None) -> FastAPI:
    """Return the application; its lifespan opens the library in the background, so that `/healthz` answers at once.

    `app.state.library` is the future of the retriever. When the library can't be opened, the reason is logged,
    `/readyz` stays 503, and `on_failure` is called with the reason, from another thread, to end the server.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = WORKERS
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="library")
        app.state.library = executor.submit(open_library, settings)
        app.state.library.add_done_callback(report)
        yield
        executor.shutdown(wait=False, cancel_futures=True)

    def report(library: Future[Retriever]) -> None:
        error = None if library.cancelled() else library.exception()
        if isinstance(error, ZhijianError):
            logger.error("the library can't be opened: %s", error)
            if on_failure:
                on_failure(error)
        elif error:
            logger.critical("the library can't be opened", exc_info=error)

    app = Api(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False, **describe())
    app.add_middleware(BodyLimit, limit=BODY_LIMIT)
    app.add_middleware(SecurityHeaders)
    problem_handlers.install(app)
    for routes in (search, ask, practices, documents, health):
        app.include_router(routes.router)
    pages.mount(app)
    return app
