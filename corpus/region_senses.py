"""Turn names of regions into what they mean, alone and in running text, by the decisions in `region_names.csv`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from string import ascii_uppercase

from corpus.errors import SourceError
from corpus.region_lexicon import Lexicon, log_probability
from corpus.region_mentions import MentionKind, Sense, Use

# How often a name is taken to occur where the lexicon does not know it or thinks it rarer.
_OFFICIAL, _COUNTY, _EVERYDAY = map(log_probability, (300, 20, 100))


class Ruling(StrEnum):
    """Decide on one name.

    It means its first code, any of them, or counts only with support, before no organisation, or never in running text.
    """

    FIRST = "first"
    ANY = "any"
    SUPPORTED = "supported"
    PREFIX = "prefix"
    NEVER = "never"


_USES = {Ruling.SUPPORTED: Use.SUPPORTED, Ruling.PREFIX: Use.PREFIX}


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold the ruling on a name that is ambiguous or also a common word, and the codes it may mean."""

    name: str
    ruling: Ruling
    codes: tuple[str, ...]


def read_decisions() -> tuple[Decision, ...]:
    """Read `region_names.csv`."""
    lines = (files("corpus") / "gazetteer" / "region_names.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        Decision(row["name"], Ruling(row["use"]), tuple(row["codes"].split("|")) if row["codes"] else ())
        for row in csv.DictReader(lines)
    )


def folding() -> Callable[[str], str]:
    """Return the function that makes texts comparable, character by character, so that offsets stay.

    Letters become lower-case ASCII, a typographic apostrophe a plain one, traditional characters simplified ones as
    far as the gazetteer's names need it.
    """
    table = {ord(letter): letter.lower() for letter in ascii_uppercase + "ÜÊ"}
    table |= {code: chr(code - 0xFEE0).lower() for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()}
    table |= {ord("’"): "'", ord("‘"): "'", ord("＇"): "'"}
    lines = (files("corpus") / "gazetteer" / "traditional_characters.csv").read_text(encoding="utf-8").splitlines()
    table |= {ord(row["traditional"]): row["simplified"] for row in csv.DictReader(lines)}

    def fold(text: str) -> str:
        return text.translate(table)

    return fold


@dataclass(slots=True)
class _Meaning:
    codes: tuple[str, ...]
    official: bool
    county: bool
    group: str = ""


class Namings:
    """Collect names and settle each once; a name with two meanings and no decision is a SourceError."""

    def __init__(self, fold: Callable[[str], str], lexicon: Lexicon, decisions: Iterable[Decision]) -> None:
        self._fold = fold
        self._lexicon = lexicon
        self._decisions = {fold(decision.name): decision for decision in decisions}
        self._meanings: dict[str, _Meaning] = {}
        self._senses: dict[str, Sense] = {}

    def add(self, code: str, names: Iterable[str], *, official: bool, county: bool) -> None:
        """Add names of the region `code`; only official names of counties may be shared without a decision."""
        for key in map(self._fold, names):
            meaning = self._meanings.setdefault(key, _Meaning((), official, county))
            if code in meaning.codes:
                continue
            if meaning.codes and key not in self._decisions and not (official and county and meaning.county):
                raise SourceError(f"{key!r} names {', '.join(meaning.codes)} and {code}: region_names.csv must decide")
            meaning.codes += (code,)

    def add_group(self, name: str, names: Iterable[str], members: tuple[str, ...]) -> None:
        """Add names of a group."""
        for key in map(self._fold, names):
            if key in self._meanings:
                raise SourceError(f"{key!r} names the group {name} and {self._meanings[key].codes}")
            self._meanings[key] = _Meaning(members, True, False, name)

    def known(self) -> dict[str, tuple[str, ...]]:
        """Return every name that means something when it stands alone, with the codes it means."""
        known = {key: meaning.codes for key, meaning in self._meanings.items()}
        for key, decision in self._decisions.items():
            if decision.ruling is Ruling.FIRST:
                known[key] = decision.codes[:1]
            elif decision.ruling in (Ruling.ANY, Ruling.NEVER):
                known[key] = decision.codes
        return known

    def signs(self) -> dict[str, str]:
        """Return the one-character abbreviations that count in runs, such as 苏浙沪, with their codes."""
        return {
            key: meaning.codes[0]
            for key, meaning in self._meanings.items()
            if len(key) == 1 and key not in self._decisions
        }

    def names(self) -> list[str]:
        """Return the names that count in running text."""
        never = {key for key, decision in self._decisions.items() if decision.ruling is Ruling.NEVER}
        return [key for key in self._meanings.keys() | self._decisions.keys() if len(key) > 1 and key not in never]

    def sense(self, key: str) -> Sense:
        """Return what one of `names` means in running text; made on demand, for a text needs few of the thousands."""
        sense = self._senses.get(key)
        if sense is None:
            sense = self._senses[key] = self._settle(key)
        return sense

    def _settle(self, key: str) -> Sense:
        decision = self._decisions.get(key)
        meaning = self._meanings.get(key, _Meaning((), False, False))
        codes: tuple[str, ...] = meaning.codes
        others: tuple[str, ...] = ()
        if decision and decision.ruling is Ruling.ANY:
            codes = decision.codes
        elif decision and decision.ruling is Ruling.FIRST:
            codes, others = decision.codes[:1], decision.codes[1:]
        one = MentionKind.REGION if len(codes) == 1 else MentionKind.AMBIGUOUS
        kind = MentionKind.GROUP if meaning.group else one
        use = _USES.get(decision.ruling, Use.ALWAYS) if decision else Use.ALWAYS
        floor = _EVERYDAY if not meaning.official else _COUNTY if meaning.county else _OFFICIAL
        cost = max(self._lexicon.costs.get(key, float("-inf")), floor)
        return Sense(codes, kind, others, meaning.official, use, meaning.group, cost)
