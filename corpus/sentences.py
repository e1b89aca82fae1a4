"""Find where sentences end in Chinese and English prose."""

from __future__ import annotations

import re

from corpus.types import Span

_CLOSING = "”’」』）)】》〉\"'"
# A full stop ends a sentence only between a lower-case letter or closing mark and a capital: not in 3.1 or “No. 5”.
_END = re.compile(rf"[。！？!?…]+[{_CLOSING}]*|[\r\n]+|(?<=[a-z{_CLOSING}])\.(?=\s+[A-Z])")


def sentence_spans(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of a text, in order; together they cover all of it."""
    spans: list[Span] = []
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        if text[start:end].strip():
            spans.append(Span(start, end))
            start = end
    if spans and start < len(text):
        spans[-1] = Span(spans[-1].start, len(text))
    return tuple(spans)
