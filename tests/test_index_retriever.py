"""Known questions find their practices, with scores that add up and citations that hold."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from corpus.errors import CitationError, UnknownNameError
from corpus.types import Document, Practice, PracticeList, Span
from index.build import build_snapshot
from index.fusion import DENSE_SHARE, PLACE_WEIGHT
from index.retriever import Retriever
from index.types import Filters, Mode

LIST = "mohurd-2024-131:"


def first(retriever: Retriever, question: str, **options: object) -> str:
    result = retriever.search(question, top_k=1, **options)  # type: ignore[arg-type]
    return result.hits[0].practice.id.removeprefix(LIST)


@pytest.mark.parametrize(
    ("question", "practice"),
    [
        ("深圳的智能建造技术目录分几大类？", "3.1.3"),
        ("深圳的智能建造技術目錄分幾大類？", "3.1.3"),
        ("Which city pays trainees 30 yuan per semester for intelligent construction training?", "4.2.1"),
        ("全生命周期应用导则", "3.2.1"),
        ("工地上用智能升降机能加分吗", "2.2.5"),
        ("鹭岛怎么收集新技术成果", "2.2.2"),
    ],
)
def test_known_questions(retriever: Retriever, question: str, practice: str) -> None:
    assert first(retriever, question) == practice


def test_a_place_asked_for_comes_before_others_that_do_the_same(retriever: Retriever) -> None:
    assert first(retriever, "苏州给研发项目多少财政资助") == "2.1.3"
    assert first(retriever, "山城给研发项目多少财政资助") == "2.1.4"
    result = retriever.search("浙江有哪些做法", top_k=43)
    named = [hit.practice.id for hit in result.hits if hit.parts.place == 1]
    assert [hit.practice.id for hit in result.hits[: len(named)]] == named
    assert {place.name for place in result.query.places} == {"浙江省"}


def test_a_follow_up_leans_on_the_question_before(retriever: Retriever) -> None:
    assert first(retriever, "那温州的呢？", history=["深圳发布了什么技术目录？"]) == "3.1.4"
    alone = retriever.search("分成哪几类装备？", top_k=1)
    assert first(retriever, "分成哪几类装备？", history=["重庆发布了什么机器人选用指南？"]) == "3.1.6"
    assert alone.query.places == ()


def test_scores_are_the_sum_of_their_parts(retriever: Retriever) -> None:
    hits = retriever.search("武汉的研发资助", top_k=43).hits
    assert len(hits) == 43
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    weight = hits[0].parts.sparse_weight
    late = [hit.parts.late or 0 for hit in hits]
    dense = [hit.parts.dense for hit in hits]
    sparse = [hit.parts.sparse for hit in hits]

    def standard(values: list[float], value: float) -> float:
        mean = sum(values) / len(values)
        return (value - mean) / math.sqrt(sum((other - mean) ** 2 for other in values) / len(values))

    meaning = [
        (1 - DENSE_SHARE) * standard(late, hit.parts.late or 0) + DENSE_SHARE * standard(dense, hit.parts.dense)
        for hit in hits
    ]
    for hit, meant in zip(hits, meaning, strict=True):
        mixed = weight * standard(sparse, hit.parts.sparse) + (1 - weight) * standard(meaning, meant)
        placed = mixed + PLACE_WEIGHT * (hit.parts.place or 0)
        assert hit.score == pytest.approx(placed, abs=1e-3)
    assert [hit.parts.reading is None for hit in hits] == [False] * 3 + [True] * 40


@pytest.mark.parametrize("mode", [Mode.DENSE, Mode.SPARSE])
def test_one_channel_ranks_by_its_own_score(retriever: Retriever, mode: Mode) -> None:
    hits = retriever.search("建筑机器人补充定额", top_k=10, mode=mode).hits
    own = [hit.parts.dense if mode is Mode.DENSE else hit.parts.sparse for hit in hits]
    assert [hit.score for hit in hits] == pytest.approx(own)
    assert own == sorted(own, reverse=True)


def test_an_english_question_gives_the_sparse_channel_only_what_the_list_holds(retriever: Retriever) -> None:
    assert retriever.search("Who pays for smart hoists?").hits[0].parts.sparse_weight == 0
    mixed = retriever.search("Who tests BIM software?").hits[0].parts.sparse_weight
    assert 0 < mixed < retriever.search("谁测评BIM软件？").hits[0].parts.sparse_weight


@pytest.mark.parametrize(
    ("filters", "practices"),
    [
        (Filters(region="温州"), ["3.1.4"]),
        (Filters(region="福建"), ["2.2.2", "3.1.5"]),
        (Filters(region="鹭岛"), ["2.2.2"]),
        (Filters(region="350200"), ["2.2.2"]),
        (Filters(region="Xiamen"), ["2.2.2"]),
        (Filters(region="拉萨"), []),
        (Filters(measure="组织编制关键标准"), ["3.2.1", "3.2.2", "3.2.3"]),
        (Filters(measure="3.2"), ["3.2.1", "3.2.2", "3.2.3"]),
        (Filters(task="四", region="嘉兴"), ["4.1.2"]),
        (Filters(task="4", region="嘉兴"), ["4.1.2"]),
        (Filters(task="培养专业人才", region="嘉兴"), ["4.1.2"]),
        (Filters(document="建办市函〔2024〕131号", measure="4.1"), ["4.1.1", "4.1.2"]),
        (Filters(document="mohurd-2024-131", measure="4.1"), ["4.1.1", "4.1.2"]),
    ],
)
def test_filters_keep_what_they_name(retriever: Retriever, filters: Filters, practices: list[str]) -> None:
    assert [practice.id.removeprefix(LIST) for practice in retriever.select(filters)] == practices
    found = {hit.practice.id.removeprefix(LIST) for hit in retriever.search("资助", top_k=50, filters=filters).hits}
    assert found == set(practices)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(region="亚特兰蒂斯"), "unknown region '亚特兰蒂斯'"),
        (Filters(task="九"), "unknown task '九'; known: 培育智能建造产业集群, 推动技术创新"),
        (Filters(measure="3.9"), r"unknown measure '3\.9'; known: "),
        (Filters(document="x"), "unknown document 'x'; known: mohurd-2024-131"),
    ],
)
def test_a_filter_that_names_nothing_is_an_error(retriever: Retriever, filters: Filters, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        retriever.search("资助", filters=filters)


@pytest.mark.parametrize(("top_k", "count"), [(0, 0), (-3, 0), (1, 1), (1000, 43)])
def test_top_k_is_held_to_the_corpus(retriever: Retriever, top_k: int, count: int) -> None:
    assert len(retriever.search("资助", top_k=top_k).hits) == count


@effort(max_examples=60, deadline=None)
@given(question=st.text(max_size=300))
def test_any_question_is_answered_with_citations_that_hold(retriever: Retriever, question: str) -> None:
    result = retriever.search(question)
    assert 0 <= result.confidence <= 1
    for hit in result.hits:
        text = retriever.documents[hit.citation.document_id].text
        assert "".join(span.of(text) for span in hit.citation.spans) == hit.citation.quote == hit.practice.text


def test_many_threads_get_the_answers_that_one_gets(retriever: Retriever) -> None:
    questions = ["深圳", "50万元", "机器人定额", "Shenzhen", "产业学院"] * 8
    alone = [retriever.search(question).hits for question in questions]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda question: retriever.search(question).hits, questions))
    assert [[(hit.practice.id, hit.parts.sparse) for hit in hits] for hits in together] == [
        [(hit.practice.id, hit.parts.sparse) for hit in hits] for hits in alone
    ]
    assert [hit.score for hits in together for hit in hits] == pytest.approx(
        [hit.score for hits in alone for hit in hits], abs=1e-4
    )


def test_a_quote_that_does_not_stand_at_its_span_is_never_given_out(retriever: Retriever) -> None:
    practice = retriever.practices[f"{LIST}3.1.3"]
    moved = replace(practice, spans=tuple(Span(span.start + 1, span.end + 1) for span in practice.spans))
    with pytest.raises(CitationError, match=r"3\.1\.3: the quote .* does not stand at its span in mohurd-2024-131"):
        retriever.cite(moved)
    assert retriever.cite(practice, 2, 13).quote == "发布《智能建造技术目录"


def plain(identifier: str, text: str) -> PracticeList:
    document = Document(identifier, "", "", "", "", "", "", text)
    return PracticeList(document, (Practice(identifier, identifier, (), 1, text, (Span(0, len(text)),), ()),))


def test_a_long_text_is_found_by_a_sentence_deep_inside(tmp_path: Path) -> None:
    encoder = HashedEncoder(max_tokens=60)
    filler = "各地结合实际完善工作机制并加强组织领导。" * 20
    lists = [plain("long", f"{filler}丁镇补贴每台升降机两千元。{filler}"), plain("short", "丙市编制规划。")]
    retriever = Retriever.open(build_snapshot(lists, encoder, tmp_path), encoder)
    assert retriever.manifest.counts == {"documents": 2, "practices": 2, "chunks": 15}
    for mode in Mode:
        assert retriever.search("丁镇补贴每台升降机多少", mode=mode).hits[0].practice.id == "long"


def test_long_practices_do_not_crowd_out_the_others(tmp_path: Path) -> None:
    encoder = HashedEncoder(max_tokens=40)
    lists = [plain(f"long{number}", "丁镇补贴升降机两千元。" * 80) for number in range(3)]
    lists += [plain(f"short{number}", f"丙市第{number}号方案。") for number in range(60)]
    retriever = Retriever.open(build_snapshot(lists, encoder, tmp_path), encoder)
    assert len(retriever.search("丁镇补贴升降机", top_k=50).hits) == 50
    assert len(retriever.search("丁镇补贴升降机", top_k=1000).hits) == 63


def test_a_filter_leaves_no_confidence_from_what_it_leaves_out(retriever: Retriever) -> None:
    question = "建筑机器人补充定额"
    everywhere = retriever.search(question)
    held, not_held = (retriever.search(question, filters=Filters(region=region)) for region in ("苏州", "上海"))
    assert held.signals is not None
    assert not_held.signals is not None
    assert held.signals.unmet < not_held.signals.unmet
    assert everywhere.confidence > not_held.confidence


def test_words_alone_find_only_what_holds_one(retriever: Retriever) -> None:
    hits = retriever.search("补充定额", top_k=43, mode=Mode.SPARSE).hits
    assert 0 < len(hits) < 43
    assert all(hit.score > 0 for hit in hits)
    assert retriever.search("魑魅魍魉", mode=Mode.SPARSE).hits == ()


def test_a_corpus_of_one_practice(tmp_path: Path) -> None:
    encoder = HashedEncoder()
    retriever = Retriever.open(build_snapshot([plain("only", "丙市编制规划。")], encoder, tmp_path), encoder)
    result = retriever.search("规划")
    assert [hit.practice.id for hit in result.hits] == ["only"]
    assert retriever.search("？").hits[0].practice.id == "only"


def test_a_corpus_without_a_single_word(tmp_path: Path) -> None:
    encoder = HashedEncoder()
    retriever = Retriever.open(build_snapshot([plain("dots", "……"), plain("x", "！")], encoder, tmp_path), encoder)
    assert len(retriever.search("规划").hits) == 2


def test_a_place_left_out_stays_out(retriever: Retriever) -> None:
    hits = retriever.search("除了深圳，广东还有哪些城市？", top_k=43).hits
    assert {hit.practice.id.removeprefix(LIST) for hit in hits[:3]} == {"1.1.4", "3.2.3", "4.2.4"}
    only_there = {hit.practice.id for hit in hits if hit.practice.regions == ("440300",)}
    assert only_there
    assert only_there == {
        hit.practice.id for hit in hits[-len(only_there) - 1 :] if hit.practice.regions == ("440300",)
    }
    assert {hit.parts.place for hit in hits if hit.practice.id in only_there} == {-1}


@given(among=st.sets(st.integers(0, 42)), top_k=st.integers(1, 50), place=st.sampled_from(["", "浙江", "深圳"]))
@effort(max_examples=40, deadline=None)
def test_a_search_among_some_finds_just_these(retriever: Retriever, among: set[int], top_k: int, place: str) -> None:
    ids = [list(retriever.practices)[position] for position in among]
    result = retriever.search(f"{place}怎么推广建筑机器人？", top_k=top_k, among=[*ids, "no-such-practice"])
    found = [hit.practice.id for hit in result.hits]
    assert set(found) <= set(ids)
    assert len(found) == min(top_k, len(ids))


def test_a_search_among_some_keeps_to_the_filters_too(retriever: Retriever) -> None:
    among = [LIST + "3.2.1", LIST + "3.1.3"]
    result = retriever.search("技术目录", filters=Filters(measure="3.2"), among=among)
    assert [hit.practice.id for hit in result.hits] == [LIST + "3.2.1"]
