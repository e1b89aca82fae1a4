"""Take from a question what is no part of it: greetings and thanks around it, spaces inside Chinese words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

_PADDING = Path(__file__).parent / "data" / "padding.txt"
_BETWEEN = r"[\s,，、。.!！~～:：;；]*"
_HAN = "[\u3400-\u9fff]"
_SPACED = re.compile(rf"{_HAN}+(?: {_HAN}+)+")
_LONGEST = 8


def without_padding(text: str) -> str:
    """Return a normalised question without greetings, requests and thanks around it; what is nothing else stays."""
    before, after = _patterns()
    shorter = after.sub("", before.sub("", text)).rstrip(" ,、;:")
    return shorter if any(character.isalnum() for character in shorter) else text


def without_stray_spaces(text: str, known: Callable[[str], bool]) -> str:
    """Return a text with the spaces left out that stand inside Chinese words (建 筑 机器 人).

    Such are those between single characters, and those beside one where a word that is `known` goes across. Spaces
    between words stay.
    """
    return _SPACED.sub(lambda match: _joined(match[0].split(" "), known), text)


def _joined(pieces: list[str], known: Callable[[str], bool]) -> str:
    joined = pieces[0]
    for before, piece in pairwise(pieces):
        single = min(len(before), len(piece)) == 1
        inside = single and (len(before) == len(piece) or _spanned(joined.rsplit(" ", 1)[-1], piece, known))
        joined += piece if inside else f" {piece}"
    return joined


def _spanned(before: str, after: str, known: Callable[[str], bool]) -> bool:
    return any(
        known(before[-left:] + after[:right])
        for left in range(1, min(len(before), _LONGEST) + 1)
        for right in range(1, min(len(after), _LONGEST) + 1)
    )


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns of what may stand before and after a question."""
    phrases: dict[str, list[str]] = {"before": [], "after": []}
    for line in _PADDING.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            where, *listed = line.split()
            phrases[where] += listed
    before, after = (
        "|".join(_pattern(phrase) for phrase in sorted(listed, key=lambda phrase: (-len(phrase), phrase)))
        for listed in phrases.values()
    )
    return (
        re.compile(rf"^(?:{_BETWEEN}(?:{before}))+{_BETWEEN}", re.IGNORECASE),
        re.compile(rf"(?:(?<=[\s,，、。.!！?？~～;；])(?:{after}){_BETWEEN})+$", re.IGNORECASE),
    )


def _pattern(phrase: str) -> str:
    pattern = re.escape(phrase).replace(r"\-", r"\s+")
    if phrase.isascii():
        return rf"\b{pattern}\b"
    # 帮我 is padding, 帮我们 speaks of whom the help is for.
    return f"{pattern}(?!们)" if phrase[-1] in "我你您" else pattern
