"""Resolve a question of a conversation against those before it, and search for what it then asks.

Nothing is kept between requests: what an earlier answer held is found by answering its question again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from corpus.regions import gazetteer
from corpus.sentences import sentence_spans
from corpus.types import Practice, Span
from index.amounts import chinese_value
from index.confidence import answerable, confidence_model
from index.normal import normalise
from index.relevance import FEW, MOST, belongs, kept
from index.retriever import Retriever
from index.signals import Reason
from index.types import Filters, Mode, SearchResult, Step, Steps
from service.compose import compose
from service.follow_ups import Leaning, Turn, follow, is_courtesy, settled, swaps, unlinked, words

# Subject words beyond these, in number or in nats of rarity together, are enough to ask about something by themselves.
_FEW_WORDS, _RARE = 3, 10.0
# So sure must it be that a question without a place is answered by itself; of one that says very much, as sure as ever.
_SURE, _TELLING = 0.9, 20.0
# What a practice is named by in a question, in characters.
_NAMED = 40
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
# The list, as a question names it in English and in Chinese.
_THE_LIST = ("the list: ", "清单，")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_FILTERS = Filters()
_ALL_STEPS: Steps = frozenset()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Hold a question, how it reads on its own as `standalone`, and the ids of the practices it points to as `about`.

    `changed_topic` is true where it says that it is about something else; then nothing before it counts. `earlier` is
    the question before an OPEN one as it reads on its own.
    """

    question: str
    standalone: str
    leaning: Leaning
    changed_topic: bool = False
    about: tuple[str, ...] = ()
    earlier: str | None = None


def resolve(retriever: Retriever, question: str, history: Sequence[str] = ()) -> Resolved:
    """Return a question as it reads after those of `history`, oldest first; without any, as it is."""
    before: Turn | None = None
    listing: Turn | None = None
    of_list: str | None = None
    for number, text in enumerate(history):
        # What is asked about the list itself is no topic that others lean on.
        of_list = _asked_of_list(retriever, text, before, of_list)
        if of_list:
            continue
        # Only where the next one may speak of it: it answers a question again.
        pointed = _pointed(retriever, text, listing) if number == len(history) - 1 else None
        if pointed:
            before = pointed[0]
        elif not (listing and words("nth").search(normalise(text))):
            listing = before = settled(_followed(retriever, text, before))
    of_list = _asked_of_list(retriever, question, before, of_list)
    if of_list:
        return Resolved(question, of_list, Leaning.OWN)
    pointed = _pointed(retriever, question, listing)
    if pointed:
        turn, practice = pointed
        return Resolved(question, turn.standalone, turn.leaning, about=(practice.id,))
    turn = _followed(retriever, question, _placed(retriever, question, before) if before else None)
    # Where its words were kept as they are, what they say by themselves counts for more.
    beside = turn.leaning is not Leaning.OWN and turn.standalone.endswith(question)
    earlier = before.standalone if before and beside else None
    return Resolved(question, turn.standalone, turn.leaning, turn.changed, earlier=earlier)


def search(
    retriever: Retriever,
    question: str,
    *,
    history: Sequence[str] = (),
    top_k: int | None = None,
    mode: Mode = Mode.HYBRID,
    filters: Filters = _NO_FILTERS,
    without: Steps = _ALL_STEPS,
) -> SearchResult:
    """Search for a question as `Retriever.search` does, as it is meant after those of `history`, oldest first.

    One that follows plainly is rewritten, one that stands on its own is searched for without the others. Where nothing
    tells, the question before counts half, unless the list answers the question alone.
    """
    ask = partial(retriever.search, top_k=top_k, mode=mode, filters=filters, without=without)
    if is_courtesy(question):
        # Whatever comes near to 好的 answers nothing.
        return replace(ask(question), confidence=0.0, reason=Reason.VAGUE)
    if not history or Step.HISTORY in without:
        return ask(question)
    said = resolve(retriever, question, history)
    rarities = retriever.rarities(question)
    if said.earlier is None or (not rarities and not gazetteer().mentions(normalise(question))):
        # Evidence points into what was searched for; a change of topic is no part of that.
        rewritten = said.standalone if said.standalone != question else None
        return _told(ask(said.standalone), question, rewritten, said.changed_topic)
    found = ask(question, history=[said.earlier], alone_from=_alone_from(retriever, said, rarities))
    if not found.carried:
        return _told(found, question, None, changed=found.turned)
    ahead = len(said.standalone) - len(question)
    moved = [
        replace(hit, evidence=tuple(replace(match, asked=_moved(match.asked, ahead)) for match in hit.evidence))
        for hit in found.hits
    ]
    return _told(replace(found, hits=tuple(moved)), question, said.standalone, changed=False)


