"""Read how a question of a conversation leans on those before it, and write it so that it stands on its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path

from corpus.region_mentions import Mention
from corpus.regions import gazetteer
from index.normal import normalise
from index.tidy import without_padding
from index.word_lists import expressions

_FILE = Path(__file__).parent / "data" / "follow_up_words.txt"
_STOPS = " ,，。.、?？!！;；:：~～…"
_BETWEEN = re.compile(r"\s*(?:[、,/]|和|与|及|跟|以及|或|and|or|,\s*and)\s*", re.IGNORECASE)
_HAN = re.compile("[\u3400-\u9fff]")
# A pronoun after so many characters and a comma speaks of what they say.
_CLAUSE = re.compile(r"[^,，。.?？!！;；:：]{4,}(?:[,，。?？!！;；:：—]|\. | - )")
# A question in the middle of a conversation that says no more than this of its own goes on with what was spoken of.
_BRIEF = 12


class Leaning(StrEnum):
    """Say how a question leans on those before it: not at all, plainly, or as the list has it.

    `OPEN` is a question without any sign of it that might still say too little alone.
    """

    OWN = "own"
    OPEN = "open"
    FOLLOWS = "follows"


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold a question and how it reads on its own, the latter in simplified script where it is another text.

    `topic` is what it is about, `place` the last place spoken of, as written, or nothing. `changed` is true where it
    says that it is about something else (换个话题).
    """

    question: str
    standalone: str
    leaning: Leaning
    topic: str
    place: str = ""
    changed: bool = False


def follow(question: str, before: Turn | None) -> Turn:
    """Return a question as it reads after the turn `before`."""
    text = without_padding(normalise(question)).strip()
    text = text[_greeted(text) :]
    if is_courtesy(question):
        return _own(question, question, before)
    told = words("change", r"^{}\s*").match(text)
    rest = text[told.end() :] if told else text
    if before is None or not any(map(str.isalnum, rest)):
        return _own(question, question, before, changed=bool(told))
    corrected = words("instead", r"^{}\s*").match(rest)
    rest = rest[corrected.end() :] if corrected else rest
    besides = words("besides").search(rest)
    rest = rest[: besides.start()] + rest[besides.end() :] if besides else rest
    if not any(map(str.isalnum, rest)) or _says_again(rest, before):
        return _own(question, question, before)
    mentions = gazetteer().mentions(rest)
    if mentions and swaps(rest, mentions):
        return _swapped(question, rest, mentions, before)
    sides = _sides(rest, mentions, before)
    if sides:
        return _compared(question, sides, before)
    there = _unbound("city", rest, mentions) or _unbound("there", rest, mentions)
    it = _unbound("it", rest, mentions)
    if told and not there and not it:
        return _own(question, rest, None, changed=True)
    if there and before.place:
        return _there(question, rest, there, it, before)
    matter = words("matter").match(rest)
    follows = bool(it or matter or words("opening", r"^{}").match(rest))
    if mentions and mentions[-1].written == before.place and not it:
        return _own(question, question, before)
    if mentions and not follows and _asks_for_all(rest, mentions):
        return _own(question, question, before)
    if mentions:
        return _with_own_place(question, rest, mentions, before, Leaning.FOLLOWS if follows else Leaning.OPEN)
    if there or it:
        return _about(question, before, Leaning.FOLLOWS)
    if before.place and (besides or corrected or matter):
        return _in_place(question, before)
    return _about(question, before, Leaning.FOLLOWS if follows else Leaning.OPEN)


def is_courtesy(question: str) -> bool:
    """Tell whether a question holds nothing but thanks, assent or a greeting (好的，谢谢！)."""
    text = normalise(question)
    said = words("courtesy", rf"(?:{{}}|[\s{re.escape(_STOPS)}])+").fullmatch(text)
    return bool(said) and any(map(str.isalnum, text))


