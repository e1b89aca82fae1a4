"""Search lists that are no corpus of the service, in an index that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from corpus.types import PracticeList
from index.build import build_snapshot
from index.encoder import Encoder
from index.retriever import Retriever


@contextmanager
def scratch_retriever(lists: Sequence[PracticeList], encoder: Encoder) -> Iterator[Retriever]:
    """Give a retriever over `lists` alone, as one corpus."""
    with tempfile.TemporaryDirectory(prefix="zhijian-scratch-") as home:
        yield Retriever.open(build_snapshot(lists, encoder, Path(home)), encoder)