def _told(found: SearchResult, question: str, rewritten: str | None, changed: bool) -> SearchResult:
    return replace(found, query=replace(found.query, raw=question, rewritten=rewritten, changed_topic=changed))


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _alone_from(retriever: Retriever, said: Resolved, rarities: Sequence[float]) -> float | None:
    """Return how sure it must be that a question is answered alone, None where it is not asked alone."""
    usual = confidence_model(read=retriever.reads).threshold
    if said.leaning is Leaning.FOLLOWS:
        return None
    # One that names a place and no more asks about that as such.
    if rarities and len(rarities) <= _FEW_WORDS and sum(rarities) < _RARE:
        return None
    if gazetteer().mentions(normalise(said.question)):
        return usual
    return usual if sum(rarities) >= _TELLING else _SURE


def _followed(retriever: Retriever, question: str, before: Turn | None) -> Turn:
    """Return a question as it reads after the turn `before`; one for a part of the list needs nothing before it."""
    return follow(question, None if retriever.asks_for_part(question) else before)


def _asked_of_list(retriever: Retriever, question: str, before: Turn | None, earlier: str | None) -> str | None:
    """Return a question about the list itself as it reads on its own, None for any other.

    One that does not name the list is about it where nothing else was asked `before`, or where the one right before it
    was, as `earlier` tells.
    """
    asked = retriever.asked_of_list(question)
    if asked.aspects and (asked.named or earlier or before is None):
        return question
    if earlier is None:
        return None
    named = f"{_THE_LIST[bool(_HAN.search(question))]}{question}"
    return named if retriever.asked_of_list(named).aspects else None


def _pointed(retriever: Retriever, question: str, listing: Turn | None) -> tuple[Turn, Practice] | None:
    """Return a question about the practice that it points to in the answer to `listing` (第二条), if it does."""
    text = normalise(question)
    pointing = words("nth").search(text)
    if listing is None or pointing is None or gazetteer().mentions(text) or retriever.asks_for_part(question):
        return None
    told = _listed(retriever, listing.standalone)
    number = _number(pointing, len(told))
    if not 1 <= number <= len(told):
        return None
    practice = told[number - 1]
    sentence = sentence_spans(practice.text)[0].of(practice.text)
    topic = re.split("[，。；]", sentence)[0][:_NAMED]
    place = gazetteer().region(practice.regions[0]).short if practice.regions else listing.place
    rest = f"{text[: pointing.start()]}{text[pointing.end() :]}"
    standalone = topic if swaps(rest, ()) else f"{topic}，{unlinked(rest)}"
    return Turn(question, standalone, Leaning.FOLLOWS, topic, place), practice


def _number(pointing: re.Match[str], last: int) -> int:
    """Return the number that a question points by, 0 where it is none."""
    if pointing["last"]:
        return last
    if pointing["word"]:
        word = pointing["word"].lower()
        return last if word == "last" else _ORDINALS.index(word) + 1
    digits: str = pointing["n"] or pointing["figure"]
    return int(digits) if digits.isdecimal() else int(chinese_value(digits) or 0)


def _listed(retriever: Retriever, question: str) -> list[Practice]:
    """Return the practices that the answer to a question holds, in its order."""
    result = retriever.search(question, top_k=MOST)
    if not answerable(result):
        return []
    shown = kept(result.hits, result.query.kind, at_least=FEW)
    _, citations = compose(retriever, result.query, [hit for rank, hit in enumerate(shown) if not rank or belongs(hit)])
    return [retriever.practices[practice] for practice in dict.fromkeys(citation.practice_id for citation in citations)]


def _placed(retriever: Retriever, question: str, before: Turn) -> Turn:
    """Return the turn before with the place of its answer where a question speaks of one that nobody named (这个市)."""
    if before.place or not words("city").search(normalise(question)):
        return before
    regions = [region for practice in _listed(retriever, before.standalone)[:1] for region in practice.regions]
    return replace(before, place=gazetteer().region(regions[0]).short) if regions else before
