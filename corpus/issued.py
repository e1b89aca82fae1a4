"""Find the day on which an official text was signed or issued."""

from __future__ import annotations

import re

from corpus.types import Span

_DIGIT = "[\\d〇○零一二三四五六七八九]"
_DAY = rf"{_DIGIT}{{4}}\s?年\s?[\d一二三四五六七八九十]{{1,3}}\s?月\s?[\d一二三四五六七八九十]{{1,3}}\s?[日号]"
_WRITTEN = rf"(?P<day>{_DAY}|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})(?!\d)"
# Tags and spaces of one line: what ran over line ends would be tried anew from each of them.
_AROUND = r"(?:<[^<>\n]*>|[^\S\n])*"
_ALONE = re.compile(rf"^{_AROUND}(?P<day>{_DAY}){_AROUND}$", re.MULTILINE)
_LABELLED = (
    re.compile(rf"(?:成文|印发|发文)(?:日期|时间)\s?[:：\]】]?\s*{_WRITTEN}"),
    re.compile(rf"(?:发布|公布)(?:日期|时间)\s?[:：\]】]?\s*{_WRITTEN}"),
)


def issue_date(text: str) -> Span | None:
    """Return where a document states its day: in a paragraph of its own, as under a signature, or behind its label.

    What was signed comes before what a web site says of it. None where it states none.
    """
    for pattern in (_LABELLED[0], _ALONE, _LABELLED[1]):
        found = pattern.search(text)
        if found:
            return Span(*found.span("day"))
    return None
