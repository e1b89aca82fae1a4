"""Run the application until it is told to stop."""

from __future__ import annotations

import sys

import uvicorn

from corpus.errors import ZhijianError
from service.app import create_app
from service.settings import Settings


def run(settings: Settings) -> None:
    """Serve on the address of `settings`; exit with status 1 when the library can't be opened."""
    failures: list[ZhijianError] = []

    def stop(error: ZhijianError) -> None:
        failures.append(error)
        server.should_exit = True

    config = uvicorn.Config(
        create_app(settings, on_failure=stop),
        host=settings.host,
        port=settings.port,
        log_level="info",
        access_log=False,
    )
    server = uvicorn.Server(config)
    server.run()
    if failures or not server.started:
        sys.exit(1)
