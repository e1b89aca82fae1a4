"""Put an answer together from the practices' own sentences, each cited, in the shape that the question asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from corpus.regions import gazetteer
from index.answer_kinds import lacking
from index.normal import normalise
from index.retriever import Retriever
from index.types import Citation, Hit, Kind, Place, Query
from service.draft import BULLET, Draft
from service.excerpts import (
    Excerpt,
    asks_for_figure,
    figure_excerpt,
    list_excerpt,
    part_excerpt,
    place_excerpt,
    sentence_excerpt,
)
from service.grouping import Group, cities, grouped
from service.place_words import described, narrowest, understood, unheld_places
from service.segment import Segment
from service.wording import Wording, language_of, unheld_parts

# What a practice either states or does not, by the names of `index.answer_kinds`.
_STATED = ("money", "share", "date", "duration", "telephone", "address on the web", "number of a document")
_OF_PLACES = frozenset({Kind.LIST, Kind.REGION})
_ONE_THING = frozenset({Kind.FACT, Kind.NUMBER})
# A comparison has at least so many sides.
_TWO = 2


def compose(retriever: Retriever, query: Query, hits: Sequence[Hit]) -> tuple[list[Segment], list[Citation]]:
    """Return the segments of an answer made of `hits`, and what their marks 1 … n cite."""
    composer = _Composer(retriever, query, hits)
    composer.compose(hits)
    return composer.draft.segments, composer.draft.citations


def _excerpt_for(query: Query) -> Callable[[Retriever, Query, Hit], Excerpt]:
    if query.about_part:
        return part_excerpt
    if query.kind is Kind.REGION:
        return place_excerpt
    if query.kind is Kind.LIST:
        return list_excerpt
    if query.kind is Kind.NUMBER or (query.kind in (Kind.COMPARE, Kind.FACT) and asks_for_figure(query)):
        return figure_excerpt
    return sentence_excerpt


class _Composer:
    def __init__(self, retriever: Retriever, query: Query, hits: Sequence[Hit]) -> None:
        self.draft = Draft(retriever)
        self._query = query
        self._word = Wording(language_of(query))
        excerpt = _excerpt_for(query)
        self._excerpts = {hit.practice.id: excerpt(retriever, query, hit) for hit in hits}

    def compose(self, hits: Sequence[Hit]) -> None:
        """Write the whole answer: a line that says what follows, where one is needed, and what was found."""
        sides = narrowest(self._query) if self._query.kind is Kind.COMPARE else []
        compared = _by_side(sides, hits) if len(sides) >= _TWO else {}
        before = self._before(hits, _without(sides, compared))
        says = before + (self._count(hits) if not compared else "")
        if says == before and before:
            says += self._word("follows")
        # In English a clause begins the line or goes on with it.
        self.draft.say(says[:1].upper() + says[1:])
        if compared:
            self._sides(sides, compared, "\n\n" if says else "")
        elif len(hits) == 1:
            self.draft.say("\n" if says else "")
            self._tell(hits[0])
        elif self._query.kind in (Kind.LIST, Kind.REGION):
            self._groups(grouped(self._query, hits))
        else:
            self._bullets(hits)

    def _before(self, hits: Sequence[Hit], sides: Sequence[Place]) -> str:
        """Say, in clauses, how places were understood, and what was asked for and not found; perhaps nothing."""
        word, query = self._word, self._query
        told = understood(word, query) if query.kind is Kind.REGION else []
        missing = unheld_places(query)
        if missing:
            told.append(word("unheld", place=word.joined(self._names(missing))))
        parts = unheld_parts(word, query)
        if parts:
            told.append(word("no_part", part=parts))
        lost = [side for side in sides if side not in missing]
        if lost:
            told.append(word("side_missing", place=word.joined(self._names(lost))))
        if query.kind in _ONE_THING:
            lacked = [
                set(lacking(query.text, normalise(hit.practice.text), placed=bool(hit.practice.regions)))
                for hit in hits
            ]
            names = [name for name in _STATED if all(name in each for each in lacked)]
            if names:
                told.append(word("unstated", what=word.joined([word(name) for name in names])))
        return "".join(word("clause", clause=clause) for clause in told)

    def _count(self, hits: Sequence[Hit]) -> str:
        """Say how many were found, and in how many places: never how many there are, which nothing here knows."""
        word, kind = self._word, self._query.kind
        if len(hits) == 1 and kind is not Kind.REGION:
            return ""
        places = {code for excerpt in self._excerpts.values() for code in cities(self._query, excerpt.named)}
        values = {"practices": word.practices(len(hits)), "places": word.places(len(places))}
        if kind is Kind.REGION and not understood(word, self._query):
            name = "of_place_in" if len(places) > 1 else "of_place"
            return word(name, place=described(word, self._query), **values)
        return word("found_in" if kind in _OF_PLACES and len(places) > 1 else "found", **values)

    def _sides(self, sides: Sequence[Place], compared: Mapping[tuple[int, ...], Sequence[Hit]], gap: str) -> None:
        """Write each side under its heading; what belongs to several stands under all their names, then the rest."""
        for key in sorted(compared, key=lambda key: (not key, len(key), key)):
            if compared[key]:
                names = self._word.joined(self._names([sides[number] for number in key]))
                self.draft.say(gap + self._word("title_line", title=names or self._word("others")))
                self._bullets(compared[key])
                gap = "\n\n"

    def _groups(self, groups: Sequence[Group]) -> None:
        for group in groups:
            if len(groups) > 1:
                self.draft.say("\n\n" + self._word("title_line", title=self._heading(group)))
            self._bullets(group.hits)

    def _heading(self, group: Group) -> str:
        if group.places:
            return self._word.joined([self._word.place(code) for code in group.places])
        return group.heading or self._word("many_places" if group.many else "others")

    def _bullets(self, hits: Sequence[Hit]) -> None:
        for hit in hits:
            self.draft.say(f"\n{BULLET}")
            self._tell(hit)

    def _tell(self, hit: Hit) -> None:
        """Write the excerpt of one practice."""
        excerpt = self._excerpts[hit.practice.id]
        if excerpt.places:
            names = [self._word.place(code) for code in excerpt.places]
            self.draft.say(self._word("label", place=self._word.joined(names)))
        for span in excerpt.spans:
            self.draft.quote(excerpt.practice, span)
        if excerpt.cut:
            self.draft.say(self._word("stop"))

    def _names(self, places: Sequence[Place]) -> list[str]:
        return [self._word.named(place) for place in places]


def _by_side(sides: Sequence[Place], hits: Sequence[Hit]) -> Mapping[tuple[int, ...], Sequence[Hit]]:
    """Return hits by the numbers of the sides that they belong to: those of each alone, of several, of none."""
    covers_any = gazetteer().covers_any
    found: dict[tuple[int, ...], list[Hit]] = {(number,): [] for number in range(len(sides))}
    for hit in hits:
        key = tuple(number for number, side in enumerate(sides) if covers_any(side.codes, hit.practice.regions))
        found.setdefault(key, []).append(hit)
    return found


def _without(sides: Sequence[Place], compared: Mapping[tuple[int, ...], Sequence[Hit]]) -> list[Place]:
    """Return the sides of which nothing was found."""
    told = {number for key, hits in compared.items() if hits for number in key}
    return [side for number, side in enumerate(sides) if compared and number not in told]
