from __future__ import annotations

from collections.abc import Sequence

from corpus.types import Practice, Span
from eval.questions import Question
from eval.run import run_questions, sufficient_depth
from eval.systems import Search, document_id
from index.confidence import confidence_model
from index.types import Citation, Hit, Mode, Query, ScoreParts, SearchResult

TEXTS = {"list:1.1.1": "塔吊须有人值守", "list:1.1.2": "混凝土养护七天", "list:1.1.3": "塔吊每月检修"}


class BigramSearcher:
    """Rank three practices by the share of the question's character pairs that they hold."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, Mode, tuple[str, ...]]] = []

    def search(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID, history: Sequence[str] = ()
    ) -> SearchResult:
        self.asked.append((question, top_k, mode, tuple(history)))
        hits = sorted((self._hit(name, question) for name in TEXTS), key=lambda hit: (-hit.score, hit.practice.id))
        return SearchResult(Query(question, question, (), (), (), (), False), tuple(hits[:top_k]), hits[0].score, None)

    def _hit(self, name: str, question: str) -> Hit:
        text = TEXTS[name]
        pairs = {question[i : i + 2] for i in range(len(question) - 1)}
        score = sum(pair in text for pair in pairs) / max(1, len(pairs))
        practice = Practice(name, "list", (), 1, text, (Span(0, len(text)),), ())
        citation = Citation(name, "list", "", "", (), text, practice.spans)
        return Hit(practice, score, ScoreParts(score, None, score, None, 0.5), citation)


QUESTIONS = (
    Question("q1", "fact", "混凝土养护", ("list:1.1.2",)),
    Question("q2", "fact", "几天？", ("list:1.1.2",), history=("混凝土养护要多久？", "谁管？")),
)


def test_rankings_confidence_and_decision_are_kept() -> None:
    searcher = BigramSearcher()
    run = run_questions(Search(searcher, Mode.SPARSE), QUESTIONS[:1], 2)
    outcome = run.outcomes["q1"]
    assert outcome.ranking == (("list:1.1.2", 1.0), ("list:1.1.1", 0.0))
    assert outcome.confidence == 1.0
    assert outcome.answered is (confidence_model(read=False).threshold <= 1.0)
    assert searcher.asked == [("混凝土养护", 2, Mode.SPARSE, ())]
    assert (run.system, run.depth) == ("sparse", 2)
    unasked = {"late": None, "place": None, "amount": None, "title": None, "part": None, "reading": None}
    assert outcome.parts[0] == {"dense": 1.0, "sparse": 1.0, "sparse_weight": 0.5, **unasked}
    assert outcome.answer is None


def test_a_follow_up_is_asked_with_the_questions_before_it() -> None:
    searcher = BigramSearcher()
    run_questions(Search(searcher), QUESTIONS)
    assert [(question, history) for question, _, _, history in searcher.asked] == [
        ("混凝土养护", ()),
        ("几天？", ("混凝土养护要多久？", "谁管？")),
    ]


def test_a_hit_counts_as_what_the_caller_names_it() -> None:
    run = run_questions(Search(BigramSearcher(), name=document_id), QUESTIONS[:1], 1)
    assert run.outcomes["q1"].ranking == (("list", 1.0),)


def test_progress_counts_the_questions() -> None:
    steps: list[tuple[str, int, int]] = []
    run_questions(Search(BigramSearcher()), QUESTIONS, progress=lambda *step: steps.append(step))
    assert steps == [("questions", 1, 2), ("questions", 2, 2)]


def test_depth_covers_the_question_with_most_answers() -> None:
    many = {f"a{number}": 2 for number in range(14)} | {f"h{number}": 1 for number in range(9)}
    assert sufficient_depth({"q1": {"a": 2}, "q2": many}, 2) == 14
    assert sufficient_depth({"q1": {"a": 2}, "q2": many}, 1) == 23
    assert sufficient_depth({"q1": {"a": 2}}, 2) == 10
    assert sufficient_depth({}, 2) == 10
