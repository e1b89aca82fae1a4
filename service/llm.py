"""Talk to a language model on a server that speaks OpenAI's protocol, and trust nothing that comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urlsplit

import anyio
import httpx2
from pydantic import SecretStr

from corpus.errors import ZhijianError

# Little of it: the answer should be the list's. None at all makes some reasoning models repeat themselves.
_TEMPERATURE = 0.2
_THINKS, _HAS_THOUGHT = "<think>", "</think>"
# Where servers put thoughts that they tell apart themselves.
_THOUGHTS = ("reasoning_content", "reasoning")
_DATA = b"data:"
_END = b"[DONE]"
_EXCERPT = 200


class Failure(StrEnum):
    """Say in Chinese, as the beginning of a sentence, why a model's reply can't be used."""

    UNREACHABLE = "语言模型连接不上"
    REFUSED = "语言模型没有接受这次请求"
    TIMED_OUT = "语言模型没有及时答复"
    UNREADABLE = "语言模型的答复无法读取"
    BROKEN = "语言模型的答复中断了"
    CUT_OFF = "语言模型的答复没有写完"
    EMPTY = "语言模型没有写出内容"
    TOO_LONG = "语言模型的答复过长"
    UNSUPPORTED = "语言模型的答复与清单核对不上"
    TOO_MUCH = "相关做法太多，语言模型读不完"


class ModelError(ZhijianError):
    """Report that a model's reply can't be used: `failure` for a reader, the message for the log."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure.name.lower().replace('_', ' ')}: {detail}" if detail else failure.name.lower())
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Limits:
    """Say how long to wait, in seconds, and how much to take.

    `connect` is for the connection, `first` for the first word (a model may have to be loaded, or thinks), `between`
    for each word after it, `whole` for all. `characters` are those of the reply, `line` and `total` count bytes as
    sent, thinking included.
    """

    connect: float = 5.0
    first: float = 60.0
    between: float = 20.0
    whole: float = 240.0
    characters: int = 8_000
    line: int = 256 * 1024
    total: int = 16 * 1024 * 1024


