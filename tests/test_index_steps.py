"""Each step of understanding can be left out alone, and the time of a search is shared out among its stages."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

import index.stages
from index.fusion import LARGEST_SPARSE_WEIGHT, SAME_SPARSE_WEIGHT
from index.query import Known, carried_over, understand
from index.retriever import Retriever
from index.stages import Stopwatch
from index.tokens import Tokenizer
from index.types import Filters, Hit, Kind, Mode, SearchResult, Stage, Step

NONE: frozenset[Step] = frozenset()


def only(step: Step) -> frozenset[Step]:
    return frozenset({step})


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build([])


def dense(result: SearchResult) -> dict[str, float]:
    return {hit.practice.id: hit.parts.dense for hit in result.hits}


def sparse(result: SearchResult) -> dict[str, float]:
    return {hit.practice.id: hit.parts.sparse for hit in result.hits}


# Every question has words and pairs of characters to compare and to weigh, and is of a kind.
ALWAYS = {Step.LATE, Step.CONTRAST, Step.KIND, Step.PAIRS, Step.WEIGHT, Step.READING}
QUESTIONS = [
    ("除了深圳，广东还有哪些城市？", ()),
    ("請問深圳的機器人補貼是多少？", ()),
    ("Who pays for smart hoists in Shenzhen?", ()),
    ("那温州的呢？", ("深圳發布了什麼技術目錄？",)),
    ("？", ("？",)),
]


@pytest.mark.parametrize(("question", "history"), QUESTIONS)
@pytest.mark.parametrize("mode", Mode)
def test_with_no_step_left_out_the_search_is_the_shipped_one(
    retriever: Retriever, question: str, history: tuple[str, ...], mode: Mode
) -> None:
    shipped = retriever.search(question, top_k=43, mode=mode, history=history)
    assert retriever.search(question, top_k=43, mode=mode, history=history, without=NONE) == shipped


@pytest.mark.parametrize("steps", [*map(only, sorted(set(Step) - ALWAYS)), frozenset(Step) - ALWAYS])
def test_a_step_with_nothing_to_do_is_not_missed(retriever: Retriever, steps: frozenset[Step]) -> None:
    question = "建筑机器人补充定额"
    assert retriever.search(question, top_k=43, without=steps) == retriever.search(question, top_k=43)


def test_without_script_traditional_characters_stay_and_width_does_not(tokenizer: Tokenizer) -> None:
    query = understand("請問深圳的ＢＩＭ機器人？", Known(tokenizer), only(Step.SCRIPT))
    assert query.text == "請問深圳的BIM機器人?"
    assert "bim" in query.tokens
    assert "機" in "".join(query.tokens)
    assert [place.name for place in query.places] == ["深圳市"]
    assert understand("请问深圳的BIM机器人？", Known(tokenizer), only(Step.SCRIPT)) == understand(
        "请问深圳的BIM机器人？", Known(tokenizer)
    )


def test_without_script_traditional_words_find_nothing(retriever: Retriever) -> None:
    shipped = retriever.search("補充定額", mode=Mode.SPARSE)
    assert shipped.hits[0].practice.id.endswith(":3.2.3")
    assert retriever.search("補充定額", mode=Mode.SPARSE, without=frozenset({Step.SCRIPT, Step.PAIRS})).hits == ()


def test_without_places_their_names_are_words_like_others(retriever: Retriever) -> None:
    question = "浙江有哪些做法"
    shipped, plain = (retriever.search(question, top_k=43, without=steps) for steps in (NONE, only(Step.PLACES)))
    assert shipped.query.about_place
    assert plain.query == replace(shipped.query, places=(), subject=("浙江", "做法"), about_place=False, kind=Kind.LIST)
    assert "浙江" in plain.query.subject
    assert {hit.parts.place for hit in plain.hits} == {None}
    assert dense(plain) == dense(shipped)
    assert sparse(plain) == sparse(shipped)
    assert plain.signals is not None
    assert plain.signals.place == 0


def test_without_places_english_names_stay_english(tokenizer: Tokenizer) -> None:
    assert "shenzhen" in understand("robots in Shenzhen", Known(tokenizer), only(Step.PLACES)).content
    assert "shenzhen" not in understand("robots in Shenzhen", Known(tokenizer)).content


def test_without_exclusions_what_was_left_out_is_asked_for(retriever: Retriever) -> None:
    question = "除了深圳、佛山，广东还有哪些城市？"
    shipped, plain = (retriever.search(question, top_k=43, without=steps) for steps in (NONE, only(Step.EXCLUSIONS)))
    assert [place.name for place in shipped.query.places if place.excluded] == ["深圳市", "佛山市"]
    asked_for = tuple(replace(place, excluded=False) for place in shipped.query.places)
    assert plain.query == replace(shipped.query, places=asked_for)
    assert sparse(plain) == sparse(shipped)

    def of_shenzhen(result: SearchResult) -> set[float | None]:
        return {hit.parts.place for hit in result.hits if hit.practice.regions == ("440300",)}

    assert of_shenzhen(shipped) == {-1}
    assert of_shenzhen(plain) == {1}


def test_without_weight_every_question_gives_the_sparse_channel_the_same(retriever: Retriever) -> None:
    question = "Who tests BIM software?"
    shipped, plain = (retriever.search(question, top_k=43, without=steps) for steps in (NONE, only(Step.WEIGHT)))

    def weights(hits: tuple[Hit, ...]) -> set[float]:
        return {hit.parts.sparse_weight for hit in hits}

    assert weights(plain.hits) == {SAME_SPARSE_WEIGHT}
    assert max(weights(shipped.hits)) < SAME_SPARSE_WEIGHT < LARGEST_SPARSE_WEIGHT
    assert plain.query == shipped.query
    assert dense(plain) == dense(shipped)
    assert sparse(plain) == sparse(shipped)


def test_without_history_a_question_stands_alone(retriever: Retriever) -> None:
    question, history = "分成哪几类装备？", ["重庆发布了什么机器人选用指南？"]
    alone = retriever.search(question)
    assert retriever.search(question, history=history, without=only(Step.HISTORY)) == alone
    assert retriever.search(question, history=history) != alone


def test_steps_hold_for_the_question_before_too(tokenizer: Tokenizer) -> None:
    earlier = "除了深圳，誰有機器人？"
    question = understand("那温州呢？", Known(tokenizer))
    assert carried_over(earlier, question, Known(tokenizer)).text == "除了,谁有机器人?"
    assert carried_over(earlier, question, Known(tokenizer), only(Step.SCRIPT)).text == "除了,誰有機器人?"
    vague = understand("它有几类？", Known(tokenizer))
    (kept,) = carried_over(earlier, vague, Known(tokenizer), only(Step.EXCLUSIONS)).places
    assert (kept.name, kept.excluded) == ("深圳市", False)
    assert carried_over(earlier, vague, Known(tokenizer), only(Step.PLACES)).places == ()


@pytest.mark.parametrize("filters", [Filters(), Filters(region="广东"), Filters(region="拉萨")])
def test_the_stages_take_all_of_the_time(retriever: Retriever, filters: Filters) -> None:
    start = time.perf_counter()
    timings = retriever.search("那温州的呢？", filters=filters, history=["深圳发布了什么技术目录？"]).timings
    elapsed = time.perf_counter() - start
    assert list(timings) == list(Stage)
    assert all(seconds > 0 for seconds in timings.values())
    assert sum(timings.values()) <= elapsed


def test_results_are_equal_whatever_they_took(retriever: Retriever) -> None:
    result = retriever.search("资助")
    slow = replace(result, timings={Stage.ENCODE: 9.0})
    assert slow == result
    assert hash(slow.query) == hash(result.query)
    assert "timings" not in repr(slow)


def test_a_stopwatch_shares_out_time_and_adds_up_laps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.stages, "perf_counter", iter([10.0, 11.0, 13.0, 17.0]).__next__)
    clock = Stopwatch()
    clock.lap(Stage.DENSE)
    clock.lap(Stage.SPARSE)
    clock.lap(Stage.DENSE)
    assert clock.seconds == {
        Stage.UNDERSTAND: 0.0,
        Stage.ENCODE: 0.0,
        Stage.DENSE: 5.0,
        Stage.SPARSE: 2.0,
        Stage.LATE: 0.0,
        Stage.FUSE: 0.0,
    }
