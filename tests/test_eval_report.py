from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from eval.judge import judge
from eval.metrics import Judgements, Measure
from eval.provenance import Provenance
from eval.questions import Question
from eval.report import to_json, to_text
from eval.result import Result
from eval.run import Outcome, Run

QUESTIONS = (
    Question("q1", "事实 fact", "一？", ("a",)),
    Question("q2", "事实 fact", "二？", ("b", "c"), history=("一？",)),
    Question("q3", "事实 fact", "三？", ("a",)),
    Question("q4", "none", "四？", (), helps=("c",)),
    Question("q5", "none", "五？", ()),
    Question("q6", "mixed", "六？", ()),
    Question("q7", "mixed", "七？", ("c",)),
)
OUTCOMES = {
    "q1": Outcome((("a", 0.9), ("b", 0.8)), 0.9, True),
    "q2": Outcome((("a", 0.9), ("b", 0.8), ("c", 0.7)), 0.4, False),
    "q4": Outcome((("c", 0.9),), 0.6, True),
    "q5": Outcome((("a", 0.2),), 0.1, False),
    "q6": Outcome((), 0.0, False),
    "q7": Outcome((("c", 0.5),), 0.8, True),
}
JUDGEMENTS = {question.id: question.grades for question in QUESTIONS}
RUN = Run(OUTCOMES, "hybrid", 10)
RANKING = ("hit@1", "r-precision", "recall@5", "recall@10", "mrr@10", "ndcg@10")


def judged(
    questions: Sequence[Question] = QUESTIONS,
    run: Run = RUN,
    *,
    name: str = "own",
    judgements: Judgements = JUDGEMENTS,
    relevant: int = 2,
) -> Result:
    return judge(name, questions, judgements, run, relevant, Provenance("2026-11-22", "abc", "", "", ""))


def test_json_has_the_agreed_names_and_figures() -> None:
    report = to_json(judged())
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    whole = report["all"]
    assert whole["questions"] == 7
    assert whole["answerable"] == 4
    assert list(report["categories"]) == ["事实 fact", "none", "mixed"]
    # q1 and q7 are perfect, q2 has its two answers at ranks 2 and 3, q3 is missing from the run.
    assert whole["hit@1"] == pytest.approx(2 / 4)
    assert whole["r-precision"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert whole["recall@5"] == whole["recall@10"] == pytest.approx(3 / 4)
    assert whole["mrr@10"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert report["categories"]["事实 fact"]["hit@1"] == pytest.approx(1 / 3)
    assert report["categories"]["事实 fact"]["questions"] == 3


def test_every_figure_lies_in_its_interval() -> None:
    whole = to_json(judged())["all"]
    figures = {**{name: whole[name] for name in RANKING}, **whole["refusal"]}
    assert set(whole["intervals"]) == set(figures)
    for name, (low, high) in whole["intervals"].items():
        assert low < high
        # Chance adds to a calibration error, so that its interval lies high.
        assert name == "ece" or low <= figures[name] <= high


def test_ranking_figures_of_unanswerable_questions_are_null_and_their_refusal_is_given() -> None:
    report = to_json(judged())
    none = report["categories"]["none"]
    assert {name: none[name] for name in RANKING} == dict.fromkeys(RANKING)
    assert none["refusal"]["auroc"] is None
    assert none["refusal"]["answered"] is None
    assert none["refusal"]["refused"] == 0.5
    # Confidences .9 .4 0 .8 of answerable questions against .6 .1 0; q3 is missing, so refused with confidence 0.
    assert report["all"]["refusal"]["auroc"] == pytest.approx((3 + 2 + 0.5 + 3) / 12)
    assert report["all"]["refusal"]["answered"] == pytest.approx(2 / 4)
    assert report["all"]["refusal"]["refused"] == pytest.approx(2 / 3)


def test_only_unanswerable_questions_make_a_report_without_ranking_figures() -> None:
    result = judged(QUESTIONS[3:6])
    assert {name: to_json(result)["all"][name] for name in RANKING} == dict.fromkeys(RANKING)
    assert to_json(result)["all"]["answerable"] == 0
    assert "–" in to_text(result)


def test_a_run_without_confidence_has_no_figures_of_refusal() -> None:
    run = Run({name: Outcome(outcome.ranking) for name, outcome in OUTCOMES.items()}, "elsewhere", 10)
    report = to_json(judged(run=run))
    assert report["all"]["hit@1"] == pytest.approx(2 / 4)
    assert set(report["all"]["refusal"].values()) == {None}
    assert report["all"]["answers"] is None
    assert "refusal" not in to_text(judged(run=run))


def test_splits_are_reported_beside_categories_even_of_the_same_name() -> None:
    split = [replace(question, split="all" if question.answerable else "") for question in QUESTIONS]
    result = judged([replace(question, category="all") for question in split])
    assert to_json(result)["splits"]["all"]["questions"] == 4
    assert to_json(result)["categories"]["all"]["questions"] == 7
    rows = [line.split("  ")[0] for line in to_text(result).splitlines()]
    assert rows.count("all") == 4
    assert rows.count("split all") == 1


def test_the_order_of_questions_changes_nothing() -> None:
    expected = to_json(judged())
    for seed in range(5):
        questions = Random(seed).sample(QUESTIONS, len(QUESTIONS))
        outcomes = {question.id: OUTCOMES[question.id] for question in questions if question.id in OUTCOMES}
        assert to_json(judged(questions, Run(outcomes, "hybrid", 10))) == expected


def test_scores_of_each_question_are_kept() -> None:
    scores = {one.id: one.scores for one in judged().questions if one.scores}
    assert set(scores) == {"q1", "q2", "q3", "q7"}
    assert scores["q2"][Measure.MRR_AT_10] == 0.5


def test_text_is_aligned() -> None:
    # One group has no interval, so that the figures stand alone.
    questions = [replace(question, group="one") for question in QUESTIONS]
    assert to_text(judged(questions, name="own.jsonl")) == "\n".join(
        [
            "own.jsonl: 7 questions, hybrid, top 10",
            "",
            "           questions  hit@1  r-precision  recall@5  recall@10  mrr@10  ndcg@10",
            "事实 fact          3  0.333        0.500     0.667      0.667   0.500    0.564",
            "none               2      –            –         –          –       –        –",
            "mixed              2  1.000        1.000     1.000      1.000   1.000    1.000",
            "all                7  0.500        0.625     0.750      0.750   0.625    0.673",
            "",
            "Ranking figures are over the questions that can be answered.",
            "",
            "refusal  auroc  answered  refused   aurc    ece",
            "none         –         –    0.500      –  0.350",
            "mixed    1.000     1.000    1.000  0.250  0.100",
            "all      0.708     0.500    0.667  0.263  0.343",
        ]
    )


def test_grades_of_other_sets_count_from_their_own_threshold() -> None:
    query = Question("q", "", "？", ())
    run = Run({"q": Outcome((("a", 0.9), ("b", 0.8)), 0.9, True)}, "dense", 10)
    report = to_json(judged([query], run, judgements={"q": {"a": 0, "b": 1}}, relevant=1))
    assert report["all"]["mrr@10"] == 0.5
    assert report["categories"] == {}
    assert report["system"] == "dense"


def test_what_would_steer_a_terminal_is_not_printed() -> None:
    steering = [replace(question, category="\x1b[31mred\n", split="a\u202eb") for question in QUESTIONS]
    text = to_text(judged(steering))
    assert "\ufffd[31mred\ufffd" in text
    assert "split a\ufffdb" in text
