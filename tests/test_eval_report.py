from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from eval.metrics import Measure
from eval.questions import Question
from eval.report import make_report
from eval.run import Outcome, Run
from index.types import Mode

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
RUN = Run(OUTCOMES, Mode.HYBRID, 10)
RANKING = ("hit@1", "r-precision", "recall@10", "mrr@10", "ndcg@10")


def test_json_has_the_agreed_names_and_figures() -> None:
    report = make_report("own", QUESTIONS, JUDGEMENTS, RUN, 2).to_json()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["questions"] == 7
    assert report["answerable"] == 4
    assert tuple(report["all"]) == RANKING
    assert list(report["categories"]) == ["mixed", "none", "事实 fact"]
    # q1 and q7 are perfect, q2 has its two answers at ranks 2 and 3, q3 is missing from the run.
    assert report["all"]["hit@1"] == pytest.approx(2 / 4)
    assert report["all"]["r-precision"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert report["all"]["recall@10"] == pytest.approx(3 / 4)
    assert report["all"]["mrr@10"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert report["categories"]["事实 fact"]["hit@1"] == pytest.approx(1 / 3)
    assert report["categories"]["事实 fact"]["questions"] == 3


def test_ranking_figures_of_unanswerable_questions_are_null_and_their_refusal_is_given() -> None:
    report = make_report("own", QUESTIONS, JUDGEMENTS, RUN, 2).to_json()
    none = report["categories"]["none"]
    assert {name: none[name] for name in RANKING} == dict.fromkeys(RANKING)
    assert none["refusal"] == {"auroc": None, "answered": None, "refused": 0.5}
    # Confidences .9 .4 0 .8 of answerable questions against .6 .1 0; q3 is missing, so refused with confidence 0.
    assert report["refusal"]["auroc"] == pytest.approx((3 + 2 + 0.5 + 3) / 12)
    assert report["refusal"]["answered"] == pytest.approx(2 / 4)
    assert report["refusal"]["refused"] == pytest.approx(2 / 3)


def test_only_unanswerable_questions_make_a_report_without_ranking_figures() -> None:
    report = make_report("own", QUESTIONS[3:6], JUDGEMENTS, RUN, 2)
    assert report.to_json()["all"] == dict.fromkeys(RANKING)
    assert report.overall.answerable == 0
    assert "–" in report.to_text()


def test_splits_are_reported_beside_categories_even_of_the_same_name() -> None:
    split = [replace(question, split="all" if question.answerable else "") for question in QUESTIONS]
    report = make_report("own", [replace(question, category="all") for question in split], JUDGEMENTS, RUN, 2)
    assert report.to_json()["splits"]["all"]["questions"] == 4
    assert report.to_json()["categories"]["all"]["questions"] == 7
    rows = [line.split("  ")[0] for line in report.to_text().splitlines()]
    assert rows.count("all") == 4
    assert rows.count("split all") == 1


def test_the_order_of_questions_changes_nothing() -> None:
    expected = make_report("own", QUESTIONS, JUDGEMENTS, RUN, 2)
    for seed in range(5):
        questions = Random(seed).sample(QUESTIONS, len(QUESTIONS))
        outcomes = {question.id: OUTCOMES[question.id] for question in questions if question.id in OUTCOMES}
        run = Run(outcomes, Mode.HYBRID, 10)
        other = make_report("own", questions, JUDGEMENTS, run, 2)
        assert other.to_json() == expected.to_json()
        assert other.to_text() == expected.to_text()


def test_scores_of_each_question_are_kept() -> None:
    report = make_report("own", QUESTIONS, JUDGEMENTS, RUN, 2)
    assert set(report.per_question) == {"q1", "q2", "q3", "q7"}
    assert report.per_question["q2"][Measure.MRR_AT_10] == 0.5


def test_text_is_aligned() -> None:
    assert make_report("own.jsonl", QUESTIONS, JUDGEMENTS, RUN, 2).to_text() == "\n".join(
        [
            "own.jsonl: 7 questions, hybrid, top 10",
            "",
            "           questions  hit@1  r-precision  recall@10  mrr@10  ndcg@10",
            "mixed              2  1.000        1.000      1.000   1.000    1.000",
            "none               2      –            –          –       –        –",
            "事实 fact          3  0.333        0.500      0.667   0.500    0.564",
            "all                7  0.500        0.625      0.750   0.625    0.673",
            "",
            "Ranking figures are over the questions that can be answered.",
            "",
            "refusal  auroc  answered  refused",
            "mixed    1.000     1.000    1.000",
            "none         –         –    0.500",
            "all      0.708     0.500    0.667",
        ]
    )


def test_grades_of_other_sets_count_from_their_own_threshold() -> None:
    query = Question("q", "", "？", ())
    run = Run({"q": Outcome((("a", 0.9), ("b", 0.8)), 0.9, True)}, Mode.DENSE, 10)
    report = make_report("set/test", [query], {"q": {"a": 0, "b": 1}}, run, 1)
    assert report.to_json()["all"]["mrr@10"] == 0.5
    assert report.to_json()["categories"] == {}
    assert report.to_json()["mode"] == "dense"
