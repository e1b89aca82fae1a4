"""What the tools of the Model Context Protocol answer: less than the HTTP API does, for a model reads all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit

from pydantic import Field

from corpus.regions import gazetteer
from corpus.types import Document, Practice
from index.retriever import Retriever
from index.signals import Reason
from index.types import Filters
from service.addresses import practice_address
from service.answer import Answer, AnswerHit, Role
from service.query_schemas import CorrectionOut
from service.response_body import ResponseBody
from service.schemas import NumberedCitationOut

# How much of a practice's text stands in its title, in code points.
_TITLE = 40


@dataclass(frozen=True, slots=True)
class Shelf:
    """Hold the library and `base`, the address of its pages without a slash at the end, None where there are none."""

    library: Retriever
    base: str | None = None

    def practice_url(self, practice: Practice) -> str:
        """Return the page of a practice; without pages, where its document comes from, or at least a name for it."""
        if self.base:
            return practice_address(self.base, practice.id)
        source = _source_url(self.library.documents[practice.document_id])
        return source or practice_address("zhijian:/", practice.id)

    def document_url(self, document: Document) -> str:
        """Return where a document comes from, or else where its text is served, or at least a name for it."""
        name = f"documents/{quote(document.id)}"
        return _source_url(document) or (f"{self.base}/v1/{name}" if self.base else f"zhijian://{name}")


def _source_url(document: Document) -> str | None:
    return document.source if urlsplit(document.source).scheme in ("http", "https") else None


class FoundOut(ResponseBody):
    """Name a practice: where it stands in the list and how it begins; `id` is what `fetch` takes."""

    id: str
    title: str
    url: str

    @classmethod
    def of(cls, practice: Practice, shelf: Shelf) -> Self:
        """Return `practice` by name."""
        return cls(id=practice.id, title=_title(practice), url=shelf.practice_url(practice))


class FoundResponse(ResponseBody):
    """Hold the practices nearest to a query, best first."""

    results: list[FoundOut]


class FetchedResponse(ResponseBody):
    """Hold the whole text of a practice or document, as the source has it."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, str] = Field(description="What else is known of it, in Chinese; unknown values are left out.")

    @classmethod
    def of_practice(cls, practice: Practice, shelf: Shelf) -> Self:
        """Return `practice` with its text."""
        document = shelf.library.documents[practice.document_id]
        names = [gazetteer().region(code).name for code in practice.regions]
        about = _about(document) | {
            "document_id": document.id,
            "document_title": document.title,
            "heading_path": " › ".join(heading.title for heading in practice.path),
            "regions": "、".join(names),
        }
        return cls(
            id=practice.id,
            title=_title(practice),
            text=practice.text,
            url=shelf.practice_url(practice),
            metadata={name: value for name, value in about.items() if value},
        )

    @classmethod
    def of_document(cls, document: Document, shelf: Shelf) -> Self:
        """Return `document` with its text."""
        return cls(
            id=document.id,
            title=document.title,
            text=document.text,
            url=shelf.document_url(document),
            metadata={name: value for name, value in _about(document).items() if value},
        )


class CitedOut(NumberedCitationOut):
    """Quote what `[n]` in the answer stands for, with the address to cite it by."""

    url: str


class AnswerPracticeOut(FoundOut):
    """Name a practice and what it is to the answer: part of it, beside it, or merely the nearest thing."""

    role: Role

    @classmethod
    def with_role(cls, hit: AnswerHit, shelf: Shelf) -> Self:
        """Return the practice of `hit` with its role."""
        return cls(role=hit.role, **FoundOut.of(hit.hit.practice, shelf).model_dump())


class AnswerResponse(ResponseBody):
    """Hold an answer whose `[n]` stand for `citations`.

    When the documents hold none, `answered` is false, `answer` says so, there is no citation, and the practices are
    the nearest ones, which do not answer.
    """

    question: str
    answered: bool
    answer: str
    citations: list[CitedOut]
    practices: list[AnswerPracticeOut]
    confidence: float = Field(description="Probability in [0, 1] that the documents hold an answer.")
    reason: Reason | None = Field(
        description="Why it is not answered: list, place, subject, vague, outside or unreadable."
    )
    corrections: list[CorrectionOut] = Field(description="What in the question was not searched for as written.")

    @classmethod
    def of(cls, answer: Answer, shelf: Shelf) -> Self:
        """Return `answer` as JSON."""
        practices = shelf.library.practices
        return cls(
            question=answer.question,
            answered=answer.answered,
            answer=answer.text,
            citations=[
                CitedOut(
                    url=shelf.practice_url(practices[citation.practice_id]),
                    **NumberedCitationOut.numbered(n, citation).model_dump(),
                )
                for n, citation in enumerate(answer.citations, start=1)
            ],
            practices=[AnswerPracticeOut.with_role(hit, shelf) for hit in answer.hits],
            confidence=answer.confidence,
            reason=answer.reason,
            corrections=[CorrectionOut.of(correction) for correction in answer.corrections],
        )


class ListedOut(FoundOut):
    """Show a practice in a list with its whole text."""

    text: str
    heading_path: list[str]
    regions: list[str]

    @classmethod
    def of(cls, practice: Practice, shelf: Shelf) -> Self:
        """Return `practice` with its text."""
        return cls(
            text=practice.text,
            heading_path=[heading.title for heading in practice.path],
            regions=[gazetteer().region(code).name for code in practice.regions],
            **FoundOut.of(practice, shelf).model_dump(),
        )


class ListResponse(ResponseBody):
    """Hold one page of the practices that match, in the order of the list."""

    total: int = Field(description="How many match in all.")
    practices: list[ListedOut]
    next_offset: int | None = Field(description="The `offset` of the next page; null on the last one.")

    @classmethod
    def of(cls, shelf: Shelf, filters: Filters, *, limit: int, offset: int) -> Self:
        """Return the page of at most `limit` practices after the first `offset` that match `filters`."""
        found = shelf.library.select(filters)
        end = offset + limit
        return cls(
            total=len(found),
            practices=[ListedOut.of(practice, shelf) for practice in found[offset:end]],
            next_offset=end if end < len(found) else None,
        )


def _title(practice: Practice) -> str:
    start = " ".join(practice.text.split())
    start = start if len(start) <= _TITLE else f"{start[:_TITLE]}…"
    path = " › ".join(heading.title for heading in practice.path)
    return f"{path}：{start}" if path else start


def _about(document: Document) -> dict[str, str]:
    return {
        "number": document.number,
        "issuer": document.issuer,
        "batch": document.batch,
        "source": document.source,
    }
