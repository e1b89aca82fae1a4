"""Tell which Latin letters of a question may be pinyin, and which are English words, acronyms or names."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from index.pinyin import english_like_pinyin, sounds

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_ACRONYM = re.compile(r"[A-Z]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Pinyin:
    """Hold the `runs`, (start, end), of letters that may be pinyin; `whole` says that nothing else is written."""

    runs: tuple[tuple[int, int], ...]
    whole: bool

    @property
    def places(self) -> frozenset[int]:
        """Return the places of the letters."""
        return frozenset(place for start, end in self.runs for place in range(start, end))


def read_as_pinyin(text: str, held: Container[str]) -> Pinyin:
    """Return which letters of a normalised text may be pinyin.

    `held` are the words of the corpus, in lower case. Acronyms (AI) are none, nor is what it holds (bim), nor a word
    that is not syllables from end to end. Without a Chinese character beside it, a question with one foreign word, or
    mostly of English ones, holds no pinyin. Beside Chinese ones, an English word is none unless it touches them
    (武han).
    """
    chinese = bool(_HAN.search(text))
    read: list[tuple[int, int]] = []
    english = letters = 0
    for match in _WORD.finditer(text):
        for start, end in _parts(match.start(), match[0], held):
            word = text[start:end]
            if _ACRONYM.fullmatch(word) or word.lower() in held:
                continue
            if not sounds().reads(word.lower()):
                if not chinese:
                    return Pinyin((), False)
                continue
            letters += end - start
            if word.lower() in english_like_pinyin():
                english += end - start
                if chinese and not _touches(text, start, end):
                    continue
            read.append((start, end))
    if not chinese and 2 * english >= letters:
        return Pinyin((), False)
    return Pinyin(tuple(read), not chinese)


def _parts(start: int, word: str, held: Container[str]) -> list[tuple[int, int]]:
    """Return the range of a word, or of an acronym and of what is written right after it (BIMzhongxin)."""
    acronym = _ACRONYM.match(word)
    end = start + len(word)
    if acronym and acronym[0].lower() in held and sounds().reads(word[acronym.end() :].lower()):
        return [(start, start + acronym.end()), (start + acronym.end(), end)]
    return [(start, end)]


def _touches(text: str, start: int, end: int) -> bool:
    return bool(_HAN.match(text[end : end + 1]) or (start and _HAN.match(text[start - 1])))
