"""Find where clauses end in Chinese and English prose."""

from __future__ import annotations

import re

from corpus.types import Span

# A comma between digits belongs to a number (1,200), one inside brackets or quotation marks to what these hold.
_MARK = re.compile(r"(?P<open>[（(《“「『【〔])|(?P<close>[）)》”」』】〕])|(?P<end>[，；。！？!?;…]+|,(?!\d))")


def clause_spans(text: str) -> tuple[Span, ...]:
    """Return the spans of the clauses of a text, in order; together they cover all of it.

    A clause ends with its comma, semicolon or full stop, of those that stand outside all brackets. A bracket that is
    never closed holds the rest of the text.
    """
    spans: list[Span] = []
    start = depth = 0
    for mark in _MARK.finditer(text):
        if mark["open"]:
            depth += 1
        elif mark["close"]:
            depth = max(0, depth - 1)
        elif not depth and text[start : mark.end()].strip():
            spans.append(Span(start, mark.end()))
            start = mark.end()
    if text[start:].strip():
        spans.append(Span(start, len(text)))
    elif spans:
        spans[-1] = Span(spans[-1].start, len(text))
    return tuple(spans)
