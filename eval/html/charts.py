"""Charts as inline SVG: plain elements with classes that the style sheet colours, texts in both languages.

Each is an image whose name and description stand in elements of the page, `ID-title` and `ID-text`: there the language
that the reader chose is the one that is read out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from eval.html.bilingual import Text, percent, same
from eval.refusal import CalibrationBin, CoveragePoint

WIDTH, HEIGHT = 440, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 20, 34, 52
_TICKS = 5

BAR_WIDTH, BAR_HEIGHT = 180, 18


@dataclass(frozen=True, slots=True)
class Chart:
    """Hold an image and what it shows in words."""

    image: Markup
    text: Text


@dataclass(frozen=True, slots=True)
class Operating:
    """Mark where a system works: the share of all questions that it answers, and the share of these it should not."""

    coverage: float
    risk: float


def risk_coverage_chart(points: Sequence[CoveragePoint], operating: Operating | None, answerable: float) -> Chart:
    """Draw the risk-coverage curve, the best that could be, and the operating point.

    `answerable` in [0, 1] is the share of questions that can be answered: a perfect confidence has no risk up to there.
    """
    risks = [point.risk for point in points] + [1 - answerable] + ([operating.risk] if operating else [])
    frame = _Frame(_top(max(risks)))
    curve = [(point.coverage, point.risk) for point in points]
    best = [(share, max(0.0, 1 - answerable / share)) for share in (step / 50 for step in range(1, 51))]
    best = [
        (0.0, 0.0),
        *(spot for spot in best if spot[1] == 0),
        (answerable, 0.0),
        *(spot for spot in best if spot[1]),
    ]
    parts = [
        frame.axes(
            Text("覆盖率：作答的题占多少", "Coverage: share of questions answered"),
            Text("风险：作答的题里不该答的占多少", "Risk: share of the answered that cannot be answered"),
        ),
        _path(frame, best, "best"),
        _path(frame, curve, "curve"),
    ]
    text = Text(
        f"全部作答时风险 {percent(points[-1].risk)}。",
        f"Answering everything has a risk of {percent(points[-1].risk)}. ",
    )
    for coverage in (0.25, 0.5, 0.75):
        risk = next(point.risk for point in points if point.coverage >= coverage - 1e-9)
        text = Text(
            text.zh + f"答最有把握的 {coverage:.0%} 时 {percent(risk)}。",
            text.en + f"Answering the most confident {coverage:.0%}: {percent(risk)}. ",
        )
    if operating:
        parts.append(_operating(frame, operating))
        text = Text(
            text.zh + f"系统现在答 {percent(operating.coverage)}，风险 {percent(operating.risk)}。",
            text.en + f"The system answers {percent(operating.coverage)} at a risk of {percent(operating.risk)}.",
        )
    return Chart(_image("risk", parts), text)


def reliability_chart(bins: Sequence[CalibrationBin]) -> Chart:
    """Draw the reliability diagram with the number of questions of each bin above it."""
    frame = _Frame(1.0)
    parts = [
        frame.axes(
            Text("置信度", "Confidence"),
            Text("其中真有答案的占多少（上排：题数）", "Share that can be answered (above: questions)"),
        )
    ]
    told: list[str] = []
    for found in bins:
        left, right = frame.x(found.low), frame.x(found.high)
        parts.append(_label((left + right) / 2, _TOP - 5, same(str(found.count)), "count", "middle"))
        if found.share is None or found.confidence is None:
            continue
        up = frame.y(found.share)
        parts.append(
            Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}"/>').format(
                _number(left + 1.5), _number(up), _number(right - left - 3), _number(frame.y(0) - up)
            )
        )
        parts.append(_dot(frame.x(found.confidence), up, 3.5, "mean"))
        told.append(f"{found.low:.1f}–{found.high:.1f}: {found.count}, {percent(found.share)}")
    parts.append(_path(frame, [(0.0, 0.0), (1.0, 1.0)], "best"))
    lines = "; ".join(told)
    return Chart(
        _image("reliability", parts),
        Text(
            f"各段置信度的题数与其中有答案的比例：{lines}。", f"Questions and answerable share by confidence: {lines}."
        ),
    )


def drop_bar(value: float, low: float | None, high: float | None, reach: float) -> Markup:
    """Draw a difference as a bar from the middle line, its interval as a line with ends; `reach` is half the width."""

    def place(amount: float) -> float:
        return BAR_WIDTH / 2 * (1 + max(-1.0, min(1.0, amount / reach)))

    middle, end, centre = BAR_WIDTH / 2, place(value), BAR_HEIGHT / 2
    kind = "loss" if value < 0 else "gain"
    parts = [
        Markup('<rect class="{}" x="{}" y="4" width="{}" height="{}"/>').format(
            kind, _number(min(middle, end)), _number(abs(end - middle)), BAR_HEIGHT - 8
        ),
        _line(middle, 0, middle, BAR_HEIGHT, "axis"),
    ]
    if low is not None and high is not None:
        left, right = place(low), place(high)
        parts.append(_line(left, centre, right, centre, "whisker"))
        parts += [_line(at, centre - 4, at, centre + 4, "whisker") for at in (left, right)]
    return _bar(parts)


def share_bar(value: float) -> Markup:
    """Draw a share in [0, 1] as a bar from the left."""
    width = _number(BAR_WIDTH * max(0.0, min(1.0, value)))
    return _bar([Markup('<rect class="gain" x="0" y="4" width="{}" height="{}"/>').format(width, BAR_HEIGHT - 8)])


@dataclass(frozen=True, slots=True)
class _Frame:
    """Map the unit square, cut off at `top`, to the picture."""

    top: float

    def x(self, value: float) -> float:
        return _LEFT + value * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - value / self.top * (HEIGHT - _TOP - _BOTTOM)

    def axes(self, across: Text, up: Text) -> Markup:
        """Draw grid, ticks with labels, and the titles of both axes; that of the upright one stands above it."""
        parts: list[Markup] = []
        for tick in (number / _TICKS for number in range(_TICKS + 1)):
            x, y = self.x(tick), self.y(tick * self.top)
            parts.append(_line(self.x(0), y, self.x(1), y, "grid" if tick else "axis"))
            parts.append(_line(x, self.y(0), x, self.y(0) + 4, "axis"))
            parts.append(_label(x, self.y(0) + 18, same(f"{tick:.0%}"), "tick", "middle"))
            parts.append(_label(self.x(0) - 6, y + 4, same(f"{tick * self.top:.0%}"), "tick", "end"))
        parts.append(_label(self.x(1), HEIGHT - 10, across, "title", "end"))
        parts.append(_label(0, 13, up, "title", "start"))
        return Markup("").join(parts)


def _top(value: float) -> float:
    """Return where an axis ends that holds a share: five steps of a round number of percent."""
    return next(top for top in (0.05, 0.1, 0.25, 0.5, 1.0) if value <= top)


def _operating(frame: _Frame, point: Operating) -> Markup:
    x, y = frame.x(point.coverage), frame.y(point.risk)
    label = Text(
        f"现在：答 {percent(point.coverage)}，风险 {percent(point.risk)}",
        f"now: {percent(point.coverage)} answered, risk {percent(point.risk)}",
    )
    anchor = "end" if point.coverage > 0.55 else "start"
    # Above the curve is free room, unless the point is at the very top.
    beside = y - 10 if y - _TOP > 30 else y + 22
    return _line(x, frame.y(0), x, y, "lead-line") + _dot(x, y, 5.5, "now") + _label(x, beside, label, "now", anchor)


def _image(name: str, parts: Sequence[Markup]) -> Markup:
    told = Markup('role="img" aria-labelledby="{}-title" aria-describedby="{}-text"').format(name, name)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" {}>{}</svg>').format(
        WIDTH, HEIGHT, told, Markup("").join(parts)
    )


def _bar(parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="inline-bar" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        BAR_WIDTH, BAR_HEIGHT, Markup("").join(parts)
    )


def _path(frame: _Frame, spots: Sequence[tuple[float, float]], kind: str) -> Markup:
    steps = " ".join(f"{_number(frame.x(x))},{_number(frame.y(y))}" for x, y in spots)
    return Markup('<polyline class="{}" points="{}"/>').format(kind, steps)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, *map(_number, (x1, y1, x2, y2)))


def _dot(x: float, y: float, radius: float, kind: str) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(kind, _number(x), _number(y), radius)


def _label(x: float, y: float, text: Text, kind: str, anchor: str) -> Markup:
    place = f'x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}"'
    if text.zh == text.en:
        return Markup("<text class='{}' " + place + ">{}</text>").format(kind, text.zh)
    return text.marked("text", f'{place} data-kind="{kind}"')


def _number(value: float) -> str:
    return f"{value:.1f}"
