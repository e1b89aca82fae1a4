"""Set the shipped search beside simpler ones, beside itself without each of its steps, and beside other encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.types import PracticeList
from eval.ablation_table import COMPARED, Ablation, Row
from eval.metrics import Measure, Scores, mean_scores, score_rankings
from eval.questions import ANSWERS, Question
from eval.refusal import auroc
from eval.run import Outcome, Progress, run_questions, sufficient_depth
from eval.searchers import CharacterSearch, PlainFusion, RankFusion, Without
from eval.significance import PairedTest, paired_test
from eval.systems import Search, Searcher
from index import onnx_encoder
from index.build import build_snapshot
from index.encoded import Encoded
from index.encoder import Encoder
from index.retriever import Retriever
from index.types import Mode, Step

SHIPPED = "**shipped**"
UNSEEN = "test"

WITHOUT = {
    Step.SCRIPT: "traditional characters left as they are",
    Step.TIDY: "greetings, thanks and stray spaces left in",
    Step.SLIPS: "slips of the pen and pinyin left as they are",
    Step.NUMBERS: "amounts and their bounds not read",
    Step.TITLES: "what it quotes (《…》) not looked for",
    Step.STRUCTURE: "which part of the list it points to (二（三）) not seen",
    Step.PLACES: "places not understood",
    Step.EXCLUSIONS: "places to leave out (除了…) asked for",
    Step.ASIDE: "what it sets aside (先不谈…) left in",
    Step.PAIRS: "pairs of characters not counted by BM25",
    Step.WEIGHT: "one weight of BM25 for all questions",
    Step.KIND: "every question taken to want one thing",
    Step.HISTORY: "the question before forgotten",
    Step.LATE: "one vector for a text, none for its words",
    Step.CONTRAST: "every word of the question counts alike",
    Step.READING: "the best practices not read beside the question",
}
"""What it means to leave out each step."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Name one way to search; `confident` says whether the confidence of its results is about its own hits."""

    name: str
    searcher: Searcher
    mode: Mode = Mode.HYBRID
    confident: bool = False


def run_ablation(
    lists: Sequence[PracticeList],
    questions: Sequence[Question],
    shipped: Encoder,
    others: Mapping[str, Encoder],
    progress: Progress | None = None,
) -> Ablation:
    """Index the lists and ask every variant all questions, whose gold is written in full.

    `others` are encoders, by name, to set beside the `shipped` one.
    """
    with TemporaryDirectory(prefix="zhijian-ablation-") as home:
        variants = _shipped_variants(_indexed(lists, shipped, Path(home) / "shipped", progress))
        for number, (name, encoder) in enumerate(others.items()):
            variants += _encoder_variants(name, _indexed(lists, encoder, Path(home) / str(number), progress))
        outcomes = _ask(variants, questions, progress)
    judgements = {question.id: question.grades for question in questions}
    scores = {
        name: score_rankings(judgements, {key: outcome.ranking for key, outcome in found.items()}, ANSWERS)
        for name, found in outcomes.items()
    }
    unseen = {question.id for question in questions if question.split == UNSEEN and question.answerable}
    groups = {question.id: question.group for question in questions}
    tests = {
        name: _tests(scores[SHIPPED], figures, groups) if name != SHIPPED else {} for name, figures in scores.items()
    }
    rows = [
        _row(variant, outcomes[variant.name], scores[variant.name], tests[variant.name], unseen) for variant in variants
    ]
    return Ablation(tuple(rows), len(questions), len(scores[SHIPPED]), len(unseen))


def _shipped_variants(retriever: Retriever) -> list[Variant]:
    return [
        Variant("BM25 over characters and their pairs", CharacterSearch(retriever)),
        Variant("BM25 over words (jieba)", retriever, Mode.SPARSE),
        Variant("bundled encoder alone, text by text", retriever, Mode.DENSE),
        Variant("bundled encoder alone, word by word", retriever, Mode.LATE),
        Variant("the two by reciprocal ranks, k = 60", RankFusion(retriever)),
        Variant("the two by the mean of z-scores", PlainFusion(retriever)),
        Variant(SHIPPED, Without(retriever, frozenset()), confident=True),
        *(
            Variant(f"… without `{step}`: {WITHOUT[step]}", Without(retriever, frozenset({step})), confident=True)
            for step in Step
        ),
    ]


def _encoder_variants(name: str, retriever: Retriever) -> list[Variant]:
    return [
        Variant(f"`{name}` alone, text by text", retriever, Mode.DENSE),
        Variant(f"`{name}` alone, word by word", retriever, Mode.LATE),
        Variant(f"shipped, with `{name}`", retriever, confident=True),
    ]


def _indexed(lists: Sequence[PracticeList], encoder: Encoder, home: Path, progress: Progress | None) -> Retriever:
    caching = CachingEncoder(encoder)
    return Retriever.open(build_snapshot(lists, caching, home, progress), caching)


def _ask(
    variants: Sequence[Variant], questions: Sequence[Question], progress: Progress | None
) -> dict[str, Mapping[str, Outcome]]:
    depth = sufficient_depth({question.id: question.grades for question in questions}, ANSWERS)
    outcomes: dict[str, Mapping[str, Outcome]] = {}
    for number, variant in enumerate(variants):
        outcomes[variant.name] = run_questions(Search(variant.searcher, variant.mode), questions, depth).outcomes
        if progress:
            progress("variants", number + 1, len(variants))
    return outcomes


def _row(
    variant: Variant,
    outcomes: Mapping[str, Outcome],
    scores: Mapping[str, Scores],
    tests: Mapping[Measure, PairedTest],
    unseen: set[str],
) -> Row:
    able = [outcomes[name].confidence for name in scores]
    unable = [outcome.confidence for name, outcome in outcomes.items() if name not in scores]
    on_unseen = mean_scores([scores[name] for name in sorted(unseen)])
    return Row(
        name=variant.name,
        scores=mean_scores(list(scores.values())) or {},
        unseen=on_unseen[Measure.HIT_AT_1] if on_unseen else None,
        auroc=auroc(able, unable) if variant.confident else None,
        tests=tests,
    )


def _tests(
    shipped: Mapping[str, Scores], scores: Mapping[str, Scores], groups: Mapping[str, str]
) -> dict[Measure, PairedTest]:
    tests: dict[Measure, PairedTest] = {}
    for measure in COMPARED:
        first, second = ({name: figures[measure] for name, figures in run.items()} for run in (shipped, scores))
        test = paired_test(first, second, groups)
        if test:
            tests[measure] = test
    return tests


class CachingEncoder:
    """Encode each question once, so that all variants get the very same vectors."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        # By what was encoded together: with a quantised model, one text's vector depends a little on the others.
        self._known: dict[tuple[str, ...], Encoded] = {}
        self.dimension = encoder.dimension
        self.token_dimension = encoder.token_dimension
        self.fingerprint = encoder.fingerprint
        self.max_tokens = encoder.max_tokens

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        """Return the vectors of questions."""
        batch = tuple(texts)
        if batch not in self._known:
            self._known[batch] = self._encoder.encode_queries(batch)
        return self._known[batch]

    def encode_passages(self, texts: Sequence[str], progress: onnx_encoder.Progress | None = None) -> Encoded:
        """Return the vectors of what is searched."""
        return self._encoder.encode_passages(texts, progress)

    def count_tokens(self, text: str) -> int:
        """Return the length of a passage in tokens."""
        return self._encoder.count_tokens(text)
