"""Evaluate a system in one call: on labelled questions about the lists, or on a BEIR folder."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.types import PracticeList
from eval.beir import RELEVANT, read_beir, source_files
from eval.beir_index import open_beir
from eval.cost import measure_cost
from eval.http_system import MAX_DEPTH, HttpSystem
from eval.judge import judge, passage_texts, texts_of
from eval.metrics import Judgements
from eval.provenance import provenance
from eval.questions import ANSWERS, Question, load_questions, resolve_gold
from eval.result import Result
from eval.robustness import measure_robustness
from eval.run import Progress, run_questions, sufficient_depth
from eval.systems import Search, SearchAndAnswer, Searcher, document_id
from eval.trec import run_from_trec
from index.retriever import Retriever
from index.types import Mode

if TYPE_CHECKING:
    from index.encoder import Encoder


OWN_QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"


def read_questions(path: Path, practices: Collection[str]) -> tuple[tuple[Question, ...], Judgements]:
    """Return the questions of a file and their grades. Raises `DataError` for a file that can't be used."""
    questions = resolve_gold(load_questions(path), practices)
    return questions, {question.id: question.grades for question in questions}


def evaluate_questions(
    retriever: Retriever,
    path: Path = OWN_QUESTIONS,
    mode: Mode = Mode.HYBRID,
    progress: Progress | None = None,
    *,
    snapshot: Path | None = None,
    robustness: bool = False,
) -> Result:
    """Ask the questions of a file, and judge hits, refusals and answers.

    With `robustness` they are asked again under every disturbance. `snapshot` is the directory whose size is reported.
    Raises `DataError` for a file that can't be used, before anything is asked.
    """
    questions, judgements = read_questions(path, retriever.practices)
    depth = sufficient_depth(judgements, ANSWERS)
    system = SearchAndAnswer(retriever, mode)
    start = time.perf_counter()
    run = run_questions(system, questions, depth, progress)
    cost = measure_cost(run, snapshot, time.perf_counter() - start)
    result = judge(
        path.name,
        questions,
        judgements,
        run,
        ANSWERS,
        provenance([path], {"mode": mode.value}, retriever.manifest),
        texts_of(retriever.documents.values()),
        passage_texts(retriever.practices.values()),
    )
    if not robustness:
        return replace(result, cost=cost)
    disturbed = measure_robustness(system, questions, judgements, ANSWERS, depth, run, progress)
    return replace(result, cost=cost, robustness=disturbed)


def evaluate_rankings(
    searcher: Searcher,
    practices: Collection[str],
    path: Path = OWN_QUESTIONS,
    mode: Mode = Mode.HYBRID,
    progress: Progress | None = None,
) -> Result:
    """Ask the questions of a file for hits alone, and judge them: what baselines are compared by."""
    questions, judgements = read_questions(path, practices)
    run = run_questions(Search(searcher, mode), questions, sufficient_depth(judgements, ANSWERS), progress)
    return judge(path.name, questions, judgements, run, ANSWERS, provenance([path], {"mode": mode.value}))


def evaluate_beir(
    directory: Path,
    encoder: Encoder,
    home: Path,
    mode: Mode = Mode.HYBRID,
    progress: Progress | None = None,
    *,
    split: str = "test",
) -> Result:
    """Index the documents of a BEIR folder under `home`, ask its judged queries, and judge what comes back.

    What was indexed before, wholly or in part, is used again. Raises `DataError` for a folder that can't be used,
    before anything is built.
    """
    folder = read_beir(directory, split)
    retriever = open_beir(folder, encoder, home, progress)
    depth = sufficient_depth(folder.judgements, RELEVANT)
    start = time.perf_counter()
    run = run_questions(Search(retriever, mode, document_id), folder.queries, depth, progress)
    cost = measure_cost(run, None, time.perf_counter() - start)
    made_with = provenance(source_files(directory, split), {"mode": mode.value}, retriever.manifest)
    return replace(judge(folder.name, folder.queries, folder.judgements, run, RELEVANT, made_with), cost=cost)


def evaluate_url(
    url: str, path: Path = OWN_QUESTIONS, mode: Mode = Mode.HYBRID, progress: Progress | None = None
) -> Result:
    """Ask a running service the questions of a file, over HTTP, and judge hits, refusals and answers.

    Quotes are held against the documents that the service gives. Raises `DataError` for a file that can't be used and
    `ServiceError` for a service that can't be asked.
    """
    with HttpSystem(url, mode) as system:
        texts = system.practices()
        questions, judgements = read_questions(path, texts)
        documents = system.documents()
        depth = min(sufficient_depth(judgements, ANSWERS), MAX_DEPTH)
        start = time.perf_counter()
        run = run_questions(system, questions, depth, progress)
        seconds = time.perf_counter() - start
    cost = replace(measure_cost(run, None, seconds), memory_now=None, memory_peak=None)
    made_with = provenance([path], {"mode": mode.value, "url": url})
    return replace(judge(path.name, questions, judgements, run, ANSWERS, made_with, documents.get, texts), cost=cost)


def evaluate_run(run: Path, lists: Sequence[PracticeList], path: Path = OWN_QUESTIONS) -> Result:
    """Judge a TREC run that something else made for the questions of a file.

    Raises `DataError` for files that can't be used, with the line of a question or practice that isn't known.
    """
    practices = {practice.id: practice for practice_list in lists for practice in practice_list.practices}
    questions, judgements = read_questions(path, practices)
    found = run_from_trec(run, judgements, practices)
    made_with = provenance([path, run], {"run": run.name})
    texts = passage_texts(practices.values())
    return judge(path.name, questions, judgements, found, ANSWERS, made_with, passages=texts)


def evaluate_beir_run(run: Path, directory: Path, split: str = "test") -> Result:
    """Judge a TREC run that something else made for the queries of a BEIR folder, as `evaluate_run` does.

    Rankings of queries that the split does not judge are left out: a run is often made for all queries of a folder.
    """
    folder = read_beir(directory, split)
    documents = [*(document.id for document in folder.documents), *folder.blank]
    found = run_from_trec(run, [*folder.judgements, *folder.unjudged], documents)
    made_with = provenance([*source_files(directory, split), run], {"run": run.name})
    return judge(folder.name, folder.queries, folder.judgements, found, RELEVANT, made_with)
