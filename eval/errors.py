"""What can be wrong with the data of an evaluation."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import ZhijianError


class DataError(ZhijianError):
    """Report questions, judgements or a run that can't be used, with file and line where there is one."""

    def __init__(self, path: Path | str, message: str, line: int | None = None) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")
        self.path = str(path)
        self.line = line
