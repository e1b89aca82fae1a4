"""The head of the report: where we stand in a sentence, the figures with their intervals, and the heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.bootstrap import Interval, draw_resamples, interval
from eval.compare import DECISION
from eval.figures import Figures, Summary
from eval.html.against import Against, Standing, Verdict, decision_rate, decision_samples
from eval.html.bilingual import Text, joined, listed, percent, signed
from eval.html.labels import CATEGORIES, HEADS, RANKING, REFUSAL, Label, named
from eval.metrics import Measure
from eval.result import Judged, Result

# The best value has no colour, the worst this step of the style sheet's.
STEPS = 10

_TILES = (Measure.HIT_AT_1.value, Measure.RECALL_AT_10.value, "answered", "refused")
# So many changed figures are named in words; the table has them all.
_NAMED = 4
_TRUSTED = "test"
_FITTED = "dev"


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one figure of the summary; `standing` is None where there is nothing to compare it with."""

    name: str
    label: Label
    value: float | None
    interval: Interval | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Tile:
    """Hold a figure that is shown large, with that of the split that nothing was fitted on."""

    line: Line
    trusted: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold a value of the heat map; `step` from 0 (best) to 10 (worst), None where it has no meaning."""

    value: float | None
    interval: Interval | None
    step: int | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    """Hold a row of the heat map; `refused` is how many questions were refused, None where the system does not say."""

    name: Text
    questions: int
    refused: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Hold the heat map: rows of categories, of splits, and the whole."""

    heads: tuple[Text, ...]
    categories: tuple[HeatRow, ...]
    splits: tuple[HeatRow, ...]
    overall: HeatRow


def lines(result: Result, summary: Summary, against: Against | None) -> tuple[list[Line], list[Line]]:
    """Return the figures of rankings and those of refusals; figures that the result does not have are left out."""
    overall = summary.overall
    resamples = draw_resamples({judged.id: judged.group for judged in result.questions})
    samples = decision_samples(result.questions, resamples)

    def line(name: str, label: Label) -> Line:
        standing = against.standings.get(name) if against else None
        if name == DECISION:
            found = interval(samples) if samples is not None else None
            return Line(name, label, decision_rate(result.questions), found, standing)
        return Line(name, label, overall.value(name), overall.intervals.get(name), standing)

    def present(labels: Mapping[str, Label]) -> list[Line]:
        return [found for name, label in labels.items() if (found := line(name, label)).value is not None]

    return present(RANKING), present(REFUSAL)


def tiles(found: Sequence[Line], summary: Summary) -> list[Tile]:
    """Return the few figures that say most."""
    by_name = {line.name: line for line in found}
    trusted = summary.splits.get(_TRUSTED) if _FITTED in summary.splits else None
    return [Tile(by_name[name], trusted.value(name) if trusted else None) for name in _TILES if name in by_name]


def headline(summary: Summary, found: Sequence[Line], against: Against | None, given: bool) -> Text:
    """Say in one sentence where the system stands; `given` says whether there is a baseline at all."""
    overall = summary.overall
    parts: list[Text] = []
    if overall.scores:
        many, first = overall.answerable, percent(overall.scores[Measure.HIT_AT_1])
        parts.append(
            Text(
                f"有答案的 {many} 题，首条答对 {first}", f"the first hit answers {first} of {many} answerable questions"
            )
        )
    if overall.refusal.refused is not None:
        many, refused = overall.questions - overall.answerable, percent(overall.refusal.refused)
        parts.append(
            Text(f"没有答案的 {many} 题，拒答 {refused}", f"{refused} of the {many} without an answer are refused")
        )
    parts.append(_standing_words(found, against, given))
    words = Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))
    return Text(f"{words.zh}。", f"{words.en[0].upper()}{words.en[1:]}.")


