"""Find amounts and what bounds them in texts: the patterns, made from lists of units and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_CHINESE = "[零〇一二两三四五六七八九十百千万亿]"
# What ends an amount of money without its unit, and is no part of it (三万二等奖).
END = r"$|[^\w]|以[内上下]|之内|左右|封顶|起|的|就|才|了|给|吗|呢"
# 2万5000, 3万5千, and 3万5 for the same, but not in 3万5年内.
_MIXED = rf"\d{{1,4}}[千万亿](?:\d{{4}}(?!\d)|\d[百千](?![\d万])|\d(?=[元块]|{END}))"
_NUMBER = (
    rf"{_MIXED}|"
    r"\d{1,12}(?:,\d{3})*(?:\.\d{1,6})?(?:\s?[十百千万亿]{1,3}|\s(?:hundred|thousand|million|billion)\b)?"
    r"|(?:[几数]|(?<![以线网路早晚会马])上)[十百千万亿]{1,3}|[二三四五六七八九]?十几[万亿]?|半(?=年|个|天|小时)"
    rf"|{_CHINESE}{{1,20}}(?:点{_CHINESE}{{1,6}})?"
)
# What bounds an amount may stand some words before it (最高可以获得50万), so many characters in all.
_BETWEEN, _APART, FAR = r"(?:[^\W\d_]{0,5}|[a-z ]{0,20})", frozenset({"least", "most"}), 30
# A number after these is an ordinal, or part of a longer one, of a name or of a date.
_NOT_AFTER = rf"(?<![第.a-z\d-])(?<!\d,)(?<!{_CHINESE})"


@cache
def _units() -> tuple[tuple[str, str, Decimal], ...]:
    """Return the expression for each word for a unit, the longest first, with that unit and how many of it one is."""
    found = [
        (
            word.replace("_", r"\s+") + ("(?![a-z\\d])" if word[0].isascii() and word[0].isalpha() else ""),
            unit,
            Decimal(scale),
        )
        for unit, scale, *words in map(str.split, _lines("amount_units.txt"))
        for word in words
    ]
    return tuple(sorted(found, key=lambda one: (-len(one[0].partition("(?!")[0]), one[0])))


@cache
def unit_of(word: str) -> tuple[str, Decimal]:
    """Return the unit of a word that `numbers` found as `unit`, and how many of it one is."""
    return next((unit, scale) for expression, unit, scale in _units() if re.fullmatch(expression, word, re.IGNORECASE))


@cache
def numbers() -> re.Pattern[str]:
    """Return a pattern of numbers with their units, the groups of which are the parts."""
    units = "|".join(expression for expression, _, _ in _units())
    counted = "|".join(expression for expression, unit, _ in _units() if unit != "元")
    # In 五万三年内 the last digit counts the years: nobody says 五万三 of anything but money.
    last = rf"[一二两三四五六七八九](?:{counted})"
    return re.compile(
        # The first of its characters, told first, since most are none of these.
        rf"(?=[\d零〇一二两三四五六七八九十百千万亿几数上半r人¥])"
        rf"(?:(?P<money>rmb|人民币|¥)\s?|{_NOT_AFTER}|(?<=[百千万亿])(?={last}|\d(?:{counted})))(?P<month>(?<=月))?(?:(?P<share>[百千万])分之)?"
        rf"(?:(?P<from>{_NUMBER})(?:{units})?\s?(?:[-~—–]+|至|到|to(?![a-z]))\s?)?"
        rf"(?P<number>{_CHINESE}{{0,19}}[百千万亿](?={last})|{_NUMBER})"
        r"(?:(?P<more>[多余来])(?P<scale>[百千万亿]{1,2})?)?"
        # The half of 三个半月 and that of 两年半, where nothing goes on that it could be a part of (半导体, 半价).
        rf"(?:\s?(?:(?P<halved>个半)(?P<halves>月|小时|钟头|星期|礼拜)|(?P<unit>{units})"
        rf"(?P<half>(?<=[年天时])半(?=$|[^\w]|以[内上下]|之内|左右|内|后|前|的|就|才|了))?))?",
        re.IGNORECASE,
    )


@cache
def before() -> re.Pattern[str]:
    """Return a pattern of what bounds the amount that begins where the text ends; its groups are the effects."""
    effects = (
        f"(?P<{effect}>{words}){_BETWEEN if effect in _APART else ''}" for effect, words in _effects("before").items()
    )
    return re.compile(rf"(?:{'|'.join(effects)})\s?$", re.IGNORECASE)


@cache
def after() -> re.Pattern[str]:
    """Return a pattern of what bounds the amount that ends where the text begins; its groups are the effects."""
    effects = (f"(?P<{effect}>{words})" for effect, words in _effects("after").items())
    return re.compile(rf"[多余]?\s?(?:{'|'.join(effects)})", re.IGNORECASE)


def _effects(where: str) -> dict[str, str]:
    """Return for each effect an expression of the words that have it, before an amount or after it."""
    words: dict[str, list[str]] = {}
    for place, effect, *listed in map(str.split, _lines("bound_words.txt")):
        if place == where:
            words.setdefault(effect, []).extend(map(_expression, listed))
    return {effect: "|".join(listed) for effect, listed in words.items()}


def _expression(word: str) -> str:
    """Return the expression for a word, which in Latin letters stands alone."""
    expression = word.replace("_", r"\s+")
    return rf"(?<![a-z]){expression}(?![a-z])" if re.search("[a-z]", word) else expression


def _lines(name: str) -> Sequence[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
