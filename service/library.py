"""Open what the settings name: the encoder and the snapshot, built first when there is none."""

from __future__ import annotations

import logging

from corpus.readers import read_corpus, read_documents
from index.build import StageProgress, build_snapshot
from index.encoder import open_encoder
from index.retriever import Retriever
from index.snapshot import REBUILD, SnapshotError, current, writing
from service.settings import Settings

# One search already keeps the encoder's threads busy. More at once are not faster, and long questions side by side took
# the server from 330 MB to over 480.
WORKERS = 2

logger = logging.getLogger(__name__)


def open_warm(settings: Settings) -> Retriever:
    """Return a retriever as `open_library` does, after a first search, which should not be a person's.

    It loads what later ones find at hand.
    """
    library = open_library(settings)
    library.search("智能建造")
    return library


def open_library(settings: Settings, progress: StageProgress | None = None) -> Retriever:
    """Return a retriever over the current snapshot, after building one when there is none.

    Raises ZhijianError when the snapshot does not fit the settings or the documents have changed since.
    """
    encoder = open_encoder(settings.model, settings.threads)
    snapshot = current(settings.home)
    if snapshot is None:
        with writing(settings.home):
            # Another process may have built one while this one waited.
            snapshot = current(settings.home)
            if snapshot is None:
                logger.info("there is no snapshot under %s yet: building one", settings.home)
                snapshot = build_snapshot(read_corpus(settings.corpus), encoder, settings.home, progress)
    try:
        retriever = Retriever.open(snapshot, encoder)
    except SnapshotError:
        newer = current(settings.home)
        # A build that ended meanwhile may have swept this one away.
        if newer in (None, snapshot):
            raise
        retriever = Retriever.open(newer, encoder)
    _check_documents(settings, retriever)
    return retriever


def rebuild_library(settings: Settings, progress: StageProgress | None = None) -> Retriever:
    """Build a new snapshot of the corpus, publish it and return a retriever over it."""
    lists = read_corpus(settings.corpus)
    encoder = open_encoder(settings.model, settings.threads)
    return Retriever.open(build_snapshot(lists, encoder, settings.home, progress), encoder)


def _check_documents(settings: Settings, retriever: Retriever) -> None:
    found = {document.id: document for document in read_documents(settings.corpus)}
    built = retriever.documents
    changed = sorted(name for name in found.keys() | built.keys() if found.get(name) != built.get(name))
    if changed:
        names = ", ".join(changed)
        raise SnapshotError(f"{names}: added, removed or changed in {settings.corpus} since the snapshot; {REBUILD}")
