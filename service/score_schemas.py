"""Where the score of a hit comes from."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from index.types import ScoreParts
from service.response_body import ResponseBody


class ScoresOut(ResponseBody):
    """Show where a score comes from."""

    dense: float = Field(description="Cosine of question and practice.")
    late: float | None = Field(
        description="Mean of the best cosines that the words of the question found, weighted by how far each tells "
        "the practices apart; null where the encoder or the question has no words."
    )
    sparse: float = Field(description="BM25 score.")
    place: float | None = Field(
        description="1 where the practice names a place asked about or one under it, 0.5 the province above, "
        "-1 none but excluded ones, 0 otherwise; null for a question without places."
    )
    sparse_weight: float = Field(description="Weight in [0, 1] that the question gave the sparse channel.")
    amount: float | None = Field(
        description="1 where the practice states an amount that the question asks for, -1 where all that it states in "
        "that unit are out of bounds, 0 where it states none; null for a question without amounts."
    )
    title: float | None = Field(
        description="1 where the practice holds what the question quotes, 0.5 for a title like it, 0 otherwise; null "
        "for a question that quotes nothing."
    )
    part: float | None = Field(
        description="1 where the practice stands in a part of the list that the question points to, 0 otherwise; null "
        "for a question that points to none."
    )
    reading: float | None = Field(
        description="The log-odds that it says what is asked, by reading both together; no part of the score, and null "
        "where it was not read."
    )

    @classmethod
    def of(cls, parts: ScoreParts) -> Self:
        """Return `parts` as JSON."""
        return cls(
            dense=parts.dense,
            late=parts.late,
            sparse=parts.sparse,
            place=parts.place,
            sparse_weight=parts.sparse_weight,
            reading=parts.reading,
            amount=parts.amount,
            title=parts.title,
            part=parts.part,
        )
