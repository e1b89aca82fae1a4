from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin, pinyin

from corpus.regions import gazetteer
from eval.disturbances import DISTURBANCES, Disturbance, disturb
from eval.evaluate import OWN_QUESTIONS
from eval.homophones import homophones, slip_of
from eval.questions import load_questions

QUESTIONS = sorted({question.text for question in load_questions(OWN_QUESTIONS)})
SOME = QUESTIONS[::5]


def slipped(text: str) -> tuple[str, str] | None:
    """Return the character that a homophone slip took and what it gave; None where it changed nothing."""
    disturbed = disturb(Disturbance.HOMOPHONE, text)
    assert len(disturbed) == len(text)
    changes = [(old, new) for old, new in zip(text, disturbed, strict=True) if old != new]
    assert len(changes) <= 1
    return changes[0] if changes else None


def test_every_disturbance_is_registered() -> None:
    assert list(DISTURBANCES) == list(Disturbance)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_can_be_disturbed_and_something_is_left(text: str) -> None:
    for disturbance in Disturbance:
        disturbed = disturb(disturbance, text)
        assert disturbed == disturb(disturbance, text)
        assert bool(disturbed.strip()) is bool(text.strip())


def test_disturbances_are_the_same_in_another_process() -> None:
    text = "深圳市对BIM企业有哪些奖励政策？"
    here = [disturb(disturbance, text) for disturbance in Disturbance]
    program = (
        "import sys; from eval.disturbances import Disturbance, disturb;"
        "sys.stdout.buffer.write('\\n'.join(disturb(d, sys.argv[1]) for d in Disturbance).encode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, text], capture_output=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert done.stdout.decode().split("\n") == here
    assert text not in here


@pytest.mark.parametrize("text", SOME)
def test_a_homophone_slip_changes_one_character_for_one_that_sounds_alike(text: str) -> None:
    change = slipped(text)
    if change:
        old, new = change
        assert lazy_pinyin(old) == lazy_pinyin(new)


def test_most_chinese_questions_have_a_word_to_slip_on() -> None:
    assert slipped("深圳对智能建造企业有哪些奖励政策？")
    changed = [text for text in SOME if slipped(text)]
    assert len(changed) > 0.7 * len(SOME)


@pytest.mark.parametrize("text", SOME)
def test_a_slip_neither_touches_nor_makes_a_place(text: str) -> None:
    places = [mention.codes for mention in gazetteer().mentions(text)]
    disturbed = disturb(Disturbance.HOMOPHONE, text)
    assert [mention.codes for mention in gazetteer().mentions(disturbed)] == places


@pytest.mark.parametrize("text", ["苏州呢", "What about Suzhou?", "這個專案補助多少", "哪些呢", "100万元", ""])
def test_without_a_content_word_nothing_slips(text: str) -> None:
    assert disturb(Disturbance.HOMOPHONE, text) == text
    assert disturb(Disturbance.PINYIN, text) == text


def test_an_input_method_offers_a_word_before_a_character() -> None:
    assert slip_of("智能", 0) == slip_of("智能", 1) == "只能"
    assert slip_of("示范", 0) == "师范"
    assert slip_of("产业", 0) is not None
    # Of 机器人 no other word is made, so the place decides.
    assert [slip_of("机器人", place) for place in (0, 1)] == ["级器人", "机其人"]
    assert slip_of("行长", 0) is None
    assert slip_of("abc", 0) is None


def test_one_word_is_left_in_pinyin() -> None:
    text = "沈阳建筑机器人"
    assert disturb(Disturbance.PINYIN, text) in {"沈阳jianzhu机器人", "沈阳建筑jiqiren"}
    assert homophones().spelled("绿色") == "lvse"
    assert homophones().spelled("重庆") is None


def test_the_table_agrees_with_a_pronouncing_dictionary() -> None:
    table = homophones()
    for character, syllable in table.syllables.items():
        readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
        assert syllable in {reading.replace("ü", "v") for reading in readings}, character
    assert len(table.syllables) == sum(map(len, table.characters.values()))
    assert {"行", "长", "重", "都"}.isdisjoint(table.syllables)


def test_common_characters_come_first() -> None:
    assert homophones().characters["zhi"].startswith("之只制")
    assert homophones().characters["shi"].startswith("是时市")


@pytest.mark.parametrize(
    ("disturbance", "text", "expected"),
    [
        (Disturbance.TRADITIONAL, "城市信息模型平台有哪些？", "城市資訊模型平臺有哪些？"),
        (Disturbance.TRADITIONAL, "地盤用智能升降機", "地盤用智能升降機"),
        (Disturbance.TRADITIONAL, "Which cities fund BIM?", "Which cities fund BIM?"),
        (Disturbance.FULL_WIDTH, "31项BIM技术, 3.5%?", "３１项ＢＩＭ技术，　３．５％？"),
        (Disturbance.FULL_WIDTH, "深圳有哪些做法？", "深圳有哪些做法？"),
        (Disturbance.NO_PUNCTUATION, "《导则》里，“专精特新”企业、园区各有多少？", "导则里专精特新企业园区各有多少"),
        (Disturbance.NO_PUNCTUATION, "补贴3.5%，还是1,000元?", "补贴3.5%还是1,000元"),
        (Disturbance.NO_PUNCTUATION, "Xi'an, state-owned firms: what now?", "Xi'an state-owned firms what now"),
        (Disturbance.NO_PUNCTUATION, "建办市函〔2024〕131号", "建办市函2024 131号"),
        (Disturbance.NO_PUNCTUATION, "（BIM）、“CIM”（城市）", "BIM CIM城市"),
        (Disturbance.NO_PUNCTUATION, "深圳有哪些做法", "深圳有哪些做法"),
        (Disturbance.NO_PUNCTUATION, "？！", "？！"),
        (Disturbance.NO_QUESTION_WORDS, "深圳有哪些做法？", "深圳做法？"),
        (Disturbance.NO_QUESTION_WORDS, "为什么，企业怎么申报呢？", "企业申报？"),
        (Disturbance.NO_QUESTION_WORDS, "因为什么入选", "入选"),
        (Disturbance.NO_QUESTION_WORDS, "呢绒厂的么蛾子", "呢绒厂的么蛾子"),
        (Disturbance.NO_QUESTION_WORDS, "深圳為什麼沒有入選呢？", "深圳沒有入選？"),
        (Disturbance.NO_QUESTION_WORDS, "Which cities pay, and how much?", "cities pay, and?"),
        (Disturbance.NO_QUESTION_WORDS, "Whichever shower", "Whichever shower"),
        (Disturbance.NO_QUESTION_WORDS, "什么？", "什么？"),
        (Disturbance.NO_QUESTION_WORDS, "智能建造 产业园", "智能建造 产业园"),
        (Disturbance.SHORT_PLACES, "广东省深圳市和内蒙古自治区的做法", "广东深圳和内蒙古的做法"),
        (Disturbance.SHORT_PLACES, "廣東省有哪些", "廣東有哪些"),
        (Disturbance.SHORT_PLACES, "深圳的做法", "深圳的做法"),
        (Disturbance.SHORT_PLACES, "吉林市的做法", "吉林市的做法"),
        (Disturbance.SHORT_PLACES, "重庆市属国企、浙江省里", "重庆市属国企、浙江省里"),
        (Disturbance.SHORT_PLACES, "长三角、东北三省、朝阳区", "长三角、东北三省、朝阳区"),
    ],
)
def test_known_changes(disturbance: Disturbance, text: str, expected: str) -> None:
    assert disturb(disturbance, text) == expected


@pytest.mark.parametrize("text", SOME)
def test_politeness_surrounds_the_question_in_its_language(text: str) -> None:
    polite = disturb(Disturbance.POLITE, text)
    if polite == text:
        assert not any("\u4e00" <= character <= "\u9fff" or character.isascii() for character in text.replace(" ", ""))
        return
    before, _, after = polite.partition(text)
    assert text in polite
    assert before
    assert after
    chinese = any("\u4e00" <= character <= "\u9fff" for character in text)
    assert before.isascii() is not chinese


def test_a_traditional_question_is_padded_in_traditional_script() -> None:
    texts = [f"第{number}個專案補助多少" for number in range(20)]
    padded = "".join(disturb(Disturbance.POLITE, text).replace(text, "") for text in texts)
    assert "謝" in padded
    assert "谢" not in padded


def test_which_words_are_polite_depends_on_the_text() -> None:
    padded = {disturb(Disturbance.POLITE, f"{number}号文件").partition(f"{number}号文件")[0] for number in range(40)}
    assert len(padded) > 2
