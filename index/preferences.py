"""Prefer practices that state the amounts a question asks for, hold what it quotes, or stand where it points to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.types import Document, Practice
from index.bounds import Amount, met, read_amounts
from index.normal import normalise
from index.parts import stands_in
from index.titles import Held, held, quotes
from index.types import Query

# Practices kept as read; most questions ask for no amount and quote nothing, so that they are read when first needed.
_KEPT = 10_000


class Preferences:
    """Read practices for what questions may ask of them beside their words; each is read once."""

    def __init__(self, practices: Sequence[Practice], documents: Mapping[str, Document]) -> None:
        self._practices = practices
        self._documents = documents
        self._amounts = lru_cache(_KEPT)(self._read_amounts)
        self._held = lru_cache(_KEPT)(self._read_held)

        self.all = (self.amounts, self.titles, self.parts)
        """Every preference, in the order of the fields of `Scored`."""

    def amounts(self, query: Query, owners: NDArray[np.int64]) -> NDArray[np.float32] | None:
        """Return `ScoreParts.amount` of the practices `owners`; None for a question without amounts."""
        if not query.amounts:
            return None
        return np.array([met(query.amounts, self._amounts(owner)) for owner in owners.tolist()], dtype=np.float32)

    def titles(self, query: Query, owners: NDArray[np.int64]) -> NDArray[np.float32] | None:
        """Return `ScoreParts.title` of the practices `owners`; None for a question that quotes nothing."""
        if not query.titles:
            return None
        return np.array([quotes(query.titles, self._held(owner)) for owner in owners.tolist()], dtype=np.float32)

    def parts(self, query: Query, owners: NDArray[np.int64]) -> NDArray[np.float32] | None:
        """Return `ScoreParts.part` of the practices `owners`; None for a question that points to no part there is."""
        parts = [part for part in query.parts if part.held]
        if not parts:
            return None
        return np.array([stands_in(parts, self._practices[owner]) for owner in owners.tolist()], dtype=np.float32)

    def _read_amounts(self, owner: int) -> tuple[Amount, ...]:
        return read_amounts(normalise(self._practices[owner].text))

    def _read_held(self, owner: int) -> Held:
        practice = self._practices[owner]
        headings = [heading.title for heading in practice.path]
        return held("\n".join([practice.text, *headings]), [self._documents[practice.document_id].title])
