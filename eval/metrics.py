"""How good rankings are: pure functions over judgements and outcomes.

The measures are those of ir_measures (MacAvaney et al., ECIR 2022), computed by trec_eval's code and, for
MRR@10, by MS MARCO's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from math import fsum, isfinite

import ir_measures

Judgements = Mapping[str, Mapping[str, int]]
"""Grade of each judged document by question id; what is not judged has grade 0."""

Ranking = Sequence[tuple[str, float]]
"""Ids with scores, best first."""

SCORE_STEP = 1e-6
SCORE_LIMIT = 1e30


class Measure(StrEnum):
    """Name a ranking measure as reports do."""

    HIT_AT_1 = "hit@1"
    R_PRECISION = "r-precision"
    RECALL_AT_5 = "recall@5"
    RECALL_AT_10 = "recall@10"
    MRR_AT_10 = "mrr@10"
    NDCG_AT_10 = "ndcg@10"


Scores = Mapping[Measure, float]


def ir_measure(measure: Measure, relevant: int) -> ir_measures.Measure:
    """Return the measure in the terms of ir_measures; grades from `relevant` on are right answers.

    nDCG takes the grades themselves as gains, discounted by log2(rank + 1), and so counts lower grades too.
    """
    measures: dict[Measure, ir_measures.Measure] = {
        Measure.HIT_AT_1: ir_measures.Success(rel=relevant) @ 1,
        Measure.R_PRECISION: ir_measures.Rprec(rel=relevant),
        Measure.RECALL_AT_5: ir_measures.R(rel=relevant) @ 5,
        Measure.RECALL_AT_10: ir_measures.R(rel=relevant) @ 10,
        Measure.MRR_AT_10: ir_measures.RR(rel=relevant) @ 10,
        Measure.NDCG_AT_10: ir_measures.nDCG @ 10,
    }
    return measures[measure]


def score_rankings(
    judgements: Judgements, rankings: Mapping[str, Ranking], relevant: int
) -> dict[str, dict[Measure, float]]:
    """Return the scores of each question that has a right answer, a grade of at least `relevant`.

    A question without a ranking scores 0. Rankings of other questions are left out.
    """
    judged = {
        question: dict(grades) for question, grades in judgements.items() if max(grades.values(), default=0) >= relevant
    }
    if not judged:
        return {}
    run = {question: dict(separate_scores(rankings[question])) for question in judged if question in rankings}
    measures = {ir_measure(measure, relevant): measure for measure in Measure}
    scores: dict[str, dict[Measure, float]] = {question: {} for question in judged}
    for metric in ir_measures.iter_calc(list(measures), judged, run):
        scores[metric.query_id][measures[metric.measure]] = float(metric.value)
    return scores


def mean_scores(scores: Collection[Scores]) -> dict[Measure, float] | None:
    """Average each measure over questions; None for none of them. The order of the questions changes no bit of it."""
    if not scores:
        return None
    return {measure: fsum(score[measure] for score in scores) / len(scores) for measure in Measure}


def separate_scores(ranking: Ranking) -> tuple[tuple[str, float], ...]:
    """Lower scores as little as needed to make each less than the one before, by at least 1e-6 of it.

    The order of a ranking is what its reader sees, but measures sort by score again: trec_eval in single precision with
    ties by descending id, MS MARCO's code with ties by ascending id. Of an id that comes twice, the first place counts.
    """
    separated: dict[str, float] = {}
    bound = SCORE_LIMIT
    for name, score in ranking:
        if not isfinite(score):
            raise ValueError(f"the score of {name!r} is {score}")
        if name in separated:
            continue
        separated[name] = min(bound, max(score, -SCORE_LIMIT))
        bound = separated[name] - SCORE_STEP * max(1.0, abs(separated[name]))
    return tuple(separated.items())
