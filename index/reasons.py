"""Say why a result that holds no answer holds none."""

from __future__ import annotations

import re

from index.background import Beside
from index.editions import Editions
from index.signals import Reason, Signals
from index.tokens import Tokenizer, frame_words, function_words
from index.types import Query

# Who asks for what stands in a part of the list gets just that, where there is such a part.
_THERE = 0.99
_UNREADABLE = "noise"
_HAN = re.compile("[\u3400-\u9fff]")


def settled(query: Query, whole: Query, editions: Editions) -> tuple[float, Reason | None] | None:
    """Return how sure an answer is, and why there is none, where the question itself settles that; else None.

    `whole` is the question with what still holds of the one before it. No reason is given where `reason` has to be
    asked.
    """
    if editions.lacks(query) or (query.about_part and not any(part.held for part in query.parts)):
        return 0.0, Reason.SUBJECT
    if query.about_list.aspects and (whole.about_list.named or whole is query):
        return 0.0, Reason.LIST
    if is_vague(whole):
        return 0.0, None
    return (_THERE, None) if query.about_part else None


def reason(query: Query, signals: Signals, beside: Beside, unheld: tuple[str, ...], tokenizer: Tokenizer) -> Reason:
    """Return the reason for a refusal; `unheld` are the places asked about in which no practice lies.

    What is no question of this kind at all comes before what it lacks: a question about the weather in a place that is
    not held is one about the weather. One about such a place as such names nothing else that it could be about.
    """
    if not query.tokens or not _has_words(query, tokenizer):
        return Reason.UNREADABLE
    if is_vague(query):
        return Reason.VAGUE
    if unheld and query.about_place:
        return Reason.PLACE
    # Below 0, a text that is nobody's practice is nearer than the best practice.
    if signals.apart < 0 and beside.nearest.outside:
        return Reason.UNREADABLE if beside.nearest.kind == _UNREADABLE else Reason.OUTSIDE
    if unheld:
        return Reason.PLACE
    return Reason.VAGUE if frame_words().issuperset(query.subject) and not query.places else Reason.SUBJECT


def is_vague(query: Query) -> bool:
    """Tell whether a question holds nothing but grammar: everything would answer it, and nothing does."""
    return not query.places and function_words().issuperset(query.content)


def _has_words(query: Query, tokenizer: Tokenizer) -> bool:
    """Tell whether a question in Chinese has a word that the language knows; of other scripts nothing is known."""
    chinese = [token for token in query.tokens if _HAN.match(token)]
    return not chinese or any(tokenizer.frequency(token) > 0 for token in chinese)
