"""Choose what of a practice answers a question: the sentence, and of a long one the clauses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from corpus.clauses import clause_spans
from corpus.region_mentions import Mention
from corpus.regions import gazetteer
from corpus.sentences import sentence_spans
from corpus.types import Practice, Span
from index.amounts import UNITS
from index.retriever import Retriever
from index.types import Hit, Query
from service.grouping import asked_places

# What evidence counts for beside the words that a sentence holds: it decides where they do not.
_EVIDENCE = 0.1
# A clause is not cut out to save less than so many characters; up to so many are kept for the sake of the subject.
_WORTH_CUTTING = 25
_SHORT = 90
# The share of what the sentence holds of the question that is enough for an excerpt.
_ENOUGH = 0.9
# Words that tie a sentence to the one before; alone it reads better without.
_TIE = re.compile(r"\s*(?:其中|此外|另外|同时)[，,]?\s*")
_ASKED = re.compile(rf"(?:多少|几)\s*(?P<unit>{UNITS}|万|亿|钱)")
_MONEY = frozenset({"元", "万", "亿", "钱"})
_AMOUNT = re.compile(rf"(?:\d[\d.,]*|[一二两三四五六七八九十百千]+)[十百千万亿]*[多余几]?(?P<unit>[%％‰]|{UNITS})")
_FIGURE = re.compile(
    r"多少|几|how (?:many|much|long|big|large)|what (?:percentage|share|amount|number|proportion)", re.I
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Hold the spans of a practice's text that answer, the one that answers first at the front.

    `places` are codes of the places that it is about, where the spans themselves do not name them. `cut` says that
    the only span ends within its sentence.
    """

    practice: Practice
    spans: tuple[Span, ...]
    places: tuple[str, ...] = ()
    cut: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """Return the codes of the places that it names, in its order."""
        text = self.practice.text
        if [span.of(text) for span in self.spans] == [text]:
            return self.practice.regions
        return self.places + tuple(
            code for span in self.spans for mention in _mentions(span.of(text)) for code in mention.codes
        )


def asks_for_figure(query: Query) -> bool:
    """Tell whether a question asks how much or how many, whatever else it asks."""
    return bool(_FIGURE.search(query.text))


def sentence_excerpt(retriever: Retriever, query: Query, hit: Hit) -> Excerpt:
    """Return the sentence that answers best, and after it the one that says who does it where it does not itself."""
    text = hit.practice.text
    sentences = sentence_spans(text)
    if len(sentences) == 1:
        return Excerpt(hit.practice, sentences)
    best = _best_sentence(retriever, query, hit, sentences)
    tie = _TIE.match(text, best.start, best.end)
    start = tie.end() if tie and tie.end() < best.end else best.start
    answering = Span(start, best.end)
    if _mentions(answering.of(text)):
        return Excerpt(hit.practice, (answering,))
    context = next((span for span in reversed(sentences) if span < best and _mentions(span.of(text))), None)
    return Excerpt(hit.practice, (answering,) if context is None else (answering, context))


def list_excerpt(retriever: Retriever, query: Query, hit: Hit) -> Excerpt:
    """Return the sentence that answers best, after the first one where that names places which it does not.

    A question for all of something is also one for all who do it.
    """
    best = sentence_excerpt(retriever, query, hit)
    first = sentence_spans(hit.practice.text)[0]
    if first in best.spans or first.end > best.spans[0].start:
        return best
    named = [code for mention in _mentions(first.of(hit.practice.text)) for code in mention.codes]
    if set(named) <= set(best.named):
        return best
    return Excerpt(hit.practice, (first, *best.spans))


def place_excerpt(retriever: Retriever, query: Query, hit: Hit) -> Excerpt:
    """Return all sentences that name a place asked about, in their order; the best one where none does."""
    sentences = sentence_spans(hit.practice.text)
    naming = tuple(span for span in sentences if len(sentences) == 1 or _names_asked(query, span.of(hit.practice.text)))
    return Excerpt(hit.practice, naming) if naming else sentence_excerpt(retriever, query, hit)


def part_excerpt(retriever: Retriever, query: Query, hit: Hit) -> Excerpt:
    """Return all of a practice that is pointed at by its number, and of one in a larger part the first sentence."""
    sentences = sentence_spans(hit.practice.text)
    numbered = any(part.names_one for part in query.parts if part.holds(hit.practice))
    return Excerpt(hit.practice, sentences if numbered else sentences[:1])


