"""Show an ablation as the table that leads a README."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.errors import DataError
from eval.metrics import Measure, Scores
from eval.result import write_text
from eval.significance import PairedTest, holm

SHOWN = (Measure.HIT_AT_1, Measure.R_PRECISION, Measure.RECALL_AT_10, Measure.NDCG_AT_10)
COMPARED = (Measure.HIT_AT_1, Measure.R_PRECISION)
BEGIN, END = "<!-- ablation:begin -->", "<!-- ablation:end -->"
_SIGNIFICANT = 0.05
_NOTES = """\
Every row is over the same {questions} questions; its ranking figures are over the {answerable} with an answer, of
which the test split has {unseen}. What is shipped was chosen on dev, none of it on that split. BM25 over words and
the encoder alone are the channels of the shipped search; BM25 over characters and the reciprocal ranks count the
question before as it does, the mean of z-scores does not. `auroc` is that of `confidence`, which is fitted to the
bundled encoder. Δ is the difference to the shipped search: \\* where p < .05 in a paired randomisation test
over groups of paraphrases, \\*\\* where it still is after Holm's correction for all {tests} tests of the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """Hold the figures of one variant.

    `scores` are means over the questions with an answer, `unseen` is hit@1 on those of the test split, `tests` compare
    it with the shipped search by measure. What has no meaning is None or left out.
    """

    name: str
    scores: Scores
    unseen: float | None
    auroc: float | None
    tests: Mapping[Measure, PairedTest]


@dataclass(frozen=True, slots=True)
class Ablation:
    """Hold a row for each variant, and the number of questions: all, those with an answer, these in the test split."""

    rows: tuple[Row, ...]
    questions: int
    answerable: int
    unseen: int

    def markdown(self) -> str:
        """Return the rows as a Markdown table, and what its reader must know."""
        adjusted = holm({(row.name, measure): test.p for row in self.rows for measure, test in row.tests.items()})
        heads = ["", *SHOWN, "auroc", "hit@1 on test", *(f"Δ {measure}" for measure in COMPARED)]
        lines = [heads, ["---", *["--:"] * (len(heads) - 1)]]
        for row in self.rows:
            figures = [*(row.scores.get(measure) for measure in SHOWN), row.auroc, row.unseen]
            gaps = [_gap(row.tests.get(measure), adjusted.get((row.name, measure), 1.0)) for measure in COMPARED]
            lines.append([row.name, *("–" if figure is None else f"{figure:.3f}" for figure in figures), *gaps])
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        notes = _NOTES.format(
            questions=self.questions, answerable=self.answerable, unseen=self.unseen, tests=len(adjusted)
        )
        return f"{table}\n\n{notes}"


def _gap(test: PairedTest | None, adjusted: float) -> str:
    if test is None:
        return ""
    mark = r"\*\*" if adjusted < _SIGNIFICANT else r"\*" if test.p < _SIGNIFICANT else ""
    return f"{test.difference:+.3f}{mark}"


def replace_table(readme: Path, markdown: str) -> None:
    """Write `markdown` between the marks of a README, in place of what stands there.

    Raises `DataError` where the file can't be written, and as `around_table` does.
    """
    before, after = around_table(readme)
    write_text(readme, f"{before}{BEGIN}\n{markdown.strip()}\n{END}{after}")


def around_table(readme: Path) -> tuple[str, str]:
    """Return what stands before and after the marks of a README.

    Raises `DataError` where the file can't be read, or does not hold both marks once and in order.
    """
    try:
        text = readme.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(readme, f"can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DataError(readme, f"can't be read: {error}") from None
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise DataError(readme, f"must hold {BEGIN} and, after it, {END}, each once")
    return before, after
