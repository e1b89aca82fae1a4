"""Encode passages in shards that are kept until the snapshot is published, so that a killed build loses little."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ZhijianError
from index.encoded import Encoded
from index.encoder import Encoder
from index.late import CodedPassages
from index.snapshot import libraries
from index.token_codes import ByteCodec, Codec, ProductCodec, needs_training

# Passages of one shard, some seconds of work; what is built in one shard is not kept.
SHARD = 256
# Passages whose tokens codes are learnt from, where they are.
_SAMPLE = 1024
_DIGEST_SIZE = hashlib.sha256().digest_size
_CODEC = "codec"

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Encodings:
    """Hold the vectors of passages: `pooled` (passages, dimension), and a way through the coded ones of their tokens.

    The parts come from the disk where there are many, and only once `encode_in_shards` has gone through all of them.
    """

    pooled: NDArray[np.float32]
    codec: Codec
    parts: Callable[[], Iterator[CodedPassages]]


def encode_in_shards(texts: Sequence[str], encoder: Encoder, home: Path, progress: Report | None = None) -> Encodings:
    """Return what `encoder.encode_passages` gives, taking up what a killed build has left.

    Shards are kept under `home` by encoder, libraries and all texts, so that none is used for other passages; one that
    is damaged is encoded again. Where they come from changes no bit of the vectors. `progress` gets (done, total).
    Only one caller at a time may use a home, see `index.snapshot.writing`.
    """
    if len(texts) <= SHARD:
        encoded = encoder.encode_passages(texts, progress)
        codec: Codec = ByteCodec(encoder.token_dimension)
        part = _coded(range(len(texts)), encoded, codec)
        return Encodings(encoded.pooled, codec, lambda: iter([part]))
    directory = _partial(home) / _key(texts, encoder)
    directory.mkdir(parents=True, exist_ok=True)
    shards = _Shards(texts, encoder, directory, _codec(texts, encoder, directory))
    return Encodings(shards.encode(progress), shards.codec, shards.parts)


@dataclass(frozen=True, slots=True)
class _Shards:
    """Encode texts in shards that are kept in a directory."""

    texts: Sequence[str]
    encoder: Encoder
    directory: Path
    codec: Codec

    def encode(self, progress: Report | None) -> NDArray[np.float32]:
        """Encode what is not there yet; return the vectors of all texts."""
        pooled = np.zeros((len(self.texts), self.encoder.dimension), dtype=np.float32)
        done = 0
        for path, rows in self._files():
            shard = _read(path, len(rows), self.codec)
            if shard is None:
                report = _from(done, len(self.texts), progress)
                encoded = self.encoder.encode_passages([self.texts[row] for row in rows], report)
                shard = encoded.pooled, _coded(rows, encoded, self.codec)
                _write(path, *shard)
            elif progress is not None:
                progress(done + len(rows), len(self.texts))
            pooled[rows] = shard[0]
            done += len(rows)
        return pooled

    def parts(self) -> Iterator[CodedPassages]:
        """Yield the coded tokens of each shard; raise ZhijianError for one that was taken away in the meantime."""
        for path, rows in self._files():
            shard = _read(path, len(rows), self.codec)
            if shard is None:
                raise ZhijianError(f"{path}: was changed by someone else; build again")
            yield replace(shard[1], numbers=np.array(rows, dtype=np.int64))

    def _files(self) -> Iterator[tuple[Path, list[int]]]:
        """Yield the shards' files and rows, longest texts first: an encoder pads a text to the longest beside it."""
        order = sorted(range(len(self.texts)), key=lambda row: -len(self.texts[row]))
        for number, start in enumerate(range(0, len(order), SHARD)):
            yield self.directory / f"{number:05}.shard", order[start : start + SHARD]


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


def _codec(texts: Sequence[str], encoder: Encoder, directory: Path) -> Codec:
    """Return what tokens are coded by: learnt once, from passages spread evenly over all, where there are many."""
    if not needs_training(len(texts)):
        return ByteCodec(encoder.token_dimension)
    kept = directory / _CODEC
    if not kept.is_dir():
        sample = encoder.encode_passages(
            [texts[row] for row in range(0, len(texts), max(1, len(texts) // _SAMPLE))]
        ).tokens
        aside = kept.with_suffix(".new")
        aside.mkdir(exist_ok=True)
        ProductCodec.train(sample).save(aside)
        aside.rename(kept)
    return ProductCodec.load(kept)


def _coded(rows: Sequence[int], encoded: Encoded, codec: Codec) -> CodedPassages:
    numbers = np.array(rows, dtype=np.int64)
    return CodedPassages(numbers, codec.encode(encoded.tokens), encoded.spans, encoded.counts)


def _from(done: int, total: int, progress: Report | None) -> Report | None:
    return None if progress is None else lambda more, _: progress(done + more, total)


def _write(path: Path, pooled: NDArray[np.float32], part: CodedPassages) -> None:
    """Write a digest and the vectors behind it; a file of this name is whole, except where the machine went down."""
    buffer = io.BytesIO()
    np.savez(buffer, pooled=pooled, codes=part.codes, spans=part.spans, counts=part.counts)
    content = buffer.getvalue()
    aside = path.with_suffix(".new")
    aside.write_bytes(_digest(path, content) + content)
    os.replace(aside, path)


def _read(path: Path, count: int, codec: Codec) -> tuple[NDArray[np.float32], CodedPassages] | None:
    """Return what `_write` wrote, or None where there is nothing, or not that."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    content = raw[_DIGEST_SIZE:]
    if raw[:_DIGEST_SIZE] != _digest(path, content):
        return None
    with np.load(io.BytesIO(content)) as file:
        pooled, codes, spans, counts = (file[name] for name in ("pooled", "codes", "spans", "counts"))
    if len(pooled) != count or codes.shape[1] != codec.width:
        return None
    return pooled, CodedPassages(np.arange(count), codes, spans, counts)


def _digest(path: Path, content: bytes) -> bytes:
    """Return the SHA-256 of a shard's place among all and of its rows: a file moved elsewhere is as good as damaged."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}\n".encode() + content).digest()
