"""Read the questions and passages that the encoder is trained on."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
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
# A file of pairs has lists of so many passages, one after another, where it does not take those of another file.
_LIST = 20
# So many official clauses, one after another, are told apart from one another; neighbours differ least.
_CLAUSES = 60


@dataclass(frozen=True, slots=True)
class Text:
    """Hold a passage as an encoder reads it; its first `heading` characters are context, `source` is its document."""

    text: str
    heading: int
    source: str

    def bare(self) -> Text:
        """Return the passage without its heading."""
        return Text(self.text[self.heading :], 0, self.source)


@dataclass(frozen=True, slots=True)
class Example:
    """Hold a question, the numbers of all passages that answer it, and those of some that only look like it."""

    query: str
    passages: tuple[int, ...]
    negatives: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Hold passages, numbered from 0, and the examples over them.

    A `list` is small enough to be seen whole: each of its passages that does not answer a question is known not to.
    """

    name: str
    passages: tuple[Text, ...]
    examples: tuple[Example, ...]
    is_list: bool = False


def read_lists(directory: Path) -> list[Collection]:
    """Read the lists written for training, one of each field, with all that was asked of them.

    `lists_*.jsonl` have `id`, `field`, `heading`, `passage` and `questions`; `pairs_*.jsonl` further questions on these
    and on lists of their own; `several_*.jsonl` questions (`text`) that several passages answer (`gold`, their ids).
    """
    fields: dict[str, dict[str, Text]] = defaultdict(dict)
    asked: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    where: dict[str, str] = {}
    for path in sorted(directory.glob("lists_*.jsonl")):
        for _line, record in read_objects(path):
            where[record["id"]] = field = record["field"]
            fields[field][record["id"]] = written(record)
            asked[field] += [(question["text"], (record["id"],)) for question in record["questions"]]
    for path in sorted(directory.glob("pairs_*.jsonl")):
        for place, (_line, record) in enumerate(read_objects(path)):
            if "passage" in record:
                field = where.setdefault(record["id"], f"{path.stem}/{place // _LIST}")
                fields[field].setdefault(record["id"], written(record))
                asked[field] += [(pair["answered"], (record["id"],)) for pair in record["pairs"]]
    for path in sorted(directory.glob("several_*.jsonl")):
        for _line, record in read_objects(path):
            asked[where[record["gold"][0]]].append((record["text"], tuple(record["gold"])))
    return [_list(name, texts, asked[name]) for name, texts in sorted(fields.items())]


def read_plain(directory: Path) -> list[Collection]:
    """Read official clauses (`formal`) with what people say for them (`plain`), as lists of neighbouring clauses."""
    lists: list[Collection] = []
    for path in sorted(directory.glob("plain_*.jsonl")):
        records = [record for _line, record in read_objects(path)]
        for start in range(0, len(records), _CLAUSES):
            name, part = f"{path.stem}/{start // _CLAUSES}", records[start : start + _CLAUSES]
            texts = {record["formal"]: Text(normalise(record["formal"]), 0, record["formal"]) for record in part}
            asked = [(plain, (record["formal"],)) for record in part for plain in record["plain"]]
            lists.append(_list(name, texts, asked))
    return lists


def written(record: dict[str, object]) -> Text:
    """Return the passage of a record under its last heading, as a practice of a list stands."""
    heading = normalise(str(record["heading"]).split("›")[-1].strip()) + "\n"
    return Text(heading + normalise(str(record["passage"])), len(heading), str(record["id"]))


def read_encyclopedia(path: Path, data: Path, rng: random.Random) -> Collection:
    """Read questions written over passages of BEIR folders under `data`: JSON lines that name `source` and `length`."""
    documents: dict[str, dict[str, Document]] = {}
    texts: list[Text] = []
    asked: list[tuple[str, int]] = []
    for _line, record in read_objects(path):
        folder, _, name = record["source"].partition("/")
        if folder not in documents:
            documents[folder] = {document.id: document for document in read_beir(data / folder).documents}
        passage = documents[folder][name].text[: record["length"]]
        asked += [(normalise(question["text"]), len(texts)) for question in record["questions"]]
        texts.append(Text(normalise(passage), 0, record["source"]))
    return Collection(path.stem, tuple(texts), _with_negatives(texts, asked, rng))


def read_windows(directory: Path, splits: Sequence[str], rng: random.Random) -> Collection:
    """Read a BEIR folder whose queries have one document each; of a long one, the sentences nearest to the query."""
    texts: list[Text] = []
    numbers: dict[str, int] = {}
    asked: list[tuple[str, int]] = []
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
            asked.append((question, numbers[window]))
    return Collection(directory.name, tuple(texts), _with_negatives(texts, asked, rng))


def _list(name: str, texts: dict[str, Text], asked: Iterable[tuple[str, tuple[str, ...]]]) -> Collection:
    numbers = {id: number for number, id in enumerate(texts)}
    examples = tuple(Example(normalise(query), tuple(numbers[id] for id in gold)) for query, gold in asked)
    return Collection(name, tuple(texts.values()), examples, is_list=True)


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


def _with_negatives(texts: Sequence[Text], asked: Sequence[tuple[str, int]], rng: random.Random) -> tuple[Example, ...]:
    """Find for each question passages of other documents that share its words; where none does, others."""
    tokenizer = Tokenizer.build(())
    index = bm25s.BM25()
    index.index([tokenizer(text.text) for text in texts], show_progress=False)
    examples: list[Example] = []
    for query, gold in asked:
        scores = index.get_scores(tokenizer(query))
        order = scores.argsort()[::-1][: 5 * _NEGATIVES].tolist()
        # Another window of the same document may answer too.
        others = [number for number in order if texts[number].source != texts[gold].source]
        alike = [number for number in others if scores[number] > 0] or rng.sample(others, len(others))
        examples.append(Example(query, (gold,), tuple(alike[:_NEGATIVES])))
    return tuple(examples)
