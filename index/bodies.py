"""See which bodies of the state and firms a question names (工信部, 中建三局), whatever name each is called by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from index.word_lists import expressions

_FILE = Path(__file__).parent / "data" / "bodies.txt"
# 市国资委 is another than that of the country; 科技部门 and 科技部署 name none, nor do 中央行政 and 清华为.
_BEFORE, _AFTER = "(?<![省市区县州旗中清光])", "(?![门署分件队位])"


def lacks_body(question: str, texts: Sequence[str]) -> bool:
    """Tell whether a question names bodies none of which any of the texts names; all normalised."""
    names = _names()
    asked = question.casefold()
    bodies = {number for name, number in names.items() if name in asked and _pattern(name).search(asked)}
    known = [name for name, number in names.items() if number in bodies]
    return bool(known) and not any(name in text.casefold() for text in texts for name in known)


@cache
def _names() -> Mapping[str, int]:
    """Return each name with the number of the body that it is of."""
    rows = expressions(_FILE, " ")
    return {name: number for number, (first, others) in enumerate(rows.items()) for name in (first, *others)}


@cache
def _pattern(name: str) -> re.Pattern[str]:
    # Chinese may stand right beside letters.
    bounds = ("(?<![a-z])", "(?![a-z])") if name.isascii() else (_BEFORE, _AFTER)
    return re.compile(re.escape(name).join(bounds))
