"""Run a benchmark of the service from the command line."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from corpus.errors import ZhijianError
from eval.bench.table import Row, as_json, markdown
from eval.evaluate import OWN_QUESTIONS
from eval.questions import Question, load_questions

Measure = Callable[[Sequence[Question], int, Path], list[Row]]
"""What takes the questions to ask, how many requests to measure, and an empty home, and returns the rows."""


def run(name: str, description: str | None, measure: Measure, *, requests: int, least: int) -> None:
    """Measure and print, as `python -m eval.bench.NAME`; `requests` are asked, and any number from `least` on."""
    command = f"python -m eval.bench.{name}"
    parser = argparse.ArgumentParser(prog=command, description=description)
    parser.add_argument("--questions", type=Path, default=OWN_QUESTIONS, help="JSON Lines of questions to ask")
    parser.add_argument(
        "--requests", type=int, default=requests, help=f"how many to measure, {least} at least (default {requests})"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if arguments.requests < least:
        parser.error(f"--requests must be {least} at least")
    try:
        questions = load_questions(arguments.questions)
        with tempfile.TemporaryDirectory(prefix="zhijian-bench-") as home:
            rows = measure(questions, arguments.requests, Path(home))
    except ZhijianError as error:
        sys.exit(f"error: {error}")
    print(json.dumps(as_json(rows, command), ensure_ascii=False) if arguments.json else markdown(rows, command))
