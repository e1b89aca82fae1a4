"""Answer what Dify asks from the library."""

from __future__ import annotations

from collections.abc import Callable

from corpus.errors import UnknownNameError
from index.relevance import MOST
from index.retriever import Retriever
from service.dify import ALL, Record, RetrievalRequest, RetrievalResponse
from service.dify_conditions import combined
from service.problems import UNKNOWN_DOCUMENT, UNKNOWN_FILTER, Problem, ProblemError


def retrieve(library: Retriever, asked: RetrievalRequest, url: Callable[[str], str]) -> RetrievalResponse:
    """Return the records that answer; `url` says where the practice with an id can be read.

    A score is `confidence`, the probability that the list holds an answer, times `relevance`, the probability that a
    practice belongs to it if there is one: the probability that it is part of an answer. So a threshold means the same
    for every question, and what the list can't answer scores low. Raises ProblemError for an unknown knowledge id or
    region.
    """
    setting = asked.retrieval_setting
    # All that could be wanted: the best of three are to be the first three of the best of ten, by score.
    found = library.search(asked.query, top_k=setting.top_k and MOST, among=_among(library, asked))
    scored = [(found.confidence * hit.relevance, hit) for hit in found.hits]
    # Dify sorts by score, whatever the order here; of those as good as each other the better ranked stays first.
    scored.sort(key=lambda pair: -pair[0])
    enough = [pair for pair in scored if pair[0] >= (setting.score_threshold or 0.0)]
    return RetrievalResponse(
        records=[Record.of(hit, score, url(hit.practice.id)) for score, hit in enough[: setting.top_k]]
    )


def _among(library: Retriever, asked: RetrievalRequest) -> frozenset[str] | None:
    """Return the ids of the practices that may be found, None for all."""
    knowledge, metadata = asked.knowledge_id, asked.metadata_condition
    if knowledge not in (ALL, *library.documents):
        known = ", ".join([ALL, *list(library.documents)[:20]])
        raise ProblemError(Problem(UNKNOWN_DOCUMENT, f"There is no knowledge {knowledge!r}; known: {known}."))
    if knowledge == ALL and metadata is None:
        return None
    try:
        matches = metadata.matches() if metadata else combined([], all_of=True)
    except UnknownNameError as error:
        raise ProblemError(Problem(UNKNOWN_FILTER, f"#/metadata_condition: {error}")) from None
    return frozenset(
        practice.id
        for practice in library.practices.values()
        if knowledge in (ALL, practice.document_id) and matches(practice, library.documents[practice.document_id])
    )
