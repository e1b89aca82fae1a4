"""Read the source files of a corpus directory."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import SourceError
from corpus.practice_list import parse_practice_list
from corpus.readers.text import read_document
from corpus.types import Document, PracticeList

# Bump when the same source would give other practices.
VERSION = 1


def read_documents(directory: Path) -> tuple[Document, ...]:
    """Read every `*.txt` document of a directory with its sidecar, in order of file names.

    Raises SourceError for a directory without documents, a document that can't be read, or an id used twice.
    """
    return tuple(document for _, document in _read(directory))


def _read(directory: Path) -> list[tuple[Path, Document]]:
    if not directory.is_dir():
        raise SourceError(f"{directory}: no such directory of documents")
    paths = sorted(directory.glob("*.txt"))
    if not paths:
        raise SourceError(f"{directory}: holds no document (*.txt with a *.json beside it)")
    documents: dict[str, tuple[Path, Document]] = {}
    for path in paths:
        document = read_document(path)
        if document.id in documents:
            raise SourceError(f"{path}: document id {document.id!r} is used twice")
        documents[document.id] = (path, document)
    return list(documents.values())


def read_corpus(directory: Path) -> tuple[PracticeList, ...]:
    """Read the documents of a directory and the practices in each; raises SourceError for one without."""
    lists: list[PracticeList] = []
    for path, document in _read(directory):
        try:
            lists.append(parse_practice_list(document))
        except SourceError as error:
            raise SourceError(f"{path}: {error}") from error
    return tuple(lists)
