"""The commands that bring questions, judgements and runs into other tools and back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eval.evaluate import OWN_QUESTIONS
from index.types import Mode
from service.progress import progress_bar
from service.settings import read_settings


class Form(StrEnum):
    """Name the files that questions are exchanged in."""

    TREC = "trec"
    BEIR = "beir"


def export_questions(
    directory: Annotated[Path, typer.Argument(help="A new directory.")],
    form: Annotated[Form, typer.Option("--format", help="TREC files with today's run, or a BEIR folder.")] = Form.BEIR,
    questions: Annotated[
        Path, typer.Option(help="Labelled questions, JSON Lines.", show_default="the project's own")
    ] = OWN_QUESTIONS,
    mode: Annotated[Mode, typer.Option(help="Which channels score the run.")] = Mode.HYBRID,
) -> None:
    """Write questions and judgements in the files that other tools read."""
    from eval.exchange import export_beir, export_trec
    from eval.questions import ANSWERS, load_questions, resolve_gold
    from eval.run import run_questions, sufficient_depth
    from eval.systems import Search
    from service.library import open_library

    with progress_bar() as progress:
        retriever = open_library(read_settings(), progress)
        asked = resolve_gold(load_questions(questions), retriever.practices)
        if form is Form.BEIR:
            export_beir(directory, asked, retriever.practices.values())
        else:
            # As deep as `zhijian eval` asks, so that all measures of the run are those of its report.
            depth = sufficient_depth({question.id: question.grades for question in asked}, ANSWERS)
            export_trec(directory, asked, run_questions(Search(retriever, mode), asked, depth, progress))
    print(directory)


def import_questions(
    directory: Annotated[Path, typer.Argument(help="A directory of TREC files (queries.tsv, qrels.txt) or of BEIR.")],
    out: Annotated[Path, typer.Option(help="The file of questions to write.")],
    form: Annotated[Form, typer.Option("--format", help="What the directory holds.")] = Form.BEIR,
    split: Annotated[str, typer.Option(help="The split of the BEIR folder.")] = "test",
    relevant: Annotated[int, typer.Option(min=1, help="Grades from here on answer; lower ones help.")] = 1,
    unjudged: Annotated[
        bool, typer.Option("--unjudged", help="Keep queries that nobody judged, as questions without an answer.")
    ] = False,
) -> None:
    """Read questions and judgements of other tools into a file of ours."""
    from eval.exchange import import_beir, import_trec, write_questions

    if form is Form.BEIR:
        write_questions(out, import_beir(directory, split, relevant, unjudged=unjudged))
    else:
        write_questions(out, import_trec(directory, relevant, unjudged=unjudged))
    print(out)
