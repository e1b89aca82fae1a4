"""Know the regions of China: codes, names in Chinese and English, what lies in what, and common groupings.

The data files and their sources are described in `gazetteer/README.md`.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

from corpus.errors import SourceError, UnknownNameError
from corpus.region_lexicon import load_lexicon
from corpus.region_mentions import Mention, MentionFinder, MentionKind
from corpus.region_senses import Decision, Namings, folding, read_decisions

# Beijing, Tianjin, Shanghai, Chongqing: their districts have no prefecture above them.
_MUNICIPALITIES = ("11", "12", "31", "50")
_SIDES = ("东", "西", "南", "北", "中", "东北", "东南", "西北", "西南")


class Level(StrEnum):
    """Rank a region; AREA is a place without a code in GB/T 2260, such as a state-level new area."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Region:
    """Hold one region: `code` has six digits (GB/T 2260), or for an AREA its parent's code, a hyphen and a word.

    `english` are names in Latin letters, the usual one first; `aliases` everyday names, nicknames and the
    one-character abbreviation; `parent` is None for a province.
    """

    code: str
    name: str
    short: str
    level: Level
    parent: str | None
    english: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Hold a named set of regions: `members` are codes, `source` says which text or usage fixes them."""

    name: str
    aliases: tuple[str, ...]
    members: tuple[str, ...]
    source: str


class Gazetteer:
    """Answer what a place name means. Use `gazetteer()`, which reads the data once."""

    def __init__(self, regions: Iterable[Region], groups: Iterable[Group], decisions: Iterable[Decision]) -> None:
        self.regions = MappingProxyType({region.code: region for region in regions})
        self.groups = tuple(groups)
        self._fold = folding()
        for region in self.regions.values():
            if region.parent is not None and region.parent not in self.regions:
                raise SourceError(f"region {region.code} {region.name} has the unknown parent {region.parent!r}")
        lexicon = load_lexicon()
        namings = Namings(self._fold, lexicon, decisions)
        for region in self.regions.values():
            county = region.level is Level.COUNTY
            # Counties share names (four are called 鼓楼区): their context tells them apart, not the data.
            namings.add(region.code, [region.name], official=True, county=county)
            everyday = (region.short, *region.aliases, *region.english)
            namings.add(region.code, everyday, official=False, county=county)
        for group in self.groups:
            namings.add_group(group.name, (group.name, *group.aliases), group.members)
        for name, code in _parts_of_provinces(self.regions.values(), namings):
            namings.add_group(name, (name,), (code,))
        self._known = namings.known()
        self._finder = MentionFinder(
            namings.names(),
            namings.sense,
            namings.signs(),
            lexicon,
            self._fold,
            self._label,
            self.covers,
        )

    @classmethod
    def load(cls) -> Gazetteer:
        """Read the gazetteer from the package's data files; SourceError says what is wrong in them."""
        regions = [*_read_regions(), *_read_counties()]
        return cls(regions, _read_groups(regions), read_decisions())

    def region(self, code: str) -> Region:
        """Return the region with this code; UnknownNameError if there is none."""
        try:
            return self.regions[code]
        except KeyError:
            raise UnknownNameError("region", code, "a code has six digits, such as 440300") from None

    def resolve(self, name: str) -> tuple[Region, ...]:
        """Return the regions that a person means by a name alone, as in a filter.

        Taken are codes, full and short names, everyday and English names, abbreviations (沪), groups (all members)
        and several levels in a row (广东省深圳市: the innermost). A name with several meanings gives each of them.
        UnknownNameError, with the nearest known names, if nothing is known by it.
        """
        key = self._fold("".join(name.split()) if any("\u4e00" <= c <= "\u9fff" for c in name) else name.strip())
        codes = (key,) if key in self.regions else self._known.get(key) or self._known.get(_bare_english(key))
        codes = codes or self._innermost(key)
        if not codes:
            near = get_close_matches(key[:40], self._known, n=3, cutoff=0.5)
            raise UnknownNameError("region", name[:40], f"did you mean {', '.join(near)}?" if near else "")
        return tuple(self.regions[code] for code in codes)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return the places that a text names, in its order, not overlapping; see `corpus.region_mentions`."""
        return self._finder.find(text)

    def lineage(self, code: str) -> tuple[str, ...]:
        """Return a region's code, its parent's, and so on up to the province."""
        codes: list[str] = []
        step: str | None = code
        while step is not None:
            region = self.region(step)
            codes.append(step)
            step = region.parent
        return tuple(codes)

    def covers(self, outer: str, inner: str) -> bool:
        """Say whether the region `inner` is `outer` or lies in it."""
        return outer in self.lineage(inner)

    def covers_any(self, outers: Collection[str], inners: Collection[str]) -> bool:
        """Say whether one of the regions `inners` is, or lies in, one of `outers`."""
        return any(self.covers(outer, inner) for outer in outers for inner in inners)

    def _innermost(self, key: str) -> tuple[str, ...]:
        """Read 广东省深圳市 as 深圳市: names in a row, each inside the one before, and nothing else."""
        found = self.mentions(key)
        if any(mention.kind is not MentionKind.REGION for mention in found):
            return ()
        if "".join(mention.written for mention in found) != key:
            return ()
        if len(found) == 1:
            return found[0].codes
        nested = all(self.covers(outer.codes[0], inner.codes[0]) for outer, inner in pairwise(found))
        return found[-1].codes if found and nested else ()

    def _label(self, codes: tuple[str, ...], kind: MentionKind) -> str:
        """Word what a mention means; namesakes are told apart by what they lie in: 北京市朝阳区或长春市朝阳区."""
        if kind is not MentionKind.AMBIGUOUS:
            return "、".join(self.regions[code].name for code in codes)
        return "或".join("".join(self.regions[step].name for step in self.lineage(code)[1::-1]) for code in codes)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Return the one gazetteer of this process, read at the first call."""
    return Gazetteer.load()


