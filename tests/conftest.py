"""What many tests share: the shipped document as it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpus
from corpus.readers import read_corpus
from corpus.types import PracticeList
from index.build import build_snapshot
from index.encoder import open_encoder
from index.retriever import Retriever

CORPUS = Path(corpus.__file__).parent / "data"


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
