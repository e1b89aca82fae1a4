"""Read written lists of other fields, each a small corpus with questions: what is fitted on them beside our own.

A line of `data/lists/fields-*.jsonl` is one practice of a `field`: `id`, `heading` (levels parted by ›), `passage`,
`questions` that it answers (objects with a `text`) and `near_misses`, which name what it names and ask what it
does not say. `terms.jsonl` has short questions on each field, see `eval.terms`, `outside.txt` questions that no list is
asked. For refusal every other practice of a field is left
out of the corpus, so that its questions are questions of the field without an answer. `several.jsonl` holds questions
that several practices of a field answer, for where a list ends; for these the fields are whole.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.regions import gazetteer
from corpus.types import Document, Heading, Practice, PracticeList, Span
from eval.errors import DataError
from eval.lines import json_type, read_objects, text_field
from eval.questions import Question
from eval.terms import Terms, asked, read_terms

LISTS = Path(__file__).parent / "data" / "lists"
# Groups of places are too many for one practice: 长三角 says little of where it is.
_MOST_CODES = 3
# Questions taken: of each practice that stays, of each that was left out, of other fields and from outside in all.
_ANSWERED, _LEFT_OUT, _OTHER = 4, 2, 8


@dataclass(frozen=True, slots=True)
class Item:
    """Hold one practice with the questions that it answers and those that it only seems to."""

    name: str
    heading: str
    passage: str
    questions: tuple[str, ...]
    near_misses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldList:
    """Hold practices of one field as a list, and questions with and without an answer in it."""

    field: str
    practices: PracticeList
    questions: tuple[Question, ...]


def read_field_lists(directory: Path = LISTS) -> tuple[FieldList, ...]:
    """Read the fields of a directory, in order of their names. Raises DataError for what can't be read."""
    fields = _fields(directory)
    outside = [
        line
        for line in map(str.strip, (directory / "outside.txt").read_text(encoding="utf-8").splitlines())
        if line and not line.startswith("#")
    ]
    names = sorted(fields)
    terms = {one.field: one for one in read_terms(directory / "terms.jsonl")}
    if terms.keys() != fields.keys():
        raise DataError(directory / "terms.jsonl", "must have a line for each field of fields-*.jsonl")
    return tuple(_field_list(number, names, fields, terms[names[number]], outside) for number in range(len(names)))


def read_several(directory: Path = LISTS) -> tuple[FieldList, ...]:
    """Read the fields whole, with the questions of `several.jsonl`: a `text` and in `gold` all items that answer it.

    Raises DataError for what can't be read.
    """
    fields = _fields(directory)
    documents = {field: f"field-{number}" for number, field in enumerate(sorted(fields))}
    practices: dict[str, tuple[str, str]] = {}
    for field, items in fields.items():
        practices |= {item.name: (field, f"{documents[field]}:1.{place}") for place, item in enumerate(items, start=1)}
    questions: dict[str, list[Question]] = defaultdict(list)
    path = directory / "several.jsonl"
    for line, record in read_objects(path):
        gold = record.get("gold")
        names = gold if isinstance(gold, list) else []
        known = [practices[name] for name in names if isinstance(name, str) and name in practices]
        of = {field for field, _ in known}
        if len(of) != 1 or len(known) != len(names):
            raise DataError(path, f'"gold" must name practices of one field of fields-*.jsonl, found {gold!r}', line)
        answers = tuple(practice for _, practice in known)
        questions[of.pop()].append(
            Question(f"several-{line}", "several", text_field(record, "text", path, line), answers)
        )
    return tuple(
        FieldList(field, _as_list(document, field, fields[field]), tuple(questions[field]))
        for field, document in documents.items()
    )


def _fields(directory: Path) -> dict[str, list[Item]]:
    fields: dict[str, list[Item]] = defaultdict(list)
    for path in sorted(directory.glob("fields-*.jsonl")):
        for line, record in read_objects(path):
            fields[text_field(record, "field", path, line)].append(_item(record, path, line))
    if not fields:
        raise DataError(directory, "holds no fields-*.jsonl")
    return fields


def _item(record: dict[str, object], path: Path, line: int) -> Item:
    questions, near = record.get("questions"), record.get("near_misses")
    if not isinstance(questions, list) or not isinstance(near, list):
        raise DataError(path, f'"questions" and "near_misses" must be arrays, found {json_type(questions)}', line)
    return Item(
        text_field(record, "id", path, line),
        text_field(record, "heading", path, line),
        text_field(record, "passage", path, line),
        tuple(text_field(question, "text", path, line) for question in questions),
        tuple(map(str, near)),
    )


def _field_list(
    number: int, names: list[str], fields: dict[str, list[Item]], terms: Terms, outside: list[str]
) -> FieldList:
    held, left_out = fields[names[number]][::2], fields[names[number]][1::2]
    following = fields[names[(number + 1) % len(names)]]
    document = f"field-{number}"
    questions: list[Question] = []

    def add(category: str, texts: Iterator[str], gold: tuple[str, ...] = ()) -> None:
        questions.extend(Question(f"{document}-{len(questions)}", category, text, gold) for text in texts)

    for place, item in enumerate(held, start=1):
        add("answered", _some(item.questions, _ANSWERED, place), (f"{document}:1.{place}",))
        add("near miss", iter(item.near_misses))
        add("term", (asked(term, place) for term, name in terms.held if name == item.name), (f"{document}:1.{place}",))
    add("absent term", (asked(term, place) for place, term in enumerate(terms.absent)))
    for place, item in enumerate(left_out):
        add("left out", _some(item.questions, _LEFT_OUT, place))
    add("other field", _some(tuple(item.questions[0] for item in following), _OTHER, number))
    add("outside", _some(tuple(outside), _OTHER, number * _OTHER))
    return FieldList(names[number], _as_list(document, names[number], held), tuple(questions))


def _some(texts: tuple[str, ...], wanted: int, start: int) -> Iterator[str]:
    """Yield as many of the texts as wanted, from another one on for each start, so that all kinds are met."""
    return (texts[(start + place) % len(texts)] for place in range(min(wanted, len(texts))))


def _as_list(identifier: str, title: str, items: list[Item]) -> PracticeList:
    text = "\n".join(item.passage for item in items)
    practices: list[Practice] = []
    start = 0
    for number, item in enumerate(items, start=1):
        headings = tuple(Heading(1, "", part.strip()) for part in item.heading.split("›"))
        span = Span(start, start + len(item.passage))
        practices.append(
            Practice(
                f"{identifier}:1.{number}", identifier, headings, number, item.passage, (span,), _regions(item.passage)
            )
        )
        start = span.end + 1
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return PracticeList(Document(identifier, title, "", "", "", title, digest, text), tuple(practices))


def _regions(text: str) -> tuple[str, ...]:
    mentions = (mention for mention in gazetteer().mentions(text) if len(mention.codes) <= _MOST_CODES)
    return tuple(dict.fromkeys(code for mention in mentions for code in mention.codes))
