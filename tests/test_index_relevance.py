"""A hit belongs to the answer when it comes near the best where the question asks; there a list ends."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from index.fusion import Scored
from index.relevance import FEW, SEVERAL, behind, belongs, closeness, elsewhere, kept, relevance_model, relevances
from index.retriever import Retriever
from index.types import Kind


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def scored(meaning: NDArray[np.float32], place: NDArray[np.float32] | None = None, weight: float = 3.0) -> Scored:
    owners = np.arange(len(meaning), dtype=np.int64)
    return Scored(owners, meaning, None, meaning, place, 0.2, weight)


def test_the_best_in_every_channel_is_1_and_the_average_0() -> None:
    near = closeness(Kind.LIST, [(scored(floats(0.9, 0.8, 0.7)), 1.0)])
    assert near == pytest.approx([1, 0, -1], abs=1e-5)
    assert closeness(Kind.LIST, [(scored(floats(0.8)), 1.0)]) == pytest.approx([1])
    assert len(closeness(Kind.LIST, [(scored(floats()), 1.0)])) == 0


def test_asked_about_as_such_a_place_is_all_that_counts() -> None:
    one = scored(floats(0.9, 0.1), floats(0, 1))
    assert closeness(Kind.REGION, [(one, 1.0)]).tolist() == [1, 1]
    assert elsewhere(one).tolist() == [True, False]


def test_nothing_is_elsewhere_where_places_do_not_count() -> None:
    assert not elsewhere(scored(floats(0.9, 0.1))).any()
    assert not elsewhere(scored(floats(0.9, 0.1), floats(0, 1), weight=0.0)).any()


@pytest.mark.parametrize("read", [True, False])
def test_a_nearer_practice_is_as_likely_at_least_and_one_elsewhere_less(read: bool) -> None:
    model = relevance_model(read=read)
    near, here, none = np.linspace(-1, 1, 9), np.zeros(9, dtype=np.bool_), np.zeros(9)
    for kind in Kind:
        likely = model.probability(kind, near, here, none)
        assert (np.diff(likely) > 0).all()
        assert (model.probability(kind, near, ~here, none) < likely).all()


def test_what_says_less_of_what_is_asked_is_less_likely() -> None:
    _, _, rows = relevances(Kind.LIST, [scored(floats(0.9, 0.9, 0.9, 0.9))], {0: 1.0, 1: 4.0, 2: -3.0})
    assert rows[1] > rows[0] > rows[2] == rows[3]
    assert behind(Kind.LIST, np.array([1.0, 4.0, np.nan])).tolist() == [-3, 0, -3]
    assert not behind(Kind.REGION, np.array([1.0, 4.0])).any()
    assert not behind(Kind.LIST, np.array([np.nan, np.nan])).any()
    unread = relevances(Kind.LIST, [scored(floats(0.9, 0.9))], {})[2]
    assert unread[0] == unread[1]


def test_a_list_ends_where_relevance_ends_and_another_question_gets_a_few(retriever: Retriever) -> None:
    whole = retriever.search("哪些地方编制了建筑机器人方面的目录、指南？", top_k=43)
    found = retriever.search("哪些地方编制了建筑机器人方面的目录、指南？")
    assert whole.query.kind is Kind.LIST
    assert list(found.hits) == [hit for rank, hit in enumerate(whole.hits) if rank == 0 or belongs(hit)]
    one = retriever.search("嘉兴的人才房票是多少钱？")
    assert one.query.kind not in SEVERAL
    assert len(one.hits) == FEW


def test_all_of_a_place_belongs_to_a_question_about_it(retriever: Retriever) -> None:
    found = retriever.search("深圳在智能建造上有哪些做法？")
    held = {practice.id for practice in retriever.practices.values() if "440300" in practice.regions}
    assert found.query.kind is Kind.REGION
    assert {hit.practice.id for hit in found.hits} == held


def test_what_does_not_belong_follows_only_where_so_many_are_wanted(retriever: Retriever) -> None:
    hits = retriever.search("上海有哪些做法？", top_k=43).hits
    assert len(kept(hits, Kind.REGION)) == sum(map(belongs, hits))
    more = kept(hits, Kind.REGION, at_least=5)
    assert len(more) == 5
    assert [belongs(hit) for hit in more] == sorted(map(belongs, more), reverse=True)
