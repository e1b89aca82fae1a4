"""Read from a search what speaks for or against an answer among its hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

from corpus.types import Document, Practice
from index.answer_kinds import least_lacking
from index.background import Background, Beside
from index.bodies import lacks_body
from index.bounds import Bound, read_amounts
from index.encoded import joined_words
from index.interaction import Asked, Interaction
from index.late import LateIndex
from index.normal import normalise
from index.places import placed
from index.reader import Reader, Usual
from index.relevance import SEVERAL
from index.signals import Signals
from index.sparse import SparseIndex
from index.tokens import Tokenizer, frame_words
from index.types import Kind, Query

# So many of the best hits are looked at for an answer.
_JUDGED = 5
# So many are read: more settle nothing that these don't, but where all that answer are wanted.
_READ, _READ_SEVERAL = 3, 12
# What the best practice must stand out from: the next ones, of the corpus or of the background.
_NEXT = 4
# The share of a question's words, from the least met up, that may well not be met.
_LEAST_MET = 0.1
# In nats; a word that was never counted is not infinitely rare.
_RAREST = 14.0
_KEPT = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Hold what a search found: `hits`, best first, the rows of each among the `candidates`, which are passages.

    `read` are the question and, where it counts, what still holds of the one before it; `cosines` (hits) are those of
    whole texts, `words` what the words of the question found, None where there are none.
    """

    read: Sequence[Asked]
    hits: Sequence[Practice]
    rows: Sequence[NDArray[np.int64]]
    candidates: NDArray[np.int64]
    cosines: NDArray[np.float32]
    words: Interaction | None

    @property
    def asked(self) -> Asked:
        """Return the question itself."""
        return self.read[0]


def to_read(kind: Kind) -> int:
    """Return how many of the best hits are read for a question of a kind."""
    return _READ_SEVERAL if kind in SEVERAL else _READ


def looked_at(kind: Kind) -> int:
    """Return how many of the best hits a search has to hand to the judge for a question of a kind."""
    return max(_JUDGED, to_read(kind))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    rarity: float
    held: bool
    support: float


