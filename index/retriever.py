"""Search a snapshot: understand the question, score both channels, fuse, cite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CitationError
from corpus.regions import gazetteer
from corpus.types import Document, Practice
from index import tokens
from index.catalog import read_chunks, read_documents, read_practices
from index.confidence import confidence_model, read_signals
from index.dense import DenseIndex
from index.encoder import Encoder
from index.filters import in_places, select
from index.fusion import combine, sparse_weight
from index.query import understand
from index.snapshot import REBUILD, Manifest, SnapshotError, SnapshotPaths, verify
from index.sparse import SparseIndex
from index.tokens import Tokenizer
from index.types import Citation, Filters, Hit, Mode, Query, ScoreParts, SearchResult

# How many chunks each channel proposes; a small corpus is scored in full.
_DEPTH = 100
# How many of the best hits are judged together for an answer.
_JUDGED = 3
_NO_FILTERS = Filters()


class Retriever:
    """Answer questions from one snapshot; safe to share between threads."""

    def __init__(self, paths: SnapshotPaths, manifest: Manifest, encoder: Encoder) -> None:
        self.manifest = manifest
        self._encoder = encoder
        self._tokenizer = Tokenizer.load(paths.tokens)
        self._dense = DenseIndex.load(paths.dense)
        self._sparse = SparseIndex.load(paths.sparse)
        self.documents: Mapping[str, Document] = {document.id: document for document in read_documents(paths)}
        self.practices: Mapping[str, Practice] = {practice.id: practice for practice in read_practices(paths)}
        self._listed = tuple(self.practices.values())
        position = {practice.id: number for number, practice in enumerate(self._listed)}
        chunks = read_chunks(paths)
        self._owner = np.array([position[chunk.practice_id] for chunk in chunks], dtype=np.int64)

    @classmethod
    def open(cls, snapshot: Path, encoder: Encoder) -> Retriever:
        """Open a snapshot directory after checking every file of it.

        Raises SnapshotError when a file is damaged, or when the snapshot was built with another encoder, tokenizer or
        schema than this process would search it with.
        """
        manifest = verify(snapshot)
        for what, built, now in (
            ("encoder", manifest.model, encoder.fingerprint),
            ("tokenizer", manifest.tokenizer, tokens.VERSION),
        ):
            if built != now:
                raise SnapshotError(f"{snapshot}: built with {what} {built}, but this is {what} {now}; {REBUILD}")
        return cls(SnapshotPaths(snapshot), manifest, encoder)

    def search(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID, filters: Filters = _NO_FILTERS
    ) -> SearchResult:
        """Return at most `top_k` hits, best first, ties in order of the list.

        A `top_k` beyond the corpus gives all of it. Raises UnknownNameError for a filter that names nothing.
        """
        query = understand(question, self._tokenizer)
        vector = self._encoder.encode_queries([query.text])[0]
        candidates = self._candidates(query, vector, self._among(filters))
        if not len(candidates):
            return SearchResult(query, (), 0.0, None)
        owners, dense = self._best(candidates, self._dense.scores(vector, candidates))
        _, sparse = self._best(candidates, self._sparse.scores(query.tokens, candidates))
        place = np.array([self._place(query, self._listed[owner]) for owner in owners], dtype=np.float32)
        weight = sparse_weight(self._held(query))
        score = {
            Mode.HYBRID: lambda: combine(dense, sparse, place, weight),
            Mode.DENSE: lambda: dense,
            Mode.SPARSE: lambda: sparse,
        }[mode]()
        order = np.lexsort((owners, -score))
        hits = tuple(
            self._hit(
                self._listed[owners[row]],
                float(score[row]),
                ScoreParts(float(dense[row]), float(sparse[row]), float(place[row]) if query.places else None, weight),
            )
            for row in order[: max(0, top_k)]
        )
        signals = read_signals(
            query,
            contrast=float(dense.max() - self._dense.mean @ vector),
            held=[self._tokens_of(self._listed[owners[row]]) for row in order[:_JUDGED]],
            rarity=self._sparse.rarity,
            place=float(place[order[0]]) if query.places else None,
        )
        return SearchResult(query, hits, confidence_model().probability(signals), signals)

    def select(self, filters: Filters) -> tuple[Practice, ...]:
        """Return the practices that match every filter, in order of the list.

        Raises UnknownNameError for a filter that names nothing.
        """
        return tuple(self._listed[position] for position in select(self._listed, self.documents, filters))

    def support(self, query: Query, text: str) -> float:
        """Return the share in [0, 1] of the question's content, weighted by rarity, that `text` holds."""
        return self._share(query, set(self._tokenizer(text)).__contains__)

    def cite(self, practice: Practice, start: int = 0, end: int | None = None) -> Citation:
        """Quote `[start, end)` of a practice's text, by default all of it, with its spans in the document.

        Raises CitationError when the quote is not what the document holds there.
        """
        document = self.documents[practice.document_id]
        quote = practice.text[start:end]
        spans = practice.source_spans(start, start + len(quote))
        if "".join(span.of(document.text) for span in spans) != quote:
            raise CitationError(f"{practice.id}: the quote {quote[:40]!r} does not stand at its span in {document.id}")
        return Citation(
            practice_id=practice.id,
            document_id=document.id,
            document_title=document.title,
            document_number=document.number,
            heading_path=tuple(heading.title for heading in practice.path),
            quote=quote,
            spans=spans,
        )

    def _among(self, filters: Filters) -> NDArray[np.int64] | None:
        if filters == _NO_FILTERS:
            return None
        kept = select(self._listed, self.documents, filters)
        return np.flatnonzero(np.isin(self._owner, kept))

    def _candidates(
        self, query: Query, vector: NDArray[np.float32], among: NDArray[np.int64] | None
    ) -> NDArray[np.int64]:
        nearest = self._dense.search(vector, _DEPTH, among)
        return np.union1d(nearest, self._sparse.search(query.tokens, _DEPTH, among))

    def _best(
        self, chunks: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the practices that own `chunks`, in order of the list, each with its best chunk's score."""
        owners, rows = np.unique(self._owner[chunks], return_inverse=True)
        best = np.full(len(owners), -np.inf, dtype=np.float32)
        np.maximum.at(best, rows, scores)
        return owners, best

    def _held(self, query: Query) -> float:
        """Return the share of the question's content, weighted by rarity, that the corpus holds."""
        return self._share(query, lambda token: self._sparse.document_frequency(token) > 0)

    def _share(self, query: Query, holds: Callable[[str], bool]) -> float:
        weights = {token: self._sparse.rarity(token) for token in query.content}
        return (
            sum(weight for token, weight in weights.items() if holds(token)) / sum(weights.values()) if weights else 0.0
        )

    def _hit(self, practice: Practice, score: float, parts: ScoreParts) -> Hit:
        return Hit(practice, score, parts, self.cite(practice))

    @staticmethod
    def _place(query: Query, practice: Practice) -> float:
        """Return how well a practice's places meet the question's: 1 in one of them, 0.5 in the province above."""
        codes = [code for place in query.places for code in place.codes]
        if in_places(practice, codes):
            return 1.0
        covers = gazetteer().covers
        return 0.5 if any(covers(region, code) for code in codes for region in practice.regions) else 0.0

    def _tokens_of(self, practice: Practice) -> set[str]:
        return set(self._tokenizer(" ".join((*(heading.title for heading in practice.path), practice.text))))
