"""Counts of practices by document, task, measure and region, for browsing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from corpus.regions import gazetteer
from corpus.types import Practice
from index.retriever import Retriever
from index.types import Filters


@dataclass(frozen=True, slots=True)
class Facet:
    """Count the practices under `value`, which the filter of the same name takes; `parent` is the value above it."""

    value: str
    label: str
    count: int
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """Hold the counts: documents, tasks and measures in the order of the list, regions in the order of their codes."""

    documents: tuple[Facet, ...]
    tasks: tuple[Facet, ...]
    measures: tuple[Facet, ...]
    regions: tuple[Facet, ...]


def facets(retriever: Retriever, filters: Filters) -> Facets:
    """Count what `filters` select. Each facet applies all filters but its own, so that its other values stay in sight.

    Raises UnknownNameError for a filter value that names nothing.
    """
    return Facets(
        documents=_documents(retriever, replace(filters, document=None)),
        tasks=_headings(retriever.select(replace(filters, task=None)), 0),
        measures=_headings(retriever.select(replace(filters, measure=None)), 1),
        regions=_regions(retriever.select(replace(filters, region=None))),
    )


def _documents(retriever: Retriever, filters: Filters) -> tuple[Facet, ...]:
    counts = Counter(practice.document_id for practice in retriever.select(filters))
    return tuple(Facet(value, retriever.documents[value].title, count) for value, count in counts.items())


def _headings(practices: Iterable[Practice], level: int) -> tuple[Facet, ...]:
    """Count by the title at `level`: a title, unlike a number, means the same in every document."""
    paths = [practice.path for practice in practices if len(practice.path) > level]
    counts = Counter(path[level].title for path in paths)
    first = {path[level].title: path for path in reversed(paths)}
    return tuple(
        Facet(
            title,
            f"{path[level].label} {title}".strip(),
            counts[title],
            path[level - 1].title if level else None,
        )
        for title, path in ((title, first[title]) for title in counts)
    )


def _regions(practices: Iterable[Practice]) -> tuple[Facet, ...]:
    """Count each practice once for every region it names and for what that lies in."""
    counts = Counter(code for practice in practices for code in _with_ancestors(practice.regions))
    by_code = [gazetteer().region(code) for code in sorted(counts)]
    return tuple(Facet(region.code, region.short, counts[region.code], region.parent) for region in by_code)


def _with_ancestors(codes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for code in codes:
        current: str | None = code
        while current and current not in found:
            found.add(current)
            current = gazetteer().region(current).parent
    return found
