"""Write the encoder as an ONNX graph that ONNX Runtime runs with quantised weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from index.model.blocks import BLOCK, Blocks, stack
from index.model.packed import PackedModel

_CONTRIB = "com.microsoft"
_OPSET, _CONTRIB_OPSET, _IR_VERSION = 18, 1, 9
# Lets the runtime round activations to int8 in blocks of 32 of one token each, so that a text's vector does not
# depend on the texts beside it.
_INT8_ACTIVATIONS = 4


def build_graph(model: PackedModel) -> onnx.ModelProto:
    """Return the graph `input_ids, attention_mask (batch, sequence) int64 -> last_hidden_state (…, hidden) float32`.

    Matrices in `model.blocks` become MatMulNBits and GatherBlockQuantized nodes with the same codes and scales: nothing
    is rounded again. A matrix given in `model.floats` instead becomes a plain float32 MatMul or Gather.
    """
    return _GraphBuilder(model).build()


class _GraphBuilder:
    """Collect nodes and initializers; each method adds a part and returns the name of its output."""

    def __init__(self, model: PackedModel) -> None:
        self._model = model
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        hidden = self._model.shape.hidden
        state = self._embeddings()
        self._node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        for layer in range(self._model.shape.layers):
            last = layer == self._model.shape.layers - 1
            state = self._layer(f"l{layer}", state, "last_hidden_state" if last else f"l{layer}.state")
        axes = ["batch", "sequence"]
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in ("input_ids", "attention_mask")],
            [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*axes, hidden])],
            self._initializers,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, _CONTRIB_OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="zhijian")

    def _embeddings(self) -> str:
        shape, floats = self._model.shape, self._model.floats
        words = self._words()
        # Every token is of type 0, so its vector is part of the position's.
        positions = floats["emb.pos"].reshape(shape.positions, shape.hidden) + floats["emb.type"][: shape.hidden]
        self._constant("positions", positions)
        self._node("Shape", ["input_ids"], "length", start=1, end=2)
        zero = self._constant("zero", np.zeros(1, dtype=np.int64))
        self._node("Slice", ["positions", zero, "length", zero], "position")
        self._node("Add", [words, "position"], "embedding")
        return self._layer_norm("embedding", "emb.ln", "l.state")

    def _words(self) -> str:
        table = self._model.blocks.get("emb.word")
        if table is None:
            words = self._model.floats["emb.word"].reshape(-1, self._model.shape.hidden)
            return self._node("Gather", [self._constant("emb.word", words), "input_ids"], "words")
        inputs = [self._constant("emb.word.codes", table.packed()), "input_ids", self._scales("emb.word", table)]
        options = {"gather_axis": 0, "quantize_axis": 1, "block_size": BLOCK, "bits": table.bits}
        return self._node("GatherBlockQuantized", inputs, "words", _CONTRIB, **options)

    def _layer(self, name: str, state: str, output: str) -> str:
        """Add one post-norm transformer layer (Vaswani et al. 2017; Devlin et al. 2019)."""
        projected = self._linear(f"{name}.qkv", state, [f"{name}.{part}" for part in "qkv"])
        parts = [f"{name}.query", f"{name}.key", f"{name}.value"]
        self._node("Split", [projected], parts, axis=-1, num_outputs=3)
        heads = self._model.shape.heads
        self._node("MultiHeadAttention", [*parts, "", "mask"], f"{name}.context", _CONTRIB, num_heads=heads)
        attended = self._linear(f"{name}.attended", f"{name}.context", [f"{name}.ao"])
        middle = self._residual(state, attended, f"{name}.aln", f"{name}.middle")
        inner = self._linear(f"{name}.inner", middle, [f"{name}.fi"])
        self._node("Gelu", [inner], f"{name}.gelu", _CONTRIB)
        outer = self._linear(f"{name}.outer", f"{name}.gelu", [f"{name}.fo"])
        return self._residual(middle, outer, f"{name}.oln", output)

    def _linear(self, output: str, state: str, names: list[str]) -> str:
        """Multiply by the named matrices, one below the other, and add their biases."""
        bias = self._constant(f"{output}.bias", np.concatenate([self._model.floats[f"{name}.b"] for name in names]))
        columns = self._model.shape.intermediate if names[0].endswith(".fo") else self._model.shape.hidden
        if f"{names[0]}.w" in self._model.floats:
            matrix = np.concatenate([self._model.floats[f"{name}.w"].reshape(-1, columns) for name in names])
            product = self._node("MatMul", [state, self._constant(f"{output}.weight", matrix.T)], f"{output}.product")
            return self._node("Add", [product, bias], output)
        blocks = stack([self._model.blocks[f"{name}.w"] for name in names])
        rows = blocks.codes.shape[0]
        codes = self._constant(f"{output}.codes", blocks.packed().reshape(rows, columns // BLOCK, -1))
        options = {"K": columns, "N": rows, "bits": blocks.bits, "block_size": BLOCK}
        inputs = [state, codes, self._scales(output, blocks), "", "", bias]
        return self._node("MatMulNBits", inputs, output, _CONTRIB, accuracy_level=_INT8_ACTIVATIONS, **options)

    def _residual(self, state: str, update: str, norm: str, output: str) -> str:
        # Two plain nodes: the runtime's fused SkipLayerNormalization takes about 15 % longer for the whole model.
        return self._layer_norm(self._node("Add", [state, update], f"{output}.sum"), norm, output)

    def _layer_norm(self, state: str, norm: str, output: str) -> str:
        parts = [self._constant(f"{norm}.{part}", self._model.floats[f"{norm}.{part}"]) for part in "wb"]
        return self._node("LayerNormalization", [state, *parts], output, axis=-1, epsilon=self._model.shape.epsilon)

    def _scales(self, name: str, blocks: Blocks) -> str:
        """Store scales as float16 and widen them in the graph, which the runtime does once, when it loads."""
        narrow = self._constant(f"{name}.scales.half", blocks.scales)
        return self._node("Cast", [narrow], f"{name}.scales", to=TensorProto.FLOAT)

    def _constant(self, name: str, array: NDArray[np.generic]) -> str:
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _node(self, operator: str, inputs: list[str], output: str | list[str], domain: str = "", **options: Any) -> str:
        outputs = [output] if isinstance(output, str) else output
        name = f"{outputs[0]}/{operator}"
        self._nodes.append(helper.make_node(operator, inputs, outputs, name=name, domain=domain, **options))
        return outputs[0]
