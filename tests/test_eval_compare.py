"""Comparison of runs, the baseline, and the files between them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from eval.answers import AnswerScores
from eval.baseline import accept, check
from eval.compare import DECISION, comparable, compare
from eval.errors import DataError
from eval.figures import summarise
from eval.judge import judge
from eval.metrics import Measure
from eval.provenance import Provenance, commit
from eval.questions import Question
from eval.report import to_json
from eval.result import Result, read_result, write_result, write_text
from eval.run import Outcome, Run

MADE = Provenance("2026-11-22T00:00:00+00:00", "abc", "model", "manifest", "questions")
ABLE = [Question(f"q{number:02}", "fact", f"问题{number}？", ("a",), group=f"g{number}") for number in range(30)]
UNABLE = [Question(f"u{number:02}", "none", f"没有的{number}？", (), group=f"h{number}") for number in range(30)]
QUESTIONS = (*ABLE, *UNABLE)


def result(wrong: int, answered_wrongly: int = 5, questions: tuple[Question, ...] = QUESTIONS) -> Result:
    """Return a result with so many wrong first hits, and so many unanswerable questions answered."""
    outcomes = {
        question.id: Outcome((("b", 0.9), ("a", 0.8)) if number < wrong else (("a", 0.9), ("b", 0.8)), 0.9, True)
        for number, question in enumerate(ABLE)
    } | {
        question.id: Outcome((("b", 0.3),), 0.7 if number < answered_wrongly else 0.2, number < answered_wrongly)
        for number, question in enumerate(UNABLE)
    }
    judgements = {question.id: question.grades for question in questions}
    return judge("own.jsonl", questions, judgements, Run(outcomes, "hybrid", 10), 2, MADE)


def test_wins_losses_and_the_questions_that_changed_are_told() -> None:
    (comparison,) = compare([("A", result(10)), ("B", result(2, answered_wrongly=6))])
    hit = comparison.rows[Measure.HIT_AT_1]
    assert (hit.test.wins, hit.test.ties, hit.test.losses) == (8, 22, 0)
    assert hit.first == pytest.approx(20 / 30)
    assert hit.second == pytest.approx(28 / 30)
    # Eight signs that all agree: two of 2⁸ assignments are as extreme.
    assert hit.test.p == pytest.approx(2 / 2**8)
    assert hit.adjusted >= hit.test.p
    decision = comparison.rows[DECISION]
    assert (decision.test.wins, decision.test.losses) == (0, 1)
    assert [changed.id for changed in comparison.changed] == [f"q{number:02}" for number in range(2, 10)] + ["u05"]
    assert comparison.changed[0].first_hit == "b"
    assert comparison.changed[0].second_hit == "a"
    assert "问题2？" in comparison.to_text()
    assert json.loads(json.dumps(comparison.to_json(), allow_nan=False))["questions"] == 60


def test_a_run_compared_with_itself_changes_nothing() -> None:
    (comparison,) = compare([("A", result(10)), ("A", result(10))])
    assert comparison.changed == ()
    assert {row.test.difference for row in comparison.rows.values()} == {0.0}
    assert {row.test.p for row in comparison.rows.values()} == {1.0}


def test_several_runs_are_compared_with_the_first_and_p_is_adjusted_for_all_of_them() -> None:
    alone = compare([("A", result(10)), ("B", result(2))])[0].rows[Measure.HIT_AT_1]
    both = compare([("A", result(10)), ("B", result(2)), ("C", result(3))])
    assert [(comparison.first, comparison.second) for comparison in both] == [("A", "B"), ("A", "C")]
    assert both[0].rows[Measure.HIT_AT_1].test == alone.test
    assert both[0].rows[Measure.HIT_AT_1].adjusted > alone.adjusted


def test_only_questions_judged_alike_are_compared() -> None:
    changed = (replace(ABLE[0], gold=("b",)), *ABLE[1:20])
    (comparison,) = compare([("A", result(10)), ("B", result(10, questions=changed))])
    assert comparison.questions == 19
    assert comparison.left_out == 41
    assert "41 questions left out" in comparison.to_text()
    with pytest.raises(DataError, match="B: has no question in common with A"):
        compare([("A", result(0, questions=tuple(ABLE))), ("B", result(0, questions=tuple(UNABLE)))])


def test_a_fall_beyond_the_interval_fails_and_names_the_command_that_accepts_it(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accept(result(2), path)
    fallen = check(result(12), path)
    assert not fallen.passed
    assert {change.name for change in fallen.changes if change.fell} >= {Measure.HIT_AT_1, Measure.R_PRECISION}
    assert "zhijian eval gate --accept" in fallen.to_text()
    risen = check(result(0), path)
    assert risen.passed
    assert "accept" not in risen.to_text()


def test_a_fall_within_the_interval_passes(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accept(result(4), path)
    assert check(result(5), path).passed


def test_what_is_better_low_falls_by_rising(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accept(result(2, answered_wrongly=0), path)
    fell = {change.name: change.fell for change in check(result(2, answered_wrongly=20), path).changes}
    assert fell["refused"]
    assert fell["ece"]
    assert check(result(2, answered_wrongly=0), path).passed


def confident(*by: float) -> Result:
    """Return a result whose confidences are off by so much, in turn."""
    questions = [
        replace(judged, outcome=replace(judged.outcome, confidence=0.5 + by[number % len(by)]))
        for number, judged in enumerate(result(2).questions)
    ]
    return replace(result(2), questions=tuple(questions))


def test_a_change_that_is_too_small_to_be_shown_does_not_fail(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accept(confident(0.2), path)
    for worse, fell in ((0.2004, False), (0.21, True)):
        (ece,) = [change for change in check(confident(worse), path).changes if change.name == "ece"]
        assert ece.difference.low > 0
        assert ece.fell is fell


def test_a_figure_that_is_no_more_fails(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accept(result(2), path)
    silent = [
        replace(judged, outcome=replace(judged.outcome, confidence=None, answered=None))
        for judged in result(2).questions
    ]
    verdict = check(replace(result(2), questions=tuple(silent)), path)
    assert not verdict.passed
    assert verdict.faults == tuple(
        f"{name} can't be told any more." for name in ("auroc", "answered", "refused", "aurc", "ece")
    )


def test_answers_that_quote_nothing_any_more_fail(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    scores = AnswerScores(citations=2, verbatim=2, precision=1.0, recall=1.0, sentences=2, uncited=0, unmatched=0)
    answered = replace(result(2), questions=tuple(replace(judged, answer=scores) for judged in result(2).questions))
    accept(answered, path)
    assert check(answered, path).passed
    assert check(result(2), path).faults[0] == "No answer quotes anything any more."
    misquoted = [replace(judged, answer=replace(scores, verbatim=1)) for judged in answered.questions]
    (fault,) = check(replace(answered, questions=tuple(misquoted)), path).faults
    assert fault.startswith("Only 0.5000 of the quotes stand verbatim")


def test_results_whose_right_answers_begin_at_other_grades_are_not_compared() -> None:
    assert len(comparable(result(2), result(3))) == 60
    assert comparable(result(2), replace(result(3), relevant=1)) == []


def test_other_questions_than_those_of_the_baseline_fail(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accept(result(2), path)
    relabelled = (replace(ABLE[0], helps=("b",)), *QUESTIONS[1:])
    verdict = check(result(2, questions=relabelled), path)
    assert not verdict.passed
    assert "labels are not those of the baseline" in verdict.to_text()
    with pytest.raises(DataError, match=r"none\.json: can't be read"):
        check(result(2), tmp_path / "none.json")


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    written = result(10)
    write_result(tmp_path / "result.json", written)
    assert read_result(tmp_path / "result.json") == written
    write_result(tmp_path / "brief.json", written.without_details())
    # What is left out changes no figure.
    assert to_json(read_result(tmp_path / "brief.json")) == to_json(written)
    assert sorted(os.listdir(tmp_path)) == ["brief.json", "result.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "nor JSON at all"),
        ("{", "nor JSON at all"),
        ("[1]", "of this version"),
        ('{"format": 99}', "of this version"),
        ('{"format": 1}', "name: Field required"),
        ("NaN", "nor JSON at all"),
        ("\ufeff{}", "nor JSON at all"),
    ],
)
def test_what_is_no_result_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=rf"result\.json: .*{message}"):
        read_result(path)


@pytest.mark.parametrize(
    ("found", "instead", "message"),
    [
        ('"confidence":0.9', '"confidence":1.5', 'the confidence of "q00" is 1.5'),
        ('"confidence":0.9', '"confidence":1e999', 'the confidence of "q00" is inf'),
        ('["a",0.9]', '["a",1e999]', 'a score in the ranking of "q01" is not finite'),
        ('"hit@1":1.0', '"hit@1":7', 'a score of "q01" is not in'),
        ('"id":"q01"', '"id":"q00"', 'holds the question "q00" twice'),
        ('"hit@1"', '"hit@2"', 'the scores of "q00" are not hit@1'),
        ('"depth": 10', '"depth": "ten"', "depth: Input should be a valid integer"),
    ],
)
def test_a_changed_result_file_is_refused(tmp_path: Path, found: str, instead: str, message: str) -> None:
    path = tmp_path / "result.json"
    write_result(path, result(1))
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, instead, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_result(path)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "result.json").mkdir()
    with pytest.raises(DataError, match=r"result\.json: can't be written"):
        write_result(tmp_path / "result.json", result(1))
    assert os.listdir(tmp_path) == ["result.json"]
    with pytest.raises(DataError, match=r"can't be written: No such file or directory"):
        write_result(tmp_path / "missing" / "result.json", result(1))


def test_a_text_that_is_not_unicode_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_text(path, "before")
    # The name of a file of questions whose bytes are not UTF-8.
    with pytest.raises(DataError, match=r"result\.json: can't be written: a name or an address"):
        write_text(path, "\udcff.jsonl")
    assert os.listdir(tmp_path) == ["result.json"]
    assert path.read_text(encoding="utf-8") == "before"


def test_only_ordinary_files_are_replaced(tmp_path: Path) -> None:
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    with pytest.raises(DataError, match="pipe: can't be written: it is no ordinary file"):
        write_text(pipe, "text")
    assert pipe.is_fifo()
    file.write_text("old", encoding="utf-8")
    link.symlink_to(file.name)
    write_text(link, "new")
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "new"


def test_the_figures_of_a_part_are_those_of_its_questions_alone() -> None:
    parts = summarise(result(10)).categories
    alone = summarise(result(10, questions=tuple(ABLE))).overall
    assert parts["fact"].scores == alone.scores
    assert parts["none"].refusal.refused == pytest.approx(25 / 30)


def test_a_commit_is_told_only_of_a_checkout_of_its_own(tmp_path: Path) -> None:
    assert commit(tmp_path) == ""
    # A directory inside a checkout is not that checkout.
    assert commit(Path(__file__).parent) == ""
