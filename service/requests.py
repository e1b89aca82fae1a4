"""What a stranger may send: strict types, no unknown fields, text that is readable, not blank and not endless."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from index.types import Filters, Mode

MAX_QUESTION = 2000
MAX_NAME = 100
MAX_ID = 200
MAX_NOTE = 1000
MAX_HISTORY = 20

BLANK = "blank_text"
TOO_LONG = "text_too_long"
UNREADABLE = "unreadable_text"

# Letters and symbols by category that are drawn as nothing: Hangul fillers and the empty Braille pattern.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_blank(text: str) -> bool:
    """Tell whether `text` shows nothing: only spaces, controls, format characters, marks without a base, fillers."""
    return all(unicodedata.category(char)[0] in "CZM" or char in _INVISIBLE for char in text)


def readable(limit: int) -> Callable[[Any], Any]:
    """Return a validator that strips a text and refuses one that is unreadable, blank or longer than `limit`."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
            raise PydanticCustomError(UNREADABLE, "The text holds U+0000 or half of a surrogate pair; leave them out")
        text = value.strip()
        if is_blank(text):
            raise PydanticCustomError(BLANK, "The text is blank; write some words")
        if len(text) > limit:
            raise PydanticCustomError(
                TOO_LONG,
                "The text has {length} characters; {limit} are the most",
                {"length": len(text), "limit": limit},
            )
        return text

    return check


Question = Annotated[str, BeforeValidator(readable(MAX_QUESTION)), Field(min_length=1, max_length=MAX_QUESTION)]
"""A question or query: 1 to 2,000 code points after stripping."""

Name = Annotated[str, BeforeValidator(readable(MAX_NAME)), Field(min_length=1, max_length=MAX_NAME)]
"""The value of a filter: 1 to 100 code points after stripping."""

Id = Annotated[str, BeforeValidator(readable(MAX_ID)), Field(min_length=1, max_length=MAX_ID)]
"""The id of a practice or document: 1 to 200 code points after stripping."""

History = Annotated[
    list[Question],
    Field(
        max_length=MAX_HISTORY,
        description="The questions before this one in its conversation, oldest first, so that 那苏州呢？ is "
        "understood; what it is understood as comes back as `rewritten`. The body as a whole may have 64 KiB.",
    ),
]
"""Earlier questions, each checked like a question."""


def _remark(value: Any) -> Any:
    """Read a blank note as none: a form sends its field empty."""
    try:
        return readable(MAX_NOTE)(value)
    except PydanticCustomError as error:
        if error.type == BLANK:
            return None
        raise


Note = Annotated[Annotated[str, Field(max_length=MAX_NOTE)] | None, BeforeValidator(_remark)]
"""What somebody adds to a verdict: up to 1,000 code points after stripping; a blank one is none."""

TopK = Annotated[int, Field(ge=1, le=50, description="How many practices to return at most.")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FilterFields(_Request):
    """Keep only practices that match every given value."""

    document: Name | None = Field(None, description="Id or number (文号) of a document.")
    task: Name | None = Field(None, description="Title, label (三) or number (3) of a task.")
    measure: Name | None = Field(None, description="Title of a measure, or the numbers of its path (3.1).")
    region: Name | None = Field(
        None, description="A region, by any name or by code: 深圳, 440300, 长三角, Shenzhen. Covers what lies under it."
    )

    def filters(self) -> Filters:
        """Return these values as the retriever takes them."""
        return Filters(document=self.document, task=self.task, measure=self.measure, region=self.region)


class PracticeQuery(FilterFields):
    """Hold the query parameters of the list of practices; they come as text, so numbers are read from it."""

    limit: int = Field(50, ge=1, le=200, strict=False, description="How many practices to return at most.")
    offset: int = Field(0, ge=0, le=1_000_000, strict=False, description="How many practices to skip.")


class SearchRequest(_Request):
    """Ask for practices, best first."""

    query: Question
    top_k: TopK | None = Field(
        None,
        description="How many practices at most; without it the kind of the question decides: all that belong to the "
        "answer where it asks for a list, for a place or for a comparison, else 5.",
    )
    # JSON has no enums: a mode arrives as text, which a strict field would refuse.
    mode: Mode = Field(Mode.HYBRID, strict=False, description="Which channels score.")
    filters: FilterFields | None = None
    history: History = []

    def kept(self) -> Filters:
        """Return the filters, which let everything pass where none were sent."""
        return self.filters.filters() if self.filters else Filters()


class AskRequest(_Request):
    """Ask for an answer with citations."""

    question: Question
    top_k: TopK | None = Field(
        None,
        description="How many practices at most; without it the kind of the question decides, as in a search.",
    )
    history: History = []
    stream: bool = Field(False, description="Whether to send the answer as it comes, as server-sent events.")


class FeedbackRequest(_Request):
    """Say whether an answer was of use."""

    question: Question
    history: History = []
    practice_ids: list[Id] = Field(max_length=50, description="Ids of the practices that were shown, best first.")
    verdict: Literal["up", "down"]
    note: Note = Field(None, description="Why, in a few words.")


class FindArguments(_Request):
    """Look for practices with a tool."""

    query: Question = Field(description="What to look for: a question or words, best in Chinese.")


class FetchArguments(_Request):
    """Read a practice or document with a tool."""

    id: Id = Field(description="Id of a practice (mohurd-2024-131:3.1.3) or of a whole document (mohurd-2024-131).")


class AskArguments(_Request):
    """Ask for an answer with a tool."""

    question: Question = Field(description="One question, best in Chinese; it may lean on the history.")
    history: History = []


class ListArguments(PracticeQuery):
    """Browse practices with a tool. A page is shorter than over HTTP: all of it is read by a model."""

    limit: int = Field(20, ge=1, le=200, strict=False, description="How many practices to return at most.")
