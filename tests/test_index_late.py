"""Late interaction finds the known best cosines, from codes on disk, in whatever order they were written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hashed_encoder import HashedEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_index_checkpoint import articles

from index import token_codes
from index.build import build_snapshot
from index.late import CodedPassages, LateIndex
from index.retriever import Retriever
from index.token_codes import ByteCodec, Codec, ProductCodec, load_codec, needs_training

# Three passages of two, no and one token; the second question word is nearest to the last.
TOKENS = np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)
SPANS = np.array([[0, 2], [2, 4], [1, 3]], dtype=np.int32)
COUNTS = [2, 0, 1]
QUESTION = np.array([[1, 0], [0, 1]], dtype=np.float32)


def unit_rows(draw: np.random.Generator, count: int, dimension: int = 16) -> NDArray[np.float32]:
    rows = draw.normal(size=(count, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def coded(codec: Codec, numbers: list[int], tokens: NDArray[np.float32], counts: list[int]) -> CodedPassages:
    spans = np.stack([np.arange(len(tokens)), np.arange(len(tokens)) + 1], axis=1).astype(np.int32)
    return CodedPassages(np.array(numbers, dtype=np.int64), codec.encode(tokens), spans, np.array(counts))


@pytest.fixture
def index(tmp_path: Path) -> LateIndex:
    codec = ByteCodec(2)
    parts = [
        CodedPassages(np.array([2]), codec.encode(TOKENS[2:]), SPANS[2:], np.array([1])),
        CodedPassages(np.array([0, 1]), codec.encode(TOKENS[:2]), SPANS[:2], np.array([2, 0])),
    ]
    LateIndex.write(tmp_path, codec, 3, parts)
    return LateIndex.load(tmp_path)


def test_each_word_finds_its_best_in_each_passage(index: LateIndex) -> None:
    found = index.similarities(QUESTION, np.array([2, 0, 1]))
    assert found == pytest.approx(np.array([[0, 1, 0], [1, 0.8, 0]]), abs=0.005)


def test_no_words_and_no_passages(index: LateIndex) -> None:
    assert index.similarities(QUESTION[:0], np.array([0, 1])).shape == (0, 2)
    assert index.similarities(QUESTION, np.array([], dtype=np.int64)).shape == (2, 0)
    cosines, spans = index.matches(QUESTION, 1)
    assert (cosines.tolist(), spans.tolist()) == ([0, 0], [[0, 0], [0, 0]])


def test_a_match_says_where_it_stands(index: LateIndex) -> None:
    cosines, spans = index.matches(QUESTION, 0)
    assert cosines.tolist() == pytest.approx([1, 0.8], abs=0.005)
    assert spans.tolist() == [[0, 2], [2, 4]]
    assert index.matches(QUESTION, 2)[1].tolist() == [[1, 3], [1, 3]]


def test_a_corpus_without_words(tmp_path: Path) -> None:
    LateIndex.write(tmp_path, ByteCodec(2), 2, [coded(ByteCodec(2), [0, 1], TOKENS[:0], [0, 0])])
    assert LateIndex.load(tmp_path).similarities(QUESTION, np.array([0, 1])).tolist() == [[0, 0], [0, 0]]


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(0, 900), min_size=1, max_size=20), words=st.integers(1, 40), seed=st.integers(0, 2**32)
)
def test_it_is_the_largest_inner_product(counts: list[int], words: int, seed: int) -> None:
    """Compare with the definition, over several blocks."""
    draw = np.random.default_rng(seed)
    tokens, question = unit_rows(draw, sum(counts)), unit_rows(draw, words)
    numbers = draw.permutation(len(counts))
    with tempfile.TemporaryDirectory() as directory:
        part = coded(ByteCodec(16), list(range(len(counts))), tokens, counts)
        LateIndex.write(Path(directory), ByteCodec(16), len(counts), [part])
        found = LateIndex.load(Path(directory)).similarities(question, numbers)
    passages = np.split(tokens, np.cumsum(counts)[:-1])
    expected = [(question @ passages[n].T).max(axis=1) if counts[n] else np.zeros(words) for n in numbers]
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=0.02)


def test_bytes_keep_the_cosines() -> None:
    rows = unit_rows(np.random.default_rng(1), 500, 384)
    codec = ByteCodec(384)
    codes = codec.encode(rows)
    assert codes.shape == (500, 386)
    assert np.abs(codec.decode(codes) @ rows.T - rows @ rows.T).max() < 0.002
    assert codec.decode(codec.encode(np.zeros((1, 384), np.float32))).any() == np.False_


def test_learnt_codes_are_small_and_the_same_each_time(tmp_path: Path) -> None:
    rows = unit_rows(np.random.default_rng(1), 3_000, 192)
    codec, again = ProductCodec.train(rows), ProductCodec.train(rows)
    codes = codec.encode(rows[:100])
    assert codes.shape == (100, 96)
    assert np.array_equal(codes, again.encode(rows[:100]))
    codec.save(tmp_path)
    loaded = load_codec("pq", 192, tmp_path)
    assert np.array_equal(loaded.decode(codes), codec.decode(codes))
    assert np.array_equal(loaded.encode(rows[:100]), codes)
    cosines = np.sum(codec.decode(codes) * rows[:100], axis=1)
    assert cosines.mean() > 0.8


def test_the_size_of_a_corpus_decides() -> None:
    assert not needs_training(43)
    assert needs_training(1_000_000)


def test_codes_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not known: 'other'"):
        load_codec("other", 2, tmp_path)


def test_a_large_corpus_is_written_in_learnt_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(token_codes, "_LARGEST_PLAIN", 300)
    encoder = HashedEncoder()
    retriever = Retriever.open(build_snapshot([articles(900)], encoder, tmp_path), encoder)
    assert retriever.manifest.token_codes == "pq"
    hit = retriever.search("第499条").hits[0]
    assert hit.practice.id == "law:500"
    assert hit.evidence
