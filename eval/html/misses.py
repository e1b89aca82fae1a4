"""The questions that went wrong: what was asked, what came, what should have come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from eval.compare import values
from eval.html.bilingual import Text, number
from eval.html.labels import CATEGORIES, PARTS, named
from eval.metrics import Measure
from eval.result import Judged, Result

SHOWN = 5
_LONGEST = 600
# Result files hold fewer digits than what has just been measured.
_TOLERANCE = 1e-5


class Kind(StrEnum):
    """Say what went wrong with a question."""

    FIRST = "first"
    INCOMPLETE = "incomplete"
    ANSWERED = "answered"
    REFUSED = "refused"
    MISQUOTED = "misquoted"


KINDS: Mapping[Kind, Text] = {
    Kind.FIRST: Text("首条不是答案", "first hit wrong"),
    Kind.INCOMPLETE: Text("前 R 条不全", "incomplete in first R"),
    Kind.ANSWERED: Text("该拒却答", "answered, should refuse"),
    Kind.REFUSED: Text("能答却拒", "refused, could answer"),
    Kind.MISQUOTED: Text("引文不符", "quote not verbatim"),
}


class Worth(StrEnum):
    """Say what a passage is to a question."""

    RIGHT = "right"
    HELPS = "helps"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Passage:
    """Hold a passage as a reader sees it; `text` is None where texts were not kept, `cut` where it goes on."""

    id: str
    text: str | None
    cut: bool
    grade: int | None
    worth: Worth


@dataclass(frozen=True, slots=True)
class Came:
    """Hold one hit at its rank, from 1, with its score and where that comes from."""

    rank: int
    passage: Passage
    score: str
    parts: Text | None


@dataclass(frozen=True, slots=True)
class Expected:
    """Hold a right passage and its rank, None beyond the depth; `shown` says that it is among the hits."""

    passage: Passage
    rank: int | None
    shown: bool


@dataclass(frozen=True, slots=True)
class Miss:
    """Hold a question that went wrong, whether it is `worse` than in the baseline, and what came.

    `more` is how many hits are not shown.
    """

    judged: Judged
    anchor: str
    kinds: tuple[Kind, ...]
    worse: bool
    came: tuple[Came, ...]
    more: int
    expected: tuple[Expected, ...]

    @property
    def first(self) -> int | None:
        """Return the rank of the first right passage, None where none came."""
        return self.expected[0].rank if self.expected else None


@dataclass(frozen=True, slots=True)
class Group:
    """Hold the misses of one category, of so many questions; the name is None where questions have no category."""

    name: Text | None
    questions: int
    misses: tuple[Miss, ...]

    @property
    def many(self) -> int:
        """Count the misses."""
        return len(self.misses)


def miss_groups(result: Result, before: Mapping[str, Judged]) -> list[Group]:
    """Return all that went wrong by category, in the order of the questions; `before` are outcomes of the baseline."""
    groups: list[Group] = []
    for category in dict.fromkeys(judged.category for judged in result.questions):
        asked = [judged for judged in result.questions if judged.category == category]
        wrong = tuple(_miss(result, judged, before.get(judged.id)) for judged in asked if kinds(judged))
        if wrong:
            groups.append(Group(named(CATEGORIES, category) if category else None, len(asked), wrong))
    return groups


def kinds(judged: Judged) -> tuple[Kind, ...]:
    """Return what went wrong with a question, empty where nothing did."""
    found: list[Kind] = []
    scores = judged.scores
    if scores is not None:
        if scores[Measure.HIT_AT_1] < 1 - _TOLERANCE:
            found.append(Kind.FIRST)
        if scores[Measure.R_PRECISION] < 1 - _TOLERANCE:
            found.append(Kind.INCOMPLETE)
    if judged.outcome.answered is not None and judged.outcome.answered != judged.answerable:
        found.append(Kind.REFUSED if judged.answerable else Kind.ANSWERED)
    if judged.answer and judged.outcome.answered is not False and judged.answer.verbatim < judged.answer.citations:
        found.append(Kind.MISQUOTED)
    return tuple(found)


def counts(groups: Iterable[Group]) -> dict[Kind, int]:
    """Count the misses of each kind that there is."""
    every = [kind for group in groups for miss in group.misses for kind in miss.kinds]
    return {kind: every.count(kind) for kind in Kind if kind in every}


def anchor(question: str) -> str:
    """Return the id of a question's element: the question's own, percent-encoded where HTML or addresses need it."""
    return "q-" + quote(question, safe="", errors="replace")


def _miss(result: Result, judged: Judged, before: Judged | None) -> Miss:
    ranking = judged.outcome.ranking
    ranks: dict[str, int] = {}
    for rank, (name, _) in enumerate(ranking, start=1):
        ranks.setdefault(name, rank)
    right = [name for name, grade in judged.grades.items() if grade >= result.relevant]
    shown = min(len(ranking), max([SHOWN, *(ranks[name] for name in right if name in ranks)]))
    came = tuple(
        Came(rank, _passage(result, judged, name), number(score), _parts(judged, rank))
        for rank, (name, score) in enumerate(ranking[:shown], start=1)
    )
    expected = [Expected(_passage(result, judged, name), ranks.get(name), name in ranks) for name in right]
    return Miss(
        judged=judged,
        anchor=anchor(judged.id),
        kinds=kinds(judged),
        worse=before is not None and _is_worse(before, judged),
        came=came,
        more=len(ranking) - shown,
        expected=tuple(sorted(expected, key=lambda one: (one.rank is None, one.rank or 0))),
    )


def _is_worse(before: Judged, now: Judged) -> bool:
    was, value = values(before), values(now)
    watched = {Measure.HIT_AT_1.value, Measure.R_PRECISION.value, *(set(was) - set(Measure))}
    return any(value[name] < was[name] - _TOLERANCE for name in watched if name in was and name in value)


def _passage(result: Result, judged: Judged, name: str) -> Passage:
    grade = judged.grades.get(name)
    text = result.passages.get(name)
    worth = Worth.OTHER if not grade or grade < 0 else Worth.RIGHT if grade >= result.relevant else Worth.HELPS
    cut = text is not None and len(text) > _LONGEST
    return Passage(name, text[:_LONGEST] if text is not None else None, cut, grade, worth)


def _parts(judged: Judged, rank: int) -> Text | None:
    """Return where the score of a hit comes from as one line; parts that say nothing are left out."""
    if rank > len(judged.outcome.parts):
        return None
    told: list[Text] = []
    for name, value in judged.outcome.parts[rank - 1].items():
        if value is not None:
            label = named(PARTS, name)
            told.append(Text(f"{label.zh} {number(value)}", f"{label.en} {number(value)}"))
    return Text(" · ".join(part.zh for part in told), " · ".join(part.en for part in told)) if told else None
