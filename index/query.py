"""Understand a question once, for every channel."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from corpus.regions import gazetteer
from index.amounts import written_out
from index.normal import normalise, one_width
from index.places import asks_elsewhere, read_places
from index.slips import Speller
from index.structure import beside_pointing, pointed_at
from index.tidy import without_padding, without_stray_spaces
from index.tokens import Tokenizer, frame_words, function_words, pairs
from index.types import Correction, Place, Query, Step, Steps

_NONE: Steps = frozenset()


def understand(
    question: str,
    tokenizer: Tokenizer,
    without: Steps = _NONE,
    speller: Speller | None = None,
    located: Container[str] | None = None,
) -> Query:
    """Return the question in simplified script and one width, with its tokens and the places it names.

    A `speller` corrects slips, `located` holds the codes of the corpus' places. The steps of `without` are left out;
    whatever is, the subject holds no function words.
    """
    text = _normalised(question, tokenizer, without)
    corrections: tuple[Correction, ...] = ()
    if speller is not None and Step.SLIPS not in without:
        text, corrections = speller.correct(text)
    places = () if Step.PLACES in without else read_places(text, located, exclusions=Step.EXCLUSIONS not in without)
    worded = text if Step.STRUCTURE in without else beside_pointing(text)
    tokens = tuple(tokenizer.cut(_in_chinese(worded, places)))
    words = tuple(dict.fromkeys(tokens))
    meaning = tuple(word for word in words if word not in function_words())
    named = {token for place in places for token in tokenizer.cut(_in_chinese(place.written, (place,)))}
    subject = tuple(word for word in meaning if word not in named)
    amounts = () if Step.NUMBERS in without else written_out(text)
    pointed = () if Step.STRUCTURE in without else pointed_at(text)
    content = tuple(dict.fromkeys((*(words if Step.WORDS in without else meaning), *amounts, *pointed)))
    return Query(
        raw=question,
        text=text,
        tokens=tokens,
        content=content,
        subject=subject,
        places=places,
        about_place=_is_about_place(places, subject),
        corrections=corrections,
        pairs=() if Step.PAIRS in without else tuple(dict.fromkeys(pairs(text))),
    )


def _normalised(question: str, tokenizer: Tokenizer, without: Steps) -> str:
    text = one_width(question) if Step.SCRIPT in without else normalise(question)
    if Step.TIDY in without:
        return text
    return without_stray_spaces(without_padding(text), lambda word: tokenizer.frequency(word) > 0)


def _is_about_place(places: Sequence[Place], subject: Sequence[str]) -> bool:
    return bool(places) and frame_words().issuperset(subject)


def _in_chinese(text: str, places: Sequence[Place]) -> str:
    """Return a text with the names of places that it writes in Latin letters in Chinese, so that words can match."""
    for place in places:
        if place.written.isascii():
            text = text.replace(place.written, f" {place.name} ", 1)
    return text


def carried_over(
    earlier: str,
    question: Query,
    tokenizer: Tokenizer,
    without: Steps = _NONE,
    speller: Speller | None = None,
    located: Container[str] | None = None,
) -> Query:
    """Return what of an earlier question still holds.

    Its places do not when the new question names its own, and are left out when that asks about others (还有哪些省).
    """
    text = _normalised(earlier, tokenizer, without)
    if not question.places and not asks_elsewhere(question.text):
        return understand(text, tokenizer, without, speller, located)
    bare = text
    for mention in reversed(gazetteer().mentions(text)):
        bare = bare[: mention.span.start] + bare[mention.span.end :]
    kept = understand(bare, tokenizer, without, speller, located)
    if question.places or not {Step.PLACES, Step.EXCLUSIONS}.isdisjoint(without):
        return kept
    others = read_places(text, located)
    return replace(kept, places=tuple(replace(place, excluded=True) for place in others if not place.excluded))


def joined(question: Query, earlier: Query) -> Query:
    """Return a question together with what still holds of the one before it."""
    subject = tuple(dict.fromkeys((*question.subject, *earlier.subject)))
    places = question.places or earlier.places
    return replace(
        question,
        content=tuple(dict.fromkeys((*question.content, *earlier.content))),
        subject=subject,
        places=places,
        about_place=_is_about_place(places, subject),
    )
