"""Ask the same thing as a clumsier person would: disturbances change the form of a question, not what it means.

Each is a pure function of the text; where it could choose, the text decides. One that finds nothing to change, or would
leave nothing, returns the text as it is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from opencc import OpenCC

from corpus.errors import UnknownNameError
from corpus.region_senses import folding
from corpus.regions import gazetteer
from corpus.types import Span
from eval.homophones import dictionary, homophones, slip_of
from index.tokens import function_words

_QUESTION_WORDS = Path(__file__).parent / "data" / "question_words.txt"
_WIDE = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {ord(" "): "\u3000"}
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z]")
_SPACES = re.compile(r"\s+")
_GAP = "\0"
_BETWEEN = re.compile(rf"(?<=[A-Za-z0-9]){_GAP}+(?=[A-Za-z0-9])")
# What is left at the head of a clause, or before a mark, when words are taken out.
_STRAY = re.compile(r"^[\s，,、；;：:。.!！?？]+|[\s，,、；;：:]+(?=[，。？！；：、,.?!;:])")

_GREETINGS = ("请问", "您好，请问", "你好，麻烦帮我查一下：", "您好，打扰了，想请教一下：", "老师好，想咨询一下，")
_THANKS = ("谢谢", "谢谢！", "麻烦您了，谢谢。", "多谢多谢", "辛苦了！")
_ENGLISH_GREETINGS = ("Hello, ", "Hi there, could you please tell me: ", "Excuse me, I would like to ask: ")
_ENGLISH_THANKS = ("Thank you!", "Thanks a lot.", "Many thanks in advance!")


def slip_homophone(text: str) -> str:
    """Replace one character of one word by one that sounds alike, as from the wrong candidate of an input method.

    Names of places stay, and none comes in: 苏州 for 宿州 would be another question. Traditional text stays.
    """
    for word in _content_words(text):
        written = text[word.start : word.end]
        slip = slip_of(written, _number(text, "place") % len(written))
        if slip is not None:
            slipped = text[: word.start] + slip + text[word.end :]
            if _places(slipped) == _places(text):
                return slipped
    return text


def leave_pinyin(text: str) -> str:
    """Write one word in pinyin, as from an input method that was not switched on; traditional text stays."""
    for word in _content_words(text):
        spelled = homophones().spelled(text[word.start : word.end])
        if spelled is not None:
            return text[: word.start] + spelled + text[word.end :]
    return text


def to_traditional(text: str) -> str:
    """Write simplified text in traditional script with the words of Taiwan (信息 → 資訊)."""
    return text if _is_traditional(text) else _convert("s2twp", text)


def to_full_width(text: str) -> str:
    """Write Latin letters, digits, punctuation and spaces as wide as Chinese characters."""
    return text.translate(_WIDE)


def drop_punctuation(text: str) -> str:
    """Leave out punctuation, but not inside numbers, amounts and Latin words (3.5%, state-owned).

    A space is left where letters or digits of ASCII would run together (BIM、CIM).
    """
    marked = "".join(
        _GAP if unicodedata.category(character).startswith("P") and not _holds_together(text, place) else character
        for place, character in enumerate(text)
    )
    return _SPACES.sub(" ", _BETWEEN.sub(" ", marked).replace(_GAP, "")).strip()


def drop_question_words(text: str) -> str:
    """Leave out what makes it a question (有哪些, 如何, 吗, which), so that search terms remain."""
    dropped = _question_words().sub("", text)
    return text if dropped == text else _SPACES.sub(" ", _STRAY.sub("", dropped)).strip()


def pad_politely(text: str) -> str:
    """Greet before the question and thank after it, in its language and script."""
    if _HAN.search(text):
        before, after, joint = _pick(_GREETINGS, text, "greeting"), _pick(_THANKS, text, "thanks"), "，"
        if _is_traditional(text):
            before, after = _convert("s2twp", before), _convert("s2twp", after)
    elif _LATIN.search(text):
        before, after, joint = _pick(_ENGLISH_GREETINGS, text, "greeting"), _pick(_ENGLISH_THANKS, text, "thanks"), ". "
        text = f"{text} " if not text[-1].isalnum() else text
    else:
        return text
    return f"{before}{text}{joint if text[-1].isalnum() else ''}{after}"


def shorten_places(text: str) -> str:
    """Leave out what the official name of a place says of its rank (深圳市 → 深圳, 内蒙古自治区 → 内蒙古).

    A name stays where the short one alone would mean another place (吉林市) and where the rank begins the next word
    (重庆市属国企).
    """
    for mention in reversed(gazetteer().mentions(text)):
        if len(mention.codes) != 1:
            continue
        region = gazetteer().region(mention.codes[0])
        official = _fold(mention.written) == _fold(region.name) and region.name.startswith(region.short)
        next_word = text[mention.span.end - 1 : mention.span.end + 1]
        if official and _means(region.short, region.code) and not dictionary().FREQ.get(next_word):
            text = text[: mention.span.start + len(region.short)] + text[mention.span.end :]
    return text


class Disturbance(StrEnum):
    """Name a disturbance as reports do."""

    HOMOPHONE = "homophone"
    PINYIN = "pinyin"
    TRADITIONAL = "traditional"
    FULL_WIDTH = "full-width"
    NO_PUNCTUATION = "no-punctuation"
    NO_QUESTION_WORDS = "no-question-words"
    POLITE = "polite"
    SHORT_PLACES = "short-places"


DISTURBANCES: Mapping[Disturbance, Callable[[str], str]] = MappingProxyType(
    {
        Disturbance.HOMOPHONE: slip_homophone,
        Disturbance.PINYIN: leave_pinyin,
        Disturbance.TRADITIONAL: to_traditional,
        Disturbance.FULL_WIDTH: to_full_width,
        Disturbance.NO_PUNCTUATION: drop_punctuation,
        Disturbance.NO_QUESTION_WORDS: drop_question_words,
        Disturbance.POLITE: pad_politely,
        Disturbance.SHORT_PLACES: shorten_places,
    }
)


def disturb(disturbance: Disturbance, text: str) -> str:
    """Return the disturbed text, or the text itself where nothing changes or nothing would be left."""
    disturbed = DISTURBANCES[disturbance](text)
    return disturbed if disturbed.strip() else text


def _content_words(text: str) -> Sequence[Span]:
    """Return the words of Chinese characters that are neither grammar nor places, from one that the text decides on.

    They have two characters at least; one alone is not typed as a word, nor is a unit after a number (100万元).
    Traditional text has none.
    """
    if _is_traditional(text):
        return ()
    places = [mention.span for mention in gazetteer().mentions(text)]
    found: list[Span] = []
    end = 0
    for word in dictionary().cut(text, HMM=False):
        start, end = end, end + len(word)
        placed = any(start < place.end and place.start < end for place in places)
        unit = text[start - 1 : start].isdigit()
        if len(word) > 1 and _HAN.fullmatch(word) and word not in function_words() and not (placed or unit):
            found.append(Span(start, end))
    turn = _number(text, "word") % max(1, len(found))
    return (*found[turn:], *found[:turn])


def _places(text: str) -> list[tuple[str, ...]]:
    return [mention.codes for mention in gazetteer().mentions(text)]


def _means(name: str, code: str) -> bool:
    try:
        return [region.code for region in gazetteer().resolve(name)] == [code]
    except UnknownNameError:
        return False


def _holds_together(text: str, place: int) -> bool:
    """Say whether a mark of ASCII stands between letters or digits of it, or says per cent after a number."""
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    if text[place] in "%％‰":
        return before.isdigit()
    return (
        all(character.isascii() for character in (before, text[place], after)) and before.isalnum() and after.isalnum()
    )


def _is_traditional(text: str) -> bool:
    return _convert("t2s", text) != text


def _convert(conversion: str, text: str) -> str:
    return str(_converter(conversion).convert(text))


@cache
def _converter(conversion: str) -> OpenCC:
    return OpenCC(conversion)


@cache
def _folding() -> Callable[[str], str]:
    return folding()


def _fold(name: str) -> str:
    return _folding()(name)


@cache
def _question_words() -> re.Pattern[str]:
    """Return a pattern of the listed words, the longest first."""
    lines = _QUESTION_WORDS.read_text(encoding="utf-8").splitlines()
    words = {word for line in lines if not line.startswith("#") for word in line.split()}
    return re.compile("|".join(map(_pattern, sorted(words, key=lambda word: (-len(word), word)))), re.IGNORECASE)


def _pattern(word: str) -> str:
    pattern = re.escape(word.rstrip("$")).replace(r"\-", r"\s+")
    if word[0].isascii():
        return rf"\b{pattern}\b"
    return rf"{pattern}(?=\W|$)" if word.endswith("$") else pattern


def _pick(choices: Sequence[str], text: str, purpose: str) -> str:
    return choices[_number(text, purpose) % len(choices)]


def _number(text: str, purpose: str) -> int:
    """Return a number that looks random but that text and purpose decide, the same on every machine."""
    digest = hashlib.sha256(f"{purpose}\n{text}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")
