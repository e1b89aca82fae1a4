"""See which places a question asks about and which it leaves out, and how well those of a practice meet them."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import replace

from corpus.region_mentions import Mention, MentionKind
from corpus.regions import gazetteer
from corpus.types import Span
from index.types import Place

_LEAVES_OUT = re.compile(
    r"(?:除(?:了|去|开|却|掉)?|[刨撇排抛]除|[刨撇抛]开|刨去|去掉|剔除|不[含算计看]|(?<!要)不要|不包[括含]|不想看|[别先]不?看|别给我看|(?<!是)不是"
    r"|except(?: for)?|other than|besides|(?:apart|aside) from|excluding|exclude|not (?:counting|including)"
    r"|without|outside(?: of)?|leaving out)\s*$",
    re.IGNORECASE,
)
# 非北京户籍 is about Beijing, 非一线城市 about all other cities.
_NOT_ONE_OF = re.compile(r"非\s*$")
_LEFT_OUT = re.compile(
    r"\s*的?\s*(?:以外|之外|除外|外的|外[,、]|外$|外还|[先就]?不(?:[算计看要]|用[看管说列]?)(?=[在的了,.;、?!]|$)|excluded|aside\b)",
    re.IGNORECASE,
)
# What ends the name in 除上海外的省份 would else begin another word: 海外.
_OUTSIDE = re.compile(r"(除[^,。;:?!外]{2,16})外(?![国贸资商包籍])")
_AND = frozenset({"、", "和", "与", "及", "跟", "以及", "或", "或者", "/", " and ", " or ", ", ", ", and ", ", or "})
_WITHIN = frozenset({"", "的", "内的", "里的", "下属的", "下辖的"})
_WITHIN_ENGLISH = frozenset({",", "in", "of", "city,", "city in", "city of", "district,", "district in", "district of"})
_BY_ITSELF = re.compile(
    r"\s*[省市区县]?(?:级层面|层面|本级|一级的?(?:层面|出台|政策|[,。?]|$)|级的?(?:出台|发布|印发|政策|文件|部门|有|[,。?]|$))"
    r"|[省市区县]里(?:面)?(?:出台|发布|印发|统一)"
    r"|(?:'s)?(?: provincial)?[- ]level\b"
)
_ELSEWHERE = re.compile(
    r"(?:还有|其[他它余]|别的|另外)的?(?:哪些?|哪?几个|什么)?的?(?:省|市|城市|地方|地区|地市|区县|县|直辖市)"
    r"|[别他]处|别地|外[地省]|还有谁"
    r"|\b(?:other|another) (?:cit|province|place|region|municipalit|count|district)|\belsewhere\b|\bwho else\b",
    re.IGNORECASE,
)


def read_places(text: str, located: Container[str] | None = None, *, exclusions: bool = True) -> tuple[Place, ...]:
    """Return the places that a normalised question names, in its order, one for each phrase (广东省深圳市).

    `located` holds the codes of all places that practices name, and of what these lie in; without it every place counts
    as held. Without `exclusions` no place is taken to be left out.
    """
    phrases: list[Place] = []
    end = 0
    mentions = gazetteer().mentions(_OUTSIDE.sub(r"\1,", text))
    left_out = _left_out(text, mentions) if exclusions else [False] * len(mentions)
    for mention, excluded in zip(mentions, left_out, strict=True):
        held = located is None or any(code in located for code in mention.codes)
        by_itself = mention.kind is MentionKind.REGION and bool(_BY_ITSELF.match(text, mention.span.end))
        place = Place(mention.written, mention.name, mention.codes, excluded, held, by_itself)
        gap = text[end : mention.span.start]
        joined = _one_phrase(phrases[-1], gap, place, located) if phrases else None
        phrases[-1:] = [joined] if joined else [*phrases[-1:], place]
        end = mention.span.end
    return tuple(phrases)


def asks_elsewhere(text: str) -> bool:
    """Tell whether a normalised question asks about places other than those spoken of (还有哪些省)."""
    return bool(_ELSEWHERE.search(text))


def _left_out(text: str, mentions: Sequence[Mention]) -> list[bool]:
    """Return for each mention whether it is left out; what holds for one place of a list holds for all of it."""
    before = [text[last.end : mention.span.start] for last, mention in zip(_ends(mentions), mentions, strict=False)]
    listed = [gap.lower() in _AND or gap.strip() in _AND for gap in before]
    excluded: list[bool] = []
    for number, mention in enumerate(mentions):
        told = _LEAVES_OUT.search(before[number]) or (
            mention.kind is MentionKind.GROUP and _NOT_ONE_OF.search(before[number])
        )
        passed_on = number > 0 and listed[number] and excluded[number - 1]
        excluded.append(bool(told or passed_on or _LEFT_OUT.match(text, mention.span.end)))
    for number in range(len(mentions) - 1, 0, -1):
        if excluded[number] and listed[number]:
            excluded[number - 1] = True
    return excluded


def _ends(mentions: Sequence[Mention]) -> list[Span]:
    return [Span(0, 0), *(mention.span for mention in mentions)]


def _one_phrase(outer: Place, gap: str, inner: Place, located: Container[str] | None) -> Place | None:
    """Return what two neighbouring mentions name together, None where they name two things.

    That is the inner of two that lie in one another (广东省深圳市; Shenzhen, Guangdong), or what a group has in a place
    (河北的省会城市).
    """
    if outer.excluded != inner.excluded:
        return None
    covers = gazetteer().covers
    written = f"{outer.written}{gap}{inner.written}"
    if gap.strip() in _WITHIN:
        within = tuple(code for code in inner.codes if any(covers(one, code) for one in outer.codes))
        if within:
            name = inner.name if within == inner.codes else f"{outer.name}的{inner.name}"
            held = located is None or any(code in located for code in within)
            return replace(inner, written=written, name=name, codes=within, held=held)
    english = outer.written.isascii() and gap.strip().lower() in _WITHIN_ENGLISH
    if english and all(any(one != code and covers(one, code) for one in inner.codes) for code in outer.codes):
        return replace(outer, written=written)
    return None


def placed(places: Sequence[Place], regions: Sequence[str]) -> float:
    """Return how well the regions that a practice names meet a question's places, as `ScoreParts.place`."""
    covers_any = gazetteer().covers_any
    asked = [code for place in places if not place.excluded for code in place.codes]
    excluded = [code for place in places if place.excluded for code in place.codes]
    named = tuple(regions)
    if covers_any(excluded, named):
        # 深圳 with its 广东省 laboratories is Shenzhen still: what an excluded place lies in goes with it.
        named = tuple(
            region for region in named if not covers_any(excluded, [region]) and not covers_any([region], excluded)
        )
        if not named:
            return -1.0
    if not asked:
        return 1.0 if named else 0.0
    if covers_any(asked, named):
        by_itself = [code for place in places if place.by_itself for code in place.codes]
        return 0.5 if by_itself == asked and not set(asked) & set(named) else 1.0
    # The province before the name of a city (广东省中山市) says where that is, not that all of the province does it.
    alone = [region for region in named if not any(covers_any([region], [other]) for other in named if other != region)]
    return 0.5 if covers_any(alone, asked) else 0.0
