"""Other ways to search the same practices: what the shipped one is compared with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from corpus.types import Practice
from index.fusion import EARLIER_WEIGHT, combine
from index.normal import normalise
from index.retriever import Retriever
from index.sparse import SparseIndex
from index.types import Hit, Mode, Query, ScoreParts, SearchResult, Steps
from service.conversation import search

# From here on, a rank adds next to nothing.
_RANKED = 1000
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+")


class Without:
    """Search as shipped, follow-ups included, but for some steps of understanding."""

    def __init__(self, retriever: Retriever, steps: Steps) -> None:
        self._retriever = retriever
        self._steps = steps

    def search(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID, history: Sequence[str] = ()
    ) -> SearchResult:
        """Return at most `top_k` hits, best first."""
        return search(self._retriever, question, top_k=top_k, mode=mode, history=history, without=self._steps)


class PlainFusion:
    """Rank what a retriever finds by the mean of the channels' z-scores: no places, no history, one weight for all."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    @property
    def practices(self) -> Mapping[str, Practice]:
        """Return all practices by id."""
        return self._retriever.practices

    def search(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID, history: Sequence[str] = ()
    ) -> SearchResult:
        """Return at most `top_k` hits, best first; `mode` and `history` make no difference."""
        result = self._retriever.search(question, top_k=len(self.practices))
        dense = np.array([hit.parts.dense for hit in result.hits], dtype=np.float32)
        sparse = np.array([hit.parts.sparse for hit in result.hits], dtype=np.float32)
        scores = combine(dense, sparse, None, 0.5)
        order = np.argsort(-scores, kind="stable")[:top_k]
        return replace(result, hits=tuple(replace(result.hits[row], score=float(scores[row])) for row in order))


class RankFusion:
    """Rank what the two channels find by reciprocal rank fusion."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def search(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID, history: Sequence[str] = ()
    ) -> SearchResult:
        """Return at most `top_k` hits, best first, ties in order of the dense channel; `mode` makes no difference."""
        dense, sparse = (
            self._retriever.search(question, top_k=max(_RANKED, top_k), mode=channel, history=history)
            for channel in (Mode.DENSE, Mode.SPARSE)
        )
        hits = {hit.practice.id: hit for hit in (*sparse.hits, *dense.hits)}
        scores = reciprocal_ranks([[hit.practice.id for hit in result.hits] for result in (dense, sparse)])
        order = sorted(scores, key=lambda name: -scores[name])[:top_k]
        return replace(dense, hits=tuple(replace(hits[name], score=scores[name]) for name in order))


def reciprocal_ranks(rankings: Sequence[Sequence[str]], k: int = 60) -> dict[str, float]:
    """Return the sum of 1 / (k + rank) over the rankings that hold an id, ids in the order in which they first come.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods"
    (SIGIR 2009), whose k this is.
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1 / (k + rank)
    return scores


class CharacterSearch:
    """Rank the practices of a retriever by BM25 over characters: what search without a Chinese dictionary comes to.

    The text is that of the sparse channel: a practice under its headings. The question before counts as it does there.
    """

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self._listed = tuple(retriever.practices.values())
        self._index = SparseIndex.build([characters(passage(practice)) for practice in self._listed])

    def search(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID, history: Sequence[str] = ()
    ) -> SearchResult:
        """Return at most `top_k` hits that share a token, best first; `mode` makes no difference."""
        tokens = tuple(dict.fromkeys(characters(question)))
        scores = self._index.scores(tokens)
        if history:
            scores = scores + EARLIER_WEIGHT * self._index.scores(dict.fromkeys(characters(history[-1])))
        order = np.argsort(-scores, kind="stable")
        hits = tuple(
            self._hit(self._listed[row], float(scores[row])) for row in order[scores[order] > 0][: max(0, top_k)]
        )
        query = Query(question, normalise(question), tokens, tokens, tokens, (), about_place=False)
        return SearchResult(query, hits, 0.0, None)

    def _hit(self, practice: Practice, score: float) -> Hit:
        return Hit(practice, score, ScoreParts(0.0, None, score, None, 1.0), self._retriever.cite(practice))


def passage(practice: Practice) -> str:
    """Return the text by which the sparse channel finds a practice that is one chunk."""
    return " ".join([*(heading.title for heading in practice.path), practice.text])


def characters(text: str) -> list[str]:
    """Return the single characters and the pairs of neighbours of Chinese (Japanese, Korean) runs, other words whole.

    The text is normalised first. Pairs mixed with single characters do better than pairs alone: Kwok, "Employing
    multiple representations for Chinese information retrieval" (JASIS 50, 1999).
    """
    tokens: list[str] = []
    for run in _RUN.finditer(normalise(text).lower()):
        if run["cjk"]:
            tokens += [*run[0], *("".join(pair) for pair in pairwise(run[0]))]
        else:
            tokens.append(run[0])
    return tokens
