"""Lay out a model as a sentence-transformers directory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.external_data_helper import set_external_data

from index.model.config import CHECKSUMS
from index.model.english import english_words, pieces_of_words
from index.model.graph import build_graph
from index.model.packed import PackedModel
from index.model.tokenizer import tokenizer_json
from index.model.trained import LAYER_TENSORS
from index.model.vocabulary import SPECIALS, select_pieces

_INLINE_BYTES = 1024
_PAGE_BYTES = 4096


class Precision(StrEnum):
    """Say how the matrices of the layers are stored; the embeddings are 4-bit blocks unless all is float32."""

    INT4 = "int4"
    FP32 = "fp32"


def trim(model: PackedModel) -> PackedModel:
    """Keep only the pieces of `select_pieces` and their rows; raise ZhijianError where the words are not installed."""
    kept = select_pieces(model.pieces, pieces_of_words(model.pieces, model.scores, english_words()))
    words = model.blocks["emb.word"].take(kept)
    return replace(
        model,
        shape=replace(model.shape, vocabulary=len(kept)),
        pieces=tuple(model.pieces[index] for index in kept),
        scores=model.scores[kept],
        blocks={**model.blocks, "emb.word": words},
    )


def convert(model: PackedModel, precision: Precision) -> PackedModel:
    """Store the matrices in another precision; to INT4 nothing changes, since that is what the package holds."""
    if precision is Precision.INT4:
        return model
    dense = {name: blocks.dequantise() for name, blocks in model.blocks.items()}
    flat = {name: matrix.ravel() for name, matrix in dense.items()}
    return replace(model, floats={**model.floats, **flat}, blocks={})


def write_directory(model: PackedModel, directory: Path) -> None:
    """Write the model, its tokenizer and configuration, and the checksums of all of them.

    The same model gives the same bytes. In float32 a `model.safetensors` is written too, for the torch backend of
    sentence-transformers. Other files in the directory are left alone.
    """
    files: dict[str, bytes] = {
        "modules.json": _json(_modules()),
        "config.json": _json(_bert_config(model)),
        "config_sentence_transformers.json": _json(_prompts()),
        "sentence_bert_config.json": _json({"max_seq_length": model.shape.positions, "do_lower_case": False}),
        "1_Pooling/config.json": _json(_pooling(model.shape.hidden)),
        "tokenizer.json": tokenizer_json(model.pieces, model.scores),
        "tokenizer_config.json": _json(_tokenizer_config(model.shape.positions)),
        "special_tokens_map.json": _json(_special_tokens()),
    }
    files.update(_split_graph(build_graph(model)))
    if not model.blocks:
        files["model.safetensors"] = _safetensors(model)
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    (directory / CHECKSUMS).write_text("".join(sums), encoding="utf-8", newline="\n")


def _split_graph(graph: onnx.ModelProto) -> dict[str, bytes]:
    """Move the tensors into a file of their own, which the runtime maps, so that unused rows cost no memory."""
    data = bytearray()
    for tensor in graph.graph.initializer:
        content = tensor.raw_data
        if len(content) < _INLINE_BYTES:
            continue
        data.extend(bytes(-len(data) % _PAGE_BYTES))
        set_external_data(tensor, "model.onnx_data", offset=len(data), length=len(content))
        tensor.ClearField("raw_data")
        data.extend(content)
    return {"onnx/model.onnx": graph.SerializeToString(deterministic=True), "onnx/model.onnx_data": bytes(data)}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _modules() -> list[dict[str, object]]:
    """Name the modules as all releases of sentence-transformers know them."""
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    return [
        {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for index, (path, kind) in enumerate(kinds)
    ]


def _prompts() -> dict[str, object]:
    # sentence-transformers' encode_document takes "document" first and would find it empty if it were not given.
    passage = "passage: "
    return {
        "prompts": {"query": "query: ", "document": passage, "passage": passage},
        "default_prompt_name": None,
        "similarity_fn_name": "cosine",
    }


def _pooling(hidden: int) -> dict[str, object]:
    modes = {"cls_token": False, "mean_tokens": True, "max_tokens": False, "mean_sqrt_len_tokens": False}
    return {"word_embedding_dimension": hidden, **{f"pooling_mode_{mode}": on for mode, on in modes.items()}}


def _bert_config(model: PackedModel) -> dict[str, object]:
    shape = model.shape
    bos, pad, eos, _unknown = range(len(SPECIALS))
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.intermediate,
        "hidden_act": "gelu",
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": 1e-12,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "position_embedding_type": "absolute",
        "bos_token_id": bos,
        "pad_token_id": pad,
        "eos_token_id": eos,
    }


def _special_tokens() -> dict[str, str]:
    bos, pad, eos, unknown = SPECIALS
    return {
        "bos_token": bos,
        "cls_token": bos,
        "eos_token": eos,
        "sep_token": eos,
        "pad_token": pad,
        "unk_token": unknown,
    }


def _tokenizer_config(positions: int) -> dict[str, object]:
    return {
        **_special_tokens(),
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": positions,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
    }


def _safetensors(model: PackedModel) -> bytes:
    """Return the float32 tensors under the names that BertModel of transformers gives them."""
    from safetensors.numpy import save

    hidden = model.shape.hidden
    floats = model.floats
    tensors: dict[str, NDArray[np.float32]] = {
        "embeddings.word_embeddings.weight": floats["emb.word"].reshape(-1, hidden),
        "embeddings.position_embeddings.weight": floats["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": floats["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": floats["emb.ln.w"],
        "embeddings.LayerNorm.bias": floats["emb.ln.b"],
    }
    for layer in range(model.shape.layers):
        for short, name in LAYER_TENSORS.items():
            weight, bias = floats[f"l{layer}.{short}.w"], floats[f"l{layer}.{short}.b"]
            prefix = f"encoder.layer.{layer}.{name}"
            # A row of a matrix for each value that it gives; a norm has as many weights as biases.
            tensors[f"{prefix}.weight"] = weight if weight.size == bias.size else weight.reshape(bias.size, -1)
            tensors[f"{prefix}.bias"] = bias
    return bytes(save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, {"format": "pt"}))
