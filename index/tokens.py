"""Cut text into the tokens of the sparse channel, the same way when building and when asking."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

import jieba
import numpy as np

from index.amounts import UNITS, plain, written_out
from index.normal import normalise

# Bump when the same text would give other tokens.
VERSION = 4

_DATA = Path(__file__).parent / "data"
_LATIN = "[a-z\u00df-\u024f]"
_PIECE = re.compile(
    rf"(?P<latin>\d*{_LATIN}(?:{_LATIN}|\d)*(?:[.'&_-](?:{_LATIN}|\d)+)*)"
    rf"|(?P<amount>(?P<number>\d+(?:[.,]\d+)*[十百千万亿]*)[多余几]?(?P<unit>[%‰]|{UNITS})?)"
    r"|(?P<section>§[\d.]+)"
    r"|(?P<han>[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    r"|(?P<other>[^\W_]+)"
)
_HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_RARE = 12.0
# Most of jieba's words were seen three times at most, many of them names of persons. Without them the dictionary takes
# 50 MB less, and BM25 ranks the public sets no worse.
_LEAST_SEEN = 4
_TERM_LENGTHS = range(2, 9)
_QUOTED = re.compile(r"《([^《》]+)》|“([^“”]+)”")
_NOT_HAN = re.compile(r"[^\u3400-\u9fff]+")


class Script(StrEnum):
    """Name the script that a token is written in."""

    HAN = "han"
    LATIN = "latin"
    NUMBER = "number"
    OTHER = "other"


def script(token: str) -> Script:
    """Return the script of a token, told by its first character."""
    piece = _PIECE.match(token)
    if piece is None or piece["other"]:
        return Script.OTHER
    return Script.NUMBER if piece["amount"] or piece["section"] else Script.LATIN if piece["latin"] else Script.HAN


class Tokenizer:
    """Cut text with jieba's dictionary and the terms of a corpus.

    Numbers are in Arabic digits, with their unit (500000元) and without it, Latin words stay whole in lower case, Han
    runs are cut by jieba in search mode, so that a compound is found by its parts. Order is kept, repeats too.
    """

    def __init__(self, words: Sequence[str], frequencies: Sequence[int], terms: Sequence[str]) -> None:
        # Filling jieba's tables here takes a fifth of the time that its own start-up does.
        self._jieba = jieba.Tokenizer()
        self._jieba.FREQ = dict(zip(words, frequencies, strict=True))
        self._jieba.total = sum(frequencies)
        self._jieba.initialized = True
        self.terms = tuple(sorted(set(terms)))
        for term in self.terms:
            self._jieba.add_word(term)

    @classmethod
    def build(cls, terms: Sequence[str]) -> Tokenizer:
        """Return a tokenizer of jieba's own dictionary and `terms`, the words of the field."""
        words, frequencies = _dictionary()
        return cls(words, frequencies, terms)

    @classmethod
    def load(cls, directory: Path) -> Tokenizer:
        """Read what `save` wrote."""
        words = (directory / "words.txt").read_text(encoding="utf-8").split("\n")
        frequencies = np.load(directory / "frequencies.npy", allow_pickle=False).tolist()
        terms = (directory / "terms.txt").read_text(encoding="utf-8").split("\n")
        return cls(words, frequencies, [term for term in terms if term])

    def save(self, directory: Path) -> None:
        """Write the dictionary and the terms, so that a snapshot does not depend on the installed dictionary."""
        words, frequencies = _dictionary()
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "words.txt").write_text("\n".join(words), encoding="utf-8")
        np.save(directory / "frequencies.npy", np.array(frequencies, dtype=np.int32))
        (directory / "terms.txt").write_text("\n".join(self.terms), encoding="utf-8")

    def rarity(self, token: str) -> float:
        """Return how rare a word is in the language at large: -ln of its share of running words, 0 or more.

        Only Chinese words were counted; any other is taken for a rare one.
        """
        if script(token) is not Script.HAN:
            return _RARE
        return -math.log((self._jieba.FREQ.get(token, 0) + 1) / self._jieba.total)

    def frequency(self, word: str) -> float:
        """Return the share in [0, 1] of a Chinese word in running words of the language; 0 where it was not counted."""
        return float(self._jieba.FREQ.get(word, 0) / self._jieba.total)

    def begins(self, text: str) -> bool:
        """Tell whether a Chinese word begins like `text`, or is that."""
        return text in self._jieba.FREQ

    def words(self, text: str) -> list[list[str]]:
        """Return the runs of Chinese characters of a normalised text, each cut into words that do not overlap."""
        return [self._jieba.lcut(run[0], HMM=False) for run in _HAN_RUN.finditer(text)]

    def __call__(self, text: str) -> list[str]:
        """Return the tokens of a passage, which is normalised first, and those of its amounts in Chinese digits."""
        text = normalise(text)
        return [*self.cut(text), *written_out(text)]

    def cut(self, text: str) -> list[str]:
        """Return the tokens of a text that is normalised already, as far as it should be."""
        tokens: list[str] = []
        for piece in _PIECE.finditer(text.lower()):
            if piece["han"]:
                tokens.extend(self._jieba.cut_for_search(piece["han"], HMM=False))
            elif piece["amount"]:
                number = plain(piece["number"])
                tokens.extend((number + piece["unit"], number) if piece["unit"] else (number,))
            else:
                tokens.append(piece[0])
        return tokens


def pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring Chinese characters of a normalised text, in order.

    They find what a dictionary cuts otherwise in the passage than in the question.
    """
    return [run[0][at : at + 2] for run in _HAN_RUN.finditer(text) for at in range(len(run[0]) - 1)]


@cache
def _dictionary() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return jieba's words that are not rare, with all their beginnings, and how often each was seen as a word."""
    counted, _ = jieba.Tokenizer().gen_pfdict(jieba.get_dict_file())
    words = {word: count for word, count in counted.items() if count >= _LEAST_SEEN}
    kept = {word[:end]: 0 for word in words for end in range(1, len(word) + 1)} | words
    return tuple(kept), tuple(kept.values())


def field_terms(texts: Iterable[str]) -> set[str]:
    """Return the words that texts mark as terms: titles in 《》 and quoted “” phrases, of 2 to 8 characters."""
    terms: set[str] = set()
    for text in texts:
        for match in _QUOTED.finditer(normalise(text)):
            for part in _NOT_HAN.split(match[1] or match[2]):
                if len(part) in _TERM_LENGTHS:
                    terms.add(part)
    return terms


@cache
def function_words() -> frozenset[str]:
    """Return the words that carry a question's grammar, not its content, Chinese and English."""
    return _words("function_words.txt")


@cache
def frame_words() -> frozenset[str]:
    """Return the words by which a question speaks of the list as such, not of a subject in it."""
    return _words("frame_words.txt")


@cache
def aspect_words() -> frozenset[str]:
    """Return the words that say which side of something is asked about, not what that is."""
    return _words("aspect_words.txt")


def _words(name: str) -> frozenset[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
