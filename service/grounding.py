"""Hold every sentence that a language model writes to the practices that it cites.

A sentence leaves only if

- it cites, and each citation is one of the practices that the model was given: others are taken out;
- nothing in it can lead elsewhere: no link, address, image or tag;
- its amounts, dates, places, titles, quoted words and bounds stand in what is cited, piece by piece: what stands before
  a mark is held against that mark alone, what follows the last one against all of the sentence's;
- its words are mostly those of what is cited; where a sentence and the list have no script in common (an answer in
  English), a search for the sentence must find what it cites.

What cites nothing leaves only as a line that leads to others, made of words that state nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.regions import gazetteer
from corpus.sentences import sentence_spans
from corpus.types import Practice, Span
from index.normal import one_width
from index.retriever import Retriever
from index.types import Query
from service.facts import Held, canonical, facts_in, missing
from service.statements import Piece, Statement

_FRAME_FILE = Path(__file__).parent / "data" / "frame_words.txt"
# The share of a sentence's words, by rarity, that what it cites must hold.
_LEAST_HELD = 0.5
# The same for each clause of it, so that nothing made up rides on a long sentence that is true.
_LEAST_OF_CLAUSE = 0.25
_CLAUSE = re.compile(r"[^，,；;：:。！？!?\n]{5,}")
# How far down a search for a sentence may find what it cites.
_FOUND_AMONG = 5
_LONGEST_FRAME = 60
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_NAME = r"[^\W_](?:[\w-]*[^\W_])?"
# Chinese may stand right behind an address.
_END = "(?![a-z0-9])"
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*:/|//|\\\\|www\.|\b(?:https?|ftp|file|data|javascript|mailto|tel|blob)\s*:|@"
    r"|[<>]\s*/?\s*[a-z!]|\]\s*[(:\[]|!\s*\[|&#?\w+;|%[0-9a-f]{2}"
    rf"|(?:{_NAME}\.)+(?:com|cn|net|org|gov|edu|io|ai|top|xyz|info|cc|vip|shop|app|dev|site|online|link|me|co|tv){_END}"
    rf"|(?:[a-z0-9-]*[a-z][a-z0-9-]*\.)+[a-z]{{2,}}{_END}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}"
)


@dataclass(frozen=True, slots=True)
class Supported:
    """Hold a piece of a sentence that may leave, and the practices behind it, each with the span to quote."""

    text: str
    sources: tuple[tuple[Practice, Span], ...]


class Grounds:
    """Be the practices that a model was given, numbered from 1, to check what it writes."""

    def __init__(self, library: Retriever, query: Query, practices: Sequence[Practice]) -> None:
        self._library = library
        self._query = query
        self._practices = practices
        self._texts = [_whole(practice) for practice in practices]
        self._in_han = bool(_HAN.search(query.raw))

    def check(self, statement: Statement) -> tuple[Supported, ...] | str:
        """Return the pieces of a sentence that may leave, or why it may not, for the log."""
        if _leads_elsewhere(statement.text):
            return "leads elsewhere"
        given = range(1, len(self._practices) + 1)
        pieces = [
            Piece(piece.text, tuple(number for number in piece.numbers if number in given))
            for piece in statement.pieces
        ]
        cited = tuple(dict.fromkeys(number for piece in pieces for number in piece.numbers))
        if not cited:
            return (Supported(statement.text, ()),) if self._is_frame(statement.text) else "cites nothing"
        if not any(map(str.isalnum, statement.text)):
            return "says nothing"
        # A piece whose own citation was taken out rests on those of the rest.
        pieces = [Piece(piece.text, piece.numbers or cited) for piece in pieces]
        for piece in pieces:
            lacking = missing(piece.text, self._held(piece.numbers))
            if lacking is not None:
                return f"{lacking} does not stand in what is cited"
        if not self._speaks_of(statement.text, cited):
            return "speaks of something else than what is cited"
        return tuple(Supported(piece.text, tuple(self._sources(piece))) for piece in pieces)

    def _held(self, numbers: Iterable[int]) -> Held:
        return _held(self._library, tuple(self._practices[number - 1] for number in numbers))

    def _speaks_of(self, text: str, cited: Sequence[int]) -> bool:
        if self._in_han or _HAN.search(text):
            # Places were checked as such; 嘉兴市 and 嘉兴 are two words.
            for mention in reversed(gazetteer().mentions(text)):
                text = text[: mention.span.start] + " " + text[mention.span.end :]
            whole = "\n".join(self._texts[number - 1] for number in cited)
            clauses = (self._library.wording.stated(clause[0], whole) for clause in _CLAUSE.finditer(text))
            return (
                self._library.wording.stated(text, whole) >= _LEAST_HELD
                and min(clauses, default=1.0) >= _LEAST_OF_CLAUSE
            )
        found = self._library.search(text, top_k=_FOUND_AMONG)
        return bool({hit.practice.id for hit in found.hits} & {self._practices[number - 1].id for number in cited})

    def _sources(self, piece: Piece) -> Iterable[tuple[Practice, Span]]:
        for number in piece.numbers:
            practice = self._practices[number - 1]
            yield practice, self._best(piece.text, practice)

    def _best(self, text: str, practice: Practice) -> Span:
        """Return the sentences that bear a piece out: the best one, and as many around it as its facts need."""
        sentences = sentence_spans(practice.text)

        def worth(span: Span) -> tuple[int, float, float, int]:
            said = span.of(practice.text)
            held = self._library.wording.stated(text, said)
            return facts_in(text, said), held, sum(self._library.wording.asked(self._query, said).values()), -span.start

        if len(sentences) == 1:
            return sentences[0]
        best = max(sentences, key=worth)
        most = facts_in(text, practice.text)
        while facts_in(text, best.of(practice.text)) < most:
            wider = [
                Span(min(best.start, span.start), max(best.end, span.end)) for span in sentences if not _in(span, best)
            ]
            best = max(wider, key=lambda span: (facts_in(text, span.of(practice.text)), span.start - span.end))
        return best

    def _is_frame(self, text: str) -> bool:
        """Tell whether a line states nothing: names of the practices' places and headings, and words that lead on."""
        line = canonical(text).strip(" *•·-")
        if len(line) > _LONGEST_FRAME or not line.endswith(":"):
            return False
        for name in sorted(_names(self._practices), key=len, reverse=True):
            line = line.replace(canonical(name), " ")
        line = re.sub(r"[,、:()“”《》\s]+", " ", line)
        return all(_only(_frame_words(), run) for run in line.split())


