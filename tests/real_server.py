"""The real application behind a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx
import uvicorn

from service.app import create_app
from service.settings import Settings

OPENING = 120


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Yield the URL of a real server on the loopback interface once its library is open."""
    # The socket listens before the server runs: who connects early waits in its queue.
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        httpx.get(f"{address}/healthz")
        app.state.library.result(OPENING)
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
