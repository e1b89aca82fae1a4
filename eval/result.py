"""Result files: what a system was asked, what came, what it is worth, and what it was made with.

Everything that is shown about a run (tables, comparison, report, gate) is computed from one of these.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from eval.answers import AnswerScores
from eval.cost import Cost
from eval.errors import DataError
from eval.metrics import Measure
from eval.provenance import Provenance
from eval.robustness import Robustness
from eval.run import Outcome

FORMAT = 1

# What a result without details keeps of each ranking: enough to see what came first.
_KEPT, _DIGITS = 5, 4


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold one question, what came, and what that is worth.

    `grades` are those of the judged passages by id. `scores` are the ranking measures by name, None where no passage
    answers the question; `answer` is the worth of the answer in words, None where there was none. `partial` says
    that the passages answer only a part of the question.
    """

    id: str
    text: str
    grades: Mapping[str, int]
    outcome: Outcome
    scores: Mapping[str, float] | None
    answer: AnswerScores | None = None
    category: str = ""
    split: str = ""
    group: str = ""
    history: tuple[str, ...] = ()
    partial: bool = False

    @property
    def answerable(self) -> bool:
        """Say whether some passage answers it."""
        return self.scores is not None


@dataclass(frozen=True, slots=True)
class Result:
    """Hold a judged run.

    `name` says what was asked, `system` who was asked. Rankings are `depth` deep; grades from `relevant` on are right
    answers. `passages` are the texts of passages by id, for a reader, as far as they were kept.
    """

    name: str
    system: str
    depth: int
    relevant: int
    provenance: Provenance
    questions: tuple[Judged, ...]
    robustness: Robustness | None = None
    cost: Cost | None = None
    passages: Mapping[str, str] = field(default_factory=dict)

    def without_details(self) -> Result:
        """Return the result without texts, times and the lower ranks, small enough to be committed.

        The scores of the questions stay exact, so that figures and comparisons are the same.
        """
        return replace(
            self,
            cost=None,
            passages={},
            questions=tuple(replace(one, outcome=_brief(one.outcome)) for one in self.questions),
        )


_RESULT = TypeAdapter(Result)


def write_result(path: Path, result: Result) -> None:
    """Write a result as JSON, one question a line; the file is there whole or not at all."""
    values: dict[str, Any] = {"format": FORMAT, **_RESULT.dump_python(result, mode="json", exclude_defaults=True)}
    questions = [_compact(question) for question in values.pop("questions")]
    head = json.dumps(values, ensure_ascii=False, indent=1).removesuffix("\n}")
    write_text(path, f'{head},\n "questions": [\n  ' + ",\n  ".join(questions) + "\n ]\n}\n")


def write_text(path: Path, text: str) -> None:
    """Write a file by a rename, so that nobody finds half of it; one that a link leads to is replaced, not the link.

    Raises `DataError` where that is not possible.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    aside = None
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(aside).chmod(0o644)
        os.replace(aside, target)
        aside = None
    except OSError as error:
        raise DataError(path, f"can't be written: {error.strerror or error}") from None
    except UnicodeEncodeError:
        raise DataError(path, "can't be written: a name or an address in it is not Unicode text") from None
    finally:
        if aside:
            Path(aside).unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise `DataError` for a path that no file can be written to: better said before a long command than after it."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        fault = os.strerror(errno.EISDIR)
    elif target.exists() and not target.is_file():
        # A rename would put a file in the place of /dev/null.
        fault = "it is no ordinary file"
    elif not target.parent.is_dir():
        fault = os.strerror(errno.ENOENT)
    elif not os.access(target.parent, os.W_OK | os.X_OK):
        fault = os.strerror(errno.EACCES)
    else:
        return
    raise DataError(path, f"can't be written: {fault}")


def read_result(path: Path) -> Result:
    """Read a result file. Raises `DataError` for one that can't be read or is no result file of this version."""
    try:
        values = from_json(path.read_bytes(), allow_inf_nan=False)
    except OSError as error:
        raise DataError(path, f"can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise DataError(path, f"is no result file, nor JSON at all: {error}") from None
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise DataError(
            path, f'is no result file of this version (`"format": {FORMAT}`); run `zhijian eval --out` again'
        )
    try:
        result = _RESULT.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(path, f"is no result file: {place}: {first['msg']}") from None
    _check(path, result)
    return result


def _check(path: Path, result: Result) -> None:
    if not result.questions:
        raise DataError(path, "holds no questions")
    seen: set[str] = set()
    for judged in result.questions:
        if judged.id in seen:
            raise DataError(path, f'holds the question "{judged.id}" twice')
        seen.add(judged.id)
        if not all(isfinite(score) for _, score in judged.outcome.ranking):
            raise DataError(path, f'a score in the ranking of "{judged.id}" is not finite')
        confidence = judged.outcome.confidence
        if confidence is not None and not 0 <= confidence <= 1:
            raise DataError(path, f'the confidence of "{judged.id}" is {confidence}, which is no probability')
        if judged.scores is not None and set(judged.scores) != set(Measure):
            raise DataError(path, f'the scores of "{judged.id}" are not {", ".join(Measure)}')
        if not all(0 <= score <= 1 for score in (judged.scores or {}).values()):
            raise DataError(path, f'a score of "{judged.id}" is not in [0, 1]')


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _brief(outcome: Outcome) -> Outcome:
    ranking = tuple((name, round(score, _DIGITS)) for name, score in outcome.ranking[:_KEPT])
    return Outcome(ranking, outcome.confidence, outcome.answered)
