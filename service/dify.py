"""What Dify sends and expects: its External Knowledge API, in this service's terms."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from corpus.regions import gazetteer
from index.filters import fold
from index.types import Hit
from service.dify_conditions import FIELDS, ORDERING, SEVERAL, VALUELESS, Matches, Operator, combined, condition
from service.requests import BLANK, MAX_NAME, Name, Question, readable
from service.response_body import ResponseBody
from service.schemas import SpanOut

ALL = "all"
"""The knowledge id of every document."""

_MAX_CONDITIONS = 50
_MAX_VALUES = 100
_COMMAS = re.compile("[,，]")
_readable = readable(MAX_NAME)


class _Body(BaseModel):
    # Unlike the rest of the API this lets unknown fields pass: the next version of Dify may send more.
    model_config = ConfigDict(frozen=True, extra="ignore")


class RetrievalSetting(_Body):
    """Say how many records are wanted, and how sure they must be."""

    top_k: int | None = Field(
        ge=1, description="How many records at most, 50 at the very most; null: the kind of the question decides."
    )
    score_threshold: float | None = Field(ge=0, le=1, description="The least score of a record; null or 0: any.")


def _names(given: object) -> object:
    named = given if isinstance(given, list) else [given]
    names = [name for name in named if isinstance(name, str)]
    if not names or len(names) < len(named):
        raise PydanticCustomError("condition_name", "A name, or a list of names, is expected")
    known = [name.strip().casefold() for name in names]
    for name, key in zip(names, known, strict=True):
        if key not in FIELDS:
            raise PydanticCustomError(
                "condition_name",
                "Unknown name {name}; known: {known}",
                {"name": _shown(name), "known": ", ".join(FIELDS)},
            )
    return tuple(known)


def _operator(given: object) -> object:
    if not isinstance(given, str) or given not in set(Operator):
        raise PydanticCustomError(
            "condition_operator",
            "Unknown operator {operator}; known: {known}",
            {"operator": _shown(given), "known": ", ".join(Operator)},
        )
    operator = Operator(given)
    if operator in ORDERING:
        raise PydanticCustomError(
            "condition_operator",
            "The operator {operator} compares numbers or dates, but every name here holds text; use is, in or contains",
            {"operator": operator.value},
        )
    return operator


class Condition(_Body):
    """Compare what a practice holds under a name with a value; of several names any may hold."""

    name: Annotated[
        tuple[str, ...],
        BeforeValidator(_names),
        WithJsonSchema({"anyOf": [{"enum": list(FIELDS)}, {"type": "array", "items": {"enum": list(FIELDS)}}]}),
    ]
    comparison_operator: Annotated[Operator, BeforeValidator(_operator)]
    value: Annotated[
        tuple[str, ...],
        WithJsonSchema({"anyOf": [{"type": kind} for kind in ("string", "number", "array", "null")]}),
    ] = Field(
        (),
        validate_default=True,
        description="A text of at most 100 characters; for `in` and `not in` a list of them, or one text with commas; "
        "nothing for `empty` and `not empty`.",
    )

    @field_validator("value", mode="before")
    @classmethod
    def _texts(cls, given: object, info: ValidationInfo) -> tuple[str, ...]:
        operator = info.data.get("comparison_operator")
        if operator is None or operator in VALUELESS:
            return ()
        if operator in SEVERAL and isinstance(given, str):
            given = [part for part in _COMMAS.split(given) if part.strip()]
        values = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
        if not values:
            raise PydanticCustomError("condition_value", "The value is missing")
        if len(values) > (_MAX_VALUES if operator in SEVERAL else 1):
            message = "{operator} takes one value, in and not in take up to {most}"
            raise PydanticCustomError("condition_value", message, {"operator": operator.value, "most": _MAX_VALUES})
        return tuple(_text(value) for value in values)

    def matches(self) -> Matches:
        """Return what this condition lets through; UnknownNameError for a region that is not known."""
        return condition(self.name, self.comparison_operator, self.value)


class MetadataCondition(_Body):
    """Let only practices be found that meet the conditions, all or any of them."""

    logical_operator: Literal["and", "or"] | None = "and"
    conditions: list[Condition] | None = Field(None, max_length=_MAX_CONDITIONS)

    def matches(self) -> Matches:
        """Return what the conditions let through; UnknownNameError for a region that is not known."""
        conditions = [condition.matches() for condition in self.conditions or ()]
        return combined(conditions, all_of=self.logical_operator != "or")


class RetrievalRequest(_Body):
    """Ask for the records that answer a question, as Dify asks."""

    knowledge_id: Name = Field(description=f"The id of a document, or `{ALL}` for every document.")
    query: Question
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataCondition | None = None


class RecordMetadata(ResponseBody):
    """Say where a record comes from. No text is null; one that a document does not have is empty."""

    document_id: str
    document_title: str
    document_number: str
    practice_id: str
    task: str
    measure: str
    heading_path: list[str]
    regions: list[str] = Field(description="Names of the places that the practice names.")
    span: SpanOut = Field(description="From the first to the last character of the content in the document's text.")
    spans: list[SpanOut] = Field(description="The exact pieces; more than one only where a page break cuts it.")
    url: str = Field(description="Where the practice can be read.")


class Record(ResponseBody):
    """Hold one practice, word for word."""

    content: str
    score: float = Field(
        ge=0,
        le=1,
        description="Calibrated probability that the record is part of an answer: that the list holds one, times that "
        "this practice belongs to it. It means the same for every question; 0.5 is as likely as not.",
    )
    title: str = Field(description="The title of the document and the headings above the practice.")
    metadata: RecordMetadata

    @classmethod
    def of(cls, hit: Hit, score: float, url: str) -> Self:
        """Return `hit` as a record."""
        citation, practice = hit.citation, hit.practice
        metadata = RecordMetadata(
            document_id=citation.document_id,
            document_title=citation.document_title,
            document_number=citation.document_number,
            practice_id=practice.id,
            task=practice.task.title if practice.task else "",
            measure=practice.measure.title if practice.measure else "",
            heading_path=list(citation.heading_path),
            regions=[gazetteer().region(code).name for code in practice.regions],
            span=SpanOut.hull(citation.spans),
            spans=[SpanOut.of(span) for span in citation.spans],
            url=url,
        )
        title = " › ".join([citation.document_title, *citation.heading_path])
        return cls(content=citation.quote, score=score, title=title, metadata=metadata)


class RetrievalResponse(ResponseBody):
    """Hold the records, best first; none where nothing reaches the threshold."""

    records: list[Record]


def _text(value: object) -> str:
    """Return one value as the text to compare with."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise PydanticCustomError("condition_value", "A value is a text or a number")
    text = str(_readable(value))
    if not fold(text):
        raise PydanticCustomError(BLANK, "The value holds no letter or digit to compare")
    return text


def _shown(value: object) -> str:
    return repr(str(value)[:40].encode("utf-8", "replace").decode())
