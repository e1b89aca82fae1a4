"""The HTTP application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI

from corpus.errors import ZhijianError
from index.retriever import Retriever
from service import problem_handlers
from service.feedback import FeedbackFile
from service.library import WORKERS, open_warm
from service.middleware import AllowedSites, BodyLimit, Head, SecurityHeaders
from service.openapi import Api, describe
from service.routes import ask, dify, documents, feedback, health, mcp, openai, pages, practices, search
from service.settings import Settings
from service.writer import open_writer

BODY_LIMIT = 64 * 1024
# Chat frontends send the whole conversation with each question, and texts to embed come in batches.
LARGE_BODY_LIMIT = 1024 * 1024
LARGE_BODIES = (openai.CHAT_PATH, openai.EMBEDDINGS_PATH)

logger = logging.getLogger(__name__)


def create_app(settings: Settings, *, on_failure: Callable[[], None] | None = None) -> FastAPI:
    """Return the application; its lifespan opens the library in the background, so that `/healthz` answers at once.

    `app.state.settings` are the settings, `app.state.library` is the future of the retriever, `app.state.writer` what
    lets a language model write, or None. When the library can't be opened, the reason is logged, `/readyz` stays 503,
    and `on_failure` is called from another thread, to end the server.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = WORKERS
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="library")
        app.state.library = executor.submit(open_warm, settings)
        app.state.library.add_done_callback(report)
        app.state.feedback = FeedbackFile(settings.home)
        app.state.feedback_thread = CapacityLimiter(1)
        async with open_writer(settings) as app.state.writer, tools.open():
            yield
        executor.shutdown(wait=False, cancel_futures=True)

    def report(library: Future[Retriever]) -> None:
        error = None if library.cancelled() else library.exception()
        if isinstance(error, ZhijianError):
            logger.error("the library can't be opened: %s", error)
        elif error:
            logger.critical("the library can't be opened", exc_info=error)
        if error and on_failure:
            on_failure()

    app = Api(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False, **describe())
    app.state.settings = settings
    app.add_middleware(BodyLimit, limit=BODY_LIMIT, larger=dict.fromkeys(LARGE_BODIES, LARGE_BODY_LIMIT))
    if settings.allowed_origins:
        app.add_middleware(AllowedSites, origins=settings.allowed_origins)
    app.add_middleware(SecurityHeaders, framed_by=settings.allowed_origins)
    app.add_middleware(Head)
    problem_handlers.install(app)
    for routes in (search, ask, practices, documents, dify, openai, feedback, health):
        app.include_router(routes.router)
    tools = mcp.mount(app)
    pages.mount(app)
    return app
