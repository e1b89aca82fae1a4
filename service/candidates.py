"""Make candidate questions of feedback: what a question writer judges and takes into the bench."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from service.feedback import Feedback, FeedbackError, Verdict

CANDIDATE = "candidate"
"""The category of a question that nobody has judged yet."""

# Strangers wrote it: what would move a terminal's cursor, turn a line around or cut it in two is escaped, not lost.
_ACTING = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def candidate_lines(feedback: Iterable[Feedback]) -> Iterator[str]:
    """Yield one JSON object for each question, without a line end, in the order in which they first came.

    All feedback on one question with one history stands in one object, so that a question is judged once. Fields are
    those of the bench's questions; only `gold` is missing, which is a judgement. In its place stand `gold_candidates`,
    what was shown under a good verdict, most often first, and `feedback`, all that was said.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[Feedback]] = defaultdict(list)
    for said in feedback:
        groups[said.question, said.history].append(said)
    for group in groups.values():
        text = json.dumps(_candidate(group), ensure_ascii=False)
        yield _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_new(path: Path, text: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all; raise FeedbackError where that is not possible.

    A file that is there stays as it is: somebody may have begun to judge what it holds.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise FeedbackError(
            f"{path}: is there already; name a new file, for judgements in this one would be lost"
        ) from None
    except OSError as error:
        raise FeedbackError(f"{path}: can't be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
    except OSError as error:
        path.unlink()
        raise FeedbackError(f"{path}: can't be written: {error.strerror}") from error


def _candidate(group: list[Feedback]) -> dict[str, Any]:
    first = group[0]
    liked = Counter(shown for said in group if said.verdict is Verdict.UP for shown in said.practice_ids)
    verdicts = Counter(said.verdict for said in group)
    return {
        "id": f"feedback-{first.id}",
        "category": CANDIDATE,
        "question": first.question,
        **({"history": list(first.history)} if first.history else {}),
        "gold_candidates": [shown for shown, _ in liked.most_common()],
        "up": verdicts[Verdict.UP],
        "down": verdicts[Verdict.DOWN],
        "feedback": [
            {
                "id": said.id,
                "time": said.time,
                "verdict": said.verdict.value,
                "practice_ids": list(said.practice_ids),
                "note": said.note,
            }
            for said in group
        ],
    }
