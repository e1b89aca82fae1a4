"""The real application over the shipped document and the bundled encoder, for the tests of the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from real_server import OPENING, serving
from starlette.testclient import TestClient

from index.retriever import Retriever
from service.app import create_app
from service.settings import Settings


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
    """Yield the URL of a real server on the loopback interface, over the same snapshot."""
    with serving(settings) as address:
        yield address
