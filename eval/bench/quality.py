"""Measure how good the search is: on the project's own questions and on public sets.

Run as `python -m eval.bench.quality --data DIR`, where DIR holds the BEIR folders that eval/README.md names.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from corpus.errors import ZhijianError
from corpus.readers import read_corpus
from eval.bench.table import Row, as_json, markdown
from eval.evaluate import OWN_QUESTIONS, evaluate_beir, evaluate_questions, evaluate_rankings
from eval.figures import Figures, summarise
from eval.metrics import Measure
from eval.run import Progress
from eval.searchers import PlainFusion
from index.build import build_snapshot
from index.encoder import Encoder, open_encoder
from index.retriever import Retriever
from index.types import Mode
from service.progress import progress_bar
from service.settings import read_settings

UNSEEN = "test"
NDCG_TARGETS = {"xquad-en-zh": 0.92, "xquad-zh": 0.98, "stard": 0.60}


def own_rows(encoder: Encoder, mode: Mode, progress: Progress | None = None) -> list[Row]:
    """Return the figures of the project's own questions, in all and on the split that nothing is fitted on.

    Beside each stands what plain fusion of the same two channels reaches on the same questions.
    """
    settings = read_settings()
    with tempfile.TemporaryDirectory(prefix="zhijian-bench-") as home:
        retriever = Retriever.open(build_snapshot(read_corpus(settings.corpus), encoder, Path(home)), encoder)
        shipped = summarise(evaluate_questions(retriever, OWN_QUESTIONS, mode, progress))
        plain = summarise(evaluate_rankings(PlainFusion(retriever), retriever.practices, progress=progress))
    unseen, plain_unseen = shipped.splits[UNSEEN], plain.splits[UNSEEN]
    return [
        *_question_rows(f"own questions ({shipped.overall.questions})", shipped.overall, plain.overall),
        *_question_rows(f"own questions, {UNSEEN} split ({unseen.questions})", unseen, plain_unseen),
    ]


def beir_rows(directory: Path, encoder: Encoder, mode: Mode, progress: Progress | None = None) -> list[Row]:
    """Return the figures of one public set."""
    with tempfile.TemporaryDirectory(prefix="zhijian-bench-") as home:
        scores = summarise(evaluate_beir(directory, encoder, Path(home), mode, progress)).overall.scores
    targets = {Measure.NDCG_AT_10: NDCG_TARGETS.get(directory.name)}
    return [_row(directory.name, measure, scores.get(measure), targets.get(measure)) for measure in reversed(Measure)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.quality", description=__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="directory of BEIR folders; without it, own questions only"
    )
    parser.add_argument("--sets", nargs="+", default=list(NDCG_TARGETS), metavar="NAME", help="folders of DIR to use")
    parser.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.HYBRID, help="channels that score")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    try:
        settings = read_settings()
        encoder = open_encoder(settings.model, settings.threads)
        with progress_bar() as progress:
            rows = own_rows(encoder, arguments.mode, progress)
            for name in arguments.sets if arguments.data else []:
                rows += beir_rows(arguments.data / name, encoder, arguments.mode, progress)
    except ZhijianError as error:
        sys.exit(f"error: {error}")
    command = f"python -m eval.bench.quality{' --data DIR' if arguments.data else ''}"
    command += "" if arguments.mode is Mode.HYBRID else f" --mode {arguments.mode}"
    print(json.dumps(as_json(rows, command), ensure_ascii=False) if arguments.json else markdown(rows, command))


def _question_rows(name: str, figures: Figures, plain: Figures) -> list[Row]:
    scores, baseline, refusal = figures.scores, plain.scores, figures.refusal
    ranking = [
        Row(f"{name}: {measure}", "", scores.get(measure), None, False, "plain fusion", baseline.get(measure))
        for measure in Measure
    ]
    return [
        *ranking,
        Row(f"{name}: AUROC of confidence", "", refusal.auroc, at_most=False),
        Row(f"{name}: answerable and answered", "", refusal.answered, at_most=False),
        Row(f"{name}: unanswerable and refused", "", refusal.refused, at_most=False),
    ]


def _row(name: str, measure: Measure, value: float | None, target: float | None) -> Row:
    return Row(f"{name}: {measure}", "", value, target, at_most=False)


if __name__ == "__main__":
    main()
