"""Why there is no answer, over the shipped list, over one practice alone, and without what was answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder

from corpus.types import PracticeList
from eval.lists import read_field_lists
from eval.refusal import auroc
from index.answer_kinds import lacking
from index.background import Background, background_texts
from index.build import build_snapshot
from index.encoder import open_encoder
from index.retriever import Retriever
from index.signals import Reason
from index.snapshot import SnapshotError, SnapshotPaths


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("昆明在智能建造上有哪些举措？", Reason.PLACE),
        ("拉萨给建筑机器人补贴多少钱？", Reason.PLACE),
        ("今天晚上吃什么好？", Reason.OUTSIDE),
        ("明天会下雨吗，要不要带伞？", Reason.OUTSIDE),
        ("zxcv asdf qwer", Reason.UNREADABLE),
        ("……？！", Reason.UNREADABLE),
        ("除了", Reason.VAGUE),
        ("有哪些呢？", Reason.VAGUE),
        ("and how many are there?", Reason.VAGUE),
    ],
)
def test_a_refusal_says_why(retriever: Retriever, question: str, reason: Reason) -> None:
    assert retriever.search(question).reason is reason


def test_places_that_are_not_held_are_named(retriever: Retriever) -> None:
    assert retriever.search("昆明在智能建造上有哪些举措？").unheld == ("昆明市",)


def test_what_is_answered_has_no_reason(retriever: Retriever) -> None:
    assert retriever.search("深圳重点培育哪几条智能建造产业链？").reason is None


def test_kinds_of_answer_are_told_from_texts_that_hold_them() -> None:
    assert lacking("每个项目补贴多少钱？", "给予每个项目50万元资助") == ()
    assert lacking("受理窗口的电话是多少？", "由市科技局受理") == ("telephone",)
    assert lacking("支持哪些做法", "支持企业") == ()


def test_the_background_holds_each_text_once() -> None:
    texts = [entry.text for entry in background_texts()]
    assert len(set(texts)) == len(texts) > 200


def test_a_corpus_of_one_practice_tells_its_questions_from_others(tmp_path: Path) -> None:
    encoder = open_encoder()
    first, second = read_field_lists()[:2]
    able: list[float | None] = []
    unable: list[float | None] = []
    for number, practice in enumerate(first.practices.practices[:3]):
        alone = PracticeList(first.practices.document, (practice,))
        retriever = Retriever.open(build_snapshot([alone], encoder, tmp_path / str(number)), encoder)
        able += [retriever.search(one.text).confidence for one in first.questions if one.gold == (practice.id,)]
        unable += [retriever.search(one.text).confidence for one in second.questions if one.answerable][:10]
    assert (auroc(able, unable) or 0) >= 0.9


def test_a_snapshot_with_another_background_is_refused(tmp_path: Path, shipped: PracticeList) -> None:
    encoder = HashedEncoder()
    snapshot = build_snapshot([shipped], encoder, tmp_path)
    Background.load(SnapshotPaths(snapshot).background)
    (SnapshotPaths(snapshot).background / "texts.sha256").write_text("0" * 64, encoding="ascii")
    with pytest.raises(SnapshotError, match="other background texts; run `zhijian build`"):
        Background.load(SnapshotPaths(snapshot).background)
