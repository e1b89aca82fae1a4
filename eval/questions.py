"""Labelled questions: read them, check them, and tie their gold to the practices of an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eval.errors import DataError
from eval.lines import check_id, check_text, id_field, read_objects, text_field

ANSWERS = 2
HELPS = 1


@dataclass(frozen=True, slots=True)
class Question:
    """Hold one labelled question.

    `gold` are the ids of all practices that answer it; empty means that the list can't answer it. `helps` are ids of
    practices that bear on it without answering it. `history` are the earlier questions of its conversation, oldest
    first. `split` and `group` (of paraphrases) are empty where the file says nothing. `path` and `line` say where it
    was read and take no part in equality.
    """

    id: str
    category: str
    text: str
    gold: tuple[str, ...]
    helps: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    split: str = ""
    group: str = ""
    path: Path = field(default=Path("-"), compare=False)
    line: int = field(default=0, compare=False)

    @property
    def answerable(self) -> bool:
        """Say whether some practice answers it."""
        return bool(self.gold)

    @property
    def grades(self) -> dict[str, int]:
        """Return the grade of each judged practice: 2 answers, 1 helps."""
        return {**dict.fromkeys(self.helps, HELPS), **dict.fromkeys(self.gold, ANSWERS)}


def load_questions(path: Path) -> tuple[Question, ...]:
    """Read questions from JSON Lines, in the order of the file.

    Unknown fields are ignored, blank lines too. Raises `DataError`, with file and line, for a line that is not a JSON
    object, a missing or wrong field, a blank question, a doubled id, and for a file without questions.
    """
    questions: list[Question] = []
    lines: dict[str, int] = {}
    for line, record in read_objects(path):
        question = _question(record, path, line)
        if question.id in lines:
            raise DataError(path, f'the id "{question.id}" is already used in line {lines[question.id]}', line)
        lines[question.id] = line
        questions.append(question)
    if not questions:
        raise DataError(path, "holds no questions")
    return tuple(questions)


def resolve_gold(questions: Iterable[Question], practice_ids: Collection[str]) -> tuple[Question, ...]:
    """Return the questions with every id in `gold` and `helps` written in full.

    An id stands for itself, or without its document part for the one practice that ends with it: `3.1.3` for
    `mohurd-2024-131:3.1.3`. Raises `DataError` for an id that names no practice or practices of several documents, and
    for a practice that a question names twice.
    """
    known = frozenset(practice_ids)
    by_item: dict[str, list[str]] = defaultdict(list)
    for practice_id in sorted(known):
        by_item[practice_id.rpartition(":")[2]].append(practice_id)
    resolved: list[Question] = []
    for question in questions:
        gold = tuple(_practice_id(name, "gold", question, known, by_item) for name in question.gold)
        helps = tuple(_practice_id(name, "helps", question, known, by_item) for name in question.helps)
        seen: set[str] = set()
        for practice_id in (*gold, *helps):
            if practice_id in seen:
                message = f'question "{question.id}" names the practice "{practice_id}" twice'
                raise DataError(question.path, message, question.line)
            seen.add(practice_id)
        resolved.append(replace(question, gold=gold, helps=helps))
    return tuple(resolved)


def _question(record: dict[str, Any], path: Path, line: int) -> Question:
    text = text_field(record, "question", path, line)
    if not text.strip():
        raise DataError(path, '"question" is blank', line)
    if "gold" not in record:
        raise DataError(path, 'the field "gold" is missing; an empty array says that the list has no answer', line)
    return Question(
        id=id_field(record, "id", path, line),
        category=id_field(record, "category", path, line),
        text=text,
        gold=_ids(record["gold"], "gold", path, line),
        helps=_ids(record.get("helps", []), "helps", path, line),
        history=_texts(record.get("history", []), "history", path, line),
        split=check_text(record.get("split", ""), "split", path, line),
        group=check_text(record.get("group", ""), "group", path, line),
        path=path,
        line=line,
    )


def _texts(value: Any, name: str, path: Path, line: int) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise DataError(path, f'"{name}" must be an array of strings', line)
    return tuple(check_text(item, name, path, line) for item in value)


def _ids(value: Any, name: str, path: Path, line: int) -> tuple[str, ...]:
    return tuple(check_id(item, name, path, line) for item in _texts(value, name, path, line))


def _practice_id(
    name: str, field_name: str, question: Question, known: Collection[str], by_item: dict[str, list[str]]
) -> str:
    if name in known:
        return name
    found: Sequence[str] = by_item.get(name, [])
    if len(found) == 1:
        return found[0]
    if found:
        message = f'"{name}" is ambiguous: it could be {", ".join(found)}; write the document part too'
    else:
        message = f'"{name}" names no practice of the index'
    raise DataError(question.path, f'{field_name} of question "{question.id}": {message}', question.line)
