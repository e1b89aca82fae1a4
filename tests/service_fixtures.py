"""The real application over the shipped document and the bundled encoder, for the tests of the service."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from index.retriever import Retriever
from service.app import create_app
from service.settings import Settings

OPENING = 120


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings whose home is empty at first."""
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    """Return the application; `client` runs its lifespan."""
    return create_app(settings)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """Yield a client of the application once its library is open; an unforeseen error arrives as status 500."""
    with TestClient(app, raise_server_exceptions=False) as client:
        app.state.library.result(OPENING)
        yield client


@pytest.fixture(scope="session")
def library(client: TestClient, app: FastAPI) -> Retriever:
    """Return the retriever that the application answers from."""
    retriever: Retriever = app.state.library.result()
    return retriever


@pytest.fixture(scope="session")
def address(settings: Settings, library: Retriever) -> Iterator[str]:
    """Yield the URL of a real server on the loopback interface, over the same snapshot, once it can answer."""
    # The socket listens before the server runs: who connects early waits in its queue.
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    while httpx2.get(f"{url}/readyz").status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        pass
    yield url
    server.should_exit = True
    thread.join()
    listening.close()
