"""Read lists of words by name: a name a line, then regular expressions parted by spaces, in which _ is a space."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


def expressions(path: Path, space: str) -> dict[str, list[str]]:
    """Return the expressions of each name, in order, with `space` for each _; lines that begin with # are comments."""
    listed: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, *words = line.split() or ["#"]
        if not name.startswith("#"):
            listed.setdefault(name, []).extend(word.replace("_", space) for word in words)
    return listed


def patterns(path: Path) -> Mapping[str, re.Pattern[str]]:
    """Return for each name a pattern that finds any of its expressions, in whatever case and with any run of spaces."""
    return {name: re.compile("|".join(words), re.IGNORECASE) for name, words in expressions(path, r"\s+").items()}
