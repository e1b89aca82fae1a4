"""The systems of this project that can be asked: a retriever, with or without answers in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Protocol

from eval.questions import Question
from eval.run import GivenAnswer, Outcome, Quote
from index.confidence import answerable
from index.relevance import MOST
from index.retriever import Retriever
from index.types import Hit, Mode, SearchResult
from service.answer import answer_from
from service.conversation import search


class Searcher(Protocol):
    """Find practices for a question; `index.retriever.Retriever` is one, baselines of the bench are others."""

    def search(
        self, question: str, *, top_k: int = ..., mode: Mode = ..., history: Sequence[str] = ...
    ) -> SearchResult:
        """Return at most `top_k` hits, best first; `history` are the questions before, oldest first."""
        ...


def practice_id(hit: Hit) -> str:
    """Name a hit by its practice."""
    return hit.practice.id


def document_id(hit: Hit) -> str:
    """Name a hit by its document."""
    return hit.practice.document_id


class Search:
    """Ask a searcher for rankings; `name` says what a hit counts as."""

    def __init__(self, searcher: Searcher, mode: Mode = Mode.HYBRID, name: Callable[[Hit], str] = practice_id) -> None:
        self._searcher = searcher
        self._mode = mode
        self._name = name
        self.label = mode.value

    def ask(self, question: Question, depth: int) -> Outcome:
        """Return the best `depth`."""
        result = self._searcher.search(question.text, top_k=depth, mode=self._mode, history=question.history)
        return _outcome(result, depth, self._name)


class SearchAndAnswer:
    """Ask a retriever for rankings and for the service's answer to the same result."""

    def __init__(self, retriever: Retriever, mode: Mode = Mode.HYBRID) -> None:
        self._retriever = retriever
        self._mode = mode
        self.label = mode.value

    def ask(self, question: Question, depth: int) -> Outcome:
        """Return the best `depth` and the answer."""
        result = search(
            self._retriever, question.text, top_k=max(depth, MOST), mode=self._mode, history=question.history
        )
        start = time.perf_counter()
        given = answer_from(self._retriever, result)
        seconds = time.perf_counter() - start
        return _outcome(
            result,
            depth,
            practice_id,
            GivenAnswer(
                given.text,
                tuple(
                    Quote(cited.practice_id, cited.document_id, cited.quote, cited.spans) for cited in given.citations
                ),
            ),
            seconds,
        )


def _outcome(
    result: SearchResult,
    depth: int,
    name: Callable[[Hit], str],
    answer: GivenAnswer | None = None,
    answering: float | None = None,
) -> Outcome:
    hits = result.hits[:depth]
    seconds = {stage.value: spent for stage, spent in result.timings.items()}
    if answering is not None:
        seconds["answer"] = answering
    return Outcome(
        ranking=tuple((name(hit), hit.score) for hit in hits),
        confidence=result.confidence,
        answered=answerable(result),
        parts=tuple(asdict(hit.parts) for hit in hits),
        answer=answer,
        seconds=seconds,
    )
