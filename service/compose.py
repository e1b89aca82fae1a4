"""Put an answer together from the practices' own sentences, each cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.regions import gazetteer
from corpus.sentences import sentence_spans
from corpus.types import Practice, Span
from index.retriever import Retriever
from index.types import Citation, Hit, Query


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


def compose(retriever: Retriever, query: Query, hits: Sequence[Hit]) -> tuple[list[Segment], list[Citation]]:
    """Return the segments of an answer made of `hits`, and what their marks 1 … n cite."""
    segments: list[Segment] = []
    citations: list[Citation] = []
    if len(hits) > 1:
        # How many were found, never how many there are: nothing here knows that.
        segments.append(Segment(f"找到{len(hits)}条相关做法："))
    for hit in hits:
        if len(hits) > 1:
            segments.append(Segment("\n• "))
        for sentence in _sentences(retriever, query, hit.practice):
            citation = retriever.cite(hit.practice, sentence.start, sentence.end)
            citations.append(citation)
            segments.append(Segment(citation.quote.strip(), (len(citations),)))
    return segments, citations


def _sentences(retriever: Retriever, query: Query, practice: Practice) -> list[Span]:
    """Return the sentence that holds most of the question, after the one that says who does it, in their order."""
    sentences = sentence_spans(practice.text)
    best = max(sentences, key=lambda span: (retriever.support(query, span.of(practice.text)), -span.start))
    subject = sentences[0]
    if best != subject and gazetteer().mentions(subject.of(practice.text)):
        return [subject, best]
    return [best]