def _whole(practice: Practice) -> str:
    return "\n".join([practice.text, *(heading.title for heading in practice.path)])


def _held(library: Retriever, practices: tuple[Practice, ...]) -> Held:
    documents = [library.documents[practice.document_id] for practice in practices]
    names = tuple(dict.fromkeys(name for document in documents for name in (document.title, document.number)))
    regions = tuple(dict.fromkeys(code for practice in practices for code in practice.regions))
    return Held.of("\n".join(map(_whole, practices)), names, regions)


def _in(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _leads_elsewhere(text: str) -> bool:
    """Tell whether a text holds a link, an address or a tag, however it is written."""
    folded = one_width(unicodedata.normalize("NFKC", text)).lower()
    return _LINK.search(folded) is not None


def _names(practices: Iterable[Practice]) -> set[str]:
    names = {heading.title for practice in practices for heading in practice.path}
    for practice in practices:
        for code in practice.regions:
            for step in gazetteer().lineage(code):
                region = gazetteer().region(step)
                names |= {region.name, region.short, *region.english}
    return names


@cache
def _frame_words() -> frozenset[str]:
    lines = _FRAME_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _only(words: frozenset[str], run: str) -> bool:
    """Tell whether a run of letters can be cut into `words` without a rest."""
    longest = max(map(len, words))
    reached = [True] + [False] * len(run)
    for end in range(1, len(run) + 1):
        reached[end] = any(reached[start] and run[start:end] in words for start in range(max(0, end - longest), end))
    return reached[-1]
