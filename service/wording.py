"""What an answer says around its quotes, in the language of the question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from opencc import OpenCC

from corpus.errors import ZhijianError
from corpus.regions import gazetteer
from index.normal import normalise, one_width
from index.types import Place, Query

_FILE = Path(__file__).parent / "data" / "wording.json"
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_HAN = re.compile(r"[\u3400-\u9fff]")


class Language(StrEnum):
    """Name the language of a frame: simplified Chinese, traditional Chinese, English."""

    SIMPLIFIED = "zh-Hans"
    TRADITIONAL = "zh-Hant"
    ENGLISH = "en"


def language_of(query: Query) -> Language:
    """Return the language that a question is best answered in.

    English are those with more words in Latin letters than Chinese characters once pinyin is read; others are Chinese,
    in the script of the question.
    """
    if len(_LATIN_WORD.findall(query.text)) > len(_HAN.findall(query.text)):
        return Language.ENGLISH
    return Language.SIMPLIFIED if normalise(query.raw) == one_width(query.raw) else Language.TRADITIONAL


class Wording:
    """Word frames in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, /, **values: str | int) -> str:
        """Return the frame `name` with its values filled in.

        A frame with two forms takes the first where `n` is 1. Only the frame's own words are converted to the script
        of the question, what is filled in stays as it is.
        """
        forms = _frames()[name]["en" if self.language is Language.ENGLISH else "zh"]
        form = forms if isinstance(forms, str) else forms[values.get("n") != 1]
        if self.language is Language.TRADITIONAL:
            form = _traditional(form)
        return form.format(**values)

    def place(self, code: str) -> str:
        """Return the usual short name of a region, in English where the gazetteer has one."""
        region = gazetteer().region(code)
        if self.language is Language.ENGLISH:
            return region.english[0] if region.english else region.short
        return self._own(region.short)

    def full_name(self, code: str) -> str:
        """Return the full name of a region; in English that is the usual one."""
        return self.place(code) if self.language is Language.ENGLISH else self._own(gazetteer().region(code).name)

    def named(self, place: Place) -> str:
        """Return the short name of a place that a question speaks of; that of several regions is their group's."""
        if len(place.codes) == 1:
            return self.place(place.codes[0])
        if self.language is not Language.ENGLISH:
            return self._own(place.name)
        groups = [group for group in gazetteer().groups if group.name == place.name]
        english = (alias for group in groups for alias in group.aliases if alias.isascii())
        return next(english, place.name)

    def practices(self, count: int) -> str:
        """Return a number of practices in words."""
        return self("practices", n=count)

    def places(self, count: int) -> str:
        """Return a number of places in words."""
        return self("places", n=count)

    def sentence(self, clause: str) -> str:
        """Return a clause as a sentence."""
        return self("sentence", clause=clause[:1].upper() + clause[1:])

    def sentences(self, frames: Sequence[str]) -> str:
        """Return whole sentences as one paragraph; empty ones are left out."""
        return self("space").join(frame for frame in frames if frame)

    def joined(self, names: Sequence[str]) -> str:
        """Return names as a list in one line."""
        return self("join").join(names)

    def headings(self, titles: Sequence[str]) -> str:
        """Return titles of headings, which stay as they are, as a list in one line."""
        return self("join_headings").join(self("heading", name=title) for title in titles)

    def _own(self, name: str) -> str:
        return _traditional(name) if self.language is Language.TRADITIONAL else name


def unheld_parts(word: Wording, query: Query) -> str:
    """Return the parts that a question points to and the list lacks, in one line, perhaps none."""
    parts = [part for part in query.parts if not part.held]
    names = [word("item", part=part.written, item=part.item) if part.item else part.written for part in parts]
    return word.joined([word("heading", name=name) for name in names])


@cache
def _frames() -> Mapping[str, Mapping[str, str | list[str]]]:
    try:
        frames: Mapping[str, Mapping[str, str | list[str]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ZhijianError(f"{_FILE}: not readable: {error!r}") from error
    return frames


@cache
def _traditional(text: str) -> str:
    return str(OpenCC("s2t").convert(text))
