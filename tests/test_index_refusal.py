"""Why there is no answer, over the shipped list, over one practice alone, and without what was answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder

from corpus.types import PracticeList
from eval.lists import read_field_lists
from eval.refusal import auroc
from index.answer_kinds import lacking, least_lacking
from index.background import Background, background_texts
from index.bodies import lacks_body
from index.build import build_snapshot
from index.confidence import ConfidenceModel
from index.encoder import open_encoder
from index.normal import normalise
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
        ("怎么申请？", Reason.VAGUE),
        ("谁负责", Reason.VAGUE),
        ("智能建造是什么？", Reason.VAGUE),
        ("可以问什么问题", Reason.VAGUE),
        ("How do I use this?", Reason.VAGUE),
    ],
)
def test_a_refusal_says_why(retriever: Retriever, question: str, reason: Reason) -> None:
    assert retriever.search(question).reason is reason


@pytest.mark.parametrize(
    "question",
    ["人才怎么申请？", "机器人", "人才", "标准", "智能建造 产业链", "谁负责BIM中心？", "What does 佛山 do?"],
)
def test_a_word_that_tells_what_it_is_about_is_enough(retriever: Retriever, question: str) -> None:
    assert retriever.search(question).reason is None


def test_among_a_few_practices_a_question_need_not_say_what_it_is_about(shipped: PracticeList, tmp_path: Path) -> None:
    encoder = HashedEncoder()
    for count, reason in ((5, False), (6, True)):
        few = PracticeList(shipped.document, shipped.practices[:count])
        result = Retriever.open(build_snapshot([few], encoder, tmp_path / str(count)), encoder).search("怎么申请？")
        assert (result.reason is Reason.VAGUE) is reason, count


def test_places_that_are_not_held_are_named(retriever: Retriever) -> None:
    assert retriever.search("昆明在智能建造上有哪些举措？").unheld == ("昆明市",)


def test_what_is_answered_has_no_reason(retriever: Retriever) -> None:
    assert retriever.search("深圳重点培育哪几条智能建造产业链？").reason is None


def test_kinds_of_answer_are_told_from_texts_that_hold_them() -> None:
    assert lacking("每个项目补贴多少钱？", "给予每个项目50万元资助") == ()
    assert lacking("受理窗口的电话是多少？", "由市科技局受理") == ("telephone",)
    assert lacking("支持哪些做法", "支持企业") == ()


def test_kinds_of_answer_are_asked_for_in_many_ways() -> None:
    text = "遴选公布首批企业，占地300亩的园区已投用"
    assert lacking("首批企业到底是哪几家？", text) == ("names of organisations",)
    assert lacking("申报要交哪些材料？", text) == ("papers",)
    assert lacking("园区占地多少亩？", text) == ()
    assert lacking("我们几家公司能一起来吗？", text) == ()
    assert lacking("What happens when it rains?", text) == ()
    assert lacking("谁测评软件？", "深圳开展软件测评") == ("actor",)
    assert lacking("谁测评软件？", "深圳开展软件测评", placed=True) == ()
    assert least_lacking("谁测评软件？", "深圳开展软件测评", placed=True) == ()
    assert lacking("测评的负责人姓名是什么？", "深圳开展软件测评", placed=True) == ("person",)


def test_of_several_questions_in_one_it_is_enough_to_answer_one() -> None:
    text = "遴选公布首批企业，占地300亩的园区已投用"
    assert lacking("占地多少亩，补贴多少钱？", text) == ("money",)
    assert least_lacking("占地多少亩，补贴多少钱？", text) == ()
    assert least_lacking("能不能入驻？补贴多少钱？", text) == ()
    assert least_lacking("补贴多少钱，几号截止？", text) == ("money",)
    assert least_lacking("一共有几条做法？", text) == ()


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("按发改委的目录算不算鼓励类？", "湖北编制发布技术手册", True),
        ("按发改委的目录算不算鼓励类？", "国家发展改革委印发目录", False),
        ("What does MIIT list?", "湖北编制发布技术手册", True),
        ("ＭＩＩＴ的方案有哪些场景？", "湖北编制发布技术手册", True),
        ("What do the djinns list?", "湖北编制发布技术手册", False),
        ("科技部门管什么？", "湖北编制发布技术手册", False),
        ("科技部署了哪些课题？中央行政经费呢？", "湖北编制发布技术手册", False),
        ("市国资委怎么考核？", "湖北编制发布技术手册", False),
        ("中建三局有哪些项目？", "中建八局承建", True),
        ("谁来考核？", "湖北编制发布技术手册", False),
    ],
)
def test_a_body_that_no_text_names_is_missed(question: str, text: str, lacks: bool) -> None:
    assert lacks_body(normalise(question), [normalise(text)]) is lacks


def test_the_issuer_of_a_list_is_named_by_all_of_it(retriever: Retriever) -> None:
    signals = retriever.search("住建部的清单里，重庆给每个项目多少资助？").signals
    assert signals is not None
    assert signals.place == 0
    signals = retriever.search("工信部的清单里，重庆给每个项目多少资助？").signals
    assert signals is not None
    assert signals.place == 1


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


def test_a_model_that_weighs_what_is_no_signal_is_refused() -> None:
    weight = {"mean": 0.0, "scale": 1.0, "weight": 1.0}
    written = {"intercept": 0.0, "signals": {"place": weight, "mood": weight}, "threshold": 0.5}
    with pytest.raises(ValueError, match="no signal is called mood"):
        ConfidenceModel.of(written)
