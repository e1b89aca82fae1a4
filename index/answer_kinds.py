"""See what kind of answer a question asks for (an amount, a date, a telephone number), and whether a text holds any."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "answer_kinds.json"


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """Hold how a kind of answer is asked for, and what a text looks like that holds one."""

    name: str
    asks: re.Pattern[str]
    holds: re.Pattern[str]


def lacking(question: str, text: str) -> tuple[str, ...]:
    """Return the kinds of answer that a question asks for and a text has none of; both normalised."""
    return tuple(kind.name for kind in _kinds() if kind.asks.search(question) and not kind.holds.search(text))


@cache
def _kinds() -> tuple[AnswerKind, ...]:
    kinds = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        AnswerKind(name, re.compile(kind["asks"], re.IGNORECASE), re.compile(kind["holds"], re.IGNORECASE))
        for name, kind in kinds.items()
    )
