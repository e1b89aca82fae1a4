from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from eval.disturbances import Disturbance, disturb
from eval.evaluate import OWN_QUESTIONS, read_questions
from eval.metrics import Judgements, Measure
from eval.questions import ANSWERS, Question
from eval.robustness import Disturbed, Robustness, measure_robustness
from eval.run import Outcome, Run, run_questions, sufficient_depth
from eval.systems import SearchAndAnswer
from index.retriever import Retriever


class Literal:
    """Answer only what is asked in the words of before, marks and all; a small stand-in for a brittle system."""

    label = "literal"

    def __init__(self, answers: dict[str, str]) -> None:
        self._answers = answers
        self.asked: list[Question] = []

    def ask(self, question: Question, depth: int) -> Outcome:
        self.asked.append(question)
        found = self._answers.get(question.text)
        if found is None:
            return Outcome((("list:9", 1.0),), confidence=0.1, answered=False)
        return Outcome(((found, 1.0),), confidence=0.9, answered=True)


QUESTIONS = (
    Question("a", "fact", "塔吊谁来管？", ("list:1",), group="tower", history=("混凝土呢？",)),
    Question("b", "fact", "混凝土养护多久？", ("list:2",), group="concrete"),
    Question("c", "fact", "混凝土养护", ("list:2",), group="concrete"),
    Question("d", "offtopic", "天气怎么样？", ()),
)
JUDGEMENTS: Judgements = {question.id: question.grades for question in QUESTIONS}
ANSWERED = {"塔吊谁来管？": "list:1", "混凝土养护多久？": "list:2", "混凝土养护": "list:2", "天气怎么样？": "list:3"}


def measured(answers: dict[str, str]) -> tuple[Robustness, Literal]:
    system = Literal(answers)
    before = run_questions(system, QUESTIONS)
    system.asked.clear()
    return measure_robustness(system, QUESTIONS, JUDGEMENTS, ANSWERS, 10, before), system


def part(robustness: Robustness, disturbance: Disturbance) -> Disturbed:
    (found,) = (disturbed for disturbed in robustness.disturbed if disturbed.name == disturbance.value)
    return found


def test_what_only_the_exact_words_find_is_lost() -> None:
    lost = part(measured(ANSWERED)[0], Disturbance.NO_PUNCTUATION)
    assert (lost.questions, lost.answerable) == (3, 2)
    assert set(lost.before) == {measure.value for measure in Measure}
    assert (lost.before["hit@1"], lost.after["hit@1"]) == (1, 0)
    assert (lost.answered_before, lost.answered_after) == (1, 0)
    # The question without an answer was answered before and is refused now.
    assert (lost.refused_before, lost.refused_after) == (0, 1)
    assert [(question.id, question.text) for question in lost.lost] == [("a", "塔吊谁来管"), ("b", "混凝土养护多久")]
    assert set(lost.drops) == {"hit@1", "r-precision"}
    for drop in lost.drops.values():
        assert drop.mean == 1
        assert drop.interval is not None
        assert (drop.interval.low, drop.interval.high) == (1, 1)


def test_what_is_found_all_the_same_is_kept() -> None:
    answers = ANSWERED | {disturb(Disturbance.NO_PUNCTUATION, text): found for text, found in ANSWERED.items()}
    kept = part(measured(answers)[0], Disturbance.NO_PUNCTUATION)
    assert kept.before == kept.after
    assert kept.drops["hit@1"].mean == 0
    assert kept.lost == ()
    assert (kept.answered_after, kept.refused_after) == (1, 0)


def test_a_gain_is_a_negative_drop_with_an_interval_over_groups() -> None:
    bare = disturb(Disturbance.NO_PUNCTUATION, "塔吊谁来管？")
    gained = part(measured({bare: "list:1", "混凝土养护多久？": "list:9"})[0], Disturbance.NO_PUNCTUATION)
    assert gained.drops["hit@1"].mean == -0.5
    interval = gained.drops["hit@1"].interval
    assert interval is not None
    assert (interval.low, interval.high) == (-1, 0)


