"""What the shipped search is compared with does what its name says, and the table says what was compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hashed_encoder import HashedEncoder

from corpus.types import Document, Practice, PracticeList, Span
from eval.ablation import SHIPPED, WITHOUT, CachingEncoder, run_ablation
from eval.ablation_table import BEGIN, END, Ablation, Row, replace_table
from eval.errors import DataError
from eval.metrics import Measure, mean_scores, score_rankings
from eval.questions import ANSWERS, Question
from eval.run import run_questions
from eval.searchers import CharacterSearch, PlainFusion, RankFusion, Without, characters, passage, reciprocal_ranks
from eval.significance import PairedTest
from eval.systems import Search
from index.build import build_snapshot
from index.encoded import Encoded
from index.normal import normalise
from index.retriever import Retriever
from index.snapshot import SnapshotPaths
from index.sparse import SparseIndex
from index.structure import marks
from index.tokens import Tokenizer, pairs
from index.types import Mode, Step
from service.conversation import search

LIST = "mohurd-2024-131:"


def plain(identifier: str, text: str) -> PracticeList:
    document = Document(identifier, "", "", "", "", "", "", text)
    return PracticeList(document, (Practice(identifier, identifier, (), 1, text, (Span(0, len(text)),), ()),))


def test_characters_and_their_pairs_stand_for_chinese_and_words_for_the_rest() -> None:
    assert characters("BIM審圖 v2.0，5万") == ["bim", "审", "图", "审图", "v2", "0", "5", "万"]
    assert characters("…？") == []


def test_characters_find_what_words_miss(tmp_path: Path) -> None:
    encoder = HashedEncoder()
    lists = [plain("crane", "塔式起重机每月检修一次。"), plain("mortar", "混凝土养护七天。")]
    retriever = Retriever.open(build_snapshot(lists, encoder, tmp_path), encoder)
    assert retriever.search("塔机", mode=Mode.SPARSE).hits == ()
    (hit,) = CharacterSearch(retriever).search("塔机").hits
    assert (hit.practice.id, hit.citation.quote) == ("crane", "塔式起重机每月检修一次。")
    assert CharacterSearch(retriever).search("猫").hits == ()


def test_characters_count_the_question_before_half(retriever: Retriever) -> None:
    search = CharacterSearch(retriever)
    now, before, both = (
        {hit.practice.id: hit.score for hit in search.search(question, top_k=43, history=history).hits}
        for question, history in (("多少钱", ()), ("升降机加分", ()), ("多少钱", ("忘了", "升降机加分")))
    )
    assert both.keys() == now.keys() | before.keys()
    assert both == pytest.approx({name: now.get(name, 0) + before.get(name, 0) / 2 for name in both})


def test_all_ways_to_search_by_words_search_the_same_texts(shipped: PracticeList, tmp_path: Path) -> None:
    encoder = HashedEncoder()
    snapshot = build_snapshot([shipped], encoder, tmp_path)
    retriever = Retriever.open(snapshot, encoder)
    tokenizer = Tokenizer.load(SnapshotPaths(snapshot).tokens)
    texts = [" ".join([passage(practice), *marks(practice)]) for practice in shipped.practices]
    words = SparseIndex.build([tokenizer(text) for text in texts])
    twos = SparseIndex.build([pairs(normalise(text)) for text in texts])
    result = retriever.search("机器人补充定额", top_k=43)
    scores = words.scores(result.query.content) + twos.scores(result.query.pairs)
    expected = {practice.id: float(score) for practice, score in zip(shipped.practices, scores, strict=True)}
    assert {hit.practice.id: hit.parts.sparse for hit in result.hits} == pytest.approx(expected)
    assert max(expected.values()) > 0


def test_reciprocal_ranks_by_hand() -> None:
    scores = reciprocal_ranks([["a", "b"], ["b", "c"]])
    assert scores == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})
    assert list(scores) == ["a", "b", "c"]
    assert reciprocal_ranks([["a"], []], k=0) == {"a": 1.0}


def test_rank_fusion_joins_the_rankings_of_both_channels(retriever: Retriever) -> None:
    question, history = "那温州的呢？", ("深圳发布了什么技术目录？",)
    ranks = [
        {hit.practice.id: rank for rank, hit in enumerate(result.hits, start=1)}
        for result in (
            retriever.search(question, top_k=43, mode=mode, history=history) for mode in (Mode.DENSE, Mode.SPARSE)
        )
    ]
    hits = RankFusion(retriever).search(question, top_k=43, history=history).hits
    assert len(hits) == 43
    for hit in hits:
        name = hit.practice.id
        assert hit.score == pytest.approx(sum(1 / (60 + found[name]) for found in ranks if name in found))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert RankFusion(retriever).search(question, top_k=3, history=history).hits == hits[:3]


def test_plain_fusion_is_the_mean_of_z_scores(retriever: Retriever) -> None:
    hits = PlainFusion(retriever).search("苏州给研发项目多少财政资助", top_k=43).hits
    for channel in ("dense", "sparse"):
        assert len({getattr(hit.parts, channel) for hit in hits}) > 1
    dense, sparse = (np.array([getattr(hit.parts, name) for hit in hits]) for name in ("dense", "sparse"))
    expected = ((dense - dense.mean()) / dense.std() + (sparse - sparse.mean()) / sparse.std()) / 2
    assert [hit.score for hit in hits] == pytest.approx(expected, abs=1e-3)
    assert list(expected) == sorted(expected, reverse=True)


def test_a_search_without_a_step_is_that_of_the_retriever(retriever: Retriever) -> None:
    steps = frozenset({Step.PLACES})
    found = Without(retriever, steps).search("浙江有哪些做法", top_k=3, mode=Mode.HYBRID, history=("人才",))
    assert found == search(retriever, "浙江有哪些做法", top_k=3, history=("人才",), without=steps)


class CountingEncoder(HashedEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, ...]] = []

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        self.asked.append(tuple(texts))
        return super().encode_queries(texts)


def test_a_question_is_encoded_once_for_each_company_it_is_in() -> None:
    counting = CountingEncoder()
    encoder = CachingEncoder(counting)
    first = encoder.encode_queries(["甲"])
    assert encoder.encode_queries(["甲"]) is first
    encoder.encode_queries(["甲", "乙"])
    assert counting.asked == [("甲",), ("甲", "乙")]
    assert (encoder.dimension, encoder.fingerprint) == (counting.dimension, counting.fingerprint)


QUESTIONS = (
    Question("place", "fact", "鹭岛怎么收集新技术成果", (f"{LIST}2.2.2",), split="dev"),
    Question("fact", "fact", "建筑机器人补充定额", (f"{LIST}3.2.3",), split="dev"),
    Question(
        "next", "follow-up", "那温州的呢？", (f"{LIST}3.1.4",), history=("深圳发布了什么技术目录？",), split="test"
    ),
    Question("none", "unanswerable", "火星上的机器人养老金", (), split="test"),
)


@pytest.fixture(scope="module")
def ablation(shipped: PracticeList) -> Ablation:
    other = HashedEncoder(dimension=64, fingerprint="hashed-64")
    return run_ablation([shipped], QUESTIONS, HashedEncoder(), {"small": other})


def test_every_step_and_every_encoder_has_a_row(ablation: Ablation) -> None:
    assert set(WITHOUT) == set(Step)
    names = [row.name for row in ablation.rows]
    assert len(set(names)) == len(names) == 7 + len(Step) + 3
    assert names[6] == SHIPPED
    assert [name for name in names if "`small`" in name] == names[-3:]
    assert all(any(f"without `{step}`" in name for name in names) for step in Step)
    assert (ablation.questions, ablation.answerable, ablation.unseen) == (4, 3, 1)


def test_rows_hold_what_their_search_reaches(ablation: Ablation, shipped: PracticeList, tmp_path: Path) -> None:
    encoder = HashedEncoder()
    retriever = Retriever.open(build_snapshot([shipped], encoder, tmp_path), encoder)
    judgements = {question.id: question.grades for question in QUESTIONS}
    rows = {row.name: row for row in ablation.rows}
    for name, searcher in (
        (SHIPPED, retriever),
        ("… without `history`: the question before forgotten", Without(retriever, frozenset({Step.HISTORY}))),
    ):
        outcomes = run_questions(Search(searcher), QUESTIONS).outcomes
        rankings = {key: outcome.ranking for key, outcome in outcomes.items()}
        scores = score_rankings(judgements, rankings, ANSWERS)
        assert rows[name].scores == mean_scores(list(scores.values()))
        assert rows[name].unseen == scores["next"][Measure.HIT_AT_1]


def test_rows_are_compared_with_the_shipped_one(ablation: Ablation) -> None:
    rows = {row.name: row for row in ablation.rows}
    shipped = rows.pop(SHIPPED)
    assert shipped.tests == {}
    for row in rows.values():
        for measure in (Measure.HIT_AT_1, Measure.R_PRECISION):
            assert row.tests[measure].difference == pytest.approx(row.scores[measure] - shipped.scores[measure])
    assert any(row.tests[Measure.HIT_AT_1].losses for row in rows.values())


def test_confidence_is_judged_where_it_is_about_the_hits(ablation: Ablation) -> None:
    judged = [row.name for row in ablation.rows if row.auroc is not None]
    assert judged == [
        row.name for row in ablation.rows if SHIPPED in row.name or "without" in row.name or ", with" in row.name
    ]


def test_progress_counts_the_variants(shipped: PracticeList) -> None:
    steps: list[tuple[str, int, int]] = []
    run_ablation([shipped], QUESTIONS[:1], HashedEncoder(), {}, lambda *step: steps.append(step))
    assert steps[-1] == ("variants", 7 + len(Step), 7 + len(Step))


def test_questions_without_an_answer_have_no_ranking_figures(shipped: PracticeList) -> None:
    found = run_ablation([shipped], QUESTIONS[3:], HashedEncoder(), {})
    assert {(row.unseen, row.auroc, len(row.scores), len(row.tests)) for row in found.rows} == {(None, None, 0, 0)}
    assert "| **shipped** | – | – | – | – | – | – |  |  |" in found.markdown()


def paired(difference: float, p: float) -> PairedTest:
    return PairedTest(difference, p, None, 0, 0, 0)


def test_the_table_marks_what_is_no_chance() -> None:
    scores = dict.fromkeys(Measure, 0.5)
    rows = (
        Row("a", scores, 0.25, None, {Measure.HIT_AT_1: paired(-0.25, 0.001), Measure.R_PRECISION: paired(0, 1.0)}),
        Row("b", scores, None, None, {Measure.HIT_AT_1: paired(0.125, 0.04)}),
        Row(SHIPPED, scores, 0.5, 0.75, {}),
    )
    lines = Ablation(rows, 12, 8, 4).markdown().splitlines()
    assert (
        lines[0] == "|  | hit@1 | r-precision | recall@10 | ndcg@10 | auroc | hit@1 on test | Δ hit@1 | Δ r-precision |"
    )
    assert lines[2] == r"| a | 0.500 | 0.500 | 0.500 | 0.500 | – | 0.250 | -0.250\*\* | +0.000 |"
    assert lines[3] == r"| b | 0.500 | 0.500 | 0.500 | 0.500 | – | – | +0.125\* |  |"
    assert lines[4] == f"| {SHIPPED} | 0.500 | 0.500 | 0.500 | 0.500 | 0.750 | 0.500 |  |  |"
    notes = " ".join(lines[6:])
    assert "the same 12 questions" in notes
    assert "over the 8 with an answer, of which the test split has 4" in notes
    assert "all 3 tests" in notes


def test_the_table_takes_the_place_of_what_stands_between_the_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# 评测\n\n{BEGIN}\nold\n{END}\n\nrest\n", encoding="utf-8")
    replace_table(readme, "| new |\n")
    expected = f"# 评测\n\n{BEGIN}\n| new |\n{END}\n\nrest\n"
    assert readme.read_text(encoding="utf-8") == expected
    replace_table(readme, "| new |")
    assert readme.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "text",
    ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}", f"{BEGIN}{END}{BEGIN}{END}"],
)
def test_a_file_without_both_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"README\.md: must hold <!-- ablation:begin --> and, after it, <!--"):
        replace_table(readme, "| new |")
    assert readme.read_text(encoding="utf-8") == text


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"README\.md: can't be read: "):
        replace_table(tmp_path / "README.md", "")
    (tmp_path / "README.md").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"README\.md: can't be read: "):
        replace_table(tmp_path / "README.md", "")