class Judge:
    """Judge what was found in one corpus."""

    def __init__(
        self,
        sparse: SparseIndex,
        tokenizer: Tokenizer,
        background: Background,
        late: LateIndex,
        reader: Reader | None,
        documents: Mapping[str, Document],
    ) -> None:
        self._documents = documents
        # Most of the best hits of a corpus are of a few documents.
        self._issued = lru_cache(_KEPT)(self._read_issued)
        self._sparse = sparse
        self._tokenizer = tokenizer
        self._background = background
        self._late = late
        self._reader = reader

    def beside(self, asked: Asked, words: Interaction | None) -> Beside:
        """Compare the question with the background, in the way in which it was compared with the corpus."""
        return self._background.beside(asked.vector, words.words if words else None)

    def signals(self, found: Found, whole: Query, beside: Beside, reading: float | None) -> Signals:
        """Return the signals of a search with at least one hit.

        `whole` is the question with what still holds of the one before it, `reading` what was read in the best hit.
        """
        best = found.hits[0]
        text = normalise("\n".join([best.text, *(heading.title for heading in best.path)]))
        words = self._words(found, whole, beside)
        rarity = sum(word.rarity for word in words)
        held = sum(word.rarity for word in words if word.held) / rarity if rarity else 0.0
        met, evenness = _met(found)
        unheld = [
            word.rarity
            for word in words
            if self._sparse.could_hold(word.text) and not self._sparse.document_frequency(word.text)
        ]
        return Signals(
            standing=_standing(met, beside),
            apart=min(0.0, met[0] - float(beside.texts.max())),
            evenness=evenness,
            place=float(self._is_elsewhere(whole, best, text)),
            lacking=held * len(least_lacking(found.asked.query.text, text, placed=bool(best.regions))),
            unmet=max((word.rarity * (1 - word.support) for word in words), default=0.0),
            unheld=sum(nlargest(2, unheld)),
            number=float(self._lacks_number(found, whole, text)),
            read=reading,
        )

    def readings(self, found: Found, beside: Beside) -> list[float]:
        """Return for the best few hits the logarithm of the odds that they say what is asked.

        What is read is the nearest passage of each, with the question and what still holds of the one before it. None
        are returned where there is no reader or nothing to read.
        """
        if self._reader is None or found.words is None or not found.hits:
            return []
        words = found.words.words
        for before in found.read[1:]:
            words = joined_words(before.words, words)
            beside = self._background.beside(found.asked.vector, words)
        nearest = [rows[found.words.scores[rows].argmax()] for rows in found.rows[: to_read(found.asked.query.kind)]]
        passages = [self._late.vectors(int(found.candidates[row])) for row in nearest]
        if not len(words.vectors) or not all(map(len, passages)):
            return []
        usual = Usual(beside.words, beside.nearest_words)
        return list(map(float, self._reader.read(words.vectors, usual, passages)))

    def _is_elsewhere(self, whole: Query, best: Practice, text: str) -> bool:
        """Tell whether a question names places or bodies that the best hit, normalised `text`, is not about."""
        if whole.places and placed(whole.places, best.regions) < 1:
            return True
        return lacks_body(whole.text, (text, self._issued(best.document_id)))

    def _read_issued(self, document_id: str) -> str:
        """Return what all of a document names: who issued it, and its title."""
        document = self._documents[document_id]
        return normalise(f"{document.issuer}\n{document.title}")

    def _lacks_number(self, found: Found, whole: Query, text: str) -> bool:
        """Tell whether the best hit, normalised `text`, lacks a number of the question, however either writes it."""
        chunks = found.candidates[found.rows[0]]
        numbers = {token for token in whole.subject if token.isdigit()}
        asked = whole.amounts
        stated = read_amounts(text) if asked else ()
        for amount in filter(lambda one: one.tells, asked):
            written = {token for token in self._tokenizer(amount.written) if token.isdigit()}
            if any(one.unit == amount.unit and amount.admits(one) for one in stated):
                numbers -= written
            elif amount.bound is not Bound.NONE:
                return True
            else:
                numbers |= written
        return not all(self._sparse.holds(chunks, number) for number in numbers)

    def _words(self, found: Found, whole: Query, beside: Beside) -> list[_Word]:
        """Return the words of the subject that are not part of longer ones, with how far the best hit supports them."""
        subject = [word for word in whole.subject if word not in frame_words()]
        longest = [word for word in subject if not any(word != other and word in other for other in subject)]
        chunks = found.candidates[found.rows[0]]
        words: list[_Word] = []
        for word in longest:
            held = self._sparse.holds(chunks, word)
            support = 1.0 if held else _support(found, beside, word)
            words.append(_Word(word, min(_RAREST, self._tokenizer.rarity(word)), held, support))
        return words


def _standing(met: Sequence[float], beside: Beside) -> float:
    others = nlargest(_NEXT, (*met[1:], *beside.texts.tolist()))
    return met[0] - float(np.mean(others))


def _met(found: Found) -> tuple[list[float], float]:
    """Return how near each hit is to the question, and the evenness of the best one."""
    if found.words is None:
        return found.cosines[:_JUDGED].tolist(), 0.0
    cosines = [found.words.found[:, rows].max(axis=1) for rows in found.rows[:_JUDGED]]
    # The least met of the words, against how well the words of this question can be met here at all.
    evenness = np.quantile(cosines[0], _LEAST_MET) - found.words.found.max(axis=1).mean()
    return [float(words.mean()) for words in cosines], float(evenness)


def _support(found: Found, beside: Beside, word: str) -> float:
    """Return in [0, 1] how far a word that the best hit lacks met one that means the same.

    0 is what it finds in the background on average, 1 a word with the same vector.
    """
    start = found.asked.query.text.find(word)
    if found.words is None or start < 0:
        return 0.0
    spans = found.words.words.spans
    inside = (spans[:, 0] < start + len(word)) & (spans[:, 1] > start)
    if not inside.any():
        return 0.0
    met = found.words.found[:, found.rows[0]].max(axis=1)[inside]
    usual = beside.words[inside]
    return float(np.clip((met - usual) / np.maximum(1 - usual, 1e-6), 0, 1).mean())
