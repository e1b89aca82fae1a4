"""The bundled encoder: its vectors, what it makes of any text, and how it refuses a broken directory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import ZhijianError
from corpus.types import PracticeList
from index.encoder import bundled_model, open_encoder
from index.onnx_encoder import OnnxEncoder

# Recorded from the untrimmed model with float32 weights: every 32nd number of the question's vector, and the cosines
# of all questions (rows) with all passages (columns).
TEXTS = (
    "深圳有哪些智能建造的做法？",
    "建立智能建造統計監測體系，推動建築機器人應用。",
    "Which cities use construction robots on site?",
    "BIM 审图系统对施工图进行自动审查，平均用时不超过 3 天。",
    "How are prefabricated components tracked?",
    "天气怎么样",
)
RECORDED_QUERIES = (
    (0.0202, 0.0674, 0.0243, 0.0375, -0.0325, 0.0114, -0.0128, 0.0293, -0.0534, 0.0782, -0.1063, 0.0489),
    (0.0416, 0.0361, 0.0998, -0.0036, 0.073, 0.0262, -0.0658, 0.0023, 0.0592, 0.0486, -0.0476, 0.0686),
    (0.0054, 0.0436, 0.0064, 0.041, -0.0372, 0.0803, -0.0199, 0.0423, 0.0045, -0.0224, 0.0061, 0.1032),
    (-0.0142, -0.0067, 0.0107, 0.0511, 0.0367, -0.0289, 0.0555, -0.0635, -0.0522, 0.005, -0.002, 0.1078),
    (0.0252, 0.1134, 0.1212, 0.0034, -0.0076, -0.0392, -0.0148, 0.0071, -0.0613, 0.1189, -0.0864, -0.0096),
    (0.0176, 0.0732, 0.0239, -0.0106, -0.1241, -0.0746, 0.0198, 0.0444, 0.0117, -0.0183, 0.1097, 0.0278),
)
RECORDED_COSINES = (
    (0.9227, 0.366, 0.344, 0.1385, 0.1607, 0.0678),
    (0.396, 0.9343, 0.481, 0.2897, 0.3953, 0.0338),
    (0.3713, 0.4338, 0.945, 0.1568, 0.153, -0.0155),
    (0.1349, 0.2654, 0.1606, 0.9558, 0.1545, 0.0729),
    (0.2009, 0.4159, 0.1765, 0.1739, 0.9571, -0.0344),
    (0.2059, 0.1054, 0.0491, 0.0997, 0.0059, 0.8814),
)
HOSTILE = {
    "empty": "",
    "blank": " \t\n\u3000 ",
    "nul": "智能\x00建造\x00",
    "lone surrogates": "\ud800智能\udfff建造",
    "long": "建筑机器人" * 7_000,
    "long without a break": "a" * 100_000,
    "expanding ligature": "\ufdfa" * 1000,
    "emoji": "👷🏽‍♀️🏗️🇨🇳",
    "combining marks": "e" + "\u0301" * 500,
    "unknown script": "𒀀𒀁𒀂",
    "special tokens": "</s><s><pad><unk><mask>",
    "noncharacters": "\ufffe\uffff\U0010ffff",
}


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    """Return the bundled encoder on two threads."""
    return OnnxEncoder.open(bundled_model(), threads=2)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the bundled directory that a test may damage."""
    return Path(shutil.copytree(bundled_model(), tmp_path / "model"))


def test_vectors_agree_with_the_recorded_full_model(encoder: OnnxEncoder) -> None:
    queries, passages = encoder.encode_queries(TEXTS).pooled, encoder.encode_passages(TEXTS).pooled
    assert queries.dtype == passages.dtype == np.float32
    # Of the trained layers in float32; 8-bit blocks leave the vectors a cosine of 0.997 and more to those.
    np.testing.assert_allclose(queries[:, ::32], RECORDED_QUERIES, atol=0.012)
    np.testing.assert_allclose(queries @ passages.T, RECORDED_COSINES, atol=0.06)


def test_questions_and_passages_get_different_prompts(encoder: OnnxEncoder) -> None:
    query, passage = encoder.encode_queries(TEXTS[:1]).pooled, encoder.encode_passages(TEXTS[:1]).pooled
    assert 0.8 < float(query[0] @ passage[0]) < 0.99


def test_no_texts_give_no_rows(encoder: OnnxEncoder) -> None:
    assert encoder.encode_queries([]).pooled.shape == encoder.encode_passages([]).pooled.shape == (0, 384)


