"""A question is understood once: its words, its subject, its places, and what it leaves out."""

from __future__ import annotations

import pytest

from index.places import placed, read_places
from index.query import Known, carried_over, joined, understand
from index.tokens import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build([])


@pytest.mark.parametrize(
    ("question", "places", "excluded"),
    [
        ("鹏城和蓉城有哪些做法", ["深圳市", "成都市"], []),
        ("除了深圳，广东还有哪些城市", ["广东省"], ["深圳市"]),
        ("除深圳、佛山和广州外还有谁", [], ["深圳市", "佛山市", "广州市"]),
        ("不包括上海的长三角", ["长三角"], ["上海市"]),
        ("Which cities other than Wuhan and Shenzhen", [], ["武汉市", "深圳市"]),
        ("哪些城市给钱", [], []),
        ("广东深圳以外的城市", ["广东省"], ["深圳市"]),
        ("长三角除上海外的省份", ["长三角"], ["上海市"]),
        ("浙江（宁波除外）有哪些做法", ["浙江省"], ["宁波市"]),
        ("不算上海，长三角还有谁", ["长三角"], ["上海市"]),
        ("除海外人才外，上海还引进谁", ["上海市"], []),
        ("非一线城市有哪些做法", [], ["一线城市"]),
        ("是不是深圳的做法", ["深圳市"], []),
        ("Outside Beijing, which cities", [], ["北京市"]),
        ("excluding Wuhan, which Hubei cities", ["湖北省"], ["武汉市"]),
        ("广东省深圳市南山区怎么做", ["南山区"], []),
        ("Kunshan in Suzhou", ["昆山市"], []),
        ("湖北全省包括武汉", ["湖北省", "武汉市"], []),
        ("燕赵省会的信用修复", ["河北省的省会城市"], []),
        ("赣东北的瓷都", ["景德镇市"], []),
        ("桂西南的口岸", ["桂西南"], []),
    ],
)
def test_places_asked_about_and_left_out(
    tokenizer: Tokenizer, question: str, places: list[str], excluded: list[str]
) -> None:
    query = understand(question, Known(tokenizer))
    assert [place.name for place in query.places if not place.excluded] == places
    assert [place.name for place in query.places if place.excluded] == excluded


@pytest.mark.parametrize(
    ("question", "about_place"),
    [
        ("浙江有哪些做法？", True),
        ("魔都在这份清单里有什么经验？", True),
        ("浙江怎么培养人才？", False),
        ("有哪些做法？", False),
        ("What practices are there in Xiamen?", True),
    ],
)
def test_a_question_about_a_place_as_such(tokenizer: Tokenizer, question: str, about_place: bool) -> None:
    assert understand(question, Known(tokenizer)).about_place is about_place


@pytest.mark.parametrize(
    ("question", "regions", "place"),
    [
        ("拱墅区", ["330105"], 1.0),
        ("杭州拱墅区", ["330100"], 0.5),
        ("浙江", ["330100"], 1.0),
        ("浙江省级层面出台了什么", ["330100"], 0.5),
        ("浙江省级层面出台了什么", ["330000"], 1.0),
        ("除了杭州，浙江还有谁", ["330000", "330100"], -1.0),
        ("除了杭州，浙江还有谁", ["330000", "330200"], 1.0),
        ("深圳", [], 0.0),
    ],
)
def test_how_well_places_meet(question: str, regions: list[str], place: float) -> None:
    assert placed(read_places(question), regions) == place


def test_a_place_that_no_practice_names() -> None:
    located = {"330000", "330100"}
    assert [place.held for place in read_places("浙江、杭州、宁波", located)] == [True, True, False]


def test_others_than_the_places_of_the_question_before(tokenizer: Tokenizer) -> None:
    question = understand("还有哪些省做了？", Known(tokenizer))
    kept = carried_over("浙江怎么培养人才？", question, Known(tokenizer))
    assert [(place.name, place.excluded) for place in kept.places] == [("浙江省", True)]
    assert "培养" in kept.content
    assert "浙江" not in kept.content


def test_the_subject_leaves_out_grammar_and_places(tokenizer: Tokenizer) -> None:
    query = understand("請問深圳的機器人補貼是多少？", Known(tokenizer))
    assert query.text == "深圳的机器人补贴是多少?"
    assert query.content == tuple(dict.fromkeys(query.tokens))
    assert {"深圳", "的", "机器人"} <= set(query.content)
    assert query.subject == ("机器", "机器人", "补贴")


def test_what_an_earlier_question_still_holds(tokenizer: Tokenizer) -> None:
    earlier = "深圳发布了什么技术目录？"
    follow_up = understand("那温州呢？", Known(tokenizer))
    kept = carried_over(earlier, follow_up, Known(tokenizer))
    assert kept.places == ()
    assert "目录" in kept.content
    together = joined(follow_up, kept, Known(tokenizer))
    assert [place.name for place in together.places] == ["温州市"]
    assert "目录" in together.subject
    vague = understand("它有几类？", Known(tokenizer))
    assert [
        place.name for place in joined(vague, carried_over(earlier, vague, Known(tokenizer)), Known(tokenizer)).places
    ] == ["深圳市"]
