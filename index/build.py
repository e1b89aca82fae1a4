"""Build a snapshot from the lists of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from corpus import readers
from corpus.chunks import chunk_practice
from corpus.errors import SourceError
from corpus.regions import gazetteer
from corpus.types import Chunk, Practice, PracticeList
from index import tokens
from index.alignment import Alignment
from index.background import Background
from index.catalog import write_catalog
from index.checkpoint import encode_in_shards, sweep
from index.dense import DenseIndex
from index.encoder import Encoder
from index.late import CodedPassages, LateIndex
from index.lexicon import Lexicon
from index.normal import normalise
from index.snapshot import SCHEMA, Manifest, SnapshotPaths, libraries, publish, writing
from index.sparse import SparseIndex
from index.structure import marks
from index.tokens import Tokenizer, field_terms, pairs

StageProgress = Callable[[str, int, int], None]
"""Take the name of a stage, how many of its steps are done, and how many there are."""

# Steps between two calls of a progress function; some steps take no longer than to show them does.
_STRIDE = 256

Item = TypeVar("Item")


def build_snapshot(
    lists: Sequence[PracticeList], encoder: Encoder, home: Path, progress: StageProgress | None = None
) -> Path:
    """Index the practices of `lists`, publish the snapshot under `home` and return its directory.

    A build that was killed is taken up where it was by the next one of the same practices with the same encoder.
    `progress` is told of the stages chunks (practices cut), passages (encoded) and tokens (passages cut into words).
    Raises SourceError when there is nothing to index or an id is used twice.
    """
    documents = [practice_list.document for practice_list in lists]
    practices = [practice for practice_list in lists for practice in practice_list.practices]
    _check_ids([document.id for document in documents], "document")
    _check_ids([practice.id for practice in practices], "practice")
    if not practices:
        raise SourceError("there is no practice to index")

    def write(paths: SnapshotPaths) -> Manifest:
        chunks, dense, sparse = _passages(practices, encoder, progress)
        # Before anything is written: what a build killed in this long stage leaves is its shards alone.
        encoded = encode_in_shards(dense, encoder, home, partial(progress, "passages") if progress else None)
        tokenizer = Tokenizer.build(sorted(field_terms(practice.text for practice in practices) | _places(practices)))
        write_catalog(paths, documents, practices, chunks)
        tokenizer.save(paths.tokens)
        SparseIndex.build([tokenizer(text) for text in _counted("tokens", sparse, progress)]).save(paths.sparse)
        SparseIndex.build([pairs(normalise(text)) for text in sparse]).save(paths.pairs)
        Lexicon.build(sparse, tokenizer).save(paths.lexicon)
        DenseIndex.build(encoded.pooled).save(paths.dense)
        parts = (_without_headings(part, chunks, dense) for part in encoded.parts())
        Background.write(paths.background, encoder)
        LateIndex.write(paths.late, encoded.codec, len(chunks), parts)
        return Manifest(
            schema=SCHEMA,
            reader=readers.VERSION,
            tokenizer=tokens.VERSION,
            model=encoder.fingerprint,
            dimension=encoder.dimension,
            token_codes=encoded.codec.name,
            documents={document.id: document.sha256 for document in documents},
            counts={"documents": len(documents), "practices": len(practices), "chunks": len(chunks)},
            libraries=libraries(),
            files={},
        )

    with writing(home):
        snapshot = publish(home, write)
        sweep(home)
    return snapshot


def _passages(
    practices: Sequence[Practice], encoder: Encoder, progress: StageProgress | None
) -> tuple[list[Chunk], list[str], list[str]]:
    """Cut practices into chunks; return them, and their texts for the dense and for the sparse channel.

    Both are in one script. The vector gets the nearest heading, since a long heading path would make all passages under
    it alike; the tokens get the whole path, so that a task is found by its title.
    """
    chunks: list[Chunk] = []
    dense: list[str] = []
    sparse: list[str] = []
    for practice in _counted("chunks", practices, progress):
        titles = [heading.title for heading in practice.path]

        def passage(text: str, titles: Sequence[str] = titles) -> str:
            return normalise("\n".join([*titles[-1:], text]))

        def fits(text: str, passage: Callable[[str], str] = passage) -> bool:
            return encoder.count_tokens(passage(text)) <= encoder.max_tokens

        for chunk in chunk_practice(practice, fits):
            chunks.append(chunk)
            dense.append(passage(chunk.text))
            sparse.append(" ".join([*titles, chunk.text, *marks(practice)]))
    return chunks, dense, sparse


def _without_headings(part: CodedPassages, chunks: Sequence[Chunk], read: Sequence[str]) -> CodedPassages:
    """Leave out the tokens of headings; return spans in the chunks' own texts, no longer in what was `read`.

    A heading is context: it has left its mark on the vectors of the words below it. A token that stands for nothing
    in particular, as some models have, is kept.
    """
    spans = np.zeros_like(part.spans)
    kept = np.ones(len(spans), dtype=bool)
    counts = part.counts.copy()
    end = 0
    for place, number in enumerate(part.numbers.tolist()):
        rows = slice(end, end + int(part.counts[place]))
        end = rows.stop
        before = part.spans[rows]
        spans[rows] = Alignment(read[number], chunks[number].text)(before)
        kept[rows] = (spans[rows, 1] > 0) | (before[:, 1] == before[:, 0])
        counts[place] = kept[rows].sum()
    return CodedPassages(part.numbers, part.codes[kept], spans[kept], counts)


def _counted(stage: str, items: Sequence[Item], progress: StageProgress | None) -> Iterator[Item]:
    """Yield the items, and tell `progress` now and then, and at the end, how many are done."""
    for done, item in enumerate(items, start=1):
        yield item
        if progress is not None and (done % _STRIDE == 0 or done == len(items)):
            progress(stage, done, len(items))


def _places(practices: Sequence[Practice]) -> set[str]:
    places = {mention.written for practice in practices for mention in gazetteer().mentions(practice.text)}
    return {place for place in places if len(place) > 1}


def _check_ids(ids: Sequence[str], kind: str) -> None:
    seen: set[str] = set()
    for identifier in ids:
        if identifier in seen:
            raise SourceError(f"{kind} id {identifier!r} is used twice")
        seen.add(identifier)
