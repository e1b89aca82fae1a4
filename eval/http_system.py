"""Ask a running service over HTTP, as any of its users would."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import Any, Self, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from corpus.types import Span
from eval.http_client import TIMEOUT, JsonClient, ServiceError
from eval.questions import Question
from eval.run import GivenAnswer, Outcome, Quote
from index.types import Mode
from service.listings import DocumentsResponse, DocumentTextOut, PracticesResponse
from service.requests import MAX_HISTORY
from service.response_body import ResponseBody
from service.schemas import AskResponse, NumberedCitationOut, SearchResponse

MAX_DEPTH = 50
"""How deep rankings can be: the API returns no more."""

_PAGE = 200

_Body = TypeVar("_Body", bound=ResponseBody)


class HttpSystem:
    """Ask the service at an address, for rankings and for answers; a `System` of `eval.run`.

    Answers in words are always made of hybrid rankings, so in another `mode` only rankings are asked for. The API takes
    20 earlier questions; of more, the last 20 are sent. Every method raises `ServiceError` where the service can't be
    reached, refuses, or answers something else than this version's API.
    """

    def __init__(self, url: str, mode: Mode = Mode.HYBRID, timeout: float = TIMEOUT) -> None:
        self._client = JsonClient(url, timeout)
        self._mode = mode
        self.label = self._client.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, question: Question, depth: int) -> Outcome:
        """Return the best `depth`, at most 50, and the answer; `seconds` are those of each request."""
        # A service from before `history` refuses the field, so it is sent only where there is one.
        history = {"history": list(question.history[-MAX_HISTORY:])} if question.history else {}
        seconds: dict[str, float] = {}
        with _timed(seconds, "search"):
            found = self._post(
                "/v1/search",
                {"query": question.text, "top_k": min(depth, MAX_DEPTH), "mode": self._mode.value, **history},
                SearchResponse,
            )
        given = None
        if self._mode is Mode.HYBRID:
            with _timed(seconds, "ask"):
                given = self._post("/v1/ask", {"question": question.text, **history}, AskResponse)
        return Outcome(
            ranking=tuple((hit.id, self._finite("/v1/search", hit.score)) for hit in found.hits),
            confidence=self._share("/v1/ask", given.confidence)
            if given
            else self._share("/v1/search", found.confidence),
            answered=given.answered if given else None,
            parts=tuple(
                {
                    name: value if value is None else self._finite("/v1/search", value)
                    for name, value in hit.scores.model_dump().items()
                }
                for hit in found.hits
            ),
            answer=self._given(given) if given else None,
            seconds=seconds,
        )

    def practices(self) -> dict[str, str]:
        """Return the text of every practice that the service knows by id, each after the titles that it stands under.

        Raises `ServiceError` also where the list changes while it is read.
        """
        found: dict[str, str] = {}
        while True:
            path = f"/v1/practices?limit={_PAGE}&offset={len(found)}"
            page = self._get(path, PracticesResponse)
            new = {practice.id: " › ".join([*practice.heading_path, practice.text]) for practice in page.practices}
            if len(new) < len(page.practices) or new.keys() & found.keys():
                raise self._error(f"GET {path}: a practice comes twice")
            found |= new
            if len(found) >= page.total:
                return found
            if not new:
                raise self._error(f"GET {path}: {page.total} practices are announced, {len(found)} come")

    def documents(self) -> dict[str, str]:
        """Return the text of every document by id, exactly as spans point into it."""
        listed = self._get("/v1/documents", DocumentsResponse).documents
        return {document.id: self._text(document.id) for document in listed}

    def _text(self, document_id: str) -> str:
        path = f"/v1/documents/{quote(document_id, safe='')}"
        document = self._get(path, DocumentTextOut)
        if document.id != document_id:
            raise self._error(f"GET {path}: answers the document {document.id!r}")
        return document.text

    def _given(self, given: AskResponse) -> GivenAnswer:
        if [citation.n for citation in given.citations] != list(range(1, len(given.citations) + 1)):
            raise self._error("POST /v1/ask: the citations are not numbered 1, 2, 3 …")
        return GivenAnswer(given.answer, tuple(map(_quote, given.citations)))

    def _finite(self, path: str, score: float) -> float:
        # JSON has no infinity, but 1e999 is read as one.
        if not isfinite(score):
            raise self._error(f"POST {path}: a score is not finite")
        return score

    def _share(self, path: str, confidence: float) -> float:
        if not 0 <= confidence <= 1:
            raise self._error(f"POST {path}: the confidence {confidence} is not in [0, 1]")
        return confidence

    def _get(self, path: str, shape: type[_Body]) -> _Body:
        return self._checked(f"GET {path}", self._client.get(path), shape)

    def _post(self, path: str, body: Mapping[str, Any], shape: type[_Body]) -> _Body:
        return self._checked(f"POST {path}", self._client.post(path, body), shape)

    def _checked(self, request: str, answer: Any, shape: type[_Body]) -> _Body:
        try:
            return shape.model_validate(answer)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "the answer"
            message = f"{request}: is no zhijian service, or one of another version: {place}: {first['msg']}"
            raise self._error(message) from None

    def _error(self, message: str) -> ServiceError:
        return ServiceError(self.label, message)


def _quote(citation: NumberedCitationOut) -> Quote:
    return Quote(
        citation.practice_id,
        citation.document_id,
        citation.quote,
        tuple(Span(span.start, span.end) for span in citation.spans),
    )


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start
