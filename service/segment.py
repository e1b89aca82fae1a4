"""The pieces that an answer is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """Hold a run of an answer: its `text`, and the numbers of the citations that it rests on as `marks`.

    What states nothing (a heading, a bullet, a count of what follows) has no marks.
    """

    text: str
    marks: tuple[int, ...] = ()

    @property
    def shown(self) -> str:
        """Return the text with its marks, [1][2]."""
        return self.text + "".join(f"[{mark}]" for mark in self.marks)
