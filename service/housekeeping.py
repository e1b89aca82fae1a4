"""Tell what a chat frontend asks for itself (a title, tags, follow-ups) from what a person asks.

Frontends send such prompts to the model that their user talks to. None is a question about the documents, so none gets
an answer from them. How they look is kept in `data/housekeeping.json`: `begins` and `holds` are what only they begin
with and hold; a text with one of each list of `title` asks for a title; `replies` are the fields of the JSON that they
ask for, each with what it holds where there is nothing to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from service.openai_requests import Message

_DATA = Path(__file__).parent / "data" / "housekeeping.json"
# A conversation written out as text, as it is given along with such a prompt.
_ASKED = re.compile(r"^[ \t]*(?:user|human|用户)[ \t]*[:：][ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_REPLIED = re.compile(r"^[ \t]*(?:assistant|ai|助手)[ \t]*[:：]", re.IGNORECASE | re.MULTILINE)
_AS_JSON = re.compile(r'"role"\s*:\s*"(?:user|assistant)"')
_FIELD = re.compile(r'"(\w+)"\s*:')
_TITLE = 20
_NO_TITLE = "新对话"
_NOTHING = "这里只回答清单里的做法，不做别的。"


def spoken(text: str) -> str:
    """Return what the person wrote of a message, without instructions and files that the frontend put before it."""
    if not text.lstrip().startswith("### Task:") or "<context>" not in text:
        return text
    before, _, question = text.rpartition("</context>")
    return question if before else text


def housekeeping_reply(messages: Sequence[Message]) -> str | None:
    """Return what to tell a frontend that asks for itself, None where a person asks."""
    instruction = _instruction(messages)
    if instruction is None:
        return None
    known = _known()
    wanted = next((name for name in _FIELD.findall(instruction) if name in known["replies"]), None)
    earlier = (spoken(message.text) for message in messages[:-1] if message.role == "user")
    title = _title([*earlier, messages[-1].text])
    if wanted is not None:
        return json.dumps({wanted: title if wanted == "title" else known["replies"][wanted]}, ensure_ascii=False)
    return title if _asks_for_title(instruction) else _NOTHING


def _instruction(messages: Sequence[Message]) -> str | None:
    """Return the instruction of a frontend's own request."""
    last = messages[-1]
    before = messages[-2].role if len(messages) > 1 else None
    if last.role in ("system", "developer"):
        # One that ends a conversation asks for something about it; one behind a question only frames that.
        return last.text if before == "assistant" else None
    if last.role != "user":
        return None
    if _is_transcript(last.text):
        framed = (message.text for message in messages[:-1] if message.role in ("system", "developer"))
        return "\n".join([*framed, last.text])
    text = spoken(last.text)
    folded = text.casefold()
    known = _known()
    own = folded.startswith(tuple(known["begins"])) or any(phrase in folded for phrase in known["holds"])
    return text if own or _asks_for_title(text) else None


def _is_transcript(text: str) -> bool:
    return bool(_ASKED.search(text) and _REPLIED.search(text)) or len(_AS_JSON.findall(text)) > 1


def _asks_for_title(text: str) -> bool:
    folded = text.casefold()
    return all(any(word in folded for word in words) for words in _known()["title"])


def _title(asked: Sequence[str]) -> str:
    """Return the first question of a conversation, cut short; the last of `asked` may hold the conversation as text."""
    written_out = _ASKED.search(asked[-1])
    first = asked[0] if len(asked) > 1 else written_out[1] if written_out else _NO_TITLE
    line = " ".join(first.split()).rstrip("?？。.!！")
    return f"{line[:_TITLE]}…" if len(line) > _TITLE else line or _NO_TITLE


@cache
def _known() -> dict[str, Any]:
    return dict(json.loads(_DATA.read_text(encoding="utf-8")))
