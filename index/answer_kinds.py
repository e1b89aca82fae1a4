"""See what kind of answer a question asks for (an amount, a date, a telephone number), and whether a text holds any."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "answer_kinds.json"
_SENTENCE = re.compile(r"[。？?!！;；]")
_PART = re.compile(r"[,，、:：]|\band\b(?= (?:by )?(?:how|what|when|who|where|is|are|do|does|can|will)\b)")
# A sentence that asks for something, of whatever kind.
_ASKS = re.compile(
    r"[吗么嘛呢不]$|什么|啥|怎|哪|谁|多少|几|是否|能不能|可以|^(?:can|do|does|is|are|will|what|which|who|how)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """Hold how a kind of answer is asked for, and what a text looks like that holds one.

    `or_place` says that a place is such an answer too: in lists of practices it is cities that act.
    """

    name: str
    asks: re.Pattern[str]
    holds: re.Pattern[str]
    or_place: bool


def lacking(question: str, text: str, *, placed: bool = False) -> tuple[str, ...]:
    """Return the kinds of answer that a question asks for and a text has none of; both normalised.

    `placed` says whether the text names a place.
    """
    return _lacked(_asked(question), text, placed)


def least_lacking(question: str, text: str, *, placed: bool = False) -> tuple[str, ...]:
    """Return what a text lacks for the part of a question that it lacks least for; both normalised.

    A question may have several parts (补贴多少钱，几号截止): an answer to one is an answer. `placed` says whether the
    text names a place.
    """
    parts: list[tuple[str, ...]] = []
    for sentence in filter(None, map(str.strip, _SENTENCE.split(question))):
        asking = list(filter(None, map(_asked, _PART.split(sentence))))
        parts += [_lacked(kinds, text, placed) for kinds in asking]
        if not asking and _ASKS.search(sentence):
            parts.append(())
    return min(parts, key=len, default=())


def _lacked(kinds: Iterable[AnswerKind], text: str, placed: bool) -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds if not (kind.holds.search(text) or (placed and kind.or_place)))


def _asked(question: str) -> list[AnswerKind]:
    return [kind for kind in _kinds() if kind.asks.search(question)]


@cache
def _kinds() -> tuple[AnswerKind, ...]:
    kinds = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        AnswerKind(
            name,
            re.compile(kind["asks"], re.IGNORECASE),
            re.compile(kind["holds"], re.IGNORECASE),
            kind.get("or_place", False),
        )
        for name, kind in kinds.items()
    )
