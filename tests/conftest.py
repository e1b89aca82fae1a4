"""What many tests share: the shipped document as it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpus
from corpus.readers import read_corpus
from corpus.types import PracticeList

CORPUS = Path(corpus.__file__).parent / "data"


@pytest.fixture(scope="session")
def shipped() -> PracticeList:
    """Return the list that the project ships."""
    (practice_list,) = read_corpus(CORPUS)
    return practice_list
