"""Read a plain-text source file with its metadata into a Document."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from corpus.errors import SourceError
from corpus.types import Document

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REQUIRED = ("id", "title")
_OPTIONAL = ("issuer", "number", "batch", "source")


def read_document(path: Path) -> Document:
    """Read `NAME.txt` and its sidecar `NAME.json` into a Document.

    The text is decoded as UTF-8, or GB18030 where it is not UTF-8, and otherwise left as it is: line ends and stray
    spaces included, so that offsets hold. Raises SourceError naming the file for anything unreadable.
    """
    metadata = _read_sidecar(path.with_suffix(".json"))
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: can't be read: {error.strerror}") from error
    text = _decode(raw, path)
    if not text.strip():
        raise SourceError(f"{path}: the document is empty")
    return Document(
        id=metadata["id"],
        title=metadata["title"],
        issuer=metadata.get("issuer", ""),
        number=metadata.get("number", ""),
        batch=metadata.get("batch", ""),
        source=metadata.get("source", path.name),
        sha256=hashlib.sha256(raw).hexdigest(),
        text=text,
    )


def _decode(raw: bytes, path: Path) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(f"{path}: the text is neither UTF-8 nor GB18030")


def _read_sidecar(path: Path) -> dict[str, str]:
    try:
        metadata = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SourceError(f"{path}: missing; it names the document, with at least {' and '.join(_REQUIRED)}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(metadata, dict):
        raise SourceError(f"{path}: must hold a JSON object")
    for key in (*_REQUIRED, *_OPTIONAL):
        value = metadata.get(key)
        if key in _REQUIRED and (not isinstance(value, str) or not value.strip()):
            raise SourceError(f"{path}: {key!r} must be a non-empty string")
        if value is not None and not isinstance(value, str):
            raise SourceError(f"{path}: {key!r} must be a string, not {type(value).__name__}")
        if value is not None and not value.isprintable():
            raise SourceError(f"{path}: {key!r} holds a character that can't be printed")
    if not _ID.fullmatch(metadata["id"]):
        raise SourceError(
            f"{path}: id {metadata['id'][:100]!r} must be of letters, digits, '.', '_' and '-', begin with a letter or "
            f"digit, and have 100 characters at most"
        )
    return metadata
