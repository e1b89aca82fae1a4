"""Tell what is known of the lists themselves: who issued them, number, day and title, what and how much they hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from corpus.issued import issue_date
from corpus.regions import Level, gazetteer
from corpus.types import Document
from index.about_list import Aspect
from index.retriever import Retriever
from service.wording import Wording

# Of so many documents each is told about by itself.
_DOCUMENTS = 5
# A list comes as the annex of a notice that is named after it.
_ISSUED = re.compile(r"关于印发《?(?P<title>[^《》]+)》?的通知$")


def facts_of(retriever: Retriever, word: Wording, aspects: Sequence[Aspect]) -> list[str]:
    """Return the sentences that tell what is asked about the lists themselves, in order of `aspects`."""
    return [word.sentence(clause) for clause in _Facts(retriever, word).told(aspects)]


def titles_of(retriever: Retriever, word: Wording) -> str:
    """Return the name of the only list, or how many there are."""
    documents = list(retriever.documents.values())
    return _named(documents[0], word) if len(documents) == 1 else word("lists", n=len(documents))


def held_provinces(retriever: Retriever) -> list[str]:
    """Return the codes of the provinces of which a practice names something, in order."""
    return sorted(filter(is_province, retriever.located))


def is_province(code: str) -> bool:
    """Tell whether a region lies in no other."""
    return gazetteer().region(code).parent is None


def _named(document: Document, word: Wording) -> str:
    issued = _ISSUED.search(document.title)
    return word("title", name=issued["title"] if issued else document.title)


class _Facts:
    def __init__(self, retriever: Retriever, word: Wording) -> None:
        self._retriever = retriever
        self._word = word
        self._alone = len(retriever.documents) == 1
        self._is_named = False
        self._tell: Mapping[Aspect, Callable[[], Iterator[str]]] = {
            Aspect.ISSUER: lambda: self._of_each(self._issuer),
            Aspect.DATE: lambda: self._of_each(self._date),
            Aspect.NUMBER: lambda: self._of_each(self._number),
            Aspect.TITLE: lambda: self._of_each(self._title),
            Aspect.ABSENT: self._absent,
            Aspect.SHARES: self._shares,
            Aspect.PLACES: self._places,
            Aspect.CONTENTS: self._contents,
            Aspect.COUNT: self._contents,
        }

    def told(self, aspects: Sequence[Aspect]) -> Iterator[str]:
        """Yield the clauses that tell of some aspects; what two of them ask for is told once."""
        for tell in dict.fromkeys(self._tell[aspect] for aspect in aspects):
            yield from tell()

    def _titles(self) -> str:
        """Return what the lists are called: the only one by its title, and from then on as the list."""
        if not self._alone:
            return titles_of(self._retriever, self._word)
        return self._named(next(iter(self._retriever.documents.values())))

    def _named(self, document: Document) -> str:
        if self._alone and self._is_named:
            return self._word("the_list")
        self._is_named = True
        return _named(document, self._word)

    def _lacks(self, title: str, what: str) -> str:
        return self._word("list_lacks", title=title, what=self._word(what))

    def _counted(self, frame: str, codes: Sequence[str]) -> str:
        """Return a frame with so many places and their names."""
        return self._word(frame, n=len(codes), places=self._word.joined([self._word.place(code) for code in codes]))

    def _of_each(self, tell: Callable[[Document], str]) -> Iterator[str]:
        documents = list(self._retriever.documents.values())
        yield from map(tell, documents[:_DOCUMENTS])

    def _issuer(self, document: Document) -> str:
        title = self._named(document)
        if not document.issuer:
            return self._lacks(title, "issuer")
        return self._word("issued_by", title=title, issuer=document.issuer)

    def _date(self, document: Document) -> str:
        day, title = issue_date(document.text), self._named(document)
        if day is None:
            lacks = self._lacks(title, "issue date")
            # A number names the year.
            return self._word("but_numbered", clause=lacks, number=document.number) if document.number else lacks
        return self._word("dated", title=title, date=day.of(document.text))

    def _number(self, document: Document) -> str:
        title = self._named(document)
        if not document.number:
            return self._lacks(title, "number")
        return self._word("numbered", title=title, number=document.number)

    def _title(self, document: Document) -> str:
        return self._word("called", title=self._word("title", name=document.title))

    def _contents(self) -> Iterator[str]:
        word, practices = self._word, self._retriever.practices.values()
        titles, count = self._titles(), word.practices(len(practices))
        parts = Counter(practice.path[0].title for practice in practices if practice.path)
        if not parts:
            yield word("holds", titles=titles, practices=count)
            return
        named = [word("count", name=word("heading", name=title), n=n) for title, n in parts.items()]
        yield word(
            "holds_in", titles=titles, practices=count, parts=word("parts", n=len(parts)), headings=word.joined(named)
        )

    def _places(self) -> Iterator[str]:
        provinces = held_provinces(self._retriever)
        named = {code for practice in self._retriever.practices.values() for code in practice.regions}
        towns = sorted(code for code in named if not is_province(code))
        if not provinces:
            yield self._lacks(self._titles(), "any place")
        yield from (
            self._counted(frame, codes) for frame, codes in (("provinces", provinces), ("towns", towns)) if codes
        )

    def _absent(self) -> Iterator[str]:
        provinces = [code for code, region in gazetteer().regions.items() if region.level is Level.PROVINCE]
        absent = sorted(code for code in provinces if code not in self._retriever.located)
        yield self._counted("absent", absent) if absent else self._word("none_absent", title=self._titles())

    def _shares(self) -> Iterator[str]:
        """Yield the places that most practices name: provinces with all that lies in them, and cities and counties."""
        word, located = self._word, self._retriever.located
        for name, level in (("most_provinces", True), ("most_towns", False)):
            codes = [code for code in located if is_province(code) is level]
            codes.sort(key=lambda code: (-len(located[code]), code))
            if codes:
                counts = [word("count", name=word.place(code), n=len(located[code])) for code in codes]
                yield word(name, counts=word.joined(counts))
        if not located:
            yield self._lacks(self._titles(), "any place")
