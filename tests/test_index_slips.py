"""Slips are corrected towards words of the corpus, and what it holds, or what is good language, stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.types import PracticeList
from index.latin import read_as_pinyin
from index.lexicon import Lexicon
from index.normal import normalise
from index.pinyin import english_like_pinyin, sounds
from index.query import Known, understand
from index.retriever import Retriever
from index.slips import Speller
from index.tokens import Script, Tokenizer, field_terms, script
from index.types import Mode, SlipKind, Step


@pytest.fixture(scope="module")
def tokenizer(shipped: PracticeList) -> Tokenizer:
    return Tokenizer.build(sorted(field_terms(practice.text for practice in shipped.practices)))


@pytest.fixture(scope="module")
def lexicon(shipped: PracticeList, tokenizer: Tokenizer) -> Lexicon:
    texts = [" ".join([*(heading.title for heading in each.path), each.text]) for each in shipped.practices]
    return Lexicon.build(texts, tokenizer)


@pytest.fixture(scope="module")
def speller(lexicon: Lexicon, tokenizer: Tokenizer) -> Speller:
    return Speller(lexicon, tokenizer)


@pytest.mark.parametrize(
    ("written", "meant", "kind"),
    [
        ("武含有哪些做法", "武汉有哪些做法", SlipKind.SOUND),
        ("产页链图谱", "产业链图谱", SlipKind.SOUND),
        ("技数手册", "技术手册", SlipKind.SOUND),
        ("建筑机器仁", "建筑机器人", SlipKind.SOUND),
        ("建筑机琴人", "建筑机器人", SlipKind.CHARACTER),
        ("建筑及其人的定额", "建筑及其人的定额", None),
        ("专精特心企业", "专精特新企业", SlipKind.SOUND),
        ("智能建造贫台", "智能建造平台", SlipKind.NEAR_SOUND),
        ("智能造建技术目录", "智能建造技术目录", SlipKind.ORDER),
        ("建筑机人补贴", "建筑机器人补贴", SlipKind.MISSING),
        ("温州zhuangbei目录", "温州装备目录", SlipKind.PINYIN),
        ("wenzhou装备目录", "温州装备目录", SlipKind.PINYIN),
        ("wenzhoude装备目录", "温州de装备目录", SlipKind.PINYIN),
        ("xian有什么", "西安有什么", SlipKind.PINYIN),
        ("武han的人才", "武汉的人才", SlipKind.PINYIN),
        ("jianzhu jiqiren", "建筑机器人", SlipKind.PINYIN),
        ("jian zhu ji qi ren", "建筑机器人", SlipKind.PINYIN),
        ("JianZhuJiQiRen", "建筑机器人", SlipKind.PINYIN),
        ("jianzu jiqiren", "建筑机器人", SlipKind.NEAR_PINYIN),
        ("BIMzhongxin", "BIM中心", SlipKind.PINYIN),
    ],
)
def test_what_was_meant(speller: Speller, written: str, meant: str, kind: SlipKind | None) -> None:
    text, corrections = speller.correct(written)
    assert text == meant
    assert {kind} - {None} <= {found for correction in corrections for found in correction.kinds}
    assert all(correction.written in written and correction.understood in text for correction in corrections)


@pytest.mark.parametrize(
    "question",
    [
        "深圳的BIM软件测评有哪些指标",
        "AI和CIM平台怎么用",
        "年底评xianjin能不能多算几分",
        "xianli管盖房子的领导",
        "guoqi KPI 智能建造",
        "ai技术在工地上怎么用",
        "Which cities give a subsidy for robots?",
        "Who can manage change among women in Chinese cities?",
        "BIM change management",
        "第四批和第十批分别是什么",
        "一带一路和双碳",
        "食堂的红烧肉怎么做",
        "李白写过哪些诗",
        "",
        "？！",
        "\0",
        "İstanbul’da",
    ],
)
def test_what_is_no_slip_stays(speller: Speller, question: str) -> None:
    text = normalise(question)
    assert speller.correct(text) == (text, ())


@settings(deadline=None)
@given(words=st.lists(st.integers(min_value=0), min_size=1, max_size=8))
def test_words_of_the_corpus_stay(speller: Speller, lexicon: Lexicon, words: list[int]) -> None:
    held = [word for word in lexicon.counts if len(word) > 1 and script(word) is Script.HAN]
    text = "".join(held[word % len(held)] for word in words)
    assert speller.correct(text) == (text, ())


@settings(deadline=None)
@given(text=st.text(alphabet="智能建造机器人武汉含技术数手册产业页链的有哪些一二aijqrenwhzubm 'BIM，?", max_size=40))
def test_a_corrected_question_is_not_corrected_again(speller: Speller, text: str) -> None:
    plain = normalise(text)
    corrected, corrections = speller.correct(plain)
    assert speller.correct(corrected) == (corrected, ())
    assert bool(corrections) == (corrected != plain)


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_can_be_understood(speller: Speller, tokenizer: Tokenizer, text: str) -> None:
    assert understand(text, Known(tokenizer, speller)).raw == text


def test_a_saved_lexicon_costs_the_same(lexicon: Lexicon, tokenizer: Tokenizer, tmp_path: Path) -> None:
    lexicon.save(tmp_path)
    loaded = Lexicon.load(tmp_path, tokenizer)
    assert loaded.counts == lexicon.counts
    for before, word in [("智能", "建造"), ("智能", "月亮"), ("月亮", "智能"), ("产业", "学院")]:
        assert loaded.cost_after(before, word) == lexicon.cost_after(before, word)
    assert lexicon.cost_after("产业", "学院") < lexicon.cost("学院")


def test_an_empty_corpus_corrects_no_word(tokenizer: Tokenizer) -> None:
    speller = Speller(Lexicon.build([], tokenizer), tokenizer)
    assert speller.correct("技数手册") == ("技数手册", ())
    assert speller.correct("武含") == ("武汉", speller.correct("武含")[1])


def test_how_characters_sound() -> None:
    table = sounds()
    assert table.readings["行"] == ("xing", "hang")
    assert table.alike("术", "数")
    assert not table.alike("新", "行")
    assert set(table.keys("新")) <= set(table.keys("行"))
    assert table.near["zhong"] == table.near["zong"]
    assert table.reads("jiqiren")
    assert not table.reads("robots")
    assert {"change", "women", "manage"} <= english_like_pinyin()


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("BIM软件", ""),
        ("bim软件", ""),
        ("BIMzhongxin", "zhongxin"),
        ("change 软件", ""),
        ("武han", "han"),
        ("jiqiren robots", ""),
        ("women de jiqiren", "womendejiqiren"),
        ("can women manage", ""),
    ],
)
def test_which_letters_may_be_pinyin(text: str, letters: str) -> None:
    places = read_as_pinyin(text, {"bim"}).places
    assert "".join(text[place] for place in sorted(places)) == letters


def test_the_correction_is_shown_and_searched_for(retriever: Retriever) -> None:
    result = retriever.search("技数手策", mode=Mode.SPARSE)
    assert result.query.raw == "技数手策"
    assert [(each.written, each.understood) for each in result.query.corrections] == [("技数手策", "技术手册")]
    assert result.hits[0].practice.id.endswith(":3.1.1")
    without = retriever.search("技数手策", mode=Mode.SPARSE, without=frozenset({Step.SLIPS}))
    assert without.query.text == "技数手策"
    assert without.query.corrections == ()
