"""What a reader is told about how an answer came about, beside the answer itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """Name what a note is about.

    `UNSUPPORTED`: sentences of the language model were left out, since what they say does not stand in what they cite;
    `LEFT_OUT`: the model does not speak of some of the practices that belong to the answer; `MODEL_UNAVAILABLE`: the
    model gave nothing that could be used, and the list's own sentences answer; `MODEL_BROKE_OFF`: it gave some, and
    the list's own sentences follow.
    """

    UNSUPPORTED = "unsupported"
    LEFT_OUT = "left-out"
    MODEL_UNAVAILABLE = "model-unavailable"
    MODEL_BROKE_OFF = "model-broke-off"


class Author(StrEnum):
    """Say who wrote an answer: the list itself, sentence by sentence, a language model, or first it and then the list.

    Whatever a model wrote was checked against the list.
    """

    LIST = "list"
    MODEL = "model"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Note:
    """Tell a reader something: its `text` in Chinese, and how many sentences or practices it is about as `count`."""

    kind: NoteKind
    text: str
    count: int = 0


def unsupported(count: int) -> Note:
    """Note that `count` sentences were left out."""
    return Note(NoteKind.UNSUPPORTED, f"模型写的{count}句话没有出处或与出处不符，已略去。", count)


def left_out(count: int) -> Note:
    """Note that the model does not speak of `count` practices of the answer."""
    return Note(NoteKind.LEFT_OUT, f"清单里另有{count}条相关做法，上面没有写到，见检索结果。", count)


def unavailable(why: str) -> Note:
    """Note that the list answers in the place of the model, and `why`."""
    return Note(NoteKind.MODEL_UNAVAILABLE, f"{why}，以下答案摘自清单原文。")


def broke_off(why: str) -> Note:
    """Note that the list goes on where the model broke off, and `why` it did."""
    return Note(NoteKind.MODEL_BROKE_OFF, f"{why}，其余部分摘自清单原文。")
