"""Keep what people say of answers, in one SQLite file under the home, for whoever writes questions for the bench.

A row holds what was asked and shown, the verdict, the note and the time: nothing of who sent it. Each call opens the
file and closes it again, so that threads and processes may call at once, and one that was moved away is begun anew.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from corpus.errors import ZhijianError

NAME = "feedback.sqlite3"
# Bump when the table changes.
SCHEMA = 1
LIMIT = 64 * 1024 * 1024
"""How many bytes the file may hold, some 200,000 feedbacks of usual size: a stranger can't fill the disk with more."""

# "zhij": tells the file from any other of SQLite.
_APPLICATION = 0x7A68696A
_CREATE = f"""
PRAGMA journal_mode = WAL;
CREATE TABLE feedback (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    question TEXT NOT NULL,
    history TEXT NOT NULL,
    practice_ids TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('up', 'down')),
    note TEXT
);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {SCHEMA};
"""
_REPLACE = "move it away, and a new one is begun"


class FeedbackError(ZhijianError):
    """Report feedback that can't be kept or read, with the file and what to do."""


class Verdict(StrEnum):
    """Say whether an answer was of use."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Feedback:
    """Hold what somebody said of an answer.

    `practice_ids` are those shown, in their order; `history` the questions before this one, oldest first. `time` is in
    UTC to the second (2026-05-09T07:35:25Z).
    """

    id: str
    time: str
    question: str
    history: tuple[str, ...]
    practice_ids: tuple[str, ...]
    verdict: Verdict
    note: str | None


class FeedbackFile:
    """Be the file of feedback under `home`, which may hold `limit` bytes.

    Who calls waits up to `patience` seconds while others write: many at once on a slow disk do not take fair turns.
    """

    def __init__(self, home: Path, *, limit: int = LIMIT, patience: float = 10.0) -> None:
        self._path = home / NAME
        self._limit = limit
        self._patience = patience

    def add(
        self,
        question: str,
        verdict: Verdict,
        *,
        practice_ids: Sequence[str] = (),
        history: Sequence[str] = (),
        note: str | None = None,
    ) -> Feedback:
        """Keep a feedback, on disk when this returns, and return it with its id and time.

        Raises FeedbackError where the file is full, damaged, of a newer zhijian, locked for long or can't be written.
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        kept = Feedback(secrets.token_hex(8), now, question, tuple(history), tuple(practice_ids), verdict, note)
        try:
            if not self._path.exists():
                self._create()
        except (OSError, sqlite3.Error) as error:
            raise FeedbackError(f"{self._path}: can't be made: {error}") from error
        with _opened(self._path, self._patience) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._check_room(connection)
            row = (kept.id, kept.time, question, _array(history), _array(practice_ids), verdict.value, note)
            connection.execute(
                "INSERT INTO feedback (id, time, question, history, practice_ids, verdict, note) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            connection.execute("COMMIT")
        return kept

    def read(self) -> tuple[Feedback, ...]:
        """Return all feedback in the order in which it came; none where there is no file yet.

        Raises FeedbackError where the file is damaged, of a newer zhijian, locked for long or can't be read.
        """
        try:
            if not self._path.exists():
                return ()
        except OSError as error:
            raise FeedbackError(f"{self._path}: can't be read: {error.strerror}") from error
        with _opened(self._path, self._patience) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise FeedbackError(f"{self._path}: damaged: {found}; {_REPLACE}")
            rows = connection.execute(
                "SELECT id, time, question, history, practice_ids, verdict, note FROM feedback ORDER BY number"
            ).fetchall()
        try:
            return tuple(
                Feedback(id, time, question, _texts(history), _texts(practice_ids), Verdict(verdict), note)
                for id, time, question, history, practice_ids, verdict, note in rows
            )
        except (ValueError, TypeError) as error:
            raise FeedbackError(f"{self._path}: damaged: {error}; {_REPLACE}") from error

    def _create(self) -> None:
        """Put an empty file in place, whole and for its owner's eyes only."""
        home = self._path.parent
        with (
            FileLock(home / "feedback.lock", timeout=self._patience),
            TemporaryDirectory(prefix=".feedback-", dir=home) as aside,
        ):
            # Another thread or process may have made it while this one waited.
            if self._path.exists():
                return
            new = Path(aside) / NAME
            # SQLite would let everybody read it; it gives the files beside it the same mode as this one.
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(new)) as connection:
                connection.executescript(_CREATE)
            os.replace(new, self._path)

    def _check_room(self, connection: sqlite3.Connection) -> None:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size >= self._limit:
            raise FeedbackError(
                f"{self._path}: full, it holds {self._limit} bytes; save it by `zhijian feedback export --out FILE`, "
                f"then stop the service and {_REPLACE}"
            )


@contextmanager
def _opened(path: Path, patience: float) -> Iterator[sqlite3.Connection]:
    """Open a file that is there and is ours; a transaction left open is rolled back. Raises FeedbackError."""
    try:
        # Read and write, but never create: what SQLite creates can be read by everybody.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=patience, isolation_level=None
        )
        with closing(connection):
            _check_make(path, connection)
            # What was answered with 201 should outlive a power cut.
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
    except sqlite3.Error as error:
        raise FeedbackError(f"{path}: {_reason(error)}") from error


def _check_make(path: Path, connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION:
        raise FeedbackError(f"{path}: is no file of feedback, or lost its beginning; {_REPLACE}")
    if schema > SCHEMA:
        raise FeedbackError(
            f"{path}: written by a newer zhijian (schema {schema}, this one knows {SCHEMA}); use that, or {_REPLACE}"
        )


def _reason(error: sqlite3.Error) -> str:
    # The lower byte of an extended code is the code; errors of Python's own reading have none.
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return f"damaged: {error}; {_REPLACE}"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "another process keeps it locked"
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY:
            # Even who reads writes an index of what was written last.
            return (
                f"{error}; see whether the disk is full, read-only or another user's; a copy of it and its -wal file "
                f"can be read under another ZHIJIAN_HOME"
            )
        case _:
            return str(error)


def _array(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def _texts(array: str) -> tuple[str, ...]:
    return tuple(json.loads(array))
