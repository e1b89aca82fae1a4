"""Cut practices into the pieces that an encoder can read in one pass."""

from __future__ import annotations

from collections.abc import Callable

from corpus.sentences import sentence_spans
from corpus.types import Chunk, Practice


def chunk_practice(practice: Practice, fits: Callable[[str], bool]) -> tuple[Chunk, ...]:
    """Return the chunks of a practice: one if its text fits, else runs of whole sentences that fit.

    `fits` tells whether a text can be read in one pass. A sentence that alone does not fit stays whole. The chunks
    are in order and cover the text.
    """
    text = practice.text
    if not text or fits(text):
        return (Chunk(practice.id, practice.id, 0, len(text), text),)
    bounds: list[tuple[int, int]] = []
    for sentence in sentence_spans(text):
        if bounds and fits(text[bounds[-1][0] : sentence.end]):
            bounds[-1] = (bounds[-1][0], sentence.end)
        else:
            bounds.append((sentence.start, sentence.end))
    return tuple(
        Chunk(f"{practice.id}#{number}", practice.id, start, end, text[start:end])
        for number, (start, end) in enumerate(bounds or [(0, len(text))], start=1)
    )