def figure_excerpt(retriever: Retriever, query: Query, hit: Hit) -> Excerpt:
    """Return the clauses with the amounts that may answer, out of the sentence that answers best.

    The whole sentence, as `sentence_excerpt` gives it, where it is short, has no amount, or would be left without its
    subject.
    """
    whole = sentence_excerpt(retriever, query, hit)
    text, sentence = hit.practice.text, whole.spans[0]
    clauses = [Span(sentence.start + one.start, sentence.start + one.end) for one in clause_spans(sentence.of(text))]
    wanted, fitting = _with_amount(query, [clause.of(text) for clause in clauses])
    if not wanted or sentence.end - sentence.start < _SHORT + _WORTH_CUTTING:
        return whole
    held = [retriever.wording.asked(query, clause.of(text)) for clause in clauses]
    first, last = _window(held, query.subject, wanted, every=fitting)
    if clauses[last].end - sentence.start <= _SHORT:
        first = 0
    chosen = Span(clauses[first].start, clauses[last].end)
    if chosen.end - chosen.start > sentence.end - sentence.start - _WORTH_CUTTING:
        return whole
    places: tuple[str, ...] = ()
    if first and not _mentions(chosen.of(text)):
        before = _mentions(text[sentence.start : chosen.start])
        if not before:
            return whole
        # Those named together right at the subject: 北京、天津组织……
        places = tuple(dict.fromkeys(code for mention in _together(before) for code in mention.codes))
    return Excerpt(hit.practice, (_without_comma(text, chosen),), places, cut=last < len(clauses) - 1)


def _best_sentence(retriever: Retriever, query: Query, hit: Hit, sentences: Sequence[Span]) -> Span:
    """Return the sentence that names a place asked about, holds most of the question and has most of the evidence."""
    text = hit.practice.text

    def fitness(span: Span) -> tuple[bool, float, int]:
        held = sum(retriever.wording.asked(query, span.of(text)).values())
        return _names_asked(query, span.of(text)), held + _EVIDENCE * _evidence(hit, span), -span.start

    return max(sentences, key=fitness)


def _names_asked(query: Query, text: str) -> bool:
    named = [code for mention in _mentions(text) for code in mention.codes]
    return gazetteer().covers_any(asked_places(query), named)


def _evidence(hit: Hit, span: Span) -> float:
    """Return what share in [0, 1] of the question met its best word in a span."""
    total = 0.0
    for match in hit.evidence:
        inside = min(match.met.end, span.end) - max(match.met.start, span.start)
        total += match.weight * max(0, inside) / (match.met.end - match.met.start)
    return total


def _with_amount(query: Query, clauses: Sequence[str]) -> tuple[list[int], bool]:
    """Return which clauses hold an amount of a unit that the question asks for, or else any; and whether they do."""
    asked = {match["unit"] for match in _ASKED.finditer(query.text)}
    if asked & _MONEY:
        asked = (asked - _MONEY) | {"元"}
    amounts = [{match["unit"] for match in _AMOUNT.finditer(clause)} for clause in clauses]
    fitting = [number for number, units in enumerate(amounts) if units & asked]
    return fitting or [number for number, units in enumerate(amounts) if units], bool(fitting)


def _window(
    held: Sequence[Mapping[str, float]], subject: Collection[str], wanted: Sequence[int], *, every: bool
) -> tuple[int, int]:
    """Return the first and last of the fewest clauses in a row that hold one wanted and most of what all clauses hold.

    With `every`, all of the wanted: which amount of the unit asked for is the one is not told by how near the words
    are. `held` are the words of the question in each clause; those of the `subject` count.
    """
    windows = [
        (last - first, first, last)
        for first in range(len(held))
        for last in range(first, len(held))
        if (all if every else any)(first <= number <= last for number in wanted)
    ]
    enough = _ENOUGH * _weight(held, subject)
    return min(window for window in windows if _weight(held[window[1] : window[2] + 1], subject) >= enough)[1:]


def _weight(held: Sequence[Mapping[str, float]], subject: Collection[str]) -> float:
    words = {word: weight for clause in held for word, weight in clause.items() if word in subject}
    return sum(words.values())


def _mentions(text: str) -> tuple[Mention, ...]:
    return gazetteer().mentions(text)


def _together(mentions: Sequence[Mention]) -> list[Mention]:
    """Return the first mentions, as far as no more than a mark of enumeration or 和 stands between them."""
    first = [mentions[0]]
    for mention in mentions[1:]:
        if mention.span.start - first[-1].span.end > 1:
            break
        first.append(mention)
    return first


def _without_comma(text: str, span: Span) -> Span:
    end = span.end
    while end > span.start + 1 and text[end - 1] in "，；,; ":
        end -= 1
    return Span(span.start, end)
