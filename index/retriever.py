"""Search a snapshot: understand the question, score both channels, fuse, cite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus import readers
from corpus.errors import CitationError
from corpus.regions import gazetteer
from corpus.types import Document, Practice
from index import tokens
from index.about_list import AboutList
from index.background import Background, Beside
from index.candidates import Proposer
from index.catalog import read_chunks, read_documents, read_practices
from index.confidence import answerable, confidence_model
from index.dense import DenseIndex
from index.editions import Editions
from index.encoder import Encoder
from index.filters import select
from index.fusion import Scored, total
from index.interaction import Asked, Interaction, explain, interact
from index.judgement import Found, Judge, looked_at
from index.late import LateIndex
from index.lexicon import Lexicon
from index.normal import normalise
from index.parts import Headings
from index.preferences import Preferences
from index.query import Known, carried_over, joined, understand
from index.ranking import Ranking
from index.reader import shipped_reader
from index.reasons import is_vague, reason, settled, telling_nothing
from index.relevance import MOST, kept, relevances
from index.scorer import Scorer
from index.slips import Speller
from index.snapshot import REBUILD, Manifest, SnapshotError, SnapshotPaths, verify
from index.sparse import SparseIndex, lexical
from index.stages import Stopwatch
from index.tokens import Tokenizer
from index.types import Citation, Filters, Hit, Mode, Query, SearchResult, Stage, Step, Steps
from index.wording import Wording

# How many practices each channel proposes at least; a small corpus is scored in full.
_DEPTH = 100
_REMEMBERED = 256
_NO_FILTERS = Filters()
_ALL_STEPS: Steps = frozenset()


class Retriever:
    """Answer questions from one snapshot; safe to share between threads."""

    def __init__(self, paths: SnapshotPaths, manifest: Manifest, encoder: Encoder) -> None:
        self.manifest = manifest
        self._encoder = encoder
        self._tokenizer = Tokenizer.load(paths.tokens)
        self._dense = DenseIndex.load(paths.dense)
        self._sparse = SparseIndex.load(paths.sparse)
        self._pairs = SparseIndex.load(paths.pairs)
        self.documents: Mapping[str, Document] = {document.id: document for document in read_documents(paths)}
        self.practices: Mapping[str, Practice] = {practice.id: practice for practice in read_practices(paths)}
        self._listed = tuple(self.practices.values())
        self._position = {practice.id: number for number, practice in enumerate(self._listed)}
        self._late = LateIndex.load(paths.late)
        background, reader = Background.load(paths.background), shipped_reader(encoder.fingerprint)
        self._judge = Judge(self._sparse, self._tokenizer, background, self._late, reader, self.documents)
        self.wording = Wording(self._sparse, self._tokenizer)
        chunks = read_chunks(paths)
        self._owner = np.array([self._position[chunk.practice_id] for chunk in chunks], dtype=np.int64)
        self._start = [chunk.start for chunk in chunks]
        preferences = Preferences(self._listed, self.documents)
        self._scorer = Scorer(self._dense, preferences, self._owner, self._listed)
        located: dict[str, list[int]] = {}
        for number, practice in enumerate(self._listed):
            for code in {code for region in practice.regions for code in gazetteer().lineage(region)}:
                located.setdefault(code, []).append(number)
        self.located: Mapping[str, Sequence[int]] = located
        """The codes of the places that practices name and of what these lie in, with the places of those practices."""
        headings = Headings(self._listed)
        self._proposer = Proposer(self._dense, self._owner, located, headings)
        self._editions = Editions(self.documents.values(), self._tokenizer)
        titles = [set(self._tokenizer(normalise(document.title))) for document in self.documents.values()]
        counted = Counter(word for title in titles for word in title)
        theme = self._sparse.common(counted)
        self._nothing = telling_nothing(len(self._listed), theme)
        self._known = Known(
            self._tokenizer,
            Speller(Lexicon.load(paths.lexicon, self._tokenizer), self._tokenizer),
            headings,
            located,
            theme=theme,
            titled={word for word, count in counted.items() if 2 * count > len(titles)},
        )
        # What a conversation asks of its questions, each turn anew.
        self._understood = lru_cache(_REMEMBERED)(partial(understand, known=self._known))

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
            ("reader", manifest.reader, readers.VERSION),
        ):
            if built != now:
                raise SnapshotError(f"{snapshot}: built with {what} {built}, but this is {what} {now}; {REBUILD}")
        return cls(SnapshotPaths(snapshot), manifest, encoder)

    @property
    def encoder(self) -> Encoder:
        """Return the encoder that questions are read with."""
        return self._encoder

    @property
    def reads(self) -> bool:
        """Tell whether the best hits are read, which takes the encoder that the reader was trained on."""
        return shipped_reader(self._encoder.fingerprint) is not None

    def search(
        self,
        question: str,
        *,
        top_k: int | None = None,
        mode: Mode = Mode.HYBRID,
        filters: Filters = _NO_FILTERS,
        among: Collection[str] | None = None,
        history: Sequence[str] = (),
        alone_from: float | None = None,
        without: Steps = _ALL_STEPS,
    ) -> SearchResult:
        """Return at most `top_k` hits, best first, ties in order of the list.

        Without a `top_k`, the kind of the question decides: all that belongs to the answer, up to 50, or the best 5. A
        `top_k` beyond the corpus gives all of it. `history` are the questions before this one, oldest first; the last
        counts half, or nothing where it is as sure as `alone_from` that the question is answered without it. `among`
        are the ids of the practices to look at, besides the filters; `without` are steps to leave out. Raises
        UnknownNameError for a filter that names nothing.
        """
        clock = Stopwatch()
        query = understand(question, self._known, without)
        before = None if Step.HISTORY in without or not history else history[-1]
        earlier = None if before is None else carried_over(before, query, self._known, without)
        asked = [query, earlier] if earlier and not is_vague(earlier, self._nothing) else [query]
        allowed = self._allowed(filters, among)
        clock.lap(Stage.UNDERSTAND)
        encoded = self._encoder.encode_queries([one.text for one in asked])
        clock.lap(Stage.ENCODE)
        bm25 = [lexical((self._sparse, one.content), (self._pairs, one.pairs)) for one in asked]
        clock.lap(Stage.SPARSE)
        read = list(map(Asked, asked, encoded.pooled, encoded.texts(), bm25))
        candidates = self._proposer.propose(read, max(_DEPTH, top_k or 0), allowed, clock)
        words = [interact(self._late, one, candidates, without) for one in read]
        clock.lap(Stage.LATE)
        if not len(candidates):
            return SearchResult(query, (), 0.0, None, timings=clock.seconds)
        score = partial(self._scorer.score, candidates=candidates, without=without, clock=clock)
        scored = list(map(score, read, words))
        beside = self._judge.beside(read[0], words[0])
        rank = partial(self._ranked, words=words[0], candidates=candidates, beside=beside, mode=mode, without=without)
        ranking, turned = rank(read, scored), False
        if earlier and alone_from is not None:
            alone = rank(read[:1], scored[:1])
            if self._judged(SearchResult(query, (), 0.0, None), alone, query).confidence >= alone_from:
                turned = bool(ranking.order[0] != alone.order[0])
                earlier, ranking = None, alone
        hits = self._hits(query, ranking, top_k)
        clock.lap(Stage.FUSE)
        hits = self._explained(hits, query, words[0], candidates)
        clock.lap(Stage.LATE)
        whole = joined(query, earlier, self._known) if earlier else query
        result = self._judged(SearchResult(query, tuple(hits), 0.0, None), ranking, whole)
        clock.lap(Stage.FUSE)
        return replace(result, carried=len(ranking.read) > 1, turned=turned, timings=clock.seconds)

    def rarities(self, question: str) -> list[float]:
        """Return how rare in the corpus each word is that a question's subject adds to speaking of the list as such."""
        subject = self._understood(question).subject
        return [self._sparse.rarity(word) for word in subject if word not in tokens.frame_words()]

    def asks_for_part(self, question: str) -> bool:
        """Tell whether a question asks for a part of the list as such (那第三部分呢)."""
        return self._understood(question).about_part

    def asked_of_list(self, question: str) -> AboutList:
        """Return what a question asks of the list itself."""
        return self._understood(question).about_list

    def select(self, filters: Filters) -> tuple[Practice, ...]:
        """Return the practices that match every filter, in order of the list.

        Raises UnknownNameError for a filter that names nothing.
        """
        return tuple(self._listed[position] for position in select(self._listed, self.documents, filters))

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

    def _allowed(self, filters: Filters, among: Collection[str] | None) -> NDArray[np.int64] | None:
        """Return the chunks that may be found, None for all of them."""
        if filters == _NO_FILTERS and among is None:
            return None
        kept = select(self._listed, self.documents, filters)
        if among is not None:
            kept = [position for position in kept if self._listed[position].id in among]
        return np.flatnonzero(np.isin(self._owner, kept))

    def _explained(
        self, hits: list[Hit], query: Query, words: Interaction | None, candidates: NDArray[np.int64]
    ) -> list[Hit]:
        """Add what the words of the question met in the best chunk of each hit."""
        if words is None:
            return hits
        rows = self._rows([hit.practice for hit in hits], candidates)
        chunks = [int(candidates[own[words.scores[own].argmax()]]) for own in rows]
        found = explain(self._late, words, query, [(chunk, self._start[chunk]) for chunk in chunks])
        return [replace(hit, evidence=matches) for hit, matches in zip(hits, found, strict=True)]

    def _ranked(
        self,
        read: Sequence[Asked],
        scored: Sequence[Scored],
        words: Interaction | None,
        candidates: NDArray[np.int64],
        beside: Beside,
        mode: Mode,
        without: Steps,
    ) -> Ranking:
        """Put the candidates in order, and read the best few."""
        totals, owners = total(scored, mode), scored[0].owners
        order = np.lexsort((owners, -totals))
        if mode is Mode.SPARSE:
            # What holds no word of the question was not found by its words.
            order = order[totals[order] > 0]
        first = order[: looked_at(read[0].query.kind)]
        best = [self._listed[owner] for owner in owners[first]]
        found = Found(read, best, self._rows(best, candidates), candidates, scored[0].dense[first], words)
        if mode is not Mode.HYBRID or Step.READING in without:
            return Ranking(read, scored, totals, order, found, beside)
        readings = dict(zip(first.tolist(), self._judge.readings(found, beside), strict=False))
        return Ranking(read, scored, totals, order, found, beside, readings)

    def _hits(self, query: Query, ranking: Ranking, top_k: int | None) -> list[Hit]:
        near, away, relevance = relevances(query.kind, ranking.scored, ranking.readings)
        first = ranking.scored[0]
        hits: list[Hit] = []
        for row in ranking.order[: MOST if top_k is None else max(0, top_k)].tolist():
            practice = self._listed[first.owners[row]]
            parts = replace(first.parts(row), reading=ranking.readings.get(row))
            score, citation = float(ranking.totals[row]), self.cite(practice)
            judged = float(near[row]), bool(away[row]), float(relevance[row])
            hits.append(Hit(practice, score, parts, citation, (), *judged))
        return list(kept(hits, query.kind)) if top_k is None else hits

    def _rows(self, practices: Sequence[Practice], candidates: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return where in `candidates` the chunks of each practice are."""
        owners = self._owner[candidates]
        return [np.flatnonzero(owners == self._position[practice.id]) for practice in practices]

    def _judged(self, result: SearchResult, ranking: Ranking, whole: Query) -> SearchResult:
        """Add how sure it is that the best of a ranking hold an answer, and why there is none where it is not."""
        if not ranking.found.hits:
            return result
        signals = self._judge.signals(ranking.found, whole, ranking.beside, ranking.reading)
        told = settled(result.query, whole, self._editions, self._nothing)
        confidence, why = told or (confidence_model(read=signals.read is not None).probability(signals), None)
        judged = replace(result, signals=signals, confidence=confidence, reason=why)
        if why or answerable(judged):
            return judged
        unheld = tuple(dict.fromkeys(place.name for place in whole.places if not place.excluded and not place.held))
        why = reason(whole, signals, ranking.beside, unheld, self._tokenizer)
        return replace(judged, reason=why, unheld=unheld)
