"""Run the application until it is told to stop."""

from __future__ import annotations

import logging
import socket
import sys

import uvicorn

from corpus.errors import ZhijianError
from service.app import create_app
from service.settings import Settings

logger = logging.getLogger(__name__)

# How long requests that are under way may take to end once the server is told to stop, in seconds.
_GRACE = 10


class AddressError(ZhijianError):
    """Report an address that can't be listened on."""


def run(settings: Settings) -> None:
    """Serve on the address of `settings`; exit with status 1 when the library can't be opened.

    Raises AddressError when the port is taken or the host is none of this machine's.
    """
    failures: list[bool] = []

    def stop() -> None:
        failures.append(True)
        server.should_exit = True

    config = uvicorn.Config(
        create_app(settings, on_failure=stop),
        host=settings.host,
        port=settings.port,
        log_level="info",
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
    )
    server = uvicorn.Server(config)
    with _listening(settings) as listening:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        logger.info("serving on http://%s:%d (stop with Ctrl+C)", host, listening.getsockname()[1])
        server.run(sockets=[listening])
    if failures:
        sys.exit(1)


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Only where the protocol is named does asyncio switch off Nagle's delay, 40 ms for an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise AddressError(
            f"can't listen on {settings.host} port {settings.port}: {error.strerror or error}; choose another with "
            f"--host and --port"
        ) from error
    return listening
