"""What the service answers about a question: how it was understood."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from index.about_list import Aspect
from index.bounds import Amount, Bound
from index.parts import Part
from index.types import Correction, Kind, Place, Query, SlipKind
from service.response_body import ResponseBody

REWRITTEN = Field(
    description="How a question of a conversation reads on its own, where it needs those before it; null otherwise."
)
CHANGED_TOPIC = Field(
    description="Whether it is not about what the questions before it were about; then they did not count."
)


class PlaceOut(ResponseBody):
    """Name a place the question speaks of, as `written` and as understood."""

    written: str
    name: str
    codes: list[str]
    excluded: bool = Field(description="Whether the question asks about others (除了深圳).")
    held: bool = Field(description="Whether some practice names the place or one that lies in it.")
    by_itself: bool = Field(description="Whether what lies in the place is not meant (浙江省级层面).")

    @classmethod
    def of(cls, place: Place) -> Self:
        """Return `place` as JSON."""
        return cls(
            written=place.written,
            name=place.name,
            codes=list(place.codes),
            excluded=place.excluded,
            held=place.held,
            by_itself=place.by_itself,
        )


class AmountOut(ResponseBody):
    """Name an amount the question asks for: a figure between `low` and `high`, in one `unit` for all of its kind."""

    written: str
    low: float
    high: float
    unit: str
    bound: Bound = Field(description="What it bounds: all from it up (least), all up to it (most), or nothing (none).")

    @classmethod
    def of(cls, amount: Amount) -> Self:
        """Return `amount` as JSON."""
        low, high = float(amount.low), float(amount.high)
        return cls(written=amount.written, low=low, high=high, unit=amount.unit, bound=amount.bound)


class CorrectionOut(ResponseBody):
    """Say that something `written` was read as `understood`."""

    written: str
    understood: str
    kinds: list[SlipKind] = Field(
        description="What went wrong: a character of the same or a near sound, pinyin, order, one missing, or another."
    )

    @classmethod
    def of(cls, correction: Correction) -> Self:
        """Return `correction` as JSON."""
        return cls(written=correction.written, understood=correction.understood, kinds=list(correction.kinds))


class PartOut(ResponseBody):
    """Name a part of the list that the question points to, as `written`."""

    written: str
    headings: list[str] = Field(description="The headings that it is named by; none for one named by its number.")
    item: int | None = Field(description="The number of one practice in it (第2条); null for all of it.")
    excluded: bool = Field(description="Whether the question asks about all but it.")
    held: bool = Field(description="Whether the list has such a part.")

    @classmethod
    def of(cls, part: Part) -> Self:
        """Return `part` as JSON."""
        return cls(
            written=part.written,
            headings=list(part.titles),
            item=part.item or None,
            excluded=part.excluded,
            held=part.held,
        )


class QueryOut(ResponseBody):
    """Show the question as understood: `text` normalised and corrected, `tokens` for the sparse channel, `places`."""

    raw: str
    text: str
    tokens: list[str]
    places: list[PlaceOut]
    kind: Kind = Field(
        description="What kind of answer it wants: every practice about something (list) or of a place (region), sides "
        "beside each other (compare), a figure (number), anything else asked (fact), or words to look for (other)."
    )
    corrections: list[CorrectionOut]
    amounts: list[AmountOut]
    titles: list[str] = Field(description="What it quotes, without the marks.")
    parts: list[PartOut]
    about_list: list[Aspect] = Field(
        description="What it asks of the list itself: who issued it, when, how much it holds."
    )
    rewritten: str | None = REWRITTEN
    changed_topic: bool = CHANGED_TOPIC

    @classmethod
    def of(cls, query: Query) -> Self:
        """Return `query` as JSON."""
        return cls(
            raw=query.raw,
            text=query.text,
            tokens=list(query.tokens),
            places=[PlaceOut.of(place) for place in query.places],
            kind=query.kind,
            corrections=[CorrectionOut.of(correction) for correction in query.corrections],
            amounts=[AmountOut.of(amount) for amount in query.amounts],
            titles=[title.written for title in query.titles],
            parts=[PartOut.of(part) for part in query.parts],
            about_list=list(query.about_list.aspects),
            rewritten=query.rewritten,
            changed_topic=query.changed_topic,
        )
