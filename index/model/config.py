"""Read what a sentence-transformers directory says of its model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import ZhijianError

CHECKSUMS = "SHA256SUMS"
_CONFIGURATION = (
    "modules.json",
    "config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Hold what an engine must know: `pooling` is "mean" or "cls", prompts are put before each text as they are."""

    dimension: int
    vocabulary: int
    max_tokens: int
    pad_id: int
    pooling: str
    query_prompt: str
    passage_prompt: str
    graph_file: Path
    tokenizer_file: Path


def load_config(directory: Path) -> ModelConfig:
    """Read the configuration; raise ZhijianError naming the file that is missing, damaged or not understood."""
    if not directory.is_dir():
        raise ZhijianError(f"there is no model directory {directory}")
    files = {name: _read_json(directory / name) for name in _CONFIGURATION}
    graph, tokenizer = directory / "onnx" / "model.onnx", directory / "tokenizer.json"
    for path in (graph, tokenizer):
        if not path.is_file():
            raise ZhijianError(f"the model file {path} is missing")
    prompts = files["config_sentence_transformers.json"].get("prompts") or {}
    try:
        return ModelConfig(
            dimension=int(files["config.json"]["hidden_size"]),
            vocabulary=int(files["config.json"]["vocab_size"]),
            max_tokens=int(files["sentence_bert_config.json"]["max_seq_length"]),
            pad_id=int(files["config.json"].get("pad_token_id") or 0),
            pooling=_pooling(files["1_Pooling/config.json"], directory / "1_Pooling/config.json"),
            query_prompt=str(prompts.get("query", "")),
            passage_prompt=str(prompts[passage]) if (passage := passage_prompt_name(prompts)) else "",
            graph_file=graph,
            tokenizer_file=tokenizer,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ZhijianError(f"the configuration of the model in {directory} is not understood: {error!r}") from error


def checksum(directory: Path, config: ModelConfig) -> str:
    """Return the hexadecimal SHA-256 over the names and contents of all files that decide a vector.

    Raise ZhijianError where a `SHA256SUMS` lies beside them and a file differs from it.
    """
    expected = _expected_sums(directory / CHECKSUMS)
    for name in expected:
        if not (directory / name).is_file():
            raise ZhijianError(f"the model file {directory / name} is missing")
    total = hashlib.sha256()
    graph = config.graph_file
    weights = sorted(f"{graph.parent.name}/{path.name}" for path in graph.parent.glob(f"{graph.name}*"))
    for name in (*_CONFIGURATION, config.tokenizer_file.name, *weights):
        with (directory / name).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if expected.get(name, digest) != digest:
            raise ZhijianError(f"the model file {directory / name} is damaged: its SHA-256 is not that in {CHECKSUMS}")
        total.update(f"{digest}  {name}\n".encode())
    return total.hexdigest()


def _expected_sums(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ZhijianError(f"the model file {path} is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ZhijianError(f"the model file {path} can't be read: {error}") from error


def _pooling(config: dict[str, Any], path: Path) -> str:
    """Return the one pooling mode, in the old spelling of the file (a flag for each) or the new (a name)."""
    named = config.get("pooling_mode")
    modes = [named] if isinstance(named, str) else named or _flagged_modes(config)
    if modes not in (["mean"], ["cls"]):
        raise ZhijianError(f"{path} asks for the pooling {modes}; mean and cls are known")
    return str(modes[0])


def _flagged_modes(config: dict[str, Any]) -> list[str]:
    flags = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    on = [name for name, value in config.items() if name.startswith("pooling_mode_") and value]
    return [flags.get(name, name) for name in on]


def passage_prompt_name(prompts: Mapping[str, str | None]) -> str | None:
    """Return the name under which a model keeps the prompt of what is searched, None where it has none.

    The names are those that encode_document of sentence-transformers looks for. It takes the first that is there and
    puts an empty "document" into every model, so that one with only a "passage" loses it; here empty ones don't count.
    """
    return next((name for name in ("document", "passage", "corpus") if prompts.get(name)), None)
