"""An answer while it is being written: frames and quotes in their order, each quote checked as it is set down."""

from __future__ import annotations

from corpus.types import Practice, Span
from index.retriever import Retriever
from index.types import Citation
from service.segment import Segment

BULLET = "• "


class Draft:
    """Collect the segments of an answer and what their marks 1 … n cite."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self.segments: list[Segment] = []
        self.citations: list[Citation] = []

    def say(self, frame: str) -> None:
        """Add a frame, which states nothing of what the list says: a heading, a count, a place, a bullet."""
        if frame:
            self.segments.append(Segment(frame))

    def quote(self, practice: Practice, span: Span) -> None:
        """Add the text of a practice at `span`, without the blanks around it, with its mark.

        Raises CitationError when the document does not hold it.
        """
        text = span.of(practice.text)
        start = span.start + len(text) - len(text.lstrip())
        citation = self._retriever.cite(practice, start, start + len(text.strip()))
        self.citations.append(citation)
        self.segments.append(Segment(citation.quote, (len(self.citations),)))