def test_paraphrases_alone_have_no_interval() -> None:
    # Politeness changes all; of those that can be answered only one group is left.
    one_need = QUESTIONS[1:]
    system = Literal(ANSWERED)
    before = run_questions(system, one_need)
    polite = part(measure_robustness(system, one_need, JUDGEMENTS, ANSWERS, 10, before), Disturbance.POLITE)
    assert polite.answerable == 2
    assert polite.drops["hit@1"].mean == 1
    assert polite.drops["hit@1"].interval is None


def test_only_changed_questions_are_asked_with_their_history() -> None:
    robustness, system = measured(ANSWERED)
    assert robustness.questions == 4
    assert len(system.asked) == sum(disturbed.questions for disturbed in robustness.disturbed)
    assert not {question.text for question in system.asked} & set(ANSWERED)
    assert {question.history for question in system.asked if question.id == "a"} == {("混凝土呢？",)}


def test_a_disturbance_that_changes_nothing_has_no_figures() -> None:
    full_width = part(measured(ANSWERED)[0], Disturbance.FULL_WIDTH)
    assert (full_width.questions, full_width.answerable) == (0, 0)
    assert (dict(full_width.before), dict(full_width.after), dict(full_width.drops)) == ({}, {}, {})
    assert full_width.answered_before is None
    assert full_width.refused_after is None


def test_a_system_that_does_not_say_whether_it_answers_has_no_rates() -> None:
    class Silent(Literal):
        def ask(self, question: Question, depth: int) -> Outcome:
            return replace(super().ask(question, depth), confidence=None, answered=None)

    system = Silent(ANSWERED)
    before = run_questions(system, QUESTIONS)
    polite = part(measure_robustness(system, QUESTIONS, JUDGEMENTS, ANSWERS, 10, before), Disturbance.POLITE)
    assert (polite.answered_before, polite.refused_after) == (None, None)
    assert polite.after["hit@1"] == 0


def test_progress_goes_through_all_disturbances_as_one() -> None:
    told: list[tuple[str, int, int]] = []
    system = Literal(ANSWERED)
    before = run_questions(system, QUESTIONS)
    system.asked.clear()
    measure_robustness(system, QUESTIONS, JUDGEMENTS, ANSWERS, 10, before, lambda *step: told.append(step))
    total = len(system.asked)
    assert [(done, many) for _, done, many in told] == [(done, total) for done in range(1, total + 1)]
    assert {stage for stage, _, _ in told} == {"disturbed questions"}


def test_a_question_without_a_run_before_is_named() -> None:
    with pytest.raises(ValueError, match=r"the question 'a' is not in the run before"):
        measure_robustness(Literal({}), QUESTIONS, JUDGEMENTS, ANSWERS, 10, Run({}, "literal", 10))


def test_it_comes_back_from_json() -> None:
    adapter = TypeAdapter(Robustness)
    robustness, _ = measured(ANSWERED)
    assert adapter.validate_json(adapter.dump_json(robustness)) == robustness


def test_the_service_reads_width_and_script(retriever: Retriever) -> None:
    questions, judgements = read_questions(OWN_QUESTIONS, retriever.practices)
    some = [question for question in questions if question.split == "dev"][::12]
    depth = sufficient_depth(judgements, ANSWERS)
    system = SearchAndAnswer(retriever)
    before = run_questions(system, some, depth)
    robustness = measure_robustness(system, some, judgements, ANSWERS, depth, before)
    width = part(robustness, Disturbance.FULL_WIDTH)
    assert width.questions > 0
    assert width.before == width.after
    assert part(robustness, Disturbance.TRADITIONAL).drops["hit@1"].mean <= 0.1
    slip = part(robustness, Disturbance.HOMOPHONE)
    assert slip.questions > len(some) / 2
    assert slip.drops["hit@1"].mean <= 0.1
