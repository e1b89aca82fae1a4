"""Build a snapshot from the lists of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from corpus import readers
from corpus.chunks import chunk_practice
from corpus.errors import SourceError
from corpus.regions import gazetteer
from corpus.types import Chunk, Practice, PracticeList
from index import tokens
from index.catalog import write_catalog
from index.dense import DenseIndex
from index.encoder import Encoder
from index.normal import normalise
from index.snapshot import SCHEMA, Manifest, SnapshotPaths, libraries, publish
from index.sparse import SparseIndex
from index.tokens import Tokenizer, field_terms

Progress = Callable[[int, int], None]


def build_snapshot(
    lists: Sequence[PracticeList], encoder: Encoder, home: Path, progress: Progress | None = None
) -> Path:
    """Index the practices of `lists`, publish the snapshot under `home` and return its directory.

    `progress` is called with the number of encoded passages and of all. Raises SourceError when there is nothing to
    index or an id is used twice.
    """
    documents = [practice_list.document for practice_list in lists]
    practices = [practice for practice_list in lists for practice in practice_list.practices]
    _check_ids([document.id for document in documents], "document")
    _check_ids([practice.id for practice in practices], "practice")
    if not practices:
        raise SourceError("there is no practice to index")

    def write(paths: SnapshotPaths) -> Manifest:
        chunks, dense, sparse = _passages(practices, encoder)
        tokenizer = Tokenizer.build(sorted(field_terms(practice.text for practice in practices) | _places(practices)))
        write_catalog(paths, documents, practices, chunks)
        tokenizer.save(paths.tokens)
        SparseIndex.build([tokenizer(text) for text in sparse]).save(paths.sparse)
        DenseIndex.build(encoder.encode_passages(dense, progress)).save(paths.dense)
        return Manifest(
            schema=SCHEMA,
            reader=readers.VERSION,
            tokenizer=tokens.VERSION,
            model=encoder.fingerprint,
            dimension=encoder.dimension,
            documents={document.id: document.sha256 for document in documents},
            counts={"documents": len(documents), "practices": len(practices), "chunks": len(chunks)},
            libraries=libraries(),
            files={},
        )

    return publish(home, write)


def _passages(practices: Sequence[Practice], encoder: Encoder) -> tuple[list[Chunk], list[str], list[str]]:
    """Cut practices into chunks; return them, and their texts for the dense and for the sparse channel.

    Both are in one script. The vector gets the nearest heading, since a long heading path would make all passages under
    it alike; the tokens get the whole path, so that a task is found by its title.
    """
    chunks: list[Chunk] = []
    dense: list[str] = []
    sparse: list[str] = []
    for practice in practices:
        titles = [heading.title for heading in practice.path]

        def passage(text: str, titles: Sequence[str] = titles) -> str:
            return normalise("\n".join([*titles[-1:], text]))

        def fits(text: str, passage: Callable[[str], str] = passage) -> bool:
            return encoder.count_tokens(passage(text)) <= encoder.max_tokens

        for chunk in chunk_practice(practice, fits):
            chunks.append(chunk)
            dense.append(passage(chunk.text))
            sparse.append(" ".join([*titles, chunk.text]))
    return chunks, dense, sparse


def _places(practices: Sequence[Practice]) -> set[str]:
    places = {mention.written for practice in practices for mention in gazetteer().mentions(practice.text)}
    return {place for place in places if len(place) > 1}


def _check_ids(ids: Sequence[str], kind: str) -> None:
    seen: set[str] = set()
    for identifier in ids:
        if identifier in seen:
            raise SourceError(f"{kind} id {identifier!r} is used twice")
        seen.add(identifier)