def _parts_of_provinces(regions: Iterable[Region], namings: Namings) -> Iterator[tuple[str, str]]:
    """Yield the names of parts of provinces by direction (赣东北) that mean nothing else, each with its province.

    Which cities such a part has is fixed nowhere: it is read as its province, not as 东北, the Northeast.
    """
    signs, known = namings.signs(), namings.known()
    for region in regions:
        # 京东 and 津南 are other things.
        if region.level is Level.PROVINCE and region.code[:2] not in _MUNICIPALITIES:
            for sign in (alias for alias in region.aliases if signs.get(alias) == region.code):
                yield from ((sign + side, region.code) for side in _SIDES if sign + side not in known)


def _bare_english(key: str) -> str:
    for suffix in (" city", " province", " municipality", " prefecture", " autonomous region", " sar", " district"):
        if key.endswith(suffix):
            return key.removesuffix(suffix)
    return key


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader((files("corpus") / "gazetteer" / name).read_text(encoding="utf-8").splitlines())


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _read_regions() -> list[Region]:
    return [
        Region(
            row["code"],
            row["name"],
            row["short"],
            Level(row["level"]),
            row["parent"] or None,
            _several(row["english"]),
            _several(row["aliases"]),
        )
        for row in _rows("regions.csv")
    ]


def _read_counties() -> list[Region]:
    """Read the counties; short and English names are given only where they are well known and mean nothing else.

    Their parents follow from their codes: the first four digits name the prefecture, the first two a municipality.
    """
    return [
        Region(
            row["code"],
            row["name"],
            row["short"] or row["name"],
            Level.COUNTY,
            row["code"][:2] + "0000" if row["code"][:2] in _MUNICIPALITIES else row["code"][:4] + "00",
            _several(row["english"]),
        )
        for row in _rows("counties.csv")
    ]


def _read_groups(regions: Iterable[Region]) -> list[Group]:
    codes = {region.name: region.code for region in regions}
    groups: list[Group] = []
    for row in _rows("region_groups.csv"):
        members = _several(row["members"])
        unknown = [member for member in members if member not in codes]
        if unknown or not members:
            raise SourceError(f"region_groups.csv: {row['name']} has unknown members {unknown}")
        groups.append(Group(row["name"], _several(row["aliases"]), tuple(codes[m] for m in members), row["source"]))
    return groups
