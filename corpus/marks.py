"""Tell by its own mark what a paragraph of a list's table is: a practice, a heading, a number, or plain text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from corpus.numerals import chinese_number
from corpus.types import Span

SENTENCE_END = "。！？!?"
_CLOSING = "”’」』）)】》\"'"
_NUMERAL = "一二三四五六七八九十"
# Conversions print the lone character 一 as one of these strokes.
_STROKES = "—－-–―ー─﹣_"
# What shows nothing: white space, zero-width marks, and the entities and tags of letters that conversions leave behind.
_BLANK = r"(?:\s|[\u200b-\u200d\u2060\ufeff]|&nbsp;|&#160;|</?(?:span|strong|b|em|i|u|font)\b[^<>]*>)*"
_HEAD = re.compile(_BLANK)
_TAIL = re.compile(rf"{_BLANK}\Z")
# A list keeps to one style of numbering its practices; what is numbered in another is text inside them.
_ITEM_STYLES = (
    r"(\d{1,3})\s*[.．、](?!\d)",
    r"[（(]\s*(\d{1,3})\s*[）)]",
    r"(\d{1,3})\s*[）)]",
    r"([①-⑳])",
    r"([⒈-⒛])",
)
_ENUMERATED = re.compile(
    rf"[\"“]?{_BLANK}(?:{'|'.join(_ITEM_STYLES)}|\d{{1,3}}[\s,，]|\d{{1,2}}\.\d|[{_NUMERAL}]\s*是|第\s*[{_NUMERAL}])"
)
_MEASURE = re.compile(rf"[（(]\s*([{_NUMERAL}]+|[{re.escape(_STROKES)}])\s*[）)]\s*[、.．]?\s*")
_TASK = re.compile(rf"(?:第\s*)?([{_NUMERAL}]+)\s*(?:[、.．]\s*|\Z)")
_TASK_IN_DIGITS = re.compile(r"(\d{1,2})\s*[.．、]?")
_CONTINUED = re.compile(r"\s*[（(]\s*续\s*[）)]\s*\Z")


class Mark(StrEnum):
    """Say what a piece of the table is."""

    HEADER = "header"
    TASK_NUMBER = "task-number"
    TASK_TITLE = "task-title"
    MEASURE = "measure"
    ITEM = "item"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Marked:
    """Hold one marked paragraph or part of one.

    `number` is its number where it carries one, `span` its text without the number; `misread` marks a number that was
    printed as a stroke.
    """

    mark: Mark
    number: int | None
    span: Span
    misread: bool = False


def strip(text: str, span: Span) -> Span:
    """Return `span` without what shows nothing at either end."""
    head = _HEAD.match(text, span.start, span.end)
    start = head.end() if head else span.start
    tail = _TAIL.search(text[start : span.end])
    return Span(start, start + tail.start() if tail else span.end)


def is_open(text: str) -> bool:
    """Tell whether a text breaks off: it does not end with the end of a sentence."""
    return not text.rstrip().rstrip(_CLOSING).endswith(tuple(SENTENCE_END))


def is_enumerated(text: str) -> bool:
    """Tell whether a text begins as an item of some enumeration does, in whatever style."""
    return _ENUMERATED.match(text) is not None


def without_continuation(title: str) -> str:
    """Return a heading without the （续） that a page prints behind a repeated one."""
    return _CONTINUED.sub("", title)


class Marker:
    """Mark the paragraphs of one table, whose practices are numbered in one style."""

    def __init__(self, text: str, header: tuple[str, ...], paragraphs: Iterable[Span]) -> None:
        self._text = text
        self._header = header
        style = _style(text, paragraphs)
        self._item = re.compile(style + _BLANK)
        self._inner_item = re.compile(rf"(?<=[{SENTENCE_END}；;])\s*{style}{_BLANK}")

    def stands_out(self, span: Span) -> bool:
        """Tell whether a paragraph can only be part of the table: a column's name, or something numbered."""
        part = span.of(self._text)
        return (
            compact(part) in self._header
            or self._item.match(part) is not None
            or _MEASURE.match(part) is not None
            or _TASK.fullmatch(part) is not None
        )

    def mark(self, span: Span, column: int | None, last: int, runs_on: bool) -> Iterator[Marked]:
        """Yield the marked parts of a paragraph.

        `column` is where it stands, None where the row has lost its columns, `last` the column of the practices.
        `runs_on` says that one practice may follow another in the same paragraph.
        """
        part = span.of(self._text)
        # A sentence in the practices' own column is text, however it begins.
        heading = is_open(part) or column != last
        if compact(part) in self._header:
            yield Marked(Mark.HEADER, None, span)
        elif column == 0 and (digits := _TASK_IN_DIGITS.fullmatch(part)):
            yield Marked(Mark.TASK_NUMBER, int(digits[1]), span)
        elif item := self._item.match(self._text, span.start, span.end):
            yield from self._items(span, item, runs_on)
        elif heading and (measure := _MEASURE.match(self._text, span.start, span.end)):
            misread = measure[1] in _STROKES
            number = 1 if misread else chinese_number(measure[1])
            yield Marked(Mark.MEASURE, number, Span(measure.end(), span.end), misread)
        elif is_open(part) and (task := _TASK.match(part)):
            yield Marked(Mark.TASK_NUMBER, chinese_number(task[1]), Span(span.start, span.start + len(task[1])))
            if task.end() < len(part):
                yield Marked(Mark.TASK_TITLE, None, Span(span.start + task.end(), span.end))
        elif len(part) == 1 and part in _STROKES:
            yield Marked(Mark.TASK_NUMBER, 1, span, misread=True)
        else:
            yield Marked(Mark.TASK_TITLE if is_open(part) and column != last else Mark.TEXT, None, span)

    def _items(self, span: Span, match: re.Match[str], runs_on: bool) -> Iterator[Marked]:
        number, start = _value(match[1]), match.end()
        for inner in self._inner_item.finditer(self._text, start, span.end) if runs_on else ():
            if _value(inner[1]) == number + 1:
                yield Marked(Mark.ITEM, number, strip(self._text, Span(start, inner.start())))
                number, start = number + 1, inner.end()
        yield Marked(Mark.ITEM, number, strip(self._text, Span(start, span.end)))


def compact(text: str) -> str:
    """Return `text` without white space: 序 号 is 序号."""
    return "".join(text.split())


def _style(text: str, paragraphs: Iterable[Span]) -> str:
    """Return the style in which the first paragraph that is numbered 1 is numbered."""
    for span in paragraphs:
        for style in _ITEM_STYLES:
            found = re.compile(style).match(text, span.start, span.end)
            # A number alone counts tasks, not practices.
            if found and _value(found[1]) == 1 and text[found.end() : span.end].strip():
                return style
    return _ITEM_STYLES[0]


def _value(number: str) -> int:
    return int(number) if number.isdecimal() else int(unicodedata.numeric(number))
