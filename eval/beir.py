"""Read BEIR folders: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.types import Document, Practice, PracticeList, Span
from eval.errors import DataError
from eval.lines import id_field, read_lines, read_objects, text_field
from eval.questions import Question

RELEVANT = 1
COLUMNS = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class Collected:
    """Hold a BEIR folder: its documents, and the queries of one split that are judged, with their grades.

    `blank` are the ids of documents without text, which are not among `documents`: nothing can be searched in them.
    `unjudged` are those of queries that the split does not judge, which are not asked.
    """

    name: str
    documents: tuple[Document, ...]
    queries: tuple[Question, ...]
    judgements: Mapping[str, Mapping[str, int]]
    blank: tuple[str, ...]
    unjudged: tuple[str, ...] = ()


def read_beir(directory: Path, split: str = "test") -> Collected:
    """Read a BEIR folder.

    Raises `DataError`, with file and line, for a file that is missing, empty or broken, a doubled id, a blank query,
    and judgements of a query or document that the folder doesn't hold.
    """
    if not directory.is_dir():
        raise DataError(directory, "is no directory; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/")
    documents = _documents(directory / "corpus.jsonl")
    queries = _queries(directory / "queries.jsonl")
    judgements = _judgements(_qrels_path(directory, split), queries, documents)
    searchable = tuple(document for document in documents.values() if document.text.strip())
    return Collected(
        name=f"{directory.resolve().name}/{split}",
        documents=searchable,
        queries=tuple(query for query_id, query in queries.items() if query_id in judgements),
        judgements=judgements,
        blank=tuple(name for name, document in documents.items() if not document.text.strip()),
        unjudged=tuple(query_id for query_id in queries if query_id not in judgements),
    )


def source_files(directory: Path, split: str = "test") -> tuple[Path, Path, Path]:
    """Return the files that a split of a BEIR folder is read from: documents, queries, judgements."""
    return directory / "corpus.jsonl", directory / "queries.jsonl", directory / "qrels" / f"{split}.tsv"


def as_practice_list(document: Document) -> PracticeList:
    """Return a document as a list of one practice without headings, its whole text.

    Only the text is searched. Titles stay out: those of such sets often give the answer away, or are in another
    language than the text.
    """
    practice = Practice(
        id=f"{document.id}:1",
        document_id=document.id,
        path=(),
        item=1,
        text=document.text,
        spans=(Span(0, len(document.text)),),
        regions=(),
    )
    return PracticeList(document, (practice,))


def _documents(path: Path) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for line, record in read_objects(path):
        document_id = id_field(record, "_id", path, line)
        if document_id in documents:
            raise DataError(path, f'the document id "{document_id}" comes twice', line)
        text = text_field(record, "text", path, line)
        documents[document_id] = Document(
            id=document_id,
            title=text_field(record, "title", path, line) if "title" in record else "",
            issuer="",
            number="",
            batch="",
            source=f"{path.name}:{line}",
            sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
            text=text,
        )
    if not any(document.text.strip() for document in documents.values()):
        raise DataError(path, "holds no document with text")
    return documents


def _queries(path: Path) -> dict[str, Question]:
    queries: dict[str, Question] = {}
    for line, record in read_objects(path):
        query_id = id_field(record, "_id", path, line)
        if query_id in queries:
            raise DataError(path, f'the query id "{query_id}" comes twice', line)
        text = text_field(record, "text", path, line)
        if not text.strip():
            raise DataError(path, f'the query "{query_id}" is blank', line)
        queries[query_id] = Question(id=query_id, category="", text=text, gold=(), path=path, line=line)
    if not queries:
        raise DataError(path, "holds no queries")
    return queries


def _qrels_path(directory: Path, split: str) -> Path:
    path = directory / "qrels" / f"{split}.tsv"
    if not path.is_file():
        splits = sorted(other.stem for other in path.parent.glob("*.tsv"))
        offer = f"the folder has the splits {', '.join(splits)}" if splits else "the folder has no qrels"
        raise DataError(path, f"is missing; {offer}")
    return path


def _judgements(path: Path, queries: Collection[str], documents: Collection[str]) -> dict[str, dict[str, int]]:
    judgements: dict[str, dict[str, int]] = {}
    lines = read_lines(path)
    number, header = next(lines, (1, ""))
    if tuple(header.split("\t")) != COLUMNS:
        raise DataError(path, f"the first line must be the header {' '.join(COLUMNS)}, cut by tabs", number)
    for number, line in lines:
        columns = line.split("\t")
        if len(columns) != len(COLUMNS):
            raise DataError(path, f"expected three columns cut by tabs, found {len(columns)}", number)
        query, document, score = columns
        if query not in queries:
            raise DataError(path, f'the query "{query}" is not in queries.jsonl', number)
        if document not in documents:
            raise DataError(path, f'the document "{document}" is not in corpus.jsonl', number)
        grades = judgements.setdefault(query, {})
        if document in grades:
            raise DataError(path, f'the document "{document}" is judged twice for the query "{query}"', number)
        grades[document] = _grade(score, path, number)
    if not judgements:
        raise DataError(path, "holds no judgements")
    return judgements


def _grade(score: str, path: Path, line: int) -> int:
    try:
        grade = float(score)
    except ValueError:
        grade = 0.5
    if not grade.is_integer() or abs(grade) > 1000:
        raise DataError(path, f'the score "{score}" is no whole number', line)
    return int(grade)
