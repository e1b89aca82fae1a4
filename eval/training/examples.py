"""Read the questions and passages that the encoder is trained on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s

from corpus.sentences import sentence_spans
from corpus.types import Document
from eval.beir import read_beir
from eval.lines import read_objects
from index.normal import normalise
from index.tokens import Tokenizer

# Characters of a passage that are read: what most practices have, and what two cores get through in time.
_LONGEST = 220
_NEGATIVES = 8
# How often a written passage stands under its heading, as a practice of a list does.
_UNDER_HEADING = 2 / 3


@dataclass(frozen=True, slots=True)
class Text:
    """Hold a passage as an encoder reads it; its first `heading` characters are context, `source` is its document."""

    text: str
    heading: int
    source: str


@dataclass(frozen=True, slots=True)
class Example:
    """Hold a question, the number of the passage that answers it, and those of passages that look like it.

    `field` says what the passage is about, "" where that is not known.
    """

    query: str
    passage: int
    field: str
    negatives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """Hold passages, numbered from 0, and the examples over them."""

    name: str
    passages: tuple[Text, ...]
    examples: tuple[Example, ...]


def read_lists(path: Path, rng: random.Random) -> Collection:
    """Read lists written for training: JSON lines with `id`, `field`, `heading`, `passage` and `questions`."""
    texts: list[Text] = []
    asked: list[tuple[str, int, str]] = []
    for _line, record in read_objects(path):
        heading = normalise(record["heading"].split("›")[-1].strip()) + "\n" if rng.random() < _UNDER_HEADING else ""
        asked += [(normalise(question["text"]), len(texts), record["field"]) for question in record["questions"]]
        texts.append(Text(heading + normalise(record["passage"]), len(heading), record["id"]))
    return Collection(path.stem, tuple(texts), _with_negatives(texts, asked, rng))


def read_encyclopedia(path: Path, data: Path, rng: random.Random) -> Collection:
    """Read questions written over passages of BEIR folders under `data`: JSON lines that name `source` and `length`."""
    documents: dict[str, dict[str, Document]] = {}
    texts: list[Text] = []
    asked: list[tuple[str, int, str]] = []
    for _line, record in read_objects(path):
        folder, _, name = record["source"].partition("/")
        if folder not in documents:
            documents[folder] = {document.id: document for document in read_beir(data / folder).documents}
        passage = documents[folder][name].text[: record["length"]]
        asked += [(normalise(question["text"]), len(texts), "") for question in record["questions"]]
        texts.append(Text(normalise(passage), 0, record["source"]))
    return Collection(path.stem, tuple(texts), _with_negatives(texts, asked, rng))


def read_windows(directory: Path, splits: Sequence[str], rng: random.Random) -> Collection:
    """Read a BEIR folder whose queries have one document each; of a long one, the sentences nearest to the query."""
    texts: list[Text] = []
    numbers: dict[str, int] = {}
    asked: list[tuple[str, int, str]] = []
    for split in splits:
        collected = read_beir(directory, split)
        documents = {document.id: normalise(document.text) for document in collected.documents}
        for query in collected.queries:
            (gold,) = collected.judgements[query.id]
            question = normalise(query.text)
            window = _window(documents[gold], question)
            if window not in numbers:
                numbers[window] = len(texts)
                texts.append(Text(window, 0, gold))
            asked.append((question, numbers[window], ""))
    return Collection(directory.name, tuple(texts), _with_negatives(texts, asked, rng))


def _window(text: str, question: str) -> str:
    """Return the run of whole sentences, as long as may be, that shares most pairs of characters with a question."""
    asked = {question[at : at + 2] for at in range(len(question) - 1)}
    spans = list(sentence_spans(text))
    best, most = text[:_LONGEST], -1
    for first, span in enumerate(spans):
        end = max((other.end for other in spans[first:] if other.end - span.start <= _LONGEST), default=span.end)
        window = text[span.start : min(end, span.start + _LONGEST)]
        shared = sum(pair in window for pair in asked)
        if shared > most:
            best, most = window, shared
    return best


def _with_negatives(
    texts: Sequence[Text], asked: Sequence[tuple[str, int, str]], rng: random.Random
) -> tuple[Example, ...]:
    """Find for each question passages of other documents that share its words; where none does, others."""
    tokenizer = Tokenizer.build(())
    index = bm25s.BM25()
    index.index([tokenizer(text.text) for text in texts], show_progress=False)
    examples: list[Example] = []
    for query, gold, field in asked:
        scores = index.get_scores(tokenizer(query))
        order = scores.argsort()[::-1][: 5 * _NEGATIVES].tolist()
        # Another window of the same document may answer too.
        others = [number for number in order if texts[number].source != texts[gold].source]
        alike = [number for number in others if scores[number] > 0] or rng.sample(others, len(others))
        examples.append(Example(query, gold, field, tuple(alike[:_NEGATIVES])))
    return tuple(examples)
