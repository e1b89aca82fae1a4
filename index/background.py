"""Know how near a question is to what it is not about: texts of everyday life, in the same vectors as the corpus.

How near the best practice is says little by itself: some questions are near to everything. It says more beside how near
the question is to texts that have nothing to do with the corpus, and that needs no large corpus to compare with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoded import TokenVectors
from index.encoder import Encoder
from index.late import CodedPassages, LateIndex
from index.normal import normalise
from index.snapshot import REBUILD, SnapshotError
from index.token_codes import ByteCodec

_FILE = Path(__file__).parent / "data" / "background.txt"
_POOLED = "pooled.npy"
_DIGEST = "texts.sha256"


@dataclass(frozen=True, slots=True)
class BackgroundText:
    """Hold one text and its kind; `outside` says that no list is asked for that kind."""

    kind: str
    outside: bool
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Hold how near a question is to the background.

    `texts` (texts of the background) are the means over the question's words of their best cosines in each, or the
    cosines of whole texts where it has no words; `words` (words) the mean over the texts for each word, `nearest_words`
    (words) the best.
    """

    texts: NDArray[np.float32]
    words: NDArray[np.float32]
    nearest_words: NDArray[np.float32]

    @property
    def nearest(self) -> BackgroundText:
        """Return the text that is nearest to the question."""
        return background_texts()[int(self.texts.argmax())]


class Background:
    """Hold the vectors of the background."""

    def __init__(self, pooled: NDArray[np.float32], late: LateIndex) -> None:
        self._pooled = pooled
        self._late = late
        self._numbers = np.arange(len(pooled), dtype=np.int64)

    @staticmethod
    def write(directory: Path, encoder: Encoder) -> None:
        """Encode the background as passages and write it under `directory`."""
        pooled, part = _encoded(encoder)
        LateIndex.write(directory, ByteCodec(encoder.token_dimension), len(part.counts), [part])
        np.save(directory / _POOLED, pooled)
        (directory / _DIGEST).write_text(_digest(), encoding="ascii")

    @classmethod
    def load(cls, directory: Path) -> Background:
        """Read what `write` wrote; raise SnapshotError where that was another background."""
        if (directory / _DIGEST).read_text(encoding="ascii") != _digest():
            raise SnapshotError(f"{directory}: built with other background texts; {REBUILD}")
        return cls(np.load(directory / _POOLED, allow_pickle=False), LateIndex.load(directory))

    def beside(self, vector: NDArray[np.float32], words: TokenVectors | None) -> Beside:
        """Compare a question, by its words where they are given."""
        if words is None:
            none = np.zeros(0, np.float32)
            return Beside(np.asarray(self._pooled @ vector, dtype=np.float32), none, none)
        found = self._late.similarities(words.vectors, self._numbers)
        return Beside(found.mean(axis=0), found.mean(axis=1), found.max(axis=1))


# Kept for the many small corpora that are built one after another to measure something.
@lru_cache(maxsize=1)
def _encoded(encoder: Encoder) -> tuple[NDArray[np.float32], CodedPassages]:
    texts = [entry.text for entry in background_texts()]
    encoded = encoder.encode_passages(texts)
    codes = ByteCodec(encoder.token_dimension).encode(encoded.tokens)
    return encoded.pooled, CodedPassages(np.arange(len(texts), dtype=np.int64), codes, encoded.spans, encoded.counts)


@cache
def background_texts() -> tuple[BackgroundText, ...]:
    """Read the texts, as they are encoded: in simplified script and one width."""
    texts: list[BackgroundText] = []
    kind = ""
    for line in filter(None, map(str.strip, _FILE.read_text(encoding="utf-8").splitlines())):
        if line.startswith("["):
            kind = line.strip("[]")
        elif not line.startswith("#"):
            texts.append(BackgroundText(kind.lstrip("*"), kind.startswith("*"), normalise(line)))
    return tuple(texts)


def _digest() -> str:
    return hashlib.sha256(repr(background_texts()).encode("utf-8")).hexdigest()
