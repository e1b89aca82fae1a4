"""Measure refusal of what nothing was fitted on: short questions, and corpora without half of their answers.

Run as `python -m eval.bench.refusal --data DIR`, where DIR holds BEIR folders. Of each, every other document that
answers something is left out; a question counts as answerable where all of its documents stay, as one that is not where
none does, and the others are not asked. The short questions are terms that the shipped list treats or lacks.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import ZhijianError
from eval.beir import RELEVANT, Collected, as_practice_list, read_beir
from eval.bench.table import Row, as_json, markdown
from eval.refusal import auroc
from eval.scratch_index import scratch_retriever
from eval.terms import asked, read_terms
from index.confidence import answerable
from index.encoder import Encoder
from index.retriever import Retriever
from service.library import open_library
from service.settings import read_settings

TERMS = Path(__file__).parents[1] / "data" / "terms.jsonl"
SETS = ("stard", "cmrc2018", "drcd", "xquad-en-zh", "xquad-zh")
# More would take minutes and change little.
_MOST_QUESTIONS, _MOST_DOCUMENTS = 500, 1500


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold the confidence in an answer, and whether one is given."""

    confidence: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Halved:
    """Hold what is judged of questions whose answers are held, and of those whose answers are left out."""

    held: tuple[Judged, ...]
    left_out: tuple[Judged, ...]

    @property
    def auroc(self) -> float | None:
        """Return the AUROC of confidence, None where a side is empty."""
        return auroc([one.confidence for one in self.held], [one.confidence for one in self.left_out])


def ask_half(folder: Collected, encoder: Encoder, most_questions: int = _MOST_QUESTIONS) -> Halved:
    """Index a folder without every other answering document, and ask the questions that this leaves whole or bare."""
    relevant = {
        question: {document for document, grade in grades.items() if grade >= RELEVANT}
        for question, grades in folder.judgements.items()
    }
    answering = sorted(set().union(*relevant.values()))[:_MOST_DOCUMENTS]
    known, gone = set(answering), set(answering[1::2])
    documents = [one for one in folder.documents if one.id in known - gone]
    held: list[Judged] = []
    left_out: list[Judged] = []
    with scratch_retriever([as_practice_list(one) for one in documents], encoder) as retriever:
        asked = [query for query in folder.queries if relevant[query.id] and relevant[query.id] <= known]
        for query in asked[:most_questions]:
            # Where a part is left out, nothing can be said.
            if not relevant[query.id] & gone:
                held.append(_judged(retriever, query.text))
            elif relevant[query.id] <= gone:
                left_out.append(_judged(retriever, query.text))
    return Halved(tuple(held), tuple(left_out))


def ask_terms(retriever: Retriever, path: Path = TERMS) -> Halved:
    """Ask about the terms of a file that the corpus holds, and about those that it lacks."""
    (terms,) = read_terms(path)
    held = [asked(term, number) for number, (term, _practice) in enumerate(terms.held)]
    absent = [asked(term, number) for number, term in enumerate(terms.absent)]
    return Halved(*(tuple(_judged(retriever, question) for question in each) for each in (held, absent)))


def rows(name: str, halved: Halved) -> list[Row]:
    """Return the figures of one set."""
    held, left_out = _share(halved.held), _share(halved.left_out)
    count = f"{name} ({len(halved.held)} held, {len(halved.left_out)} left out)"
    return [
        Row(f"{count}: AUROC of confidence", "", halved.auroc, at_most=False),
        Row(f"{count}: held and answered", "", held, at_most=False),
        Row(f"{count}: left out and refused", "", None if left_out is None else 1 - left_out, at_most=False),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.refusal", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", required=True, help="directory of BEIR folders")
    parser.add_argument("--sets", nargs="+", default=list(SETS), metavar="NAME", help="folders of DIR to use")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    measured: list[Row] = []
    try:
        library = open_library(read_settings())
        measured += rows("terms of the shipped list", ask_terms(library))
        for name in arguments.sets:
            measured += rows(f"{name}, half", ask_half(read_beir(arguments.data / name), library.encoder))
    except ZhijianError as error:
        sys.exit(f"error: {error}")
    command = "python -m eval.bench.refusal --data DIR"
    print(json.dumps(as_json(measured, command), ensure_ascii=False) if arguments.json else markdown(measured, command))


def _judged(retriever: Retriever, question: str) -> Judged:
    result = retriever.search(question)
    return Judged(result.confidence, answerable(result))


def _share(judged: Sequence[Judged]) -> float | None:
    return sum(one.answered for one in judged) / len(judged) if judged else None


if __name__ == "__main__":
    main()
