"""Read amounts, however they are written, in one form: 五十万元, 50万元 and 500000元 are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

_UNITS_FILE = Path(__file__).parent / "data" / "measure_words.txt"
UNITS = "|".join(_UNITS_FILE.read_text(encoding="utf-8").split())
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_CHINESE = "[零〇一二两三四五六七八九十百千万亿]"
# 万 at the start belongs to the digits before it, or to a word.
_NUMERAL = rf"(?<![\d.])[零〇一二两三四五六七八九十百千]{_CHINESE}*"
# Of 一 alone only an ordinal is a number (第一批): 一批 and 一个 are grammar.
_WRITTEN_OUT = re.compile(
    rf"(?P<share>百分之(?P<percent>{_CHINESE}+(?:点{_CHINESE}+)?))"
    rf"|(?P<ordinal>第)?(?P<number>{_NUMERAL})[多余几来]?(?P<unit>{UNITS})(?<!第三人)"
)
_NEXT_LOWER = {"百": "十", "千": "百", "万": "千", "亿": "千万"}
_SHORTENED = re.compile(r"(?<=[一二两三四五六七八九十]([百千万亿]))[一二三四五六七八九]$")
MONEY = frozenset({"元", "块", "块钱"})
"""The words for the unit of money, which take what `unshortened` returns."""
# A digit alone says nothing: 二 is in every other sentence.
_TELLING = 10
_LARGEST = Decimal(10) ** 15


def plain(number: str) -> str:
    """Return a number of Arabic digits, perhaps followed by Chinese ones (1,200; 3.5万), in Arabic digits alone.

    What is no such number is returned as it is.
    """
    digits = number.rstrip("十百千万亿")
    try:
        value = Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return number
    for character in number[len(digits) :]:
        value *= _TENS.get(character) or _MYRIADS[character]
    return _shown(value) if value < _LARGEST else number


def written_out(text: str) -> Iterator[str]:
    """Yield the amounts that a normalised text has in Chinese digits, in Arabic ones.

    They are given with their unit, and those from ten on without it too.
    """
    for match in _WRITTEN_OUT.finditer(text):
        if match["share"]:
            whole, _, part = match["percent"].partition("点")
            value = chinese_value(whole)
            if value is not None:
                tail = "".join(str(_DIGITS.get(character, "")) for character in part)
                number = f"{_shown(value)}.{tail}" if tail else _shown(value)
                yield from (f"{number}%", number)
        elif match["ordinal"] or match["number"] not in ("一", "零"):
            value = chinese_value(unshortened(match["number"]) if match["unit"] in MONEY else match["number"])
            if value is not None:
                yield f"{_shown(value)}{match['unit']}"
                if value >= _TELLING:
                    yield _shown(value)


def unshortened(numeral: str) -> str:
    """Return a numeral of money with the last of its scales, which people leave out: 三万五千 for 三万五."""
    return _SHORTENED.sub(lambda match: match[0] + _NEXT_LOWER[match[1]], numeral)


def chinese_value(numeral: str) -> Decimal | None:
    """Return the value of a Chinese numeral (十七, 一百零五, 二〇二四, 五十万); None for what is none."""
    if len(numeral) > 1 and all(character in _DIGITS for character in numeral):
        return Decimal("".join(str(_DIGITS[character]) for character in numeral))
    total = section = digit = 0
    for character in numeral:
        if character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[character]
        elif character in _TENS:
            section += (digit or 1) * _TENS[character]
            digit = 0
        elif character == "亿":
            total, section, digit = (total + section + digit) * _MYRIADS[character], 0, 0
        else:
            total, section, digit = total + (section + digit) * _MYRIADS[character], 0, 0
    return Decimal(total + section + digit)


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
