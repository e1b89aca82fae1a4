"""The tools that a chat client may call: what each is called, takes, does and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from corpus.errors import UnknownNameError
from service.answer import answer
from service.mcp_schemas import AnswerResponse, FetchedResponse, FoundOut, FoundResponse, ListResponse, Shelf
from service.requests import AskArguments, FetchArguments, FindArguments, ListArguments
from service.response_body import ResponseBody

INSTRUCTIONS = """\
zhijian (智建) holds Chinese official lists of replicable practices (可复制经验做法清单), such as those of smart
construction (智能建造): what cities and provinces of China do, practice by practice. Texts and answers are Chinese.
Quote only words that stand in a result, unchanged, and cite each by its url. Where ask says answered: false, the lists
hold no answer: say so, and do not pass off the nearest practices as one.
"""

_CONTENT = "The content is Chinese; queries in Chinese find most, English ones work too."
_QUOTE = "Quote its words unchanged and cite the url."


@dataclass(frozen=True, slots=True)
class Tool:
    """Hold one tool: `run` takes what was read as `arguments` and returns a `result`; it raises UnknownNameError."""

    name: str
    title: str
    description: str
    arguments: type[BaseModel]
    result: type[ResponseBody]
    run: Callable[[Shelf, Any], ResponseBody]


def _search(shelf: Shelf, arguments: FindArguments) -> FoundResponse:
    found = shelf.library.search(arguments.query)
    return FoundResponse(results=[FoundOut.of(hit.practice, shelf) for hit in found.hits])


def _fetch(shelf: Shelf, arguments: FetchArguments) -> FetchedResponse:
    practice = shelf.library.practices.get(arguments.id)
    if practice:
        return FetchedResponse.of_practice(practice, shelf)
    document = shelf.library.documents.get(arguments.id)
    if document:
        return FetchedResponse.of_document(document, shelf)
    hint = f"search and list_practices give ids of practices; documents: {', '.join([*shelf.library.documents][:20])}"
    raise UnknownNameError("id", arguments.id, hint)


def _ask(shelf: Shelf, arguments: AskArguments) -> AnswerResponse:
    return AnswerResponse.of(answer(shelf.library, arguments.question, history=arguments.history), shelf)


def _list(shelf: Shelf, arguments: ListArguments) -> ListResponse:
    return ListResponse.of(shelf, arguments.filters(), limit=arguments.limit, offset=arguments.offset)


TOOLS = (
    Tool(
        "search",
        "Search practices",
        "Find the practices in Chinese policy lists, such as those of smart construction (智能建造), that are nearest "
        f"to a query, best first. {_CONTENT} The nearest practices come back even where none answers: read them with "
        "fetch before you rely on them, or use ask.",
        FindArguments,
        FoundResponse,
        _search,
    ),
    Tool(
        "fetch",
        "Read a practice or document",
        "Return the whole text of a practice, by an id that search gave, or of a whole document, by the part of such "
        f"an id before the colon. The text is the official Chinese one. {_QUOTE}",
        FetchArguments,
        FetchedResponse,
        _fetch,
    ),
    Tool(
        "ask",
        "Ask for a cited answer",
        "Answer a question from Chinese policy lists, such as those of smart construction (智能建造), in their own "
        "sentences: each [n] in the answer stands for a verbatim citation. Where the lists hold no answer, answered is "
        f"false; say so, for the nearest practices do not answer. {_CONTENT} {_QUOTE}",
        AskArguments,
        AnswerResponse,
        _ask,
    ),
    Tool(
        "list_practices",
        "List practices",
        "List all practices of Chinese policy lists, or those under a task, measure, region and document, page by "
        "page, each with its whole text: use it to count or to be complete. The content is Chinese, and so are the "
        f"titles of tasks and measures; a region goes by any name (深圳, Shenzhen, 440300). {_QUOTE}",
        ListArguments,
        ListResponse,
        _list,
    ),
)
