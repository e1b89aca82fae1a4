"""Bring questions and passages to one script and width before they are searched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from opencc import OpenCC

# Controls, zero-width marks, variation selectors and lone surrogates carry no meaning for a search.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f\ud800-\udfff]"
)
_WORDING = Path(__file__).parent / "data" / "wording.txt"
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return `text` in one width and in simplified script.

    Traditional text is converted with the wording of Taiwan and Hong Kong (資訊 → 信息, 地盤 → 工地); text that is
    simplified already is not touched by it. Normalising twice changes nothing more.
    """
    plain = one_width(text)
    if _characters().convert(plain) == plain:
        return plain
    # What stands between listed words is converted by itself: beside them OpenCC would find words across their ends.
    parts = _listed().split(plain)
    worded = "".join(_mainland()[part] if number % 2 else _wording().convert(part) for number, part in enumerate(parts))
    return str(_characters().convert(worded))


def one_width(text: str) -> str:
    """Return `text` in NFKC, without invisible characters and with single spaces, in the script it is written in."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


@cache
def _characters() -> OpenCC:
    return OpenCC("t2s")


@cache
def _wording() -> OpenCC:
    return OpenCC("tw2sp")


@cache
def _mainland() -> Mapping[str, str]:
    lines = _WORDING.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ") for line in lines if not line.startswith("#"))


@cache
def _listed() -> re.Pattern[str]:
    """Return a pattern of the listed words, the longest first, which is its one group."""
    return re.compile(f"({'|'.join(sorted(_mainland(), key=lambda word: (-len(word), word)))})")
