"""Serve the tools to a client that started this process, over its stdin and stdout."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import redirect_stdout

import anyio
from anyio import to_thread
from mcp.server.stdio import stdio_server
from starlette.requests import Request

from corpus.errors import ZhijianError
from index.retriever import Retriever
from service.library import WORKERS, open_warm
from service.mcp_server import create_server
from service.problems import NOT_READY, Problem, ProblemError
from service.settings import Settings

logger = logging.getLogger(__name__)


class ChannelError(ZhijianError):
    """Report that the process was started without stdin or stdout."""


def run(settings: Settings) -> None:
    """Serve until stdin ends; exit with status 1 when the library couldn't be opened.

    The client is answered at once, and the library opened meanwhile: a call waits for it, and is told if it fails.
    """
    if sys.stdin is None or sys.stdout is None:
        raise ChannelError("mcp talks over stdin and stdout, of which one is closed; a chat client opens both")
    if sys.stdin.isatty():
        logger.info("a chat client starts this command; it speaks the Model Context Protocol (stop with Ctrl+C)")
    # A thread waits for a line of stdin, and no exception would end it: Ctrl+C has to end the process as SIGTERM does.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="library") as executor:
        library = executor.submit(open_warm, settings)
        library.add_done_callback(_report)
        _until_closed(library)
    if library.exception():
        sys.exit(1)


def _until_closed(library: Future[Retriever]) -> None:
    """Serve until stdin ends. Raises BrokenPipeError when the client has closed stdout."""
    try:
        anyio.run(_serve, library)
    except ExceptionGroup as group:
        if group.split(BrokenPipeError)[1]:
            raise
        raise BrokenPipeError from None


async def _serve(library: Future[Retriever]) -> None:
    async def opened(request: Request | None) -> Retriever:
        try:
            return await asyncio.wrap_future(library)
        except ZhijianError as error:
            raise ProblemError(Problem(NOT_READY, f"The index could not be opened: {error}")) from error

    # The one that waits for a line of stdin holds a thread all the time.
    to_thread.current_default_thread_limiter().total_tokens = WORKERS + 1
    server = create_server(opened)
    async with stdio_server() as (read, write):
        # The SDK keeps the real stdout to itself; what anything else prints would reach it when the process ends.
        with redirect_stdout(sys.stderr):
            await server.run(read, write, server.create_initialization_options())


def _report(library: Future[Retriever]) -> None:
    error = library.exception()
    if isinstance(error, ZhijianError):
        logger.error("the library can't be opened: %s", error)
    elif error:
        logger.critical("the library can't be opened", exc_info=error)
