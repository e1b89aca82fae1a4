"""Write and read the documents, practices and chunks of a snapshot as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.types import Chunk, Document, Heading, Practice, Span
from index.snapshot import SnapshotPaths


def write_catalog(
    paths: SnapshotPaths, documents: Iterable[Document], practices: Iterable[Practice], chunks: Iterable[Chunk]
) -> None:
    """Write all three files."""
    _write(paths.documents, documents)
    _write(paths.practices, practices)
    _write(paths.chunks, chunks)


def read_documents(paths: SnapshotPaths) -> tuple[Document, ...]:
    """Return the documents in the order in which they were written."""
    return tuple(Document(**row) for row in _read(paths.documents))


def read_practices(paths: SnapshotPaths) -> tuple[Practice, ...]:
    """Return the practices in the order in which they were written."""
    return tuple(
        Practice(
            id=row["id"],
            document_id=row["document_id"],
            path=tuple(Heading(**heading) for heading in row["path"]),
            item=row["item"],
            text=row["text"],
            spans=tuple(Span(**span) for span in row["spans"]),
            regions=tuple(row["regions"]),
        )
        for row in _read(paths.practices)
    )


def read_chunks(paths: SnapshotPaths) -> tuple[Chunk, ...]:
    """Return the chunks in the order of their numbers in the dense and sparse index."""
    return tuple(Chunk(**row) for row in _read(paths.chunks))


def _write(path: Path, things: Iterable[Document] | Iterable[Practice] | Iterable[Chunk]) -> None:
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
        for thing in things:
            file.write(json.dumps(asdict(thing), ensure_ascii=False) + "\n")


def _read(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as file:
        return [json.loads(line) for line in file]
