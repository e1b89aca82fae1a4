"""Show results and answers as plain text in Chinese."""

from __future__ import annotations

from index.retriever import Retriever
from index.types import Citation, SearchResult
from service.answer import Answer, Role
from service.refusals import refusal

_NEAREST = "最接近的做法："


def show_result(retriever: Retriever, result: SearchResult) -> str:
    """Return one paragraph for each hit: rank, id, score, heading path and text.

    Before them stand how a follow-up was understood and why none answers.
    """
    if not result.hits:
        return "没有符合条件的做法。"
    paragraphs = [
        f"{rank}. {hit.practice.id}  {hit.score:.3f}\n"
        f"   {' › '.join(hit.citation.heading_path)}\n"
        f"   {hit.practice.text}"
        for rank, hit in enumerate(result.hits, start=1)
    ]
    understood = [f"理解为：{result.query.rewritten}"] if result.query.rewritten else []
    refused = [refusal(retriever, result).text] if result.reason else []
    return "\n\n".join([*understood, *refused, *paragraphs])


def show_answer(answer: Answer) -> str:
    """Return the answer with its sources, or what comes nearest to one."""
    understood = [f"理解为：{answer.rewritten}", ""] if answer.rewritten else []
    lines = [*understood, answer.text, ""]
    lines += [f"[{number}] {_source(citation)}" for number, citation in enumerate(answer.citations, start=1)]
    nearest = [hit for hit in answer.hits if hit.role is Role.NEAREST]
    lines += [_NEAREST] if nearest else []
    lines += [f"• {hit.hit.practice.text}\n  {_source(hit.hit.citation)}" for hit in nearest]
    lines += [f"（{note.text}）" for note in answer.notes]
    return "\n".join(lines)


def _source(citation: Citation) -> str:
    places = "、".join(f"{span.start}–{span.end}" for span in citation.spans)
    return f"{citation.document_number} {' › '.join(citation.heading_path)}（{citation.practice_id}，第{places}字）"
