"""The baseline to beat: the mean of the two channels' z-scores, and nothing else that is known of a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from corpus.types import Practice
from index.fusion import combine
from index.retriever import Retriever
from index.types import Mode, SearchResult


class PlainFusion:
    """Rank what a retriever finds by plain fusion: no places, no history, one weight for every question."""

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