def details(summary: Summary, found: Sequence[Line]) -> Text | None:
    """Say what the headline had no room for: errors of the other kind, and which figures changed most."""
    overall, told = summary.overall, list[Text]()
    if overall.scores:
        share = percent(overall.scores[Measure.RECALL_AT_10])
        told.append(Text(f"前十条找回 {share} 的答案。", f"The first ten hits hold {share} of the answers."))
    if overall.refusal.answered is not None:
        lost = percent(1 - overall.refusal.answered)
        told.append(Text(f"有答案却被拒的占 {lost}。", f"{lost} of the answerable questions were refused in error."))
    for verdict, zh, en in ((Verdict.WORSE, "变差", "Worse"), (Verdict.BETTER, "变好", "Better")):
        changed = [line for line in found if line.standing and line.standing.verdict is verdict]
        if changed:
            names = listed([_change(line) for line in changed[:_NAMED]])
            rest = len(changed) - _NAMED
            more = Text(f"等 {len(changed)} 项", f" and {rest} more") if rest > 0 else Text("", "")
            told.append(Text(f"{zh}：{names.zh}{more.zh}。", f"{en}: {names.en}{more.en}."))
    return joined(told) if told else None


def _standing_words(found: Sequence[Line], against: Against | None, given: bool) -> Text:
    if not given:
        return Text("没有给基准，无从比较", "there is no baseline to compare with")
    verdicts = [line.standing.verdict for line in found if line.standing]
    if against is None or not verdicts:
        return Text(
            "与基准没有相同的题，无法比较", "nothing can be compared with the baseline, which shares no question"
        )
    better, worse = verdicts.count(Verdict.BETTER), verdicts.count(Verdict.WORSE)
    if not better and not worse:
        return Text("与基准没有显著差别", "no figure differs significantly from the baseline")
    zh = [f"{better}\u00a0项变好" if better else "没有变好", f"{worse}\u00a0项变差" if worse else "没有变差"]
    en = [f"{better or 'none'} better", f"{worse or 'none'} worse"]
    same = verdicts.count(Verdict.SAME)
    if same:
        zh.append(f"{same}\u00a0项相当")
        en.append(f"{same} the same")
    return Text(f"与基准相比，{'、'.join(zh)}", f"against the baseline, {', '.join(en)}")


def _change(line: Line) -> Text:
    change = signed(line.standing.difference) if line.standing else ""
    return Text(f"{line.label.name.zh}（{change}）", f"{line.label.name.en} ({change})")


def heat_map(result: Result, summary: Summary) -> HeatMap:
    """Return category × figure, with splits and the whole below; figures that no row has are left out."""
    every = [*summary.categories.values(), *summary.splits.values(), summary.overall]
    names = [name for name in HEADS if any(figures.value(name) is not None for figures in every)]

    def row(name: Text, figures: Figures, questions: Sequence[Judged]) -> HeatRow:
        cells = tuple(_cell(figures, column) for column in names)
        return HeatRow(name, figures.questions, _refused(questions), cells)

    def of_category(name: str) -> list[Judged]:
        return [judged for judged in result.questions if judged.category == name]

    def of_split(name: str) -> list[Judged]:
        return [judged for judged in result.questions if judged.split == name]

    return HeatMap(
        heads=tuple(HEADS[name] for name in names),
        categories=tuple(
            row(named(CATEGORIES, name), figures, of_category(name)) for name, figures in summary.categories.items()
        ),
        splits=tuple(
            row(Text(f"{name} 部分", f"split {name}"), figures, of_split(name))
            for name, figures in sorted(summary.splits.items())
        ),
        overall=row(Text("全部", "all"), summary.overall, result.questions),
    )


def fitted_and_trusted(summary: Summary) -> bool:
    """Say whether the questions are split into those that things were fitted on and those that show their worth."""
    return {_TRUSTED, _FITTED} <= set(summary.splits)


def _cell(figures: Figures, name: str) -> Cell:
    value = figures.value(name)
    step = None if value is None else round((1 - max(0.0, min(1.0, value))) * STEPS)
    return Cell(value, figures.intervals.get(name), step)


def _refused(questions: Sequence[Judged]) -> int | None:
    decided = [judged.outcome.answered for judged in questions]
    return None if None in decided else decided.count(False)
