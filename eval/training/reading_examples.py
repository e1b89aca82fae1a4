"""Read the questions and passages that the reader is trained on: what is asked, answered or not, of the same passage.

A line of `data/pairs_*.jsonl` is a passage, written out (`heading`, `passage`) or named as one of a BEIR folder
(`source`, `length`), with `pairs` of questions of which it answers the first (`answered`) and not the second
(`missing`). A line of `data/terms_*.jsonl` is read by `eval.terms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.types import Document
from eval.beir import read_beir
from eval.lines import read_objects
from eval.terms import asked, read_terms
from eval.training.examples import Collection, Example, Text, written
from index.normal import normalise

# Passages further off are told apart without reading.
_LOOKALIKES = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold a question and the number of a passage that it is read with."""

    query: str
    passage: int


@dataclass(frozen=True, slots=True)
class Contrast:
    """Hold a reading that answers and one that does not: other words for the same passage, or another passage."""

    answered: Reading
    missing: Reading


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Hold passages, numbered from 0, and contrasts over them."""

    passages: tuple[Text, ...]
    contrasts: tuple[Contrast, ...]


def read_pairs(paths: Sequence[Path], data: Path) -> Contrasts:
    """Read files of pairs; `data` is where the BEIR folders are. Raises DataError for a bad file."""
    passages: list[Text] = []
    contrasts: list[Contrast] = []
    documents: dict[str, dict[str, Document]] = {}
    for path in paths:
        for _line, record in read_objects(path):
            number = len(passages)
            passages.append(_passage(record, data, documents))
            for pair in record["pairs"]:
                answered, missing = normalise(pair["answered"]), normalise(pair["missing"])
                contrasts.append(Contrast(Reading(answered, number), Reading(missing, number)))
    return Contrasts(tuple(passages), tuple(contrasts))


def read_near_misses(path: Path) -> Contrasts:
    """Read the lists that the encoder is trained on: their questions against their near misses, in turn."""
    passages: list[Text] = []
    contrasts: list[Contrast] = []
    for _line, record in read_objects(path):
        number = len(passages)
        passages.append(written(record))
        missing = [Reading(normalise(text), number) for text in record["near_misses"]]
        for place, question in enumerate(record["questions"]):
            answered = Reading(normalise(question["text"]), number)
            contrasts.append(Contrast(answered, missing[place % len(missing)]))
    return Contrasts(tuple(passages), tuple(contrasts))


def against_others(collection: Collection, lookalikes: NDArray[np.int64]) -> Contrasts:
    """Set each question of a collection, read with its passage, against itself, read with passages that look like it.

    `lookalikes` (examples, passages) are the numbers of passages, nearest first, among them its own.
    """
    contrasts: list[Contrast] = []
    for example, near in zip(collection.examples, lookalikes.tolist(), strict=True):
        sources = {collection.passages[number].source for number in example.passages}
        # Another window of the same document may answer too.
        others = [number for number in near if collection.passages[number].source not in sources][:_LOOKALIKES]
        for place, other in enumerate(others):
            answering = example.passages[place % len(example.passages)]
            contrasts.append(Contrast(Reading(example.query, answering), Reading(example.query, other)))
    return Contrasts(collection.passages, tuple(contrasts))


def read_held_terms(paths: Sequence[Path], lists: Sequence[Collection]) -> list[tuple[Collection, Collection]]:
    """Read terms about the written lists: of each list those that it holds and, without passages, those that it lacks.

    Raises DataError for a bad file.
    """
    by_name = {one.name: one for one in lists}
    read: list[tuple[Collection, Collection]] = []
    for path in paths:
        for terms in read_terms(path):
            passages = by_name[terms.field].passages
            numbers = {passage.source: number for number, passage in enumerate(passages)}
            held = tuple(
                Example(normalise(asked(term, place)), (numbers[name],))
                for place, (term, name) in enumerate(terms.held)
            )
            # In turn again, since a list holds more terms than were written that it lacks.
            lacking = islice(cycle(terms.absent), len(held))
            absent = tuple(Example(normalise(asked(term, place)), ()) for place, term in enumerate(lacking))
            read.append((Collection(terms.field, passages, held), Collection(terms.field, passages, absent)))
    return read


def against_absent(held: Collection, absent: Collection, lookalikes: NDArray[np.int64]) -> Contrasts:
    """Set each term that a list holds, read with its passage, against one that it lacks, asked in the same form.

    `lookalikes` (absent, passages) are the numbers of the passages nearest to these, of which they are read with one of
    the first two.
    """
    contrasts = [
        Contrast(Reading(one.query, one.passages[0]), Reading(other.query, int(near[place % 2])))
        for place, (one, other, near) in enumerate(zip(held.examples, absent.examples, lookalikes, strict=True))
    ]
    return Contrasts(held.passages, tuple(contrasts))


def _passage(record: dict[str, object], data: Path, documents: dict[str, dict[str, Document]]) -> Text:
    source = record.get("source")
    if not isinstance(source, str):
        return written(record)
    folder, _, name = source.partition("/")
    if folder not in documents:
        documents[folder] = {document.id: document for document in read_beir(data / folder).documents}
    length = record["length"]
    assert isinstance(length, int)
    return Text(normalise(documents[folder][name].text[:length]), 0, source)