def settled(turn: Turn) -> Turn:
    """Return a turn in the middle of a conversation as it counts for later ones: an open one says enough or not."""
    own = topic_of(normalise(turn.question))
    if turn.leaning is not Leaning.OPEN or len(own) <= _BRIEF:
        return turn
    return Turn(turn.question, turn.question, Leaning.OWN, own, turn.place)


def _greeted(text: str) -> int:
    """Return where a question begins after thanks, assent or a greeting with a stop after it (好的，换成福建)."""
    said = words("courtesy", rf"(?:(?:{{}})[\s{re.escape(_STOPS)}]*[,，。.!！~～;；]\s*)+").match(text)
    return said.end() if said and any(map(str.isalnum, text[said.end() :])) else 0


def _own(question: str, standalone: str, before: Turn | None, *, changed: bool = False) -> Turn:
    normal = normalise(standalone)
    mentions = gazetteer().mentions(normal)
    place = mentions[-1].written if mentions else before.place if before and not changed else ""
    return Turn(question, standalone, Leaning.OWN, topic_of(normal), place, changed)


def _says_again(text: str, before: Turn) -> bool:
    """Tell whether a question names what the one before was about: written out, it leans on nothing."""
    said, topic, earlier = (_bare(one).strip(_STOPS) for one in (text, before.topic, normalise(before.standalone)))
    return bool(topic) and (said.startswith(topic) or said == earlier)


def _swapped(question: str, text: str, mentions: Sequence[Mention], before: Turn) -> Turn:
    """Return the question before about other places (那苏州呢)."""
    places = text[mentions[0].span.start : mentions[-1].span.end]
    standalone = with_place(normalise(before.standalone), places)
    return Turn(question, standalone, Leaning.FOLLOWS, with_place(before.topic, places), mentions[-1].written)


def _compared(question: str, sides: Sequence[str], before: Turn) -> Turn:
    """Return what the question before was about, in its place and in others (和苏州比呢); its place stays spoken of."""
    chinese = bool(_HAN.search(before.topic))
    first, last = ("、" if chinese else ", ").join(sides[:-1]), sides[-1]
    topic = with_place(before.topic, f"{first}{'和' if chinese else ' and '}{last}")
    standalone = f"{topic}，有什么不同？" if chinese else f"{topic}: what differs?"
    return Turn(question, standalone, Leaning.FOLLOWS, topic, before.place)


def _there(question: str, text: str, there: re.Match[str], it: re.Match[str] | None, before: Turn) -> Turn:
    """Return a question with the place that it speaks of (这个市还组织过什么研究)."""
    if it and it.start() != there.start():
        return _about(question, before, Leaning.FOLLOWS)
    place = before.place if _HAN.search(there[0]) else f" {before.place} "
    named = unlinked(" ".join(f"{text[: there.start()]}{place}{text[there.end() :]}".split()))
    return Turn(question, named, Leaning.FOLLOWS, topic_of(named), before.place)


def _about(question: str, before: Turn, leaning: Leaning) -> Turn:
    """Return a question after what the one before was about (深圳智能建造的技术目录，有多少项？).

    Its words stay as they are: what it met is shown in them.
    """
    return Turn(question, _joined(before.topic, question), leaning, before.topic, before.place)


def _in_place(question: str, before: Turn) -> Turn:
    """Return a question about another matter in the place spoken of (那领导干部的培训呢)."""
    named = _joined(before.place, question)
    return Turn(question, named, Leaning.FOLLOWS, topic_of(named), before.place)


def _with_own_place(question: str, text: str, mentions: Sequence[Mention], before: Turn, leaning: Leaning) -> Turn:
    """Return a question that names its place, and may yet say too little of the rest (武汉也是这个数吗)."""
    places = text[mentions[0].span.start : mentions[-1].span.end]
    bare = _joined(" ".join(_bare(before.topic).split()), question)
    return Turn(question, bare, leaning, with_place(before.topic, places), mentions[-1].written)


def unlinked(text: str) -> str:
    """Return a question without what links it to the one before (那)."""
    linking = words("linking", r"^{}").match(text)
    rest = text[linking.end() :].lstrip(_STOPS) if linking else text
    return rest if any(map(str.isalnum, rest)) else text


