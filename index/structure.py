"""Read where in a list a question points to (二（三）, 第2条, 3.1.3), as words that the practices there hold too.

Such a word is § and the numbers of headings and item: §2.3 is the third measure of the second task, §.2 any second
item.
"""

from __future__ import annotations

import re

from corpus.types import Practice
from index.amounts import chinese_value

_ONES = "[一二三四五六七八九]"
_NUMBER = rf"(?:\d{{1,2}}|{_ONES}?十{_ONES}?|{_ONES})"
# What begins with these is the end of a longer number (十一二).
_WHOLE = r"(?<![\d.零一二三四五六七八九十百千万])"
_ITEM = rf"第?\s*(?P<item>{_NUMBER})\s*[条项点款]"
_PATH = re.compile(
    rf"{_WHOLE}第?(?P<task>{_NUMBER})\s*(?:[、.]|部分|大项|大任务|任务)?的?\s*第?[(](?P<measure>{_NUMBER})[)]"
    rf"项?(?:里|中|下)?面?的?(?:{_ITEM})?"
)
_DOTTED = re.compile(r"(?<![\d.])第?(\d{1,2}(?:\.\d{1,2}){1,2})(?![\d.%])\s*(?:条|项|节|款|点(?!\d))")
_TASK = re.compile(rf"第(?P<task>{_NUMBER})(?:部分|章|大项|大任务|项任务|项工作任务|个任务)")
ITEM = rf"第\s*(?P<item>{_NUMBER})\s*[条项点](?!任务|工作)"
_ALONE = re.compile(ITEM)


def marks(practice: Practice) -> tuple[str, ...]:
    """Return the words for where a practice stands: under each of its headings, and as which item."""
    if not practice.path:
        return ()
    numbers = [heading.number for heading in practice.path] + [practice.item]
    paths = (".".join(map(str, numbers[:depth])) for depth in range(1, len(numbers) + 1))
    return (*(f"§{path}" for path in paths), f"§.{practice.item}")


def pointed_at(text: str) -> tuple[str, ...]:
    """Return the words for where a normalised question points to, without repeats; none for most questions."""
    places = [mark for _, _, mark in numbered(text)]
    places += [f"§.{_value(match['item'])}" for match in _ALONE.finditer(text)]
    return tuple(dict.fromkeys(places))


def numbered(text: str) -> list[tuple[int, int, str]]:
    """Return where a normalised question points to by number: start and end of the words, and the word for it."""
    found: list[tuple[int, int, str]] = []
    for match in _PATH.finditer(text):
        numbers = [match["task"], match["measure"], *([match["item"]] if match["item"] else [])]
        found.append((*match.span(), _mark(*numbers)))
    # 第三部分第(二)项 is one place, not two.
    rest = _PATH.sub(lambda path: " " * len(path[0]), text)
    found += [(*match.span(), f"§{match[1]}") for match in _DOTTED.finditer(rest)]
    found += [(*match.span(), _mark(match["task"])) for match in _TASK.finditer(rest)]
    return found


def between_pointing(text: str) -> list[str]:
    """Return a normalised question cut at what points by number: words, what points, words, …, words."""
    pointing = sorted(
        {*((start, end) for start, end, _ in numbered(text)), *(one.span() for one in _ALONE.finditer(text))}
    )
    pieces: list[str] = []
    reached = 0
    for start, end in pointing:
        if start >= reached:
            pieces += [text[reached:start], text[start:end]]
            reached = end
    return [*pieces, text[reached:]]


def item_alone(text: str) -> tuple[int, str]:
    """Return the number of the one item that a normalised question speaks of (第2条), or 0, and the rest."""
    found = list(_ALONE.finditer(text))
    if len(found) != 1:
        return 0, text
    start, end = found[0].span()
    return int(_value(found[0]["item"])), text[:start] + " " * (end - start) + text[end:]


def beside_pointing(text: str) -> str:
    """Return a normalised question without the numbers of headings (二（三）), which are no words of their own."""
    return _PATH.sub(" ", text)


def _mark(*numbers: str) -> str:
    return f"§{'.'.join(map(_value, numbers))}"


def _value(number: str) -> str:
    return str(int(number) if number.isdigit() else chinese_value(number))
