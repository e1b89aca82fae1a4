"""Keep the index of a BEIR folder, so that an evaluation that was killed, or comes again, does not start anew."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from eval.beir import Collected, as_practice_list
from index.build import StageProgress, build_snapshot
from index.retriever import Retriever
from index.snapshot import SnapshotError, current, libraries, verify, writing

if TYPE_CHECKING:
    from index.encoder import Encoder

_LONGEST_NAME = 40


def open_beir(folder: Collected, encoder: Encoder, home: Path, progress: StageProgress | None = None) -> Retriever:
    """Return a retriever over the documents of a BEIR folder, indexed first where they are not yet.

    The index is kept in a directory of its own under `home / "beir"` for each set of documents and each encoder. It is
    built anew where it is damaged or was made by another version of this program or of the libraries that decide what
    is in it; a build that was killed is taken up where it was.
    """
    place = home / "beir" / _directory_name(folder, encoder)
    found = _open(place, encoder)
    if found is not None:
        return found
    with writing(place):
        # Another process may have built it while this one waited.
        found = _open(place, encoder)
        if found is not None:
            return found
        lists = [as_practice_list(document) for document in folder.documents]
        return Retriever.open(build_snapshot(lists, encoder, place, progress), encoder)


def _open(place: Path, encoder: Encoder) -> Retriever | None:
    """Return a retriever over what was built at `place`, or None where there is nothing that fits."""
    try:
        snapshot = current(place)
        # Before it is opened: other libraries may be unable to read it.
        if snapshot is None or verify(snapshot).libraries != libraries():
            return None
        return Retriever.open(snapshot, encoder)
    except SnapshotError:
        return None


def _directory_name(folder: Collected, encoder: Encoder) -> str:
    """Return a name for a person and a hash of encoder and documents; all splits share their documents."""
    total = hashlib.sha256(encoder.fingerprint.encode())
    for document in folder.documents:
        total.update(json.dumps([document.id, document.text]).encode() + b"\n")
    readable = re.sub(r"[^\w.-]", "_", folder.name.rpartition("/")[0])[:_LONGEST_NAME]
    return f"{readable}-{total.hexdigest()[:12]}"
