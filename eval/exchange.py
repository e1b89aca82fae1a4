"""Exchange labelled questions and runs with other tools: as TREC folders and as BEIR folders.

A TREC folder holds `queries.tsv` (id and text, cut by a tab), `qrels.txt` and perhaps `run.txt`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpus.types import Practice
from eval.beir import COLUMNS, RELEVANT, read_beir, source_files
from eval.errors import DataError
from eval.lines import check_id, check_text, read_lines, read_objects
from eval.metrics import Judgements, Ranking
from eval.questions import Question, read_question
from eval.result import write_text
from eval.run import Run
from eval.trec import column, read_qrels, write_lines, write_qrels, write_run

QUERIES = "queries.tsv"
QRELS = "qrels.txt"
RUN = "run.txt"
ALL = "all"
IMPORTED = "imported"

# Where a query of a BEIR folder keeps what BEIR has no place for.
_METADATA = "zhijian"
_SPLIT = re.compile(r"[A-Za-z0-9_-]{1,100}")


def export_trec(directory: Path, questions: Sequence[Question], run: Run | None = None) -> None:
    """Write questions, whose gold is written in full, as a TREC folder, with the rankings of a run where one is given.

    `qrels.txt` has the questions that can be answered, so that averages over it are those of reports. Left behind are
    what was asked before a question, its category, split and group, and rankings of other questions. The folder is
    there whole or not at all. Raises `DataError` for a directory with something in it, and for ids and texts that can't
    stand in such files.
    """
    _check_questions(questions)
    queries = [f"{column(one.id, one.path, one.line)}\t{_one_line(one)}" for one in questions]
    judgements = {one.id: one.grades for one in questions if one.answerable}
    for one in questions:
        for name in one.grades:
            column(name, one.path, one.line)
    rankings = _rankings(run, questions, directory / RUN) if run else None
    with _new_directory(directory) as folder:
        write_lines(folder / QUERIES, queries)
        write_qrels(folder / QRELS, judgements)
        if run and rankings is not None:
            write_run(folder / RUN, rankings, "-".join(run.system.split()) or "-")


def export_beir(directory: Path, questions: Sequence[Question], practices: Iterable[Practice]) -> None:
    """Write questions, whose gold is written in full, and the practices they are about as a BEIR folder.

    `title` are the headings above a practice. `qrels/` has `all.tsv` and one file for each split in which something is
    judged; there, 2 answers and 1 helps. What BEIR has no place for is in the `metadata` of a query. The folder is
    there whole or not at all. Raises `DataError` for a directory with something in it, and for questions that name
    other practices, name none at all, or have a split that can't name a file.
    """
    _check_questions(questions)
    documents = _documents(practices, directory)
    for one in questions:
        if unknown := one.grades.keys() - documents.keys():
            message = f'question "{one.id}" names "{min(unknown)}", which is none of the practices'
            raise DataError(one.path, message, one.line)
    files = _qrels(questions, directory)
    with _new_directory(directory) as folder:
        write_lines(folder / "corpus.jsonl", list(map(_json, documents.values())))
        write_lines(folder / "queries.jsonl", list(map(_query, questions)))
        (folder / "qrels").mkdir()
        for split, rows in files.items():
            write_lines(folder / "qrels" / f"{split}.tsv", ["\t".join(COLUMNS), *rows])


def import_trec(
    directory: Path, relevant: int = RELEVANT, category: str = IMPORTED, *, unjudged: bool = False
) -> tuple[Question, ...]:
    """Read the questions of a TREC folder.

    Documents with a grade from `relevant` on, 1 or more, answer; those with a lower one above 0 help. Topics that
    nobody judged are left out, or with `unjudged` are questions without an answer. Raises `DataError`, with file and
    line, for files that can't be used.
    """
    path = directory / QUERIES
    topics = _topics(path)
    judgements = read_qrels(directory / QRELS, topics)
    labels = {name: (line, {"question": text}) for name, (line, text) in topics.items()}
    return _labelled(path, labels, judgements, relevant, category, unjudged)


def import_beir(
    directory: Path, split: str = "test", relevant: int = RELEVANT, category: str = IMPORTED, *, unjudged: bool = False
) -> tuple[Question, ...]:
    """Read the questions of one split of a BEIR folder, with what `export_beir` put into their metadata.

    Grades count as in `import_trec`. Queries that nobody judged are left out, or with `unjudged` are questions without
    an answer, but for those whose metadata name another split than the one asked for; `all` has them all. Raises
    `DataError`, with file and line, for a folder that can't be used.
    """
    judgements = read_beir(directory, split).judgements
    _, path, _ = source_files(directory, split)
    labels: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, record in read_objects(path):
        metadata = record.get("metadata")
        kept = metadata.get(_METADATA, {}) if isinstance(metadata, dict) else {}
        if not isinstance(kept, dict):
            raise DataError(path, f'"{_METADATA}" in "metadata" must be an object', line)
        if record["_id"] in judgements or split == ALL or kept.get("split", split) == split:
            labels[record["_id"]] = line, {**kept, "question": record["text"]}
    return _labelled(path, labels, judgements, relevant, category, unjudged)


def write_questions(path: Path, questions: Iterable[Question]) -> None:
    """Write questions as JSON Lines, as `load_questions` reads them; the file is there whole or not at all.

    Raises `DataError` where there is a file already: labels are somebody's work.
    """
    if path.exists():
        raise DataError(path, "exists already; choose another name")
    write_text(path, "".join(f"{_json(_record(one))}\n" for one in questions))


def _labelled(
    path: Path,
    labels: Mapping[str, tuple[int, dict[str, Any]]],
    judgements: Judgements,
    relevant: int,
    category: str,
    unjudged: bool,
) -> tuple[Question, ...]:
    """Return the questions of `labels`, by id with their line, that are judged, or all of them."""
    questions: list[Question] = []
    for name, (line, record) in labels.items():
        if name not in judgements and not unjudged:
            continue
        grades = judgements.get(name, {})
        judged = {
            "id": name,
            "gold": [document for document, grade in grades.items() if grade >= relevant],
            "helps": [document for document, grade in grades.items() if 0 < grade < relevant],
        }
        questions.append(read_question({"category": category, **record, **judged}, path, line))
    if not questions:
        raise DataError(path, "holds no question that is judged")
    return tuple(questions)


def _topics(path: Path) -> dict[str, tuple[int, str]]:
    topics: dict[str, tuple[int, str]] = {}
    for line, written in read_lines(path):
        columns = written.split("\t")
        if len(columns) != 2:
            raise DataError(path, f"expected an id and a text, cut by a tab; found {len(columns)} columns", line)
        name = check_id(columns[0], "id", path, line)
        if name in topics:
            raise DataError(path, f'the id "{name}" is already used in line {topics[name][0]}', line)
        topics[name] = line, columns[1]
    if not topics:
        raise DataError(path, "holds no questions")
    return topics


def _check_questions(questions: Sequence[Question]) -> None:
    seen: set[str] = set()
    for one in questions:
        check_text(one.text, "question", one.path, one.line)
        if check_id(one.id, "id", one.path, one.line) in seen:
            raise DataError(one.path, f'the id "{one.id}" comes twice', one.line)
        seen.add(one.id)


def _one_line(question: Question) -> str:
    if any(character in question.text for character in "\t\r\n"):
        message = f'the text of "{question.id}" can\'t stand in {QUERIES}: it holds a tab or a line break'
        raise DataError(question.path, message, question.line)
    return question.text


def _rankings(run: Run, questions: Sequence[Question], path: Path) -> dict[str, Ranking]:
    rankings: dict[str, Ranking] = {one.id: run.outcomes[one.id].ranking for one in questions if one.id in run.outcomes}
    for ranking in rankings.values():
        for name, _ in ranking:
            column(name, path)
    return rankings


def _documents(practices: Iterable[Practice], directory: Path) -> dict[str, dict[str, str]]:
    documents: dict[str, dict[str, str]] = {}
    for practice in practices:
        if check_id(practice.id, "_id", directory, 0) in documents:
            raise DataError(directory, f'the practice "{practice.id}" comes twice')
        title = " › ".join(heading.title for heading in practice.path)
        documents[practice.id] = {"_id": practice.id, "title": title, "text": practice.text}
    return documents


def _qrels(questions: Sequence[Question], directory: Path) -> dict[str, list[str]]:
    """Return the lines of each file of judgements by split."""
    files: dict[str, list[str]] = {ALL: []}
    for one in questions:
        rows = [f"{one.id}\t{name}\t{grade}" for name, grade in one.grades.items()]
        files[ALL] += rows
        if one.split and rows:
            if not _SPLIT.fullmatch(one.split) or one.split.lower() == ALL:
                raise DataError(one.path, f'the split {one.split!r} of "{one.id}" can\'t name a file', one.line)
            files.setdefault(one.split, []).extend(rows)
    if not files[ALL]:
        raise DataError(directory, "no question names a practice, and a BEIR folder is nothing without judgements")
    return files


def _query(question: Question) -> str:
    labels = _record(question)
    kept = {name: labels[name] for name in ("category", "history", "split", "group", "partial") if name in labels}
    return _json({"_id": question.id, "text": question.text, "metadata": {_METADATA: kept}})


def _record(question: Question) -> dict[str, Any]:
    needed = {
        "id": question.id,
        "category": question.category,
        "question": question.text,
        "gold": question.gold,
    }
    other = {
        "helps": question.helps,
        "history": question.history,
        "split": question.split,
        "group": question.group,
        "partial": question.partial,
    }
    return {**needed, **{name: value for name, value in other.items() if value}}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def _new_directory(directory: Path) -> Iterator[Path]:
    """Yield a directory to write into, which becomes `directory` when all went well."""
    target = Path(os.path.abspath(directory))
    aside = None
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DataError(directory, "exists already and isn't an empty directory; choose another name")
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        yield aside
        aside.chmod(0o755)
        os.replace(aside, target)
    except OSError as error:
        raise DataError(directory, f"can't be written: {error.strerror or error}") from None
    finally:
        if aside:
            shutil.rmtree(aside, ignore_errors=True)
