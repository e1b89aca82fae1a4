"""Evaluate a retriever in one call: on labelled questions about its lists, or on a BEIR folder."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eval.beir import RELEVANT, as_practice_list, read_beir
from eval.questions import ANSWERS, load_questions, resolve_gold
from eval.report import Report, make_report
from eval.run import Progress, Searcher, run_questions, sufficient_depth
from index.build import build_snapshot
from index.retriever import Retriever
from index.types import Hit, Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.types import Practice
    from index.encoder import Encoder


OWN_QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"


class PracticeSearcher(Searcher, Protocol):
    """Search practices and know them by id."""

    @property
    def practices(self) -> Mapping[str, Practice]:
        """Return all practices by id."""
        ...


def evaluate_questions(
    retriever: PracticeSearcher,
    path: Path,
    mode: Mode = Mode.HYBRID,
    progress: Progress | None = None,
) -> Report:
    """Ask the questions of a file and judge what comes back, by category and in all.

    Raises `DataError` for a file that can't be used, before anything is asked.
    """
    questions = resolve_gold(load_questions(path), retriever.practices)
    judgements = {question.id: question.grades for question in questions}
    depth = sufficient_depth(judgements, ANSWERS)
    run = run_questions(retriever, questions, depth, mode, progress=progress)
    return make_report(path.name, questions, judgements, run, ANSWERS)


def evaluate_beir(
    directory: Path,
    encoder: Encoder,
    mode: Mode = Mode.HYBRID,
    progress: Progress | None = None,
    *,
    split: str = "test",
) -> Report:
    """Index the documents of a BEIR folder in a temporary snapshot, ask its judged queries, and judge what comes back.

    Raises `DataError` for a folder that can't be used, before anything is built.
    """
    folder = read_beir(directory, split)
    lists = [as_practice_list(document) for document in folder.documents]
    with tempfile.TemporaryDirectory(prefix="zhijian-beir-") as home:
        snapshot = build_snapshot(lists, encoder, Path(home), partial(progress, "passages") if progress else None)
        retriever = Retriever.open(snapshot, encoder)
        depth = sufficient_depth(folder.judgements, RELEVANT)
        run = run_questions(retriever, folder.queries, depth, mode, name=_document_id, progress=progress)
    return make_report(folder.name, folder.queries, folder.judgements, run, RELEVANT)


def _document_id(hit: Hit) -> str:
    return hit.practice.document_id
