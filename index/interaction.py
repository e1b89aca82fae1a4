"""Score candidates word by word, and say which words of a question met which of a practice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

from corpus.types import Span
from index.alignment import Alignment
from index.encoded import TokenVectors
from index.late import LateIndex
from index.sparse import Lexical
from index.types import Match, Query, Step, Steps

# Matches of one hit; the weakest are left out.
_MOST = 12
# What a word counts for that tells no candidate from another.
_LEAST = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Hold a question as understood and as encoded, and what BM25 says of all passages for it."""

    query: Query
    vector: NDArray[np.float32]
    words: TokenVectors
    lexical: Lexical


@dataclass(frozen=True, slots=True, eq=False)
class Interaction:
    """Hold what the words of one question found in the same candidates.

    `found` (words, candidates) are the best cosines, `average` (words) the mean of each word's over the candidates,
    `weights` (words) what it counts for, 1 in all; `scores` (candidates) the weighted mean of the best cosines.
    """

    words: TokenVectors
    found: NDArray[np.float32]
    average: NDArray[np.float32]
    weights: NDArray[np.float32]
    scores: NDArray[np.float32]


def interact(index: LateIndex, asked: Asked, candidates: NDArray[np.int64], without: Steps) -> Interaction | None:
    """Compare a question with passages; return None where it has no words, there are no passages, or it is left out.

    A word counts for as much as its best passage stands out from the average one: 请问 or 哪些 is met everywhere alike,
    what the question is about is not.
    """
    words = asked.words
    if Step.LATE in without or not len(words.vectors) or not len(candidates):
        return None
    found = index.similarities(words.vectors, candidates)
    average = found.mean(axis=1)
    weights = np.ones_like(average) if Step.CONTRAST in without else found.max(axis=1) - average + _LEAST
    weights /= weights.sum()
    return Interaction(words, found, average, weights, weights @ found)


def explain(
    index: LateIndex, interaction: Interaction, query: Query, passages: Sequence[tuple[int, int]]
) -> list[tuple[Match, ...]]:
    """Return for each of the passages, given as (number, where it begins in its practice), what the question met there.

    Neighbours that met neighbours are one match. Left out are words that met no more there than in the candidates on
    average, and matches that count for less than a word does on average.
    """
    asked = Alignment(query.text, query.raw)(interaction.words.spans).tolist()
    weights = interaction.weights.tolist()
    # A little less than the average, so that of words that count alike all are shown.
    least = 0.999 / len(weights)
    explained: list[tuple[Match, ...]] = []
    for number, start in passages:
        similarities, spans = index.matches(interaction.words.vectors, number)
        met, similar = (spans + start).tolist(), similarities.tolist()
        matches: list[Match] = []
        for word in np.flatnonzero((similarities > interaction.average) & (spans[:, 1] > 0)).tolist():
            if asked[word][1]:
                match = Match(Span(*asked[word]), Span(*met[word]), similar[word], weights[word])
                joins = matches and _adjoin(matches[-1], match)
                matches.append(_joined(matches.pop(), match) if joins else match)
        strongest = nlargest(_MOST, (match for match in matches if match.weight >= least), key=_weight)
        explained.append(tuple(sorted(strongest, key=lambda match: match.asked.start)))
    return explained


def _weight(match: Match) -> float:
    return match.weight


def _adjoin(one: Match, other: Match) -> bool:
    return one.asked.end == other.asked.start and one.met.end == other.met.start


def _joined(one: Match, other: Match) -> Match:
    weight = one.weight + other.weight
    return replace(
        one,
        asked=Span(one.asked.start, other.asked.end),
        met=Span(one.met.start, other.met.end),
        similarity=(one.weight * one.similarity + other.weight * other.similarity) / weight,
        weight=weight,
    )
