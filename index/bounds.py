"""Read amounts with their units and bounds, from questions and practices alike: 不超过50万元, 近百家, 三成以上.

Amounts of one kind are in one unit, so that 三成 and 30% are the same, and 90天 is less than a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from index.amount_patterns import END, FAR, after, before, numbers, unit_of
from index.amounts import MONEY, chinese_value, plain, unshortened

_MONEY, _SHARE, _DAYS = "元", "%", "天"
_END = re.compile(END)
_MIXED = re.compile(r"(\d+)([千万亿])(\d+)([百千]?)")
_SCALES = {"十": Decimal(10), "百": Decimal(100), "千": Decimal(1000), "万": Decimal(10**4), "亿": Decimal(10**8)} | {
    "hundred": Decimal(100),
    "thousand": Decimal(1000),
    "million": Decimal(10**6),
    "billion": Decimal(10**9),
}
_SHARES = {"百": Decimal(1), "千": Decimal("0.1"), "万": Decimal("0.01")}
# A smaller number that nothing bounds counts things in passing (两个城市), unless it measures something.
_TELLING = 10
_MEASURES = frozenset(
    {_MONEY, _SHARE, _DAYS, "小时", "平方米", "立方米", "米", "吨", "倍", "美元", "欧元", "港元", "日元"}
)
_TIMES = frozenset({_DAYS, "小时"})
_YEARS = range(1900, 2100)
# What lies beside a number, in shares of it: the nearest that a bound leaves out, and what 近 and 约 let in.
_JUST, _NEAR = Decimal("0.0001"), Decimal("0.15")
# What is as many times as high as it is low is too vague to be asked for.
_VAGUE = Decimal("1.5")
_HALF = Decimal("0.5")
_FEW, _MANY = Decimal(2), Decimal("9.99")


class Bound(StrEnum):
    """Say what an amount bounds: nothing, all from it up, or all up to it."""

    NONE = "none"
    LEAST = "least"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Amount:
    """Hold an amount as `written`: a figure between `low` and `high`, in `unit`, and what it bounds.

    The two differ where the figure is vague: 百余家 is between 100 and 200, 十几天 between 11 and 19.
    """

    written: str
    low: Decimal
    high: Decimal
    unit: str
    bound: Bound = Bound.NONE

    @property
    def tells(self) -> bool:
        """Tell whether it says something of what is asked for.

        What bounds nothing and is as vague as 几十万 or 十几年, or is a time, is mostly said of the asker's own case.
        """
        return self.bound is not Bound.NONE or (self.high < _VAGUE * self.low and self.unit not in _TIMES)

    def admits(self, stated: Amount) -> bool:
        """Tell whether a figure that a practice states, in the same unit, is one that this amount asks for.

        What that figure bounds there does not count: a practice that gives 最高100万元 is one of 1,000,000.
        """
        return (self.bound is Bound.MOST or self.low <= stated.high) and (
            self.bound is Bound.LEAST or stated.low <= self.high
        )


_BOUNDS = {"least": Bound.LEAST, "over": Bound.LEAST, "most": Bound.MOST, "below": Bound.MOST}


def met(asked: Sequence[Amount], stated: Sequence[Amount]) -> float:
    """Return in [-1, 1] how well the amounts of a practice meet those of a question, as `ScoreParts.amount`."""
    telling = [one for one in asked if one.tells]
    return sum(_met(one, stated) for one in telling) / len(telling) if telling else 0.0


def _met(asked: Amount, stated: Sequence[Amount]) -> float:
    same = [one for one in stated if one.unit == asked.unit]
    if any(asked.admits(one) for one in same):
        return 1.0
    # What bounds nothing may be the asker's own (投保花了一百多万), and tells no practice off.
    return -1.0 if same and asked.bound is not Bound.NONE else 0.0


def read_amounts(text: str) -> tuple[Amount, ...]:
    """Return the amounts of a normalised text that tell something, in order and without repeats.

    Those are the bounded ones, those that measure something, such as money or days, and large ones of anything.
    """
    return tuple(dict.fromkeys(_read(text)))


def _read(text: str) -> Iterator[Amount]:
    end = 0
    for match in numbers().finditer(text):
        found = match.groupdict()
        if found["halved"]:
            # 三个半月 are months, though 月 alone is none of time.
            found["unit"] = "个月" if found["halves"] == "月" else found["halves"]
        if found["number"] and (_ends(text, match.end()) if found["unit"] is None else found["unit"] in MONEY):
            found["number"] = unshortened(found["number"])
        if not (found["unit"] or found["share"] or found["money"] or re.search("[万亿]|illion", match[0])):
            continue
        left = before().search(text, max(end, match.start() - FAR), match.start())
        right = after().match(text, match.end())
        effects = [effect for side in (left, right) if side for effect, words in side.groupdict().items() if words]
        unit, scale = _measured(found, bool(effects))
        figure = _figure(found, bool(effects)) if unit else None
        if figure is None or _is_date(found, unit, figure[1], effects):
            continue
        low, high = figure[0] * scale, figure[1] * scale
        for effect in effects:
            low, high = _loosened(low, high, effect)
        bound = next((_BOUNDS[effect] for effect in effects if effect in _BOUNDS), Bound.NONE)
        large = unit == _SHARE or (found["number"] not in ("一", "半") and (unit in _MEASURES or high >= _TELLING))
        if bound is not Bound.NONE or large:
            start, end = left.start() if left else match.start(), right.end() if right else match.end()
            yield Amount(text[start:end].strip(), low, high, unit, bound)


def _ends(text: str, at: int) -> bool:
    return _END.match(text, at) is not None


def _measured(found: dict[str, str | None], bounded: bool) -> tuple[str, Decimal]:
    """Return in which unit an amount is and what it is to be multiplied by; no unit where it is no amount."""
    number, scale = found["number"] or "", _product(found["scale"] or "")
    if found["share"]:
        return _SHARE, scale * _SHARES[found["share"]]
    if found["unit"]:
        unit, size = unit_of(found["unit"])
        return unit, scale * size
    # Of all units 元 is left unsaid: 给100万以上. But 千万 is a word.
    large = re.search("万|亿|illion", number + (found["scale"] or "")) and (bounded or number[0] not in "百千万亿")
    return (_MONEY if large or found["money"] else ""), scale


def _is_date(found: dict[str, str | None], unit: str, value: Decimal, effects: Sequence[str]) -> bool:
    """Tell whether an amount of time is none: a date (5月3日, 2024年) or a time until now (近三年)."""
    written = found["unit"] or ""
    return unit == _DAYS and (
        "nearly" in effects
        or (written.startswith("年") and int(value) in _YEARS)
        or (written == "日" and found["month"] is not None)
    )


def _figure(found: dict[str, str | None], bounded: bool) -> tuple[Decimal, Decimal] | None:
    """Return between what the number of an amount lies."""
    number = found["number"] or ""
    # 百 alone begins a word (百姓), but for 近百 and 百余.
    if number in ("百", "千", "万", "亿") and not found["more"] and not bounded:
        return None
    figure = _vague(number) if found["more"] else _value(number)
    first = _value(found["from"]) if found["from"] and figure else None
    if figure is not None and (found["halved"] or found["half"]):
        figure = figure[0] + _HALF, figure[1] + _HALF
    if figure is None or first is None:
        return figure
    # In 50至100万元 both are ten thousands.
    large = "" if re.search("[万亿]", found["from"] or "") else re.sub("[^万亿]", "", number)
    return min(figure[0], first[0] * _product(large)), figure[1]


def _value(number: str) -> tuple[Decimal, Decimal] | None:
    if number == "半":
        return _HALF, _HALF
    tens, few, rest = number.partition("十几")
    if few:
        ten = 10 * (chinese_value(tens) or Decimal(1) if tens else Decimal(1))
        return (ten + 1) * _product(rest), (ten + 9) * _product(rest)
    if number[0] in "几数上":
        return (1 if number[0] == "上" else _FEW) * _product(number[1:]), _MANY * _product(number[1:])
    if re.fullmatch("[一二两三四五六七八九]{2}", number):
        # 三五家 are three to five.
        ends = [value for value in map(chinese_value, number) if value is not None]
        return min(ends), max(ends)
    value = _exact(number)
    return None if value is None else (value, value)


def _vague(number: str) -> tuple[Decimal, Decimal] | None:
    """Return between what a number lies that 多 follows: 三十多 before 四十, 一百五十多 before 一百六十."""
    figure = _value(number)
    if figure is None or figure[0] != figure[1] or not figure[0]:
        return figure
    value = figure[0]
    digits = str(int(value))
    step = Decimal(10) ** (len(digits) - len(digits.rstrip("0")))
    return value * (1 + _JUST), (value + step) * (1 - _JUST)


def _exact(number: str) -> Decimal | None:
    mixed = _MIXED.fullmatch(number)
    if mixed:
        large, scale, small, hundreds = mixed.groups()
        # 3万5 leaves the last of its scales out.
        last = _product(hundreds) if hundreds else _SCALES[scale] / 10 if len(small) == 1 else Decimal(1)
        return Decimal(large) * _SCALES[scale] + Decimal(small) * last
    if number[0].isdecimal():
        digits, _, scale = re.sub(r"\s+(?=[十百千万亿])", "", number).partition(" ")
        written = plain(digits)
        return Decimal(written) * _SCALES.get(scale.lower(), Decimal(1)) if _is_plain(written) else None
    whole, _, part = number.partition("点")
    # 万 and 亿 alone are one of them: 上亿元.
    value = chinese_value(f"一{whole}" if whole[0] in "万亿" else whole)
    if value is None or not part:
        return value
    digit_values = [chinese_value(character) for character in part if character not in "十百千万亿"]
    return value + Decimal("0." + "".join(str(digit) for digit in digit_values))


def _is_plain(number: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?", number, re.ASCII) is not None


def _product(scales: str) -> Decimal:
    product = Decimal(1)
    for character in scales:
        product *= _SCALES[character]
    return product


def _loosened(low: Decimal, high: Decimal, effect: str) -> tuple[Decimal, Decimal]:
    """Return between what a figure lies that a word stands by: 近 and 不足 let it be less, 超过 more, 约 either."""
    match effect:
        case "over":
            return low * (1 + _JUST), max(high, low * (1 + _JUST))
        case "below":
            return min(low, high * (1 - _JUST)), high * (1 - _JUST)
        case "nearly":
            return low * (1 - _NEAR), high * (1 - _JUST)
        case "about":
            return low * (1 - _NEAR), high * (1 + _NEAR)
        case _:
            return low, high
