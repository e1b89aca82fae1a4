"""Write a result as one HTML file to read in a browser or on paper, in Chinese and English."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.figures import Summary, summarise
from eval.html.against import Against, hold_against
from eval.html.bilingual import (
    Text,
    chance,
    figure,
    language,
    megabytes,
    milliseconds,
    moment,
    percent,
    printable,
    same,
    signed,
    signed_span,
    span,
)
from eval.html.misses import KINDS, counts, miss_groups
from eval.html.quality import answering, confidence, shaken, spent, worst_words
from eval.html.summary import details, fitted_and_trusted, headline, heat_map, lines, tiles
from eval.provenance import Provenance
from eval.result import Result

_TEMPLATES = Path(__file__).parent / "html" / "templates"

_CONTENTS = (
    ("summary", Text("总览", "Summary")),
    ("categories", Text("按类别", "By category")),
    ("confidence", Text("置信度", "Confidence")),
    ("robustness", Text("稳健性", "Robustness")),
    ("answers", Text("答案", "Answers")),
    ("cost", Text("开销", "Cost")),
    ("misses", Text("失误的题", "What went wrong")),
    ("colophon", Text("出处", "Made with")),
)


def html_report(result: Result, baseline: Result | None) -> str:
    """Return a report as one self-contained HTML page, compared with a baseline where there is one.

    It asks no other place for anything. What the result does not hold is left out, and the page says so.
    """
    summary = summarise(result)
    against = hold_against(result, baseline) if baseline else None
    template = _environment().get_template("report.html.j2")
    return template.render(
        result=result,
        baseline=baseline,
        provenance=result.provenance,
        overall=summary.overall,
        title=Text(
            f"检索评测报告：{result.name}，{result.system}", f"Retrieval evaluation: {result.name}, {result.system}"
        ),
        contents=_CONTENTS,
        colophon=_colophon(result, baseline),
        confidence=confidence(result),
        answering=answering(summary.overall.answers) if summary.overall.answers else [],
        spent=spent(result.cost) if result.cost else [],
        **_summary(result, summary, against, baseline is not None),
        **_robustness(result),
        **_misses(result, against),
        **_page(),
    )


def _summary(result: Result, summary: Summary, against: Against | None, given: bool) -> dict[str, Any]:
    ranking, refusal = lines(result, summary, against)
    return {
        "against": against,
        "groups": (ranking, refusal),
        "tiles": tiles([*ranking, *refusal], summary),
        "details": details(summary, [*ranking, *refusal]),
        "headline": headline(summary, [*ranking, *refusal], against, given),
        "splits_told": fitted_and_trusted(summary),
        "heat": heat_map(result, summary),
    }


def _robustness(result: Result) -> dict[str, Any]:
    rows = shaken(result.robustness) if result.robustness else []
    return {"shaken": rows, "worst": worst_words(rows)}


def _misses(result: Result, against: Against | None) -> dict[str, Any]:
    groups = miss_groups(result, against.before if against else {})
    every = [miss for group in groups for miss in group.misses]
    return {
        "groups_of_misses": groups,
        "kind_names": KINDS,
        "kind_counts": counts(groups),
        "worse_count": sum(miss.worse for miss in every),
        "split_counts": dict(sorted(Counter(miss.judged.split for miss in every).items())),
        "anchors": {miss.judged.id: miss.anchor for miss in every},
    }


def _colophon(result: Result, baseline: Result | None) -> list[tuple[Text, str]]:
    rows = _made_with(result.provenance)
    if baseline:
        name = Text("基准：", "baseline: ")
        rows += [
            (Text(name.zh + label.zh, name.en + label.en), value)
            for label, value in [
                (Text("题集", "questions"), baseline.name),
                (Text("系统", "system"), baseline.system),
                *_made_with(baseline.provenance),
            ]
        ]
    return [(label, value) for label, value in rows if value]


def _made_with(provenance: Provenance) -> list[tuple[Text, str]]:
    def pairs(values: dict[str, str]) -> str:
        return " · ".join(f"{name} = {value}" for name, value in values.items())

    return [
        (Text("时间", "date"), moment(provenance.created)),
        (Text("代码版本", "commit"), provenance.commit),
        (Text("模型指纹", "model fingerprint"), provenance.model),
        (Text("索引清单", "manifest"), provenance.manifest),
        (Text("题目校验和", "questions, SHA-256"), provenance.questions),
        (Text("设置", "settings"), pairs(provenance.settings)),
        (Text("库版本", "libraries"), pairs(provenance.libraries)),
    ]


@cache
def _page() -> dict[str, Any]:
    """Return style and script, and the policy that lets nothing else run or load, whatever a question holds."""
    names = ("report.css", "print.css", "report.js")
    screen, paper, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    style = f"{screen}\n{paper}"
    policy = [
        "default-src 'none'",
        "img-src data:",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return {"style": Markup(style), "script": Markup(script), "policy": "; ".join(policy)}


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        t=Text,
        same=same,
        figure=figure,
        signed=signed,
        span=span,
        signed_span=signed_span,
        percent=percent,
        chance=chance,
        language=language,
        moment=moment,
        megabytes=megabytes,
        milliseconds=milliseconds,
    )
    return environment
