"""Choose the pieces of the multilingual vocabulary that the bundled model keeps."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
SPACE = "\u2581"
_HAN = ("CJK ", "IDEOGRAPHIC ")
_KANA = ("HIRAGANA ", "KATAKANA")
_NEUTRAL_CATEGORIES = frozenset("PSNZ")
# Abbreviations, pinyin, foreign names and slips are in no list of words, but mostly cut into pieces this short. The
# mark of a blank counts: four letters at the start of a word, five within.
_SHORT = 5


def is_kept(piece: str, english: Collection[str]) -> bool:
    """Tell whether a piece stays in the vocabulary; `english` are the pieces that English words are cut into.

    Kept are pieces with a Han character; of ASCII signs other than letters alone, and of digits, punctuation and
    symbols of any script; of Latin letters up to U+00FF where English uses them or they are few; and every single
    character, so that no text becomes unknown that was known, only cut finer.
    """
    text = piece.replace(SPACE, "")
    if len(text) <= 1:
        return True
    if text.isalpha() and max(text) <= "\u00ff":
        return len(piece) <= _SHORT or piece in english
    names = [unicodedata.name(character, "") for character in text]
    if any(name.startswith(_HAN) for name in names):
        return all(name.startswith(_HAN + _KANA) or _is_neutral(char) for char, name in zip(text, names, strict=True))
    return all(map(_is_neutral, text))


def select_pieces(pieces: Sequence[str], english: Collection[str]) -> NDArray[np.int64]:
    """Return the ids of the pieces to keep, ascending; the special tokens are the first four."""
    specials = range(len(SPECIALS))
    kept = [
        index
        for index, piece in enumerate(pieces)
        if index not in specials and piece != "<mask>" and is_kept(piece, english)
    ]
    return np.array([*specials, *kept], dtype=np.int64)


def _is_neutral(character: str) -> bool:
    return character.isascii() or unicodedata.category(character)[0] in _NEUTRAL_CATEGORIES
