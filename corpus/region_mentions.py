"""Find place names in running text.

A text is cut into words along the most probable path (a unigram word graph, as jieba does, but only around places and
with a small lexicon); names on that path are mentions. That is why 江西安全 names Jiangxi and not Xi'an.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from corpus.region_lexicon import Lexicon
from corpus.types import Span


class MentionKind(StrEnum):
    """Say how a mention's codes are to be read."""

    REGION = "region"
    GROUP = "group"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Mention:
    """Mark a place named in a text: `written` stands at `span`, `name` is how it was understood.

    `codes` hold the one region, or each region of a run such as 苏浙沪 (kind REGION); the members of a group (GROUP);
    or all that a name may mean where nothing tells which (AMBIGUOUS).
    """

    span: Span
    written: str
    name: str
    codes: tuple[str, ...]
    kind: MentionKind


class Use(StrEnum):
    """Say when a name counts in running text."""

    ALWAYS = "always"
    SUPPORTED = "supported"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Sense:
    """Hold what a name means: `codes` by default, `others` right after the region they lie in.

    `official` marks full names; `cost` is the log probability of meeting the name in a text.
    """

    codes: tuple[str, ...]
    kind: MentionKind
    others: tuple[str, ...] = ()
    official: bool = False
    use: Use = Use.ALWAYS
    group: str = ""
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    sense: Sense


# How far the word graph looks past a name; the longest words that matter have four characters.
_MARGIN = 6
# How far before a name that is also a common word the region it lies in may stand: 山东省的沿海城市日照.
_NEAR = 12
# How many mentions back a namesake may find what it lies in.
_LOOK_BACK = 20
_ROAD = re.compile(r"[东西南北中一二三四五]?(?:路(?![网桥段演面基径线由况灯过政])|大道|大街)")
_ORGANISATION = re.compile(
    r"[^\W的有各地区所和与在是等哪a-z0-9]{0,6}?(?:大学|学院|研究院|设计院|勘察院|勘测院|公司|集团)"
)
_PLACE_FOLLOWS = re.compile(
    r"等地|当地|本地|两地|地区|市民|住建|住房|的?(?:各[省市地县]|[省市](?:[区份]|$)|城市|直辖市|省会|副省级|有(?:哪|没有|什么|几)|哪[些几个])"
)
_PLACE_ENDS = frozenset("省市县区州镇乡村街岛城站")
_OUTER_FOLLOWS = re.compile(r"\s*[,，(（]?\s*")
_LISTED = re.compile(r"\s*(?:[、,，/;；]|和|与|及|以及|或|或者|and|or)\s*")
_SENTENCE_END = re.compile(r"[。！？!?\n]")
_EDGES = re.compile(r"^\W+|\W+$")


