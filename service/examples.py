"""The examples of the OpenAPI document: real requests, with what the service answers from the shipped document.

`python -m service.examples` records them anew; a test holds them to what the service says.
"""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

from index.retriever import Retriever
from service.addresses import practice_address
from service.answer import answer
from service.dify import RetrievalRequest
from service.dify_retrieval import retrieve
from service.library import open_library
from service.listings import PracticeOut, PracticesResponse
from service.requests import AskRequest, PracticeQuery, SearchRequest
from service.schemas import AskResponse, SearchResponse
from service.settings import read_settings

FILE = Path(__file__).parent / "data" / "examples.json"
DIFY_FILE = FILE.with_name("dify_example.json")
UPDATE = "python -m service.examples"

_SEARCH = {"query": "建筑机器人怎么推广？", "top_k": 2, "mode": "hybrid", "filters": {"region": "深圳"}}
_ASK = {"question": "哪些地方编制了建筑机器人补充定额？", "top_k": 2}
_PRACTICES = {"task": "3", "region": "广东", "limit": 1}
_DIFY = {
    "knowledge_id": "all",
    "query": "建筑机器人怎么推广？",
    "retrieval_setting": {"top_k": 3, "score_threshold": 0.5},
    "metadata_condition": {
        "logical_operator": "and",
        "conditions": [{"name": "region", "comparison_operator": "is", "value": "广东"}],
    },
}
_PRACTICE = "mohurd-2024-131:3.1.3"


@cache
def recorded() -> dict[str, Any]:
    """Return the recorded examples by name, each with its `request` and `response`."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def answered(library: Retriever) -> dict[str, Any]:
    """Return the examples as `library` answers them now."""
    search = SearchRequest.model_validate(_SEARCH)
    ask = AskRequest.model_validate(_ASK)
    page = PracticeQuery.model_validate(_PRACTICES)
    found = library.search(search.query, top_k=search.top_k, mode=search.mode, filters=search.kept())
    responses = {
        "search": (_SEARCH, SearchResponse.of(found)),
        "ask": (_ASK, AskResponse.of(answer(library, ask.question, top_k=ask.top_k))),
        "practices": (_PRACTICES, PracticesResponse.of(library, page.filters(), limit=page.limit, offset=page.offset)),
        "practice": (_PRACTICE, PracticeOut.of(library.practices[_PRACTICE])),
    }
    return {
        name: {"request": request, "response": response.model_dump(mode="json")}
        for name, (request, response) in responses.items()
    }


@cache
def recorded_for_dify() -> dict[str, Any]:
    """Return the recorded example of what Dify sends and gets."""
    return dict(json.loads(DIFY_FILE.read_text(encoding="utf-8")))


def answered_for_dify(library: Retriever) -> dict[str, Any]:
    """Return that example as `library` answers it now, on this machine."""
    asked = RetrievalRequest.model_validate(_DIFY)
    response = retrieve(library, asked, partial(practice_address, "http://127.0.0.1:8000"))
    return {"request": _DIFY, "response": response.model_dump(mode="json")}


def _record() -> None:
    library = open_library(read_settings())
    _write(FILE, answered(library))
    _write(DIFY_FILE, answered_for_dify(library))


def _write(file: Path, examples: dict[str, Any]) -> None:
    rounded = json.loads(json.dumps(examples), parse_float=lambda digits: round(float(digits), 4))
    file.write_text(json.dumps(rounded, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _record()
