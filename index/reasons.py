"""Say why a result that holds no answer holds none."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from index.background import Beside
from index.editions import Editions
from index.relevance import FEW, SEVERAL
from index.signals import Reason, Signals
from index.tokens import Tokenizer, aspect_words, frame_words, function_words
from index.types import Query

# Who asks for what stands in a part of the list gets just that, where there is such a part.
_THERE = 0.99
_UNREADABLE = "noise"
_HAN = re.compile("[\u3400-\u9fff]")


def telling_nothing(practices: int, theme: Set[str]) -> Sequence[Set[str]]:
    """Return sets of words; one that holds all words of a question is the proof that nothing tells what it is about.

    The practices, so many, share a `theme`: to name it is to name them all, but one side of it may be what some of them
    are about. Of a few practices any may be what 怎么申请 is asked of.
    """
    if practices <= FEW:
        return ()
    speaking = function_words() | frame_words()
    return speaking | theme, speaking | aspect_words()


def settled(
    query: Query, whole: Query, editions: Editions, nothing: Sequence[Set[str]]
) -> tuple[float, Reason | None] | None:
    """Return how sure an answer is, and why there is none, where the question itself settles that; else None.

    `whole` is the question with what still holds of the one before it. No reason is given where `reason` has to be
    asked. `nothing` is what `telling_nothing` returns.
    """
    if editions.lacks(query) or (query.about_part and not any(part.held for part in query.parts)):
        return 0.0, Reason.SUBJECT
    if query.about_list.aspects and (query.about_list.named or whole is query):
        return 0.0, Reason.LIST
    if is_vague(whole, nothing):
        return 0.0, Reason.VAGUE if whole.content else None
    return (_THERE, None) if query.about_part else None


def reason(query: Query, signals: Signals, beside: Beside, unheld: tuple[str, ...], tokenizer: Tokenizer) -> Reason:
    """Return the reason for a refusal; `unheld` are the places asked about in which no practice lies.

    What is no question of this kind at all comes before what it lacks: a question about the weather in a place that is
    not held is one about the weather. One about such a place as such names nothing else that it could be about.
    """
    if not query.tokens or not _has_words(query, tokenizer):
        return Reason.UNREADABLE
    if unheld and query.about_place:
        return Reason.PLACE
    # Below 0, a text that is nobody's practice is nearer than the best practice.
    if signals.apart < 0 and beside.nearest.outside:
        return Reason.UNREADABLE if beside.nearest.kind == _UNREADABLE else Reason.OUTSIDE
    if unheld:
        return Reason.PLACE
    return Reason.VAGUE if frame_words().issuperset(query.subject) and not query.places else Reason.SUBJECT


def is_vague(query: Query, nothing: Sequence[Set[str]]) -> bool:
    """Tell whether no word of a question tells what it is about: everything would answer it, or nothing.

    `nothing` is what `telling_nothing` returns. Who asks for several practices may well do so in words as general as
    these (哪些城市出了政策文件).
    """
    content = set(query.content)
    if query.places or query.parts:
        return False
    return function_words() >= content or (query.kind not in SEVERAL and any(words >= content for words in nothing))


def _has_words(query: Query, tokenizer: Tokenizer) -> bool:
    """Tell whether a question in Chinese has a word that the language knows; of other scripts nothing is known."""
    chinese = [token for token in query.tokens if _HAN.match(token)]
    return not chinese or any(tokenizer.frequency(token) > 0 for token in chinese)
