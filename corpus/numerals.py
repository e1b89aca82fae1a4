"""Read the numbers that headings and items carry."""

from __future__ import annotations

_DIGITS = {character: value for value, character in enumerate("一二三四五六七八九", start=1)}


def chinese_number(text: str) -> int | None:
    """Return the value of a Chinese numeral from 一 (1) to 九十九 (99), or None for any other text."""
    tens, ten, units = text.partition("十")
    if not ten:
        return _DIGITS.get(text)
    if (tens and tens not in _DIGITS) or (units and units not in _DIGITS):
        return None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[units] if units else 0)


def chinese_numeral(number: int) -> str:
    """Return the Chinese numeral of a number from 1 to 99; the inverse of `chinese_number`."""
    tens, units = divmod(number, 10)
    digits = {value: character for character, value in _DIGITS.items()}
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + digits.get(units, "")
