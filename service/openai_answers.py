"""Answers as OpenAI's chat completions tell them, whole and in chunks.

The offsets of an annotation count Unicode code points of the whole content: `content[start_index:end_index]` is the
mark `[n]`. `citations[n - 1]` and `search_results[n - 1]` are what `[n]` stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from index.types import Citation
from service.response_body import ResponseBody
from service.segment import Segment

Address = Callable[[Citation], str]
"""Say under which address a reader finds what is cited."""


class UrlCitation(ResponseBody):
    """Say what the mark at `[start_index, end_index)` of the content stands for."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(ResponseBody):
    """Annotate a mark of the content."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Found(ResponseBody):
    """Show what a mark stands for, with the quote."""

    title: str
    url: str
    snippet: str = Field(description="The quote.")


class Usage(ResponseBody):
    """Count the tokens of the bundled encoder in what was read (the question and its history) and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(ResponseBody):
    """Hold an answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(ResponseBody):
    """Hold the one choice."""

    index: Literal[0] = 0
    message: AnswerMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class ChatCompletion(ResponseBody):
    """Hold a whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str = Field(description="Changes with what the answers rest on.")
    choices: list[Choice]
    usage: Usage
    citations: list[str] = Field(description="The address of what `[n]` stands for, from `[1]` on.")
    search_results: list[Found]


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a piece of the content: a segment with all its marks, and what they stand for."""

    content: str
    annotations: tuple[Annotation, ...]


@dataclass(slots=True)
class Writer:
    """Write the content of an answer piece by piece, and keep what its marks stand for."""

    address: Address
    content: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    _cited: dict[int, Citation] = field(default_factory=dict)

    def cite(self, n: int, citation: Citation) -> None:
        """Take in what the mark `n` stands for, before it is written."""
        self._cited[n] = citation

    def write(self, segment: Segment) -> Piece:
        """Write a segment with its marks."""
        start = len(self.content)
        content = segment.text
        annotations = []
        for n in segment.marks:
            mark = f"[{n}]"
            begin = start + len(content)
            content += mark
            title, url = source_title(self._cited[n]), self.address(self._cited[n])
            cited = UrlCitation(start_index=begin, end_index=begin + len(mark), title=title, url=url)
            annotations.append(Annotation(url_citation=cited))
        self.content += content
        self.annotations += annotations
        return Piece(content, tuple(annotations))

    @property
    def sources(self) -> list[Found]:
        """Return what the marks stand for, from `[1]` on."""
        return [
            Found(title=source_title(citation), url=self.address(citation), snippet=citation.quote)
            for _, citation in sorted(self._cited.items())
        ]


def source_title(citation: Citation) -> str:
    """Return how a reader is told where a quote stands: 3.2.3 组织编制关键标准（建办市函〔2024〕131号）."""
    number = citation.practice_id.removeprefix(f"{citation.document_id}:")
    heading = citation.heading_path[-1] if citation.heading_path else citation.document_title
    return f"{number} {heading}（{citation.document_number}）" if citation.document_number else f"{number} {heading}"


def addresses(sources: Sequence[Found]) -> list[str]:
    """Return the addresses of sources."""
    return [source.url for source in sources]
