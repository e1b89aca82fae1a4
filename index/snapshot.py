"""Keep one built index as an immutable directory, published by a rename and checked when it is opened."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from corpus.errors import ZhijianError

# Bump when files are laid out differently or the same input would give other scores.
SCHEMA = 3

REBUILD = "run `zhijian build`"
_LIBRARIES = ("faiss-cpu", "bm25s", "jieba", "opencc", "numpy", "onnxruntime", "tokenizers")
_MANIFEST = "manifest.json"


class SnapshotError(ZhijianError):
    """Report a snapshot that is missing, damaged, or of another make; the message says what to run."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Record what a snapshot was made of.

    `token_codes` names how the vectors of tokens are written, which the size of the corpus decides.
    `documents` maps ids to the SHA-256 of their source files, `files` the snapshot's files to theirs, `model` is the
    encoder's fingerprint; `reader` and `tokenizer` are the versions of what read the documents and cut the words.
    """

    schema: int
    reader: int
    tokenizer: int
    model: str
    dimension: int
    token_codes: str
    documents: dict[str, str]
    counts: dict[str, int]
    libraries: dict[str, str]
    files: dict[str, str]

    @property
    def digest(self) -> str:
        """Return a short hash of the manifest, and so of all that it vouches for."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class SnapshotPaths:
    """Name the parts of a snapshot directory."""

    root: Path

    @property
    def manifest(self) -> Path:
        """Name what the snapshot was made of."""
        return self.root / _MANIFEST

    @property
    def documents(self) -> Path:
        """Name the official texts."""
        return self.root / "documents.jsonl"

    @property
    def practices(self) -> Path:
        """Name the practices with their spans."""
        return self.root / "practices.jsonl"

    @property
    def chunks(self) -> Path:
        """Name the chunks in the order of their numbers."""
        return self.root / "chunks.jsonl"

    @property
    def dense(self) -> Path:
        """Name the directory of the dense channel."""
        return self.root / "dense"

    @property
    def sparse(self) -> Path:
        """Name the directory of the sparse channel."""
        return self.root / "sparse"

    @property
    def pairs(self) -> Path:
        """Name the directory of the sparse channel's pairs of characters."""
        return self.root / "pairs"

    @property
    def late(self) -> Path:
        """Name the directory of the vectors of tokens."""
        return self.root / "late"

    @property
    def tokens(self) -> Path:
        """Name the directory of the tokenizer's dictionary."""
        return self.root / "tokens"

    @property
    def lexicon(self) -> Path:
        """Name the directory of the counted words that slips are corrected towards."""
        return self.root / "lexicon"

    @property
    def background(self) -> Path:
        """Name the directory of the texts that the corpus is not about."""
        return self.root / "background"


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that decide what is in a snapshot."""
    return {name: version(name) for name in _LIBRARIES}


def current(home: Path) -> Path | None:
    """Return the published snapshot under `home`, or None when there is none."""
    try:
        name = _pointer(home).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{_pointer(home)}: can't be read: {error}; {REBUILD}") from error
    if not name or "/" in name or name.startswith("."):
        raise SnapshotError(f"{_pointer(home)}: does not name a snapshot; {REBUILD}")
    return _directory(home) / name


def publish(home: Path, write: Callable[[SnapshotPaths], Manifest]) -> Path:
    """Write a snapshot aside, rename it into place and make it the current one; return its directory.

    `write` fills the directory and returns a manifest without `files`, which is completed here. A reader sees the old
    snapshot or the new one, at whatever point the writer is killed. The one before stays for readers that have it open.
    """
    with writing(home):
        directory = _directory(home)
        directory.mkdir(exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".new-", dir=directory))
        try:
            final = _complete(aside, write(SnapshotPaths(aside)))
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        previous = _previous(home)
        pointer = _pointer(home).with_suffix(".new")
        pointer.write_text(final.name, encoding="utf-8")
        os.replace(pointer, _pointer(home))
        for stale in directory.iterdir():
            if stale not in (final, previous):
                shutil.rmtree(stale, ignore_errors=True)
    return final


def _complete(aside: Path, manifest: Manifest) -> Path:
    """Write the manifest of what lies in `aside` and rename it to its final name."""
    manifest = replace(manifest, files={name: _sha256(path) for name, path in _files(aside)})
    _write_manifest(SnapshotPaths(aside).manifest, manifest)
    final = aside.with_name(f"{manifest.digest}-{aside.name.removeprefix('.new-')}")
    aside.chmod(0o755)
    return aside.rename(final)


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """Let one thread of one process at a time build under `home`; others wait."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        # One lock object for a path makes it count entries, so that a builder may publish while it holds the lock.
        lock = FileLock(home / "build.lock", is_singleton=True)
        lock.acquire()
    except OSError as error:
        raise SnapshotError(
            f"{home}: can't be written: {error.strerror}; set ZHIJIAN_HOME to a writable place"
        ) from error
    try:
        yield
    finally:
        lock.release()


def verify(root: Path) -> Manifest:
    """Read the manifest of a snapshot and check every file against it.

    Raises SnapshotError naming the first file that is missing, changed or of another schema.
    """
    paths = SnapshotPaths(root)
    manifest = _read_manifest(paths.manifest)
    for name, expected in manifest.files.items():
        try:
            found = _sha256(root / name)
        except OSError as error:
            raise SnapshotError(f"{root / name}: {error.strerror}; {REBUILD}") from error
        if found != expected:
            raise SnapshotError(f"{root / name}: damaged, its hash {found[:12]} is not {expected[:12]}; {REBUILD}")
    return manifest


def _read_manifest(path: Path) -> Manifest:
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SnapshotError(f"{path}: {error.strerror}; {REBUILD}") from error
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{path}: not a manifest: {error}; {REBUILD}") from error
    if not isinstance(values, dict):
        raise SnapshotError(f"{path}: not a manifest; {REBUILD}")
    if values.get("schema") != SCHEMA:
        raise SnapshotError(f"{path}: schema {values.get('schema')!r}, this version reads {SCHEMA}; {REBUILD}")
    digest = values.pop("digest", None)
    names = {field.name for field in fields(Manifest)}
    if set(values) != names:
        raise SnapshotError(f"{path}: not a manifest: fields {sorted(set(values) ^ names)}; {REBUILD}")
    for name in ("documents", "counts", "libraries", "files"):
        if not isinstance(values[name], dict):
            raise SnapshotError(f"{path}: {name} is not an object; {REBUILD}")
    manifest = Manifest(**values)
    if digest != manifest.digest:
        raise SnapshotError(f"{path}: damaged, its digest {digest!r} is not {manifest.digest!r}; {REBUILD}")
    return manifest


def _write_manifest(path: Path, manifest: Manifest) -> None:
    values = {**asdict(manifest), "digest": manifest.digest}
    path.write_text(json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")


def _previous(home: Path) -> Path | None:
    # A damaged pointer is what a rebuild mends, so it must not stop one.
    try:
        return current(home)
    except SnapshotError:
        return None


def _pointer(home: Path) -> Path:
    return home / "CURRENT"


def _directory(home: Path) -> Path:
    return home / "snapshots"


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
