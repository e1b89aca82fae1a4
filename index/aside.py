"""Leave out what a question sets aside: 专精特新先不谈, 不要领导干部那种."""

from __future__ import annotations

import re
from collections.abc import Callable

_CLAUSE = re.compile(r"[^,，。;；!！?？\n]+[,，。;；!！?？\n]*")
# Said before it, at the beginning of a clause, or after it, at the end of one.
_BEFORE = (
    r"(?:但是?|不过)?(?:不要.{2,}(?:那种|那些|这种|这些|之类|一类|的)"
    r"|(?:不算|不含|不包括|先?撇开|先?抛开)(?!.*(?:吗|啥|什么|多少)).{2,})"
)
# 除了 is none of them: 除了退钱还赔什么 is about what gives the money back too.
_AFTER = (
    r".{2,}?(?:的|那些|那种|这些|这类)?(?:就|都|也|先|暂时?|可以|我)*"
    r"(?:不谈|不提|不说|不看|不用列|不列|不用管|不用说|不用提|除外|另说)了?"
)
_SET_ASIDE = re.compile(rf"(?:{_BEFORE}|{_AFTER})[,，。;；\s]*")
_LEAST = 4


def without_set_aside(text: str, keeps: Callable[[str], bool]) -> str:
    """Return a normalised question without the clauses that say what it is not about.

    A clause that `keeps` something else, such as a place to leave out, stays, and so does all of a question that would
    be left with next to nothing.
    """
    clauses = [match[0] for match in _CLAUSE.finditer(text)]
    left = [clause for clause in clauses if keeps(clause) or not _SET_ASIDE.fullmatch(clause)]
    shorter = "".join(left).rstrip(" ,，、;；")
    return shorter if left != clauses and sum(map(str.isalnum, shorter)) >= _LEAST else text
