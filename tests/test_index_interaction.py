"""Each hit says which words of the question met which words of the practice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder

from corpus.types import PracticeList
from index.build import build_snapshot
from index.retriever import Retriever
from index.types import Hit, Mode, Stage, Step


@pytest.fixture(scope="module")
def hashed(shipped: PracticeList, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    encoder = HashedEncoder()
    return Retriever.open(build_snapshot([shipped], encoder, tmp_path_factory.mktemp("hashed")), encoder)


def met(hit: Hit, question: str) -> dict[str, str]:
    return {match.asked.of(question): match.met.of(hit.practice.text) for match in hit.evidence}


@pytest.mark.parametrize("question", ["福建的应用场景指南", "福建的應用場景指南", " 福建的…应用场景　指南"])
def test_the_evidence_quotes_question_and_practice(retriever: Retriever, question: str) -> None:
    hit = retriever.search(question).hits[0]
    found = met(hit, question)
    assert found["福建"] == "福建"
    assert "场景" in "".join(found.values())
    assert all(-1 <= match.similarity <= 1.001 for match in hit.evidence)
    assert sum(match.weight for match in hit.evidence) <= 1.001


def test_neighbours_are_one_match(hashed: Retriever) -> None:
    hit = hashed.search("建筑机器人").hits[0]
    assert met(hit, "建筑机器人") == {"建筑机器人": "建筑机器人"}
    assert hit.evidence[0].weight == pytest.approx(1)


def test_the_evidence_of_a_long_question_is_bounded(retriever: Retriever) -> None:
    question = "".join(practice.text for practice in list(retriever.practices.values())[:3])
    hit = retriever.search(question).hits[0]
    assert 1 <= len(hit.evidence) <= 12
    assert [match.asked.start for match in hit.evidence] == sorted(match.asked.start for match in hit.evidence)


@pytest.mark.parametrize("question", ["？！…", "。"])
def test_a_question_without_words_is_scored_by_its_vector(retriever: Retriever, question: str) -> None:
    result = retriever.search(question)
    assert {(hit.parts.late, hit.evidence) for hit in result.hits} == {(None, ())}
    dense = [hit.parts.dense for hit in result.hits]
    assert dense == sorted(dense, reverse=True)


def test_late_interaction_can_be_left_out(retriever: Retriever) -> None:
    question = "建筑机器人怎么补贴"
    shipped, late, without, alike = (
        retriever.search(question, mode=mode, without=frozenset(steps))
        for mode, steps in (
            (Mode.HYBRID, ()),
            (Mode.LATE, ()),
            (Mode.HYBRID, (Step.LATE,)),
            (Mode.HYBRID, (Step.CONTRAST,)),
        )
    )
    assert all(hit.parts.late is not None for hit in shipped.hits)
    assert [hit.score for hit in late.hits] == pytest.approx([hit.parts.late for hit in late.hits])
    assert {hit.parts.late for hit in without.hits} == {None}
    first = {hit.practice.id: hit.parts.late for hit in shipped.hits}
    assert any(first.get(hit.practice.id) != hit.parts.late for hit in alike.hits)
    assert shipped.timings[Stage.LATE] > 0


def test_the_words_of_headings_are_not_kept(hashed: Retriever, shipped: PracticeList) -> None:
    """A question in the words of a heading alone finds nothing of it in the practice's own text."""
    title = shipped.practices[0].path[-1].title
    for hit in hashed.search(title).hits:
        assert all(match.met.of(hit.practice.text) for match in hit.evidence)
        assert all(match.met.end <= len(hit.practice.text) for match in hit.evidence)


def test_one_practice_is_a_corpus(tmp_path: Path, shipped: PracticeList) -> None:
    alone = PracticeList(shipped.document, shipped.practices[:1])
    encoder = HashedEncoder()
    retriever = Retriever.open(build_snapshot([alone], encoder, tmp_path), encoder)
    (hit,) = retriever.search("产业集群").hits
    assert hit.practice == shipped.practices[0]
    assert hit.score == 0
