"""Say what a result was made with, so that it can be made again."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from index.snapshot import Manifest, libraries

_ROOT = Path(__file__).parent.parent
_LIBRARIES = ("ir_measures", "scipy")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Record what a result was made with.

    `commit` is that of the code, with a `+` where files had been changed since, empty outside a checkout; `model` the
    encoder's fingerprint and `manifest` the digest of the snapshot, empty where the system is not of this process;
    `questions` the SHA-256 of the files that questions and judgements came from.
    """

    created: str
    commit: str
    model: str
    manifest: str
    questions: str
    settings: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)


def provenance(sources: Sequence[Path], settings: dict[str, str], manifest: Manifest | None = None) -> Provenance:
    """Return what a result of now is made with; `sources` are the files of questions and judgements."""
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit(_ROOT),
        model=manifest.model if manifest else "",
        manifest=manifest.digest if manifest else "",
        questions=checksum(sources),
        settings=settings,
        libraries={
            "python": platform.python_version(),
            **libraries(),
            **{name: version(name) for name in _LIBRARIES},
        },
    )


def checksum(sources: Sequence[Path]) -> str:
    """Return the SHA-256 of files, one after another."""
    digest = hashlib.sha256()
    for path in sources:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def commit(directory: Path) -> str:
    """Return the commit of a checkout, with a `+` where tracked files differ from it; empty where there is none."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(directory), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()

    try:
        # An install inside somebody else's checkout is not a checkout of this project.
        if Path(git("rev-parse", "--show-toplevel")).resolve() != directory.resolve():
            return ""
        return git("rev-parse", "HEAD")[:12] + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""