def swaps(text: str, mentions: Sequence[Mention]) -> bool:
    """Tell whether a question names places and nothing else (那苏州呢)."""
    return bool(_swap_words().fullmatch(_bare(text, mentions)))


def _sides(text: str, mentions: Sequence[Mention], before: Turn) -> list[str]:
    """Return the places that a question wants side by side, as written, where it wants no more (跟苏州比怎么样)."""
    bare, found = words("beside").subn(" ", _bare(text, mentions))
    if not (mentions and before.place and found and _swap_words().fullmatch(words("with").sub(" ", bare))):
        return []
    spoken_of = list(gazetteer().mentions(before.place))
    # A place that begins the question is one of those that it names, and no link to the one before.
    named = mentions if mentions[0].span.start == 0 and len(mentions) > 1 else [*spoken_of, *mentions]
    sides = list({mention.codes: mention.written for mention in reversed(named)}.values())[::-1]
    return sides if len(sides) > 1 else []


def _asks_for_all(text: str, mentions: Sequence[Mention]) -> bool:
    """Tell whether a question asks for all that the list holds of its places (宁波有哪些做法)."""
    bare, found = words("whole").subn(" ", _bare(text, mentions))
    return found > 0 and bool(_swap_words().fullmatch(bare))


def with_place(text: str, places: str) -> str:
    """Return a question about other places: they stand for its own, or for the words that ask which."""
    mentions = gazetteer().mentions(text)
    if mentions:
        last = mentions[0]
        for one, other in pairwise(mentions):
            if not _BETWEEN.fullmatch(text[one.span.end : other.span.start]) and one.span.end != other.span.start:
                break
            last = other
        return text[: mentions[0].span.start] + places + text[last.span.end :]
    which = words("which").search(text)
    if which:
        return text[: which.start()] + places + text[which.end() :]
    return f"{places}{text}" if _HAN.search(text) else f"{text.rstrip(_STOPS)} in {places}?"


def topic_of(text: str) -> str:
    """Return what a normalised question is about: without the words by which it asks."""
    if not _HAN.search(text):
        return text.strip(_STOPS)
    bare = words("asks").sub("", words("which").sub("", text))
    return bare.strip(_STOPS) or text.strip(_STOPS)


def _joined(topic: str, text: str) -> str:
    if not topic:
        return text
    return f"{topic}，{text.lstrip(_STOPS)}" if _HAN.search(topic + text) else f"{topic}? {text}"


def _unbound(name: str, text: str, mentions: Sequence[Mention]) -> re.Match[str] | None:
    """Return the first pronoun of a kind that speaks of nothing in its own question."""
    for match in words(name).finditer(text):
        clause = bool(_CLAUSE.search(text, 0, match.start())) and not words("matter").match(text)
        placed = name != "it" and any(mention.span.end <= match.start() for mention in mentions)
        if not clause and not placed:
            return match
    return None


def _bare(text: str, mentions: Sequence[Mention] | None = None) -> str:
    for mention in reversed(gazetteer().mentions(text) if mentions is None else mentions):
        text = text[: mention.span.start] + " " + text[mention.span.end :]
    return text


@cache
def words(name: str, within: str = "{}") -> re.Pattern[str]:
    """Return the pattern of the words listed under a name, put for {} in a pattern."""
    return re.compile(within.replace("{}", f"(?:{'|'.join(_listed()[name])})"), re.IGNORECASE)


@cache
def _swap_words() -> re.Pattern[str]:
    longest = sorted(_listed()["swap"], key=lambda word: (-len(word), word))
    parts = [rf"(?<![a-z]){word}(?![a-z])" if word.isascii() else word for word in longest]
    # Possessive, so that what does not fit is told in one go.
    return re.compile(rf"(?:{'|'.join(parts)}|[\s{re.escape(_STOPS)}])*+", re.IGNORECASE)


@cache
def _listed() -> dict[str, list[str]]:
    return expressions(_FILE, " ")
