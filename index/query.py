"""Understand a question once, for every channel."""

from __future__ import annotations

from collections.abc import Container, Sequence, Set
from dataclasses import dataclass, field, replace

from corpus.regions import gazetteer
from index.about_list import NOTHING, AboutList, about_list
from index.amounts import written_out
from index.aside import without_set_aside
from index.bounds import read_amounts
from index.kind import kind_of, without_whole
from index.normal import normalise, one_width
from index.parts import Headings, Pointing
from index.places import asks_elsewhere, read_places
from index.relevance import MOST
from index.slips import Speller
from index.structure import beside_pointing, between_pointing, pointed_at
from index.tidy import without_padding, without_stray_spaces
from index.titles import quoted
from index.tokens import Tokenizer, frame_words, function_words, pairs
from index.types import Correction, Kind, Place, Query, Step, Steps

_NONE: Steps = frozenset()
_NO_THEME: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """Hold what of a corpus helps to understand questions.

    `speller` corrects slips, `headings` are those that questions may point to, `located` holds the codes of the places
    that practices name and of what these lie in. `theme` are the words for what the whole corpus is about: to name it
    and a place is to ask about the place as such. `titled` are the words of most titles.
    """

    tokenizer: Tokenizer
    speller: Speller | None = None
    headings: Headings = field(default_factory=lambda: Headings(()))
    located: Container[str] | None = None
    theme: Set[str] = _NO_THEME
    titled: Set[str] = _NO_THEME


def understand(question: str, known: Known, without: Steps = _NONE) -> Query:
    """Return the question in simplified script and one width, with its tokens, its kind and the places it names.

    The steps of `without` are left out. The subject holds no function words.
    """
    text = _normalised(question, known.tokenizer, without)
    corrections: tuple[Correction, ...] = ()
    if known.speller is not None and Step.SLIPS not in without:
        text, corrections = _corrected(text, known.speller)
    places = (
        () if Step.PLACES in without else read_places(text, known.located, exclusions=Step.EXCLUSIONS not in without)
    )
    if Step.ASIDE not in without:
        text = without_set_aside(
            text, lambda clause: bool(gazetteer().mentions(clause)) or known.headings.are_in(clause)
        )
    kindly = Step.KIND not in without
    theme = known.theme if kindly else _NO_THEME
    pointing, of_list, worded = Pointing((), text), NOTHING, text
    marks: tuple[str, ...] = ()
    if Step.STRUCTURE not in without:
        pointing, of_list = _pointing(text, places, known, theme)
        worded, marks = beside_pointing(text), pointed_at(text)
    if kindly:
        worded = without_whole(worded)
    tokens = tuple(known.tokenizer.cut(_in_chinese(worded, places)))
    words = tuple(dict.fromkeys(tokens))
    meaning = tuple(word for word in words if word not in function_words())
    named = {token for place in places for token in known.tokenizer.cut(_in_chinese(place.written, (place,)))}
    beside = set(meaning) if not pointing.parts else set(known.tokenizer.cut(_in_chinese(pointing.rest, places)))
    subject = tuple(word for word in meaning if word not in named and word in beside)
    amounts = () if Step.NUMBERS in without else written_out(text)
    content = tuple(dict.fromkeys((*words, *amounts, *marks)))
    about_place = _is_about_place(places, subject, theme)
    about_part = bool(pointing.parts) and not places and _says_nothing(pointing.rest, known.tokenizer, theme)
    return Query(
        raw=question,
        text=text,
        tokens=tokens,
        content=content,
        subject=subject,
        places=places,
        about_place=about_place,
        kind=kind_of(text, places, about_place, about_part) if kindly else Kind.OTHER,
        corrections=corrections,
        pairs=() if Step.PAIRS in without else tuple(dict.fromkeys(pairs(text))),
        amounts=() if Step.NUMBERS in without else read_amounts(text),
        titles=() if Step.TITLES in without else quoted(text),
        parts=pointing.parts,
        about_part=about_part,
        about_list=of_list,
    )


def _normalised(question: str, tokenizer: Tokenizer, without: Steps) -> str:
    text = one_width(question) if Step.SCRIPT in without else normalise(question)
    if Step.TIDY in without:
        return text
    return without_stray_spaces(without_padding(text), lambda word: tokenizer.frequency(word) > 0)


def _corrected(text: str, speller: Speller) -> tuple[str, tuple[Correction, ...]]:
    """Return a normalised text as it was meant; the number of an item is no part of a word (第2条讲了什么)."""
    pieces = between_pointing(text)
    worded = [speller.correct(piece) for piece in pieces[::2]]
    pieces[::2] = [piece for piece, _ in worded]
    return "".join(pieces), tuple(correction for _, corrections in worded for correction in corrections)


def _is_about_place(places: Sequence[Place], subject: Sequence[str], theme: Set[str]) -> bool:
    return bool(places) and all(word in theme or word in frame_words() for word in subject)


def _says_nothing(text: str, tokenizer: Tokenizer, theme: Set[str]) -> bool:
    """Tell whether a normalised text speaks of the list as such, if of anything."""
    return all(word in theme or word in frame_words() or word in function_words() for word in tokenizer.cut(text))


def _pointing(text: str, places: Sequence[Place], known: Known, theme: Set[str]) -> tuple[Pointing, AboutList]:
    """Return the parts of the list that a normalised question points to, and what it asks of the list itself."""
    pointing = known.headings.read(text, lambda rest: _says_nothing(rest, known.tokenizer, theme))
    if pointing.parts or places:
        return pointing, NOTHING

    def says_nothing(rest: str) -> bool:
        return _says_nothing(rest, known.tokenizer, theme | known.titled)

    of_list = about_list(text, says_nothing)
    if of_list.aspects or known.headings.practices > MOST:
        return pointing, of_list
    return known.headings.whole(text, says_nothing), NOTHING


def _in_chinese(text: str, places: Sequence[Place]) -> str:
    """Return a text with the names of places that it writes in Latin letters in Chinese, so that words can match."""
    for place in places:
        if place.written.isascii():
            text = text.replace(place.written, f" {place.name} ", 1)
    return text


def carried_over(earlier: str, question: Query, known: Known, without: Steps = _NONE) -> Query:
    """Return what of an earlier question still holds.

    Its places do not when the new question names its own, and are left out when that asks about others (还有哪些省).
    """
    text = _normalised(earlier, known.tokenizer, without)
    if not question.places and not asks_elsewhere(question.text):
        return understand(text, known, without)
    bare = text
    for mention in reversed(gazetteer().mentions(text)):
        bare = bare[: mention.span.start] + bare[mention.span.end :]
    kept = understand(bare, known, without)
    if question.places or not {Step.PLACES, Step.EXCLUSIONS}.isdisjoint(without):
        return kept
    others = read_places(text, known.located)
    return replace(kept, places=tuple(replace(place, excluded=True) for place in others if not place.excluded))


def joined(question: Query, earlier: Query, known: Known) -> Query:
    """Return a question together with what still holds of the one before it."""
    subject = tuple(dict.fromkeys((*question.subject, *earlier.subject)))
    places = question.places or earlier.places
    units = {amount.unit for amount in question.amounts}
    return replace(
        question,
        content=tuple(dict.fromkeys((*question.content, *earlier.content))),
        subject=subject,
        places=places,
        about_place=_is_about_place(places, subject, known.theme),
        amounts=(*question.amounts, *(amount for amount in earlier.amounts if amount.unit not in units)),
        titles=question.titles or earlier.titles,
    )
