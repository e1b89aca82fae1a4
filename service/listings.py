"""What the lists of practices and documents answer. Offsets count Unicode code points of a document's text."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from corpus.types import Document, Heading, Practice
from index.retriever import Retriever
from index.types import Filters
from service.facets import Facet, Facets, facets
from service.response_body import ResponseBody
from service.schemas import RegionOut, SpanOut


class HeadingOut(ResponseBody):
    """Name one level above a practice: 3, 三, 完善标准体系."""

    number: int
    label: str
    title: str

    @classmethod
    def of(cls, heading: Heading | None) -> Self | None:
        """Return `heading` as JSON, None for a level that a list does not have."""
        return cls(number=heading.number, label=heading.label, title=heading.title) if heading else None


class PracticeOut(ResponseBody):
    """Show one practice. The document's text at `spans`, joined, is `text`."""

    id: str
    document_id: str
    text: str
    task: HeadingOut | None
    measure: HeadingOut | None
    item: int
    heading_path: list[str]
    regions: list[RegionOut]
    span: SpanOut
    spans: list[SpanOut]

    @classmethod
    def of(cls, practice: Practice) -> Self:
        """Return `practice` as JSON."""
        return cls(
            id=practice.id,
            document_id=practice.document_id,
            text=practice.text,
            task=HeadingOut.of(practice.task),
            measure=HeadingOut.of(practice.measure),
            item=practice.item,
            heading_path=[heading.title for heading in practice.path],
            regions=[RegionOut.of(code) for code in practice.regions],
            span=SpanOut.hull(practice.spans),
            spans=[SpanOut.of(span) for span in practice.spans],
        )


class FacetOut(ResponseBody):
    """Count the practices under one value; `value` is what the filter of the same name takes."""

    value: str
    label: str
    count: int
    parent: str | None = Field(
        None, description="Value that this one lies under: the task of a measure, the province of a city."
    )

    @classmethod
    def of(cls, facet: Facet) -> Self:
        """Return `facet` as JSON."""
        return cls(value=facet.value, label=facet.label, count=facet.count, parent=facet.parent)


class FacetsOut(ResponseBody):
    """Count practices by each filter. Each list applies every filter but its own: its other values stay in sight.

    Choosing a value gives as many practices as its count says. A practice counts once for each region it names and
    once for the province of each.
    """

    documents: list[FacetOut]
    tasks: list[FacetOut]
    measures: list[FacetOut]
    regions: list[FacetOut]

    @classmethod
    def of(cls, facets: Facets) -> Self:
        """Return `facets` as JSON."""
        return cls(
            documents=[FacetOut.of(facet) for facet in facets.documents],
            tasks=[FacetOut.of(facet) for facet in facets.tasks],
            measures=[FacetOut.of(facet) for facet in facets.measures],
            regions=[FacetOut.of(facet) for facet in facets.regions],
        )


class PracticesResponse(ResponseBody):
    """Hold one page of the practices that match, in the order of the list, and how many match in all."""

    total: int
    practices: list[PracticeOut]
    facets: FacetsOut

    @classmethod
    def of(cls, library: Retriever, filters: Filters, *, limit: int, offset: int) -> Self:
        """Return the page of at most `limit` practices after the first `offset` that match `filters`."""
        found = library.select(filters)
        return cls(
            total=len(found),
            practices=[PracticeOut.of(practice) for practice in found[offset : offset + limit]],
            facets=FacetsOut.of(facets(library, filters)),
        )


class DocumentOut(ResponseBody):
    """Describe one official text; `length` counts its code points, `sha256` is that of the file."""

    id: str
    title: str
    issuer: str
    number: str
    batch: str
    source: str
    sha256: str
    length: int
    practices: int = Field(description="How many practices it holds.")

    @classmethod
    def of(cls, document: Document, practices: int) -> Self:
        """Return `document`, which holds this many `practices`, as JSON."""
        return cls(**_document_fields(document), practices=practices)


class DocumentTextOut(DocumentOut):
    """Give a document with its text exactly as received; every span points into `text`."""

    text: str

    @classmethod
    def of(cls, document: Document, practices: int) -> Self:
        """Return `document`, which holds this many `practices`, with its text as JSON."""
        return cls(**_document_fields(document), practices=practices, text=document.text)


class DocumentsResponse(ResponseBody):
    """List the documents that answers come from."""

    documents: list[DocumentOut]


def _document_fields(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "issuer": document.issuer,
        "number": document.number,
        "batch": document.batch,
        "source": document.source,
        "sha256": document.sha256,
        "length": len(document.text),
    }
