"""Read and write the files of TREC: runs (`qid Q0 docno rank score tag`) and qrels (`qid 0 docno grade`)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from eval.errors import DataError
from eval.lines import read_lines
from eval.metrics import Judgements, Ranking, separate_scores


def write_run(path: Path, rankings: Mapping[str, Ranking], tag: str) -> None:
    """Write rankings as a run whose scores keep their order under any tie rule."""
    lines = [
        " ".join((_column(question, path), "Q0", _column(document, path), str(rank), repr(score), _column(tag, path)))
        for question, ranking in rankings.items()
        for rank, (document, score) in enumerate(separate_scores(ranking), start=1)
    ]
    _write(path, lines)


def write_qrels(path: Path, judgements: Judgements) -> None:
    """Write judgements as qrels. A question without judged documents leaves no line."""
    lines = [
        " ".join((_column(question, path), "0", _column(document, path), str(grade)))
        for question, grades in judgements.items()
        for document, grade in grades.items()
    ]
    _write(path, lines)


def read_run(path: Path) -> dict[str, tuple[tuple[str, float], ...]]:
    """Read a run as rankings by question id, sorted by score, ties by id; ranks in the file mean nothing.

    Raises `DataError`, with file and line, for a line without six columns, a score that is no finite number, a document
    that comes twice for a question, and for a file without lines.
    """
    rankings: dict[str, dict[str, float]] = {}
    for number, line in read_lines(path):
        columns = line.split()
        if len(columns) != 6:
            message = f"expected six columns (qid Q0 docno rank score tag), found {len(columns)}"
            raise DataError(path, message, number)
        question, _, document, _, written, _ = columns
        scores = rankings.setdefault(question, {})
        if document in scores:
            raise DataError(path, f'document "{document}" comes twice for question "{question}"', number)
        scores[document] = _score(written, path, number)
    if not rankings:
        raise DataError(path, "holds no ranking")
    return {
        question: tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
        for question, scores in rankings.items()
    }


def _score(written: str, path: Path, line: int) -> float:
    try:
        score = float(written)
    except ValueError:
        raise DataError(path, f'the score "{written}" is no number', line) from None
    if not isfinite(score):
        raise DataError(path, f'the score "{written}" is not finite', line)
    return score


def _column(value: str, path: Path) -> str:
    if value.split() != [value]:
        raise DataError(path, f"{value!r} can't stand in a TREC file, whose columns are cut at white space")
    return value


def _write(path: Path, lines: list[str]) -> None:
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise DataError(path, f"can't be written: {error.strerror or error}") from None
