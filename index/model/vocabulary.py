"""Choose the pieces of the multilingual vocabulary that the bundled model keeps."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
SPACE = "\u2581"
_EAST_ASIAN = ("CJK ", "IDEOGRAPHIC ", "HIRAGANA ", "KATAKANA")
_NEUTRAL_CATEGORIES = frozenset("PSNZ")


def is_kept(piece: str) -> bool:
    """Tell whether a piece stays in the vocabulary.

    Kept are pieces of Han characters, kana, Latin letters up to U+00FF, digits, punctuation and symbols, so that
    Chinese, English and Western European names are cut as before; and every single character of any script, so that
    no text becomes unknown that was known, only cut finer.
    """
    text = piece.replace(SPACE, "")
    return len(text) <= 1 or all(_is_common(character) for character in text)


def select_pieces(pieces: Sequence[str]) -> NDArray[np.int64]:
    """Return the ids of the pieces to keep, ascending; the special tokens are the first four."""
    specials = range(len(SPECIALS))
    kept = [
        index for index, piece in enumerate(pieces) if index not in specials and piece != "<mask>" and is_kept(piece)
    ]
    return np.array([*specials, *kept], dtype=np.int64)


def _is_common(character: str) -> bool:
    if ord(character) <= 0xFF or unicodedata.category(character)[0] in _NEUTRAL_CATEGORIES:
        return True
    return unicodedata.name(character, "").startswith(_EAST_ASIAN)
