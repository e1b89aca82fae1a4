"""Both channels find known neighbours with known scores, before and after they were saved."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.fusion import PLACE_WEIGHT, combine, sparse_weight, standardise
from index.sparse import SparseIndex, highest, lexical

VECTORS = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], dtype=np.float32)
PASSAGES = [["武汉", "产业", "集群"], ["深圳", "产业", "目录", "目录"], ["温州", "装备", "目录"]]


def reloaded_dense(index: DenseIndex, directory: Path) -> DenseIndex:
    index.save(directory)
    return DenseIndex.load(directory)


def reloaded_sparse(index: SparseIndex, directory: Path) -> SparseIndex:
    index.save(directory)
    return SparseIndex.load(directory)


@pytest.fixture(params=[lambda index, _: index, reloaded_dense], ids=["built", "loaded"])
def dense(request: pytest.FixtureRequest, tmp_path: Path) -> DenseIndex:
    through: Callable[[DenseIndex, Path], DenseIndex] = request.param
    return through(DenseIndex.build(VECTORS), tmp_path)


@pytest.fixture(params=[lambda index, _: index, reloaded_sparse], ids=["built", "loaded"])
def sparse(request: pytest.FixtureRequest, tmp_path: Path) -> SparseIndex:
    through: Callable[[SparseIndex, Path], SparseIndex] = request.param
    return through(SparseIndex.build(PASSAGES), tmp_path)


def test_dense_neighbours_and_cosines(dense: DenseIndex) -> None:
    question = np.array([1, 0], dtype=np.float32)
    assert dense.search(question, 3).tolist() == [0, 1, 2]
    assert dense.search(question, 99).tolist() == [0, 1, 2, 3]
    assert dense.search(question, 2, np.array([2, 3])).tolist() == [2, 3]
    assert dense.search(question, 2, np.array([], dtype=np.int64)).tolist() == []
    assert dense.scores(question, np.array([3, 1])).tolist() == pytest.approx([-1, 0.6])
    assert dense.scores(question, np.array([], dtype=np.int64)).tolist() == []


def test_sparse_hits_and_bm25(sparse: SparseIndex) -> None:
    assert highest(sparse.scores(["目录"]), 5).tolist() == [1, 2]
    assert highest(sparse.scores(["目录"]), 1).tolist() == [1]
    assert highest(sparse.scores(["目录"]), 5, np.array([0, 2])).tolist() == [2]
    assert highest(sparse.scores(["没有"]), 5).tolist() == []
    assert highest(sparse.scores([]), 5).tolist() == []
    # Robertson's formula with k1 1.2 and b 0.75: 目录 twice in a passage of 4 tokens, the mean being 10/3.
    rarity = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    expected = rarity * 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 4 / (10 / 3)))
    assert sparse.scores(["目录", "没有"])[1] == pytest.approx(expected, rel=1e-5)
    assert sparse.rarity("目录") == pytest.approx(rarity)
    assert sparse.rarity("没有") == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert [sparse.document_frequency(token) for token in ("目录", "武汉", "没有")] == [2, 1, 0]


def test_how_much_of_a_question_the_best_passage_holds(sparse: SparseIndex) -> None:
    asked = lexical((sparse, ["目录"]), (sparse, ["目录", "没有"]))
    once = sparse.scores(["目录"])
    assert asked.scores.tolist() == pytest.approx((2 * once).tolist())
    assert asked.most == pytest.approx(2 * sparse.rarity("目录") + sparse.rarity("没有"))
    assert asked.held(np.array([0])) == 0
    assert asked.held(np.array([0, 1])) == pytest.approx(2 * once[1] / asked.most)
    assert lexical((sparse, [])).held(np.array([0, 1])) == 0
    assert asked.held(np.array([], dtype=np.int64)) == 0


SCORES = st.lists(st.floats(min_value=-5, max_value=5, width=32), min_size=1, max_size=20).map(
    lambda values: np.array(values, dtype=np.float32)
)


@given(SCORES)
def test_standard_scores_keep_the_order(scores: NDArray[np.float32]) -> None:
    standard = standardise(scores)
    assert abs(float(standard.mean())) < 1e-3
    assert all(
        standard[a] <= standard[b] for a in range(len(scores)) for b in range(len(scores)) if scores[a] < scores[b]
    )


def test_equal_scores_say_nothing() -> None:
    assert standardise(np.array([0.5, 0.5], dtype=np.float32)).tolist() == [0, 0]
    assert standardise(np.array([], dtype=np.float32)).tolist() == []


def test_fusion_of_two_channels() -> None:
    dense, sparse = np.array([0.9, 0.8, 0.7], dtype=np.float32), np.array([0, 4, 2], dtype=np.float32)
    nowhere = np.zeros(3, dtype=np.float32)
    step = math.sqrt(1.5)
    assert combine(dense, sparse, nowhere, 0).tolist() == pytest.approx([step, 0, -step], abs=1e-4)
    assert combine(dense, sparse, nowhere, 1).tolist() == pytest.approx([-step, step, 0], abs=1e-4)
    assert combine(dense, sparse, nowhere, 0.5).tolist() == pytest.approx([0, step / 2, -step / 2], abs=1e-4)
    placed = combine(dense, sparse, np.array([0, 0, 1], dtype=np.float32), 0.5)
    assert placed[2] - combine(dense, sparse, nowhere, 0.5)[2] == pytest.approx(PLACE_WEIGHT, abs=1e-4)


def test_a_question_of_which_no_passage_holds_a_word_gives_sparse_no_weight() -> None:
    assert sparse_weight(0) == 0
    assert 0 < sparse_weight(0.5) < sparse_weight(1) <= 0.5
    assert 0 < sparse_weight(None) < sparse_weight(1)
