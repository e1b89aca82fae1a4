"""What speaks for or against an answer among the hits of a search, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Signals:
    """Hold what speaks for or against an answer among the hits.

    For: `standing` in [-2, 2] is how much nearer the best hit is to the question than the four next nearest texts, of
    the hits or of the background, `apart` in [-2, 0] how much the best text of the background is nearer than the best
    hit, 0 where it is not; `evenness` in [-2, 2] how near the words of the question that it meets least come to
    how well they are all met in the candidates, so that one word nobody speaks of shows.
    Against: `place` is 1 when the question names a place, a body of the state or a firm that the best hit is not about,
    `number` when it names a number or bounds that no number of the best hit meets, else 0; `lacking` (0 or more) counts
    the kinds of answer (an amount, a date) asked for of which the best hit has none, in the part of the question that
    lacks fewest, times the share in [0, 1] of the question's words that it holds; `unmet` (0 or more) is how rare in
    the language, in nats, the rarest word of the subject is that it neither holds nor means; `unheld` (0 or more) the
    same for the two rarest that the corpus lacks. `read` is the logarithm of the odds that the best hit says what is
    asked, as `index.reader` sees it; None with another encoder than the reader's.
    """

    standing: float
    apart: float
    evenness: float
    place: float
    lacking: float
    unmet: float
    unheld: float
    number: float
    read: float | None = None


SIGNALS = tuple(field.name for field in fields(Signals))
"""The names of the signals, in the order in which they are fitted."""


class Reason(StrEnum):
    """Say why there is no answer.

    `LIST`: it asks about the list itself, of which no practice tells, but the refusal does; `PLACE`: nothing here is
    about the place asked about; `SUBJECT`: nothing says what is asked; `VAGUE`: the question names nothing to look for;
    `OUTSIDE`: it is not for a service like this one; `UNREADABLE`: it has no words.
    """

    LIST = "list"
    PLACE = "place"
    SUBJECT = "subject"
    VAGUE = "vague"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"
