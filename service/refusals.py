"""Say why there is no answer, and what the list does hold nearby, which is none."""

from __future__ import annotations

from itertools import islice

from corpus.regions import gazetteer
from index.retriever import Retriever
from index.signals import Reason
from index.types import Place, SearchResult
from service.grouping import asked_places
from service.list_facts import facts_of, held_provinces, titles_of
from service.place_words import unheld_places
from service.segment import Segment
from service.wording import Wording, language_of, unheld_parts

# Of headings and of places so many are named at most, as what is nearest or as examples of what can be asked.
_HEADINGS = 3
_EXAMPLES = 5


def refusal(retriever: Retriever, result: SearchResult) -> Segment:
    """Return what a reader is told where a result holds no answer; it has no marks."""
    return _Refusal(retriever, result).told()


class _Refusal:
    def __init__(self, retriever: Retriever, result: SearchResult) -> None:
        self._retriever = retriever
        self._result = result
        self._word = Wording(language_of(result.query))

    def told(self) -> Segment:
        match self._result.reason or Reason.SUBJECT:
            case Reason.LIST:
                told = facts_of(self._retriever, self._word, self._result.query.about_list.aspects)
            case Reason.PLACE:
                told = self._place_not_held()
            case Reason.SUBJECT if self._result.query.about_part:
                told = self._part_not_held()
            case Reason.SUBJECT:
                told = self._subject_not_held()
            case Reason.VAGUE:
                told = [self._word("vague"), *self._what_to_ask()]
            case Reason.OUTSIDE:
                told = [self._word("outside", titles=titles_of(self._retriever, self._word)), *self._what_to_ask()]
            case Reason.UNREADABLE:
                told = [self._word("unreadable"), *self._what_to_ask()]
        return Segment(self._word.sentences(told))

    def _place_not_held(self) -> list[str]:
        word, unheld = self._word, unheld_places(self._result.query)
        # In a follow-up it may be the question before that named the place.
        names = [word.named(place) for place in unheld] or list(self._result.unheld)
        nearby = list(dict.fromkeys(told for place in unheld if (told := self._nearby(place))))
        if not nearby:
            provinces = [word.place(code) for code in held_provinces(self._retriever)]
            nearby = [word("all_places", places=word.joined(provinces))] if provinces else []
        clause = word("unheld", place=word.joined(names))
        return [self._word.sentence(clause), *nearby, word("no_answer") if nearby else ""]

    def _nearby(self, place: Place) -> str:
        """Say what the list holds in the smallest place around this one of which it holds anything."""
        located = self._retriever.located
        if len(place.codes) != 1:
            return ""
        around = next((code for code in gazetteer().lineage(place.codes[0])[1:] if code in located), None)
        if around is None:
            return ""
        inside = [code for code in sorted(located) if gazetteer().region(code).parent == around]
        elsewhere = set(located[around]).difference(*(located[code] for code in inside))
        place_named = self._word.full_name(around)
        counts = {place_named: len(elsewhere)} if elsewhere else {}
        counts |= {self._word.place(code): len(located[code]) for code in inside}
        told = [self._word("count", name=name, n=count) for name, count in counts.items()]
        return self._word("nearby", place=place_named, counts=self._word.joined(told))

    def _subject_not_held(self) -> list[str]:
        word, located = self._word, self._retriever.located
        asked = [code for code in asked_places(self._result.query) if code in located]
        covers_any = gazetteer().covers_any
        nearest = [hit.practice for hit in self._result.hits]
        there = [practice for practice in nearest if asked and covers_any(asked, practice.regions)]
        titles = list(dict.fromkeys(practice.path[-1].title for practice in there or nearest if practice.path))
        if not titles:
            return [word("subject")]
        headings = word.headings(titles[:_HEADINGS])
        if not there:
            return [word("subject"), word("nearest", headings=headings), word("no_answer")]
        places = word.joined([word.named(place) for place in self._result.query.places if not place.excluded])
        return [word("subject"), word("nearest_there", place=places, headings=headings), word("no_answer")]

    def _part_not_held(self) -> list[str]:
        word, headings = self._word, self._headings()
        clause = word("no_part", part=unheld_parts(word, self._result.query))
        divided = word("divided", headings=word.headings(headings)) if headings else ""
        return [self._word.sentence(clause), divided]

    def _headings(self) -> list[str]:
        """Return the first of what the list is divided into."""
        titles = (practice.path[0].title for practice in self._retriever.practices.values() if practice.path)
        return list(islice(dict.fromkeys(titles), _EXAMPLES))

    def _what_to_ask(self) -> list[str]:
        """Say what can be asked: the places of which there is most, and what the list is divided into."""
        word, located = self._word, self._retriever.located
        parents = {gazetteer().region(code).parent for code in located}
        most = sorted((code for code in located if code not in parents), key=lambda code: (-len(located[code]), code))[
            :_EXAMPLES
        ]
        headings = self._headings()
        values = {"places": word.joined([word.place(code) for code in most]), "headings": word.headings(headings)}
        if most and headings:
            return [word("ask", **values)]
        return [word(name, **values) for name, held in (("ask_places", most), ("ask_subjects", headings)) if held]
