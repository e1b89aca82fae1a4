"""The reader tells a passage that says what is asked from one that only speaks of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hashed_encoder import HashedEncoder
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from numpy.typing import NDArray

from corpus.errors import ZhijianError
from corpus.types import PracticeList
from eval.lists import read_field_lists
from eval.refusal import auroc
from index.build import build_snapshot
from index.confidence import confidence_model
from index.encoder import open_encoder
from index.reader import MOST_ASKED, MOST_MET, Reader, Usual, shipped_reader
from index.retriever import Retriever

DIMENSION = 384


def unit_rows(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    rows = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@effort(max_examples=25, deadline=None)
@given(asked=st.integers(1, MOST_ASKED + 9), met=st.integers(4, MOST_MET + 9), seed=st.integers(0, 2**16))
def test_what_is_served_is_what_was_trained(asked: int, met: int, seed: int) -> None:
    torch = pytest.importorskip("torch")
    from eval.training.reading_net import ReadingNet
    from eval.training.reading_vectors import Words

    torch.manual_seed(seed)
    net = ReadingNet(DIMENSION, 8, 16, 0.0).eval()
    rng = np.random.default_rng(seed)
    question, usual = unit_rows(rng, asked), rng.random((asked, 2), dtype=np.float32)
    passages = [unit_rows(rng, met), unit_rows(rng, 4)]
    words = Words(question.astype(np.float16), usual)
    with torch.no_grad():
        trained = net([words, words], [passage.astype(np.float16) for passage in passages]).numpy()
    reader = Reader({name: weight.numpy() for name, weight in net.state_dict().items()})
    served = reader.read(question, Usual(usual[:, 0], usual[:, 1]), passages)
    # The vectors are trained on in half precision.
    assert served == pytest.approx(trained, abs=2e-2)


def test_near_misses_are_told_from_questions_of_fields_that_nothing_was_trained_on(tmp_path: Path) -> None:
    encoder = open_encoder()
    answered: list[float] = []
    missed: list[float] = []
    for one in read_field_lists()[:3]:
        home = tmp_path / one.practices.document.id
        retriever = Retriever.open(build_snapshot([one.practices], encoder, home), encoder)
        for question in one.questions:
            signals = retriever.search(question.text).signals
            assert signals is not None
            assert signals.read is not None
            if question.category in ("answered", "near miss"):
                (answered if question.answerable else missed).append(signals.read)
    # Measured 0.00; the mean cosine of the words alone gives 0.60 to 0.65.
    assert (auroc(answered, missed) or 0) >= 0.75


def test_another_encoder_is_judged_without_the_reader(shipped: PracticeList, tmp_path: Path) -> None:
    encoder = HashedEncoder()
    signals = (
        Retriever.open(build_snapshot([shipped], encoder, tmp_path), encoder).search("嘉兴的人才房票是多少钱？").signals
    )
    assert signals is not None
    assert signals.read is None
    assert "read" not in confidence_model(read=False).weights
    assert "read" in confidence_model(read=True).weights


def test_the_shipped_reader_fits_the_bundled_encoder_only() -> None:
    assert shipped_reader(open_encoder().fingerprint) is not None
    assert shipped_reader("another") is None


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reader.npz"
    path.write_bytes(content)
    with pytest.raises(ZhijianError, match=r"reader\.npz: not readable"):
        Reader.load(path)
