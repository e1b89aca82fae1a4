"""Find the question in a conversation, and what was asked before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from service.housekeeping import spoken
from service.openai_requests import Message
from service.problems import BLANK_TEXT, UNSUPPORTED_VALUE, FieldProblem, Problem, ProblemError
from service.requests import MAX_HISTORY, MAX_QUESTION, Question, is_blank

_QUESTION: TypeAdapter[str] = TypeAdapter(Question)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Hold a question and the questions before it, oldest first."""

    question: str
    history: tuple[str, ...]


def conversation(messages: Sequence[Message]) -> Conversation:
    """Return the last question of a person and up to 20 before it, each cut to what a question may have.

    Raises RequestValidationError for a question that can't be read, ProblemError where there is none or it holds more
    than text.
    """
    asked = [position for position, message in enumerate(messages) if message.role == "user"]
    if not asked:
        detail = "There is no message of the role user, so there is no question"
        raise ProblemError(Problem(BLANK_TEXT, detail, (FieldProblem(f"{detail}.", pointer="#/messages"),)))
    last = asked[-1]
    _check_parts(messages[last], last)
    earlier = (_readable_part(messages[position].text) for position in asked[:-1])
    history = tuple(text for text in earlier if not is_blank(text))
    return Conversation(_question(messages[last], last), history[-MAX_HISTORY:])


def _question(message: Message, position: int) -> str:
    try:
        return _QUESTION.validate_python(spoken(message.text))
    except ValidationError as error:
        place = ("body", "messages", position, "content")
        raise RequestValidationError([{**item, "loc": place} for item in error.errors()]) from None


def _check_parts(message: Message, position: int) -> None:
    for number, part in enumerate(message.content):
        if part.type != "text":
            detail = f"A question can hold text only, not a part of the type {part.type[:40]!r}."
            place = FieldProblem(detail, pointer=f"#/messages/{position}/content/{number}")
            raise ProblemError(Problem(UNSUPPORTED_VALUE, detail, (place,)))


def _readable_part(text: str) -> str:
    """Return what can be read of an earlier message, which nobody can mend any more."""
    readable = "".join(char for char in spoken(text) if char != "\0" and not "\ud800" <= char <= "\udfff")
    return readable.strip()[:MAX_QUESTION]
