"""Tell whether what a sentence states stands in a text: amounts, dates, places, titles, quoted words, bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.regions import gazetteer
from index.amounts import UNITS, chinese_value, plain, written_out
from index.normal import normalise

_DATA = Path(__file__).parent / "data"
_CLAIMS_FILE = _DATA / "claim_words.txt"
_ENGLISH = json.loads((_DATA / "english_numbers.json").read_text(encoding="utf-8"))
_TENS: dict[str, int] = _ENGLISH["tens"]
_WORDS: dict[str, int] = _ENGLISH["numbers"] | _TENS
_SCALES: dict[str, str] = _ENGLISH["scales"]
_MONTHS: dict[str, int] = _ENGLISH["months"]
_CJK = "\u3000-\u303f\u3400-\u9fff\uf900-\ufaff"
_LOOSE = re.compile(rf"(?<=[{_CJK}]) | (?=[{_CJK}])|(?<=\d) (?=[%‰])")
# A letter behind a number is its unit, also where nobody counts with it: 5G, 12号.
_AMOUNT = re.compile(
    rf"(?<![\d.])(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?)(?P<digits>[十百千万亿]*)"
    rf"(?:[ -]?(?P<scale>{'|'.join(_SCALES)})|(?:st|nd|rd|th)\b)?[多余几来]?(?P<unit>[%‰]|{UNITS}|[^\W\d_])?"
)
_WORD = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})-)?(?P<word>{'|'.join(_WORDS)})(?: (?P<scale>{'|'.join(_SCALES)}))?\b"
)
_SPELLED_YEAR = re.compile(r"[〇零一二三四五六七八九]{4}(?=年)")
_SPELLED_DAY = re.compile(r"(?<=[年月])[一二三四五六七八九十]{1,3}(?=[月日号])")
_DATE = re.compile(r"(\d{4})[年./-](\d{1,2})(?:[月./-](?:(\d{1,2})(?!\d))?)?")
_ENGLISH_DATE = re.compile(rf"\b({'|'.join(_MONTHS)})\.?(?: \d{{1,2}},?)?(?: (\d{{4}}))?\b")
_TITLE = re.compile(r"《([^《》]*)》")
_QUOTED = re.compile(r"“([^“”]*)”|「([^「」]*)」|『([^『』]*)』|\"([^\"]*)\"")
# The digits of banks, which are also words (队伍), count in numbers alone.
_FINANCIAL = re.compile("[壹贰叁肆伍陆柒捌玖拾佰仟万亿元]{2,}")
_PLAIN_DIGITS = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
# Digits before what nobody counts with: 五大, 十兆瓦.
_SPELLED = re.compile(
    r"(?<![\d.零〇一二两三四五六七八九十百千万亿])([二两三四五六七八九十百千][零〇一二两三四五六七八九十百千万亿]*)([^\W\d_])"
)


@dataclass(frozen=True, slots=True)
class Held:
    """Hold a text that statements are checked against, in one form, with the facts in it.

    `names` are titles and numbers of documents, which may be named too; `codes` the regions that the text names.
    """

    text: str
    names: tuple[str, ...]
    amounts: frozenset[str]
    codes: frozenset[str]
    places: frozenset[str]

    @classmethod
    def of(cls, text: str, names: tuple[str, ...] = (), regions: tuple[str, ...] = ()) -> Held:
        """Return `text` with its facts; `regions` are codes of regions that it speaks of."""
        one = canonical(text)
        found = set(_amounts(one))
        bare = {number[0] for amount in found if (number := re.match(r"[\d.]+", amount))}
        mentions = gazetteer().mentions(one)
        return cls(
            one,
            tuple(canonical(name) for name in names if name),
            frozenset(found | bare),
            frozenset(code for mention in mentions for code in mention.codes) | frozenset(regions),
            frozenset(mention.name for mention in mentions),
        )


def canonical(text: str) -> str:
    """Return a text in one script, width and case, without spaces beside Chinese, its dates in Arabic digits."""
    one = _LOOSE.sub("", normalise(text)).lower()
    one = _FINANCIAL.sub(lambda number: number[0].translate(_PLAIN_DIGITS), one)
    one = _SPELLED_YEAR.sub(lambda year: str(chinese_value(year[0])), one)
    return _SPELLED_DAY.sub(lambda day: str(chinese_value(day[0])), one)


def missing(statement: str, held: Held) -> str | None:
    """Return what a statement says that does not stand in a text, for the log; None where all of it does."""
    text = canonical(statement)
    checks = (_missing_title, _missing_quote, _missing_date, _missing_amount, _missing_place, _missing_claim)
    for name in held.names:
        text = text.replace(f"《{name}》", "").replace(name, "")
    return next((found for check in checks if (found := check(text, held)) is not None), None)


def facts_in(statement: str, text: str) -> int:
    """Count the amounts, titles and quotes of a statement that stand in a text."""
    stated, held = canonical(statement), Held.of(text)
    marked = [title[0] for title in _TITLE.finditer(stated)] + [_inner(quote) for quote in _QUOTED.finditer(stated)]
    amounts = set(_amounts(stated))
    places = [mention for mention in gazetteer().mentions(stated) if set(mention.codes) <= held.codes]
    return len(amounts & held.amounts) + sum(part in held.text for part in marked) + len(places)


def _missing_title(text: str, held: Held) -> str | None:
    if text.count("《") != text.count("》"):
        return "half a title"
    return next((title[0] for title in _TITLE.finditer(text) if title[0] not in held.text), None)


def _missing_quote(text: str, held: Held) -> str | None:
    quotes = (_inner(quote) for quote in _QUOTED.finditer(text))
    return next((quote for quote in quotes if quote.strip(" ,.;:!?") not in held.text), None)


def _missing_date(text: str, held: Held) -> str | None:
    known = {part for date in _dates(held.text) for part in date}
    return next((date[-1] for date in _dates(text) if date[-1] not in known), None)


def _missing_amount(text: str, held: Held) -> str | None:
    # The months of English dates were checked as dates.
    return next((amount for amount in _amounts(text) if amount not in held.amounts), None)


def _missing_place(text: str, held: Held) -> str | None:
    mentions = gazetteer().mentions(text)
    stands = [mention.name in held.places or set(mention.codes) <= held.codes for mention in mentions]
    for index, mention in enumerate(mentions):
        if stands[index]:
            continue
        # 浙江省嘉兴市, “Jiaxing, Zhejiang”: what a place lies in may stand beside it.
        beside = [at for at in (index - 1, index + 1) if 0 <= at < len(mentions) and stands[at]]
        if not any(
            _touch(text, mention.span.start, mention.span.end, mentions[at].span.start, mentions[at].span.end)
            and gazetteer().covers_any(mention.codes, mentions[at].codes)
            for at in beside
        ):
            return mention.written
    return None


def _missing_claim(text: str, held: Held) -> str | None:
    for words in _claims():
        stated = words.search(text)
        if stated is not None and not words.search(held.text):
            return stated[0]
    return None


def _touch(text: str, start: int, end: int, other_start: int, other_end: int) -> bool:
    between = text[end:other_start] if end <= other_start else text[other_end:start]
    return not between.strip(" ,、(的")


def _amounts(text: str) -> Iterator[str]:
    """Yield the amounts of a canonical text, with their unit where they have one, else without."""
    for amount in _AMOUNT.finditer(text):
        value = plain(amount["number"] + amount["digits"])
        yield _scaled(value, amount["scale"]) + (amount["unit"] or "")
    for word in _WORD.finditer(text):
        value = str(_WORDS[word["word"]] + _TENS.get(word["tens"], 0))
        yield _scaled(value, word["scale"])
    for numeral, unit in _SPELLED.findall(text):
        number = None if unit == "分" else chinese_value(numeral)
        if number is not None:
            yield f"{number.normalize():f}{unit}"
    yield from written_out(text)


def _scaled(value: str, scale: str | None) -> str:
    return plain(value) if scale is None else plain(f"{value}{_SCALES[scale]}")


def _dates(text: str) -> Iterator[tuple[str, ...]]:
    """Yield dates as all of their beginnings: 2023-11 and 2023-11-5; a month alone as *-11."""
    for year, month, day in _DATE.findall(text):
        start = (f"*-{int(month)}", f"{year}-{int(month)}")
        yield (*start, f"{year}-{int(month)}-{int(day)}") if day else start
    for month, year in _ENGLISH_DATE.findall(text):
        if year or month != "may":
            yield (f"*-{_MONTHS[month]}", f"{year}-{_MONTHS[month]}")[: 2 if year else 1]
    yield from ((f"*-{int(month)}",) for month in re.findall(r"(?<!\d)(?<![年./-])(\d{1,2})月(?!份?\d)", text))


def _inner(quote: re.Match[str]) -> str:
    return next(part for part in quote.groups() if part is not None)


@cache
def _claims() -> tuple[re.Pattern[str], ...]:
    lines = _CLAIMS_FILE.read_text(encoding="utf-8").splitlines()
    return tuple(_any_of(line.split()) for line in lines if line and not line.startswith("#"))


def _any_of(words: list[str]) -> re.Pattern[str]:
    """Return a pattern of words, of which those in Latin letters are whole ones; · stands for a space in them."""
    shown = [re.escape(word.replace("·", " ")) for word in words]
    return re.compile("|".join(rf"\b{word}\b" if word[0].isascii() else word for word in shown))
