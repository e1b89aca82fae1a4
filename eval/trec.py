"""Read and write the files of TREC: runs (`qid Q0 docno rank score tag`) and qrels (`qid 0 docno grade`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path

from eval.errors import DataError
from eval.lines import check_id, read_lines
from eval.metrics import Judgements, Ranking, separate_scores
from eval.questions import PracticeIds
from eval.run import Outcome, Run

_RUN_COLUMNS = ("qid", "Q0", "docno", "rank", "score", "tag")
_QREL_COLUMNS = ("qid", "0", "docno", "grade")
_GRADE = re.compile(r"[+-]?[0-9]{1,3}")
_BYTE_ORDER_MARK = "\ufeff"


def write_run(path: Path, rankings: Mapping[str, Ranking], tag: str) -> None:
    """Write rankings as a run whose scores keep their order under any tie rule."""
    lines = [
        " ".join((column(question, path), "Q0", column(document, path), str(rank), repr(score), column(tag, path)))
        for question, ranking in rankings.items()
        for rank, (document, score) in enumerate(separate_scores(ranking), start=1)
    ]
    write_lines(path, lines)


def write_qrels(path: Path, judgements: Judgements) -> None:
    """Write judgements as qrels. A question without judged documents leaves no line."""
    lines = [
        " ".join((column(question, path), "0", column(document, path), str(grade)))
        for question, grades in judgements.items()
        for document, grade in grades.items()
    ]
    write_lines(path, lines)


def read_run(path: Path) -> dict[str, tuple[tuple[str, float], ...]]:
    """Read a run as rankings by question id, sorted by score, ties by id; ranks in the file mean nothing.

    Raises `DataError`, with file and line, for a line without six columns, a score that is no finite number, a document
    that comes twice for a question, and for a file without lines.
    """
    rankings, _ = _read_run(path, None, None)
    return rankings


def run_from_trec(path: Path, questions: Collection[str], documents: Collection[str]) -> Run:
    """Read the run of another system as what it brought; only rankings are known of it.

    `questions` are the ids of those that it was asked, `documents` of all that can be found; a file may leave out the
    document part of a practice's id, as `PracticeIds` reads it. The system is named by its tag, by the file where there
    are several tags; the depth is that of the longest ranking. Raises `DataError` as `read_run` does, and for a
    question or document that isn't known.
    """
    rankings, tags = _read_run(path, frozenset(questions), PracticeIds(documents))
    return Run(
        outcomes={question: Outcome(ranking) for question, ranking in rankings.items()},
        system=tags.pop() if len(tags) == 1 else path.name,
        depth=max(map(len, rankings.values())),
    )


def read_qrels(
    path: Path, questions: Collection[str] | None = None, documents: Collection[str] | None = None
) -> dict[str, dict[str, int]]:
    """Read qrels as the grade of each judged document by question id, both in the order of the file.

    Where `questions` and `documents` are given, only ids of these may come; those of documents are read as by
    `PracticeIds`. Raises `DataError`, with file and line, for a line without four columns, a grade that is no whole
    number of up to three digits, an id that isn't known, a document judged twice, and for a file without lines.
    """
    known = None if questions is None else frozenset(questions)
    ids = None if documents is None else PracticeIds(documents)
    judgements: dict[str, dict[str, int]] = {}
    for number, (question, _, name, grade) in _rows(path, _QREL_COLUMNS):
        document = _document(question, name, known, ids, path, number)
        grades = judgements.setdefault(question, {})
        if document in grades:
            raise DataError(path, f'document "{document}" is judged twice for question "{question}"', number)
        if not _GRADE.fullmatch(grade):
            raise DataError(path, f'the grade "{grade}" is no whole number between -999 and 999', number)
        grades[document] = int(grade)
    if not judgements:
        raise DataError(path, "holds no judgements")
    return judgements


def column(value: str, path: Path, line: int | None = None) -> str:
    """Return `value` if a column can hold it.

    Raises `DataError` for white space and for characters that don't come through, with the file and line it is from.
    """
    if value.split() != [value]:
        raise DataError(path, f"{value!r} can't stand in a TREC file, whose columns are cut at white space", line)
    # A byte order mark is dropped by readers, and what the C code of trec_eval reads ends at U+0000.
    if value.startswith(_BYTE_ORDER_MARK) or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise DataError(path, f"{value!r} can't stand in a TREC file: it holds a character that readers lose", line)
    return value


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write a text file. Raises `DataError` where that is not possible."""
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(path, f"can't be written: {error.strerror or error}") from None
    except UnicodeEncodeError as error:
        broken = lines[error.object.count("\n", 0, error.start)][:40]
        raise DataError(path, f"can't be written: {broken!r} holds half of a surrogate pair") from None


def _read_run(
    path: Path, questions: Collection[str] | None, ids: PracticeIds | None
) -> tuple[dict[str, tuple[tuple[str, float], ...]], set[str]]:
    """Return the rankings by question, and the tags."""
    rankings: dict[str, dict[str, float]] = {}
    tags: set[str] = set()
    for number, (question, _, name, _, written, tag) in _rows(path, _RUN_COLUMNS):
        document = _document(question, name, questions, ids, path, number)
        scores = rankings.setdefault(question, {})
        if document in scores:
            raise DataError(path, f'document "{document}" comes twice for question "{question}"', number)
        scores[document] = _score(written, path, number)
        tags.add(tag)
    if not rankings:
        raise DataError(path, "holds no ranking")
    ordered = {
        question: tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
        for question, scores in rankings.items()
    }
    return ordered, tags


def _rows(path: Path, names: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the columns of each line with its number."""
    for number, line in read_lines(path):
        columns = line.split()
        if len(columns) != len(names):
            expected = f"expected {'six' if len(names) == 6 else 'four'} columns ({' '.join(names)})"
            raise DataError(path, f"{expected}, found {len(columns)}", number)
        yield number, columns


def _document(
    question: str, name: str, questions: Collection[str] | None, ids: PracticeIds | None, path: Path, line: int
) -> str:
    """Return the id of a document in full after checking it and the question's."""
    check_id(question, "qid", path, line)
    if questions is not None and question not in questions:
        raise DataError(path, f'no question has the id "{question}"', line)
    if ids is None:
        return check_id(name, "docno", path, line)
    try:
        return ids.resolve(name)
    except LookupError as error:
        raise DataError(path, str(error), line) from None


def _score(written: str, path: Path, line: int) -> float:
    try:
        score = float(written)
    except ValueError:
        raise DataError(path, f'the score "{written}" is no number', line) from None
    if not isfinite(score):
        raise DataError(path, f'the score "{written}" is not finite', line)
    return score