def test_a_vector_does_not_depend_on_its_neighbours(encoder: OnnxEncoder, shipped: PracticeList) -> None:
    texts = [practice.text for practice in shipped.practices[:12]] + list(TEXTS)
    together = encoder.encode_passages(texts).pooled
    backwards = encoder.encode_passages(texts[::-1]).pooled[::-1]
    alone = np.concatenate([encoder.encode_passages([text]).pooled for text in texts])
    np.testing.assert_allclose(together, backwards, atol=1e-5)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_words_have_vectors_and_prompts_and_marks_have_none(encoder: OnnxEncoder) -> None:
    text = "深圳：BIM 审图？"
    (words,) = encoder.encode_queries([text]).texts()
    assert [text[start:end] for start, end in words.spans] == ["深圳", "BI", "M", "审", "图"]
    np.testing.assert_allclose(np.linalg.norm(words.vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode_queries(["query: ", "。？"]).counts.tolist() == [2, 0]


def test_words_beyond_the_window_have_no_vectors(encoder: OnnxEncoder) -> None:
    (words,) = encoder.encode_passages(["智能" * 900]).texts()
    assert 0 < len(words.vectors) < encoder.max_tokens
    assert words.spans.max() < 1800


def test_calls_from_several_threads_agree(encoder: OnnxEncoder) -> None:
    expected = encoder.encode_queries(TEXTS).pooled
    with ThreadPoolExecutor(max_workers=4) as pool:
        for encoded in pool.map(encoder.encode_queries, [TEXTS] * 8):
            np.testing.assert_allclose(encoded.pooled, expected, atol=1e-5)


def test_progress_counts_up_to_all_texts(encoder: OnnxEncoder) -> None:
    steps: list[tuple[int, int]] = []
    encoder.encode_passages(["智能建造" * 40] * 9, lambda done, total: steps.append((done, total)))
    assert len(steps) > 1
    assert steps == sorted(set(steps))
    assert steps[-1] == (9, 9)


def test_tokens_are_counted_with_prompt_and_specials(encoder: OnnxEncoder) -> None:
    assert encoder.count_tokens("智能建造") == len(["<s>", "▁passage", ":", "▁", "智能", "建造", "</s>"])
    assert encoder.count_tokens("建" * 5000) > encoder.max_tokens == 512


def test_what_lies_beyond_the_window_is_cut_off(encoder: OnnxEncoder) -> None:
    words = "robot " * 505
    within, beyond = words + "深圳" * 50, words + "成都" * 400
    assert encoder.count_tokens(words) < 512 < encoder.count_tokens(within)
    short, long, longer = encoder.encode_passages([words + "深圳", within, within + beyond]).pooled
    np.testing.assert_allclose(long, longer, atol=1e-5)
    assert float(short @ long) < 0.99999


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_gives_a_unit_vector(encoder: OnnxEncoder, text: str) -> None:
    vectors = np.concatenate([encoder.encode_queries([text]).pooled, encoder.encode_passages([text]).pooled])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.count_tokens(text) >= 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=80), max_size=4))
def test_any_texts_give_unit_vectors(encoder: OnnxEncoder, texts: list[str]) -> None:
    vectors = encoder.encode_queries(texts).pooled
    assert vectors.shape == (len(texts), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ＢＩＭ　１００％", "BIM 100%"),
        ("智能建造  \n", "智能建造"),
        ("智能\x07建造", "智能建造"),
        ("a\u200bb", "a b"),
        ("Ko\u0308ln", "Köln"),
    ],
)
def test_spellings_that_mean_the_same_give_the_same_vector(encoder: OnnxEncoder, written: str, same: str) -> None:
    np.testing.assert_array_equal(*encoder.encode_queries([written, same]).pooled[:, None])


def test_search_needs_no_torch() -> None:
    check = "import sys, index.encoder as e; e.open_encoder(None, 1); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_fingerprint_stands_for_the_content(encoder: OnnxEncoder, copy: Path) -> None:
    assert OnnxEncoder.open(copy).fingerprint == encoder.fingerprint
    (copy / "SHA256SUMS").unlink()
    (copy / "README.md").unlink(missing_ok=True)
    assert OnnxEncoder.open(copy).fingerprint == encoder.fingerprint
    path = copy / "config_sentence_transformers.json"
    path.write_text(path.read_text(encoding="utf-8").replace("query: ", "question: "), encoding="utf-8")
    changed = OnnxEncoder.open(copy)
    assert changed.fingerprint != encoder.fingerprint
    assert float(changed.encode_queries(TEXTS[:1]).pooled[0] @ encoder.encode_queries(TEXTS[:1]).pooled[0]) < 0.999


@pytest.mark.parametrize(
    "name",
    [
        "modules.json",
        "config.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "1_Pooling/config.json",
        "tokenizer.json",
        "onnx/model.onnx",
        "onnx/model.onnx_data",
    ],
)
def test_a_missing_or_damaged_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    half = len(content) // 2
    (copy / name).write_bytes(content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :])
    with pytest.raises(ZhijianError, match=name):
        OnnxEncoder.open(copy)
    (copy / name).unlink()
    with pytest.raises(ZhijianError, match=name):
        OnnxEncoder.open(copy)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", lambda config: config.pop("hidden_size"), "not understood: KeyError"),
        ("config.json", lambda config: config.update(hidden_size=768), "expected input_ids.* of 768"),
        ("config.json", lambda config: config.update(vocab_size=1000), "more than the 1000 rows"),
        ("1_Pooling/config.json", lambda config: config.update(pooling_mode_max_tokens=True), "mean and cls are known"),
        ("tokenizer.json", lambda config: config.pop("model"), "tokenizer.json can't be read"),
    ],
)
def test_a_directory_that_contradicts_itself_is_refused(
    copy: Path, name: str, change: Callable[[dict[str, object]], object], message: str
) -> None:
    (copy / "SHA256SUMS").unlink()
    config = json.loads((copy / name).read_text(encoding="utf-8"))
    change(config)
    (copy / name).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ZhijianError, match=message):
        OnnxEncoder.open(copy)


def test_cut_off_weights_without_checksums_are_refused(copy: Path) -> None:
    (copy / "SHA256SUMS").unlink()
    weights = copy / "onnx" / "model.onnx_data"
    weights.write_bytes(weights.read_bytes()[:-4096])
    with pytest.raises(ZhijianError, match=r"model\.onnx can't be loaded"):
        OnnxEncoder.open(copy)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZhijianError, match=r"no model directory .*nowhere"):
        OnnxEncoder.open(tmp_path / "nowhere")


def test_threads_must_be_positive() -> None:
    with pytest.raises(ZhijianError, match="at least 1, not 0"):
        open_encoder(None, threads=0)


def test_another_model_needs_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "index.sentence_transformer", raising=False)
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ZhijianError, match=r'pip install -e "\.\[models\]"'):
        open_encoder("some/model")