class MentionFinder:
    """Find `names`, whose meaning `sense` tells, in texts made comparable by `fold`, which keeps their length.

    `signs` maps the one-character names that count in runs (苏浙沪) to codes; `label` words what codes
    of a kind mean; `inside(outer, inner)` says whether one region lies in or is another.
    """

    def __init__(
        self,
        names: Iterable[str],
        sense: Callable[[str], Sense],
        signs: Mapping[str, str],
        lexicon: Lexicon,
        fold: Callable[[str], str],
        label: Callable[[tuple[str, ...], MentionKind], str],
        inside: Callable[[str, str], bool],
    ) -> None:
        self._sense = sense
        self._signs = signs
        self._lexicon = lexicon
        self._fold = fold
        self._label = label
        self._inside = inside
        buckets: dict[str, list[str]] = {}
        for name in sorted(names, key=len, reverse=True):
            buckets.setdefault(name[:2], []).append(name)
        self._buckets = buckets
        self._run = re.compile(f"[{''.join(signs)}]{{2,}}") if signs else None

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the places that a text names, in its order; they never overlap."""
        folded = self._fold(text)
        candidates = self._candidates(folded)
        if not candidates:
            return ()
        found = self._judge(folded, self._read(folded, candidates))
        return tuple(self._mention(text, item) for item in found)

    def _candidates(self, text: str) -> dict[int, dict[int, Sense]]:
        """Return every name in the text as start → end → sense, those that overlap included."""
        candidates: dict[int, dict[int, Sense]] = {}
        buckets = self._buckets
        for start in range(len(text) - 1):
            for name in buckets.get(text[start : start + 2], ()):
                if text.startswith(name, start) and _whole_word(text, start, start + len(name)):
                    candidates.setdefault(start, {})[start + len(name)] = self._sense(name)
        for run in self._run.finditer(text) if self._run else ():
            codes = tuple(dict.fromkeys(self._signs[sign] for sign in run.group()))
            if len(codes) == len(run.group()):
                sense = Sense(codes, MentionKind.REGION, cost=self._lexicon.unknown)
                candidates.setdefault(run.start(), {}).setdefault(run.end(), sense)
        return candidates

    def _read(self, text: str, candidates: dict[int, dict[int, Sense]]) -> list[_Found]:
        """Return the names on the most probable reading of each stretch of Han characters around candidates."""
        found: list[_Found] = []
        for low, high in _stretches(text, candidates):
            if high in candidates.get(low, ()):
                found.append(_Found(low, high, candidates[low][high]))
            else:
                found.extend(self._best_path(text, low, high, candidates))
        return found

    def _best_path(self, text: str, low: int, high: int, candidates: dict[int, dict[int, Sense]]) -> Iterable[_Found]:
        """Yield the names of the best segmentation of `text[low:high]`, by dynamic programming from its end."""
        costs, longest, unknown = self._lexicon.costs, self._lexicon.longest, self._lexicon.unknown
        best: list[float] = [0.0] * (high - low + 1)
        step: list[int] = [0] * (high - low)
        for start in range(high - 1, low - 1, -1):
            value, chosen = costs.get(text[start], unknown) + best[start + 1 - low], start + 1
            for end in range(start + 2, min(start + longest, high) + 1):
                cost = costs.get(text[start:end])
                if cost is not None and cost + best[end - low] > value:
                    value, chosen = cost + best[end - low], end
            for end, sense in candidates.get(start, {}).items():
                if end <= high and sense.cost + best[end - low] >= value:
                    value, chosen = sense.cost + best[end - low], end
            best[start - low], step[start - low] = value, chosen
        start = low
        while start < high:
            end = step[start - low]
            named = candidates.get(start, {}).get(end)
            if named is not None:
                yield _Found(start, end, named)
            start = end

    def _judge(self, text: str, found: list[_Found]) -> list[_Found]:
        """Drop road and organisation names and common words without support; settle names with several senses."""
        places = {item.end for item in found if item.sense.kind is MentionKind.REGION}
        found = [item for item in found if not _names_something_else(text, item, places)]
        sure = [item.sense.use is not Use.SUPPORTED or _stands_alone(text, item) for item in found]
        # Support is passed on along a list in both directions: 日照、朝阳和沈阳.
        for order in (range(len(found)), range(len(found) - 1, -1, -1)):
            for index in order:
                sure[index] = sure[index] or self._supported(text, found, sure, index)
        kept = [item for item, counts in zip(found, sure, strict=True) if counts]
        judged: list[_Found] = []
        for index, item in enumerate(kept):
            after = kept[index + 1] if index + 1 < len(kept) else None
            if after and not _OUTER_FOLLOWS.fullmatch(text[item.end : after.start]):
                after = None
            judged.append(self._settle(item, judged, after))
        return judged

    def _supported(self, text: str, found: list[_Found], sure: list[bool], index: int) -> bool:
        item = found[index]
        if index and sure[index - 1]:
            before = found[index - 1]
            gap = text[before.end : item.start]
            if self._outer_of(before, item.sense.codes) and (
                not gap or (not item.sense.official and len(gap) <= _NEAR and not _SENTENCE_END.search(gap))
            ):
                return True
            if not item.sense.official and _LISTED.fullmatch(gap):
                return True
        if item.sense.official or index + 1 == len(found) or not sure[index + 1]:
            return False
        return bool(_LISTED.fullmatch(text[item.end : found[index + 1].start]))

    def _outer_of(self, outer: _Found, codes: Iterable[str]) -> list[str]:
        """Return those of `codes` that lie strictly inside a region that `outer` names."""
        if outer.sense.kind is not MentionKind.REGION:
            return []
        return [code for code in codes if any(o != code and self._inside(o, code) for o in outer.sense.codes)]

    def _settle(self, item: _Found, before: list[_Found], after: _Found | None) -> _Found:
        """Choose among several senses by a region named before, or right after: 吉林省吉林; Taizhou, Zhejiang."""
        sense = item.sense
        if sense.kind is MentionKind.AMBIGUOUS:
            for outer in ([after] if after else []) + before[: -_LOOK_BACK - 1 : -1]:
                inner = self._outer_of(outer, sense.codes)
                if len(inner) == 1:
                    return replace(item, sense=replace(sense, codes=tuple(inner), kind=MentionKind.REGION))
        elif sense.others and before and before[-1].end == item.start:
            inner = self._outer_of(before[-1], sense.codes + sense.others)
            if len(inner) == 1:
                return replace(item, sense=replace(sense, codes=tuple(inner)))
        return item

    def _mention(self, text: str, item: _Found) -> Mention:
        sense = item.sense
        name = sense.group or self._label(sense.codes, sense.kind)
        return Mention(Span(item.start, item.end), text[item.start : item.end], name, sense.codes, sense.kind)


def _whole_word(text: str, start: int, end: int) -> bool:
    """Say whether a Latin name is not part of a longer word; Chinese has no such mark."""
    if ord(text[start]) >= 0x2E80:
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_latin(before) or _latin(after))


def _latin(character: str) -> bool:
    return character.isalnum() and ord(character) < 0x2E80


def _stretches(text: str, candidates: dict[int, dict[int, Sense]]) -> list[tuple[int, int]]:
    """Return the ranges to read, merged where they meet: a Latin name itself, a Han name with its neighbours."""
    ranges: list[tuple[int, int]] = []
    for start in sorted(candidates):
        end = max(candidates[start])
        if ord(text[start]) < 0x2E80:
            if not ranges or start >= ranges[-1][1]:
                ranges.append((start, end))
            continue
        low, high = start, end
        while low > 0 and start - low < _MARGIN and _is_han(text[low - 1]):
            low -= 1
        while high < len(text) and high - end < _MARGIN and _is_han(text[high]):
            high += 1
        if ranges and low < ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(high, ranges[-1][1]))
        else:
            ranges.append((low, high))
    return ranges


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _names_something_else(text: str, item: _Found, places: set[int]) -> bool:
    """Say whether a name only begins a road's or an organisation's name, or gives a direction (台湾西南, 县城西北).

    `places` are the ends of the regions in the text.
    """
    if item.sense.use is Use.PREFIX:
        side = item.start in places or text[item.start - 1 : item.start] in _PLACE_ENDS
        return side or _ORGANISATION.match(text, item.end) is not None
    return not item.sense.official and _ROAD.match(text, item.end) is not None


def _stands_alone(text: str, item: _Found) -> bool:
    """Say whether a common word is the whole text, or is followed by what only follows places."""
    if item.sense.official and item.sense.kind is not MentionKind.GROUP:
        return False
    return _EDGES.sub("", text) == text[item.start : item.end] or _PLACE_FOLLOWS.match(text, item.end) is not None
