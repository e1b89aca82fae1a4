"""Encode passages in shards that are kept until the snapshot is published, so that a killed build loses little."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.snapshot import libraries

# Passages of one shard, some ten seconds of work; what is built in one shard is not kept.
SHARD = 1024
_DIGEST_SIZE = hashlib.sha256().digest_size


def encode_in_shards(
    texts: Sequence[str], encoder: Encoder, home: Path, progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Return the rows (len(texts), dimension) of `encoder.encode_passages`, taking up what a killed build has left.

    Shards are kept under `home` by encoder, libraries and all texts, so that none is used for other passages; one that
    is damaged is encoded again. Where they come from changes no bit of the vectors. `progress` gets (done, total).
    Only one caller at a time may use a home, see `index.snapshot.writing`.
    """
    if len(texts) <= SHARD:
        return encoder.encode_passages(texts, progress)
    directory = _partial(home) / _key(texts, encoder)
    directory.mkdir(parents=True, exist_ok=True)
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    done = 0
    for number, rows in enumerate(_shards(texts)):
        path = directory / f"{number:05}.shard"
        shard = _read(path, (len(rows), encoder.dimension))
        if shard is None:
            shard = encoder.encode_passages([texts[row] for row in rows], _from(done, len(texts), progress))
            _write(path, shard)
        elif progress is not None:
            progress(done + len(rows), len(texts))
        vectors[rows] = shard
        done += len(rows)
    return vectors


def sweep(home: Path) -> None:
    """Remove all shards under `home`, also those of builds that were never ended."""
    shutil.rmtree(_partial(home), ignore_errors=True)


def _partial(home: Path) -> Path:
    return home / "partial"


def _key(texts: Sequence[str], encoder: Encoder) -> str:
    """Return a hash of all that decides the vectors and how they are shared out among shards."""
    settings = {"model": encoder.fingerprint, "dimension": encoder.dimension, "shard": SHARD, "libraries": libraries()}
    total = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for text in texts:
        total.update(json.dumps(text).encode() + b"\n")
    return total.hexdigest()[:32]


def _shards(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the rows of each shard, longest texts first: an encoder pads a text to the longest beside it."""
    order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
    for start in range(0, len(order), SHARD):
        yield order[start : start + SHARD]


def _from(done: int, total: int, progress: Callable[[int, int], None] | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda more, _: progress(done + more, total)


def _write(path: Path, vectors: NDArray[np.float32]) -> None:
    """Write a digest and the rows behind it; a file of this name is whole, except where the machine went down."""
    content = np.ascontiguousarray(vectors, dtype="<f4").tobytes()
    aside = path.with_suffix(".new")
    aside.write_bytes(_digest(path, content) + content)
    os.replace(aside, path)


def _read(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return what `_write` wrote, or None where there is nothing, or not that."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    content = raw[_DIGEST_SIZE:]
    if raw[:_DIGEST_SIZE] != _digest(path, content) or len(content) != 4 * shape[0] * shape[1]:
        return None
    return np.frombuffer(content, dtype="<f4").reshape(shape).astype(np.float32)


def _digest(path: Path, content: bytes) -> bytes:
    """Return the SHA-256 of a shard's place among all and of its rows: a file moved elsewhere is as good as damaged."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}\n".encode() + content).digest()