class ChatModel:
    """Be one model on one server; share it between requests, and close it, as a context manager does."""

    def __init__(self, base_url: str, model: str, key: SecretStr | None = None, limits: Limits | None = None) -> None:
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._limits = limits or Limits()
        # Compressed, a small reply could hold an endless one.
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key.get_secret_value()}"
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(None, connect=self._limits.connect, pool=self._limits.connect),
            # A proxy of the environment does not know this machine.
            trust_env=not _is_local(self._url),
        )

    async def __aenter__(self) -> Self:
        """Return this model."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def reply(self, messages: Sequence[Mapping[str, str]]) -> AsyncGenerator[str]:
        """Yield the reply to a conversation in pieces as they come, without what the model thought aloud before it.

        Closing the iterator ends the request. Raises ModelError, perhaps after some pieces.
        """
        seen = 0
        async with aclosing(self._timed(messages)) as deltas, aclosing(_said(deltas)) as pieces:
            async for piece in pieces:
                seen += len(piece)
                if seen > self._limits.characters:
                    raise ModelError(Failure.TOO_LONG, f"over {self._limits.characters} characters")
                yield piece
        if not seen:
            raise ModelError(Failure.EMPTY)

    async def _timed(self, messages: Sequence[Mapping[str, str]]) -> AsyncGenerator[str]:
        """Yield the pieces of `_sent`, each within its time."""
        limits = self._limits
        end = anyio.current_time() + limits.whole
        allowed = limits.first
        async with aclosing(self._sent(messages)) as deltas:
            while True:
                within = min(allowed, end - anyio.current_time())
                with anyio.move_on_after(within) as waiting:
                    try:
                        delta = await anext(deltas)
                    except StopAsyncIteration:
                        return
                if waiting.cancelled_caught:
                    raise ModelError(Failure.TIMED_OUT, f"nothing came within {max(within, 0):.1f} s")
                yield delta
                allowed = limits.between

    async def _sent(self, messages: Sequence[Mapping[str, str]]) -> AsyncGenerator[str]:
        """Yield what each line of the reply adds to its text, which may be nothing."""
        body = {"model": self._model, "messages": list(messages), "stream": True, "temperature": _TEMPERATURE}
        try:
            async with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != httpx2.codes.OK:
                    raise ModelError(Failure.REFUSED, f"status {response.status_code}")
                kind = response.headers.get("content-type", "")
                if not kind.lower().startswith("text/event-stream"):
                    raise ModelError(Failure.UNREADABLE, f"not an event stream but {kind[:_EXCERPT]!r}")
                async for delta in _deltas(response.aiter_raw(), self._limits):
                    yield delta
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise ModelError(Failure.UNREACHABLE, repr(error)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ModelError(Failure.BROKEN, repr(error)) from error


async def _deltas(received: AsyncIterator[bytes], limits: Limits) -> AsyncGenerator[str]:
    """Yield the texts of a stream of completion chunks, an empty one for what the model thinks.

    Raises ModelError where the stream ends before its end.
    """
    async for line in _lines(received, limits):
        if not line.startswith(_DATA):
            continue
        data = line.removeprefix(_DATA).strip()
        if data == _END:
            return
        text, finish = _read(data)
        if text is not None:
            yield text
        if finish == "stop":
            # What may still follow counts tokens, and may never come.
            return
        if finish is not None:
            raise ModelError(Failure.CUT_OFF, f"finish_reason {finish[:_EXCERPT]!r}")
    raise ModelError(Failure.BROKEN, "the stream ended before its end")


async def _lines(received: AsyncIterator[bytes], limits: Limits) -> AsyncGenerator[bytes]:
    """Yield the lines of a stream without their ends, none of them endless."""
    total, rest = 0, b""
    async for chunk in received:
        total += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        if total > limits.total or max(len(rest), *map(len, lines), 0) > limits.line:
            raise ModelError(Failure.TOO_LONG, f"{total} bytes, {len(rest)} of them in one line")
        for line in lines:
            yield line
    yield rest


def _read(data: bytes) -> tuple[str | None, str | None]:
    """Return the text of a completion chunk, None where it has none, and why it is the last, None where it is not."""
    try:
        chunk: Any = json.loads(data)
        if "error" in chunk:
            raise ModelError(Failure.REFUSED, f"error in the stream: {str(chunk['error'])[:_EXCERPT]!r}")
        if not chunk["choices"]:
            return None, None
        choice = chunk["choices"][0]
        delta, finish = choice.get("delta") or {}, choice.get("finish_reason")
        text = delta.get("content") or ("" if any(map(delta.get, _THOUGHTS)) else None)
        if not isinstance(text, str | None) or not isinstance(finish, str | None):
            raise TypeError("content or finish_reason is no string")
    # Deeply nested lists end in a RecursionError.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ModelError(Failure.UNREADABLE, f"{error!r} in {data[:_EXCERPT]!r}") from error
    return text, finish


async def _said(deltas: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Yield a reply without the thoughts in <think> … </think> that some servers put before it, and its first spaces.

    Nothing that is thought comes out, even where the thoughts have no end.
    """
    held, said = "", False
    async for delta in deltas:
        if said:
            if delta:
                yield delta
            continue
        held = (held + delta).lstrip()
        if held.startswith(_THINKS):
            _, closed, held_after = held.partition(_HAS_THOUGHT)
            if not closed:
                # Only what may be the beginning of the end matters; without a bound each word would cost more.
                held = _THINKS + held[len(_THINKS) :][-len(_HAS_THOUGHT) :]
                continue
            held = held_after.lstrip()
        if held and not _THINKS.startswith(held):
            said = True
            yield held
    if not said and held and not held.startswith(_THINKS):
        yield held


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
