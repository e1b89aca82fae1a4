"""Labelled questions: read them, check them, and tie their gold to the practices of an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eval.errors import DataError
from eval.lines import check_id, check_text, id_field, json_type, read_objects, text_field
from service.candidates import CANDIDATE

ANSWERS = 2
HELPS = 1
FITTING_SPLIT = "dev"


@dataclass(frozen=True, slots=True)
class Question:
    """Hold one labelled question.

    `gold` are the ids of all practices that answer it; empty means that the list can't answer it. `helps` are ids of
    practices that bear on it without answering it. `history` are the earlier questions of its conversation, oldest
    first. `split` and `group` (of paraphrases) are empty where the file says nothing. `partial` says that the list
    answers only a part of it. `path` and `line` say where it was read and take no part in equality.
    """

    id: str
    category: str
    text: str
    gold: tuple[str, ...]
    helps: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    split: str = ""
    group: str = ""
    partial: bool = False
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
        question = read_question(record, path, line)
        if question.id in lines:
            raise DataError(path, f'the id "{question.id}" is already used in line {lines[question.id]}', line)
        lines[question.id] = line
        questions.append(question)
    if not questions:
        raise DataError(path, "holds no questions")
    return tuple(questions)


def load_for_fitting(path: Path) -> tuple[Question, ...]:
    """Read the questions of a file that weights, thresholds and calibrators may be fitted on: those of the split dev.

    Whatever fits anything reads its questions by this and in no other way; tests/test_eval_fitting.py holds it to that.
    Raises `DataError` as `load_questions` does, and where there is no question of that split.
    """
    questions = tuple(question for question in load_questions(path) if question.split == FITTING_SPLIT)
    if not questions:
        raise DataError(path, f'holds no question of the split "{FITTING_SPLIT}" to fit on')
    return questions


class PracticeIds:
    """Know practices by their ids, with or without the document part.

    An id stands for itself, and what follows its last colon for the one practice that ends with it: `3.1.3` for
    `mohurd-2024-131:3.1.3`.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._known = frozenset(ids)
        self._by_item: dict[str, list[str]] = defaultdict(list)
        for known in sorted(self._known):
            self._by_item[known.rpartition(":")[2]].append(known)

    def resolve(self, name: str) -> str:
        """Return the id in full. Raises `LookupError`, which says why, for one of no practice or of several."""
        if name in self._known:
            return name
        found = self._by_item.get(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f'"{name}" is ambiguous: it could be {", ".join(found)}; write the document part too')
        raise LookupError(f'"{name}" names no practice of the index')


def resolve_gold(questions: Iterable[Question], practice_ids: Collection[str]) -> tuple[Question, ...]:
    """Return the questions with every id in `gold` and `helps` written in full.

    Ids are read as by `PracticeIds`. Raises `DataError` for an id that names no practice or practices of several
    documents, and for a practice that a question names twice.
    """
    ids = PracticeIds(practice_ids)
    resolved: list[Question] = []
    for question in questions:
        gold = tuple(_resolved(name, "gold", question, ids) for name in question.gold)
        helps = tuple(_resolved(name, "helps", question, ids) for name in question.helps)
        seen: set[str] = set()
        for practice_id in (*gold, *helps):
            if practice_id in seen:
                message = f'question "{question.id}" names the practice "{practice_id}" twice'
                raise DataError(question.path, message, question.line)
            seen.add(practice_id)
        resolved.append(replace(question, gold=gold, helps=helps))
    return tuple(resolved)


def read_question(record: dict[str, Any], path: Path, line: int) -> Question:
    """Return the question that a JSON object holds. Raises `DataError` for a missing or wrong field."""
    text = text_field(record, "question", path, line)
    if not text.strip():
        raise DataError(path, '"question" is blank', line)
    partial = record.get("partial", False)
    if not isinstance(partial, bool):
        raise DataError(path, f'"partial" must be true or false, found {json_type(partial)}', line)
    identifier = id_field(record, "id", path, line)
    category = id_field(record, "category", path, line)
    if category == CANDIDATE:
        message = (
            f'"{identifier}" is a candidate from feedback, which nobody has judged: write into "gold" the ids of all '
            f'practices that answer it ([] if none does), and another "category" than "{CANDIDATE}"'
        )
        raise DataError(path, message, line)
    if "gold" not in record:
        raise DataError(path, 'the field "gold" is missing; an empty array says that the list has no answer', line)
    return Question(
        id=identifier,
        category=category,
        text=text,
        gold=id_list(record["gold"], "gold", path, line),
        helps=id_list(record.get("helps", []), "helps", path, line),
        history=_texts(record.get("history", []), "history", path, line),
        split=check_text(record.get("split", ""), "split", path, line),
        group=check_text(record.get("group", ""), "group", path, line),
        partial=partial,
        path=path,
        line=line,
    )


def _texts(value: Any, name: str, path: Path, line: int) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise DataError(path, f'"{name}" must be an array of strings', line)
    return tuple(check_text(item, name, path, line) for item in value)


def id_list(value: Any, name: str, path: Path, line: int) -> tuple[str, ...]:
    """Return a JSON array of ids; raise `DataError` for anything else."""
    return tuple(check_id(item, name, path, line) for item in _texts(value, name, path, line))


def _resolved(name: str, field_name: str, question: Question, ids: PracticeIds) -> str:
    try:
        return ids.resolve(name)
    except LookupError as error:
        message = f'{field_name} of question "{question.id}": {error}'
        raise DataError(question.path, message, question.line) from None
