"""What many tests share: the shipped document as it is read, and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import corpus
from corpus.readers import read_corpus
from corpus.types import PracticeList
from index.build import build_snapshot
from index.encoder import open_encoder
from index.retriever import Retriever

CORPUS = Path(corpus.__file__).parent / "data"
# Nothing that a browser does of its own accord should look like a request of the page.
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def shipped() -> PracticeList:
    """Return the list that the project ships."""
    (practice_list,) = read_corpus(CORPUS)
    return practice_list


@pytest.fixture(scope="session")
def retriever(shipped: PracticeList, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """Return a retriever over the shipped list with the bundled encoder."""
    encoder = open_encoder()
    return Retriever.open(build_snapshot([shipped], encoder, tmp_path_factory.mktemp("home")), encoder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield Debian's chromium; without it these tests are skipped, but not in CI."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing: install Debian's package of that name")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()
