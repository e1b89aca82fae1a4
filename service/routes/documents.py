"""Documents: the official texts, so that a citation can be shown in its place."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter

from service import problems
from service.listings import DocumentOut, DocumentsResponse, DocumentTextOut
from service.openapi import refusals
from service.problems import Problem, ProblemError
from service.routes.library import Library

router = APIRouter(prefix="/v1", tags=["documents"])


@router.get("/documents", responses=refusals(problems.NOT_READY))
def list_documents(library: Library) -> DocumentsResponse:
    """List the documents, without their texts."""
    counts = Counter(practice.document_id for practice in library.practices.values())
    return DocumentsResponse(
        documents=[DocumentOut.of(document, counts[document.id]) for document in library.documents.values()]
    )


@router.get("/documents/{document_id}", responses=refusals(problems.UNKNOWN_DOCUMENT, problems.NOT_READY))
def get_document(document_id: str, library: Library) -> DocumentTextOut:
    """Return one document with its text exactly as received, into which every span points."""
    document = library.documents.get(document_id)
    if document is None:
        raise ProblemError(Problem(problems.UNKNOWN_DOCUMENT, problems.UNKNOWN_DOCUMENT.meaning))
    count = sum(practice.document_id == document_id for practice in library.practices.values())
    return DocumentTextOut.of(document, count)
