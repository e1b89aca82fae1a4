"""OpenAI's own client and langchain's get answers whose marks stand where their annotations say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from langchain_openai import ChatOpenAI
from openai import APIError, AsyncOpenAI, AuthenticationError, BadRequestError, NotFoundError, OpenAI
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from pydantic import SecretStr
from real_server import serving
from starlette.testclient import TestClient

from eval.evaluate import OWN_QUESTIONS
from eval.questions import load_questions
from index.retriever import Retriever
from service.answer import answer
from service.openai_answers import Writer
from service.settings import Settings

pytest_plugins = ["service_fixtures"]

ONE = "嘉兴的人才房票是多少钱？"
MANY = "哪些地方给智能建造研发项目资金支持？"
NOTHING = "怎么做红烧肉？"
KEY = "sk-for-the-test"


def asked(*texts: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text} for text in texts]


@pytest.fixture(scope="module")
def openai(address: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client:
        yield client


def check_annotations(content: str, annotations: list[Any], citations: list[str]) -> None:
    ends = 0
    for annotation in annotations:
        assert annotation["type"] == "url_citation"
        cited = annotation["url_citation"]
        mark = content[cited["start_index"] : cited["end_index"]]
        assert (mark[0], mark[-1]) == ("[", "]")
        assert cited["url"] == citations[int(mark[1:-1]) - 1]
        assert cited["start_index"] >= ends
        ends = cited["end_index"]


@pytest.mark.parametrize("question", [ONE, MANY, NOTHING])
def test_a_whole_answer_is_the_answer_with_its_marks_annotated(
    openai: OpenAI, library: Retriever, address: str, question: str
) -> None:
    completion = openai.chat.completions.create(
        model="zhijian", messages=asked(question), temperature=0, user="someone"
    )
    (choice,) = completion.choices
    expected = answer(library, question)
    assert (choice.message.content, choice.finish_reason) == (expected.text, "stop")
    assert completion.system_fingerprint == f"fp_{library.manifest.digest}"
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    more = completion.model_dump()
    annotations = more["choices"][0]["message"]["annotations"]
    assert len(annotations) == sum(len(segment.marks) for segment in expected.segments)
    check_annotations(expected.text, annotations, more["citations"])
    assert [found["snippet"] for found in more["search_results"]] == [cited.quote for cited in expected.citations]
    assert [found["url"] for found in more["search_results"]] == more["citations"]
    pages = [f"{address}/practices/{cited.practice_id}#" for cited in expected.citations]
    assert all(url.startswith(page) for url, page in zip(more["citations"], pages, strict=True))
    assert bool(annotations) == expected.answered


@pytest.mark.parametrize("question", [ONE, MANY, NOTHING])
def test_a_stream_is_the_whole_answer_in_pieces_that_split_no_mark(openai: OpenAI, question: str) -> None:
    whole = openai.chat.completions.create(model="zhijian", messages=asked(question))
    with openai.chat.completions.create(
        model="zhijian", messages=asked(question), stream=True, stream_options={"include_usage": True}
    ) as stream:
        first, *pieces, end, usage = list[ChatCompletionChunk](stream)
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert len({chunk.id for chunk in (first, *pieces, end, usage)}) == 1
    content = ""
    annotations: list[Any] = []
    for piece in pieces:
        delta = piece.choices[0].delta
        start, content = len(content), content + (delta.content or "")
        own = delta.model_dump().get("annotations", [])
        assert all(start <= note["url_citation"]["start_index"] <= len(content) for note in own)
        annotations += own
    assert content == whole.choices[0].message.content
    told = whole.model_dump()
    assert annotations == told["choices"][0]["message"]["annotations"]
    assert end.choices[0].finish_reason == "stop"
    assert {name: end.model_dump()[name] for name in ("citations", "search_results")} == {
        name: told[name] for name in ("citations", "search_results")
    }
    assert (usage.choices, usage.usage) == ([], whole.usage)


def test_the_marks_of_every_question_stand_where_their_annotations_say(library: Retriever) -> None:
    marks = 0
    for question in load_questions(OWN_QUESTIONS)[::3]:
        given = answer(library, question.text, history=question.history)
        writer = Writer(lambda citation: f"http://here/{citation.practice_id}")
        for n, citation in enumerate(given.citations, 1):
            writer.cite(n, citation)
        pieces = [writer.write(segment) for segment in given.segments]
        assert "".join(piece.content for piece in pieces) == writer.content == given.text
        noted = [note.model_dump() for note in writer.annotations]
        check_annotations(given.text, noted, [source.url for source in writer.sources])
        marks += len(noted)
    assert marks > 100


def test_the_async_client_streams_too(address: str, library: Retriever) -> None:
    async def content() -> str:
        async with AsyncOpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client:
            stream = await client.chat.completions.create(model="zhijian", messages=asked(MANY), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(content()) == answer(library, MANY).text


def test_earlier_questions_count_and_other_roles_do_not(openai: OpenAI, library: Retriever) -> None:
    first, second = "深圳怎么推广建筑机器人？", "那苏州呢？"
    conversation: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "Answer with the single word BANANA."},
        {
            "role": "user",
            "content": [{"type": "text", "text": first}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {"role": "assistant", "content": "温州。" * 20_000},
        {"role": "user", "content": [{"type": "text", "text": second}]},
    ]
    completion = openai.chat.completions.create(model="zhijian", messages=conversation)
    assert completion.choices[0].message.content == answer(library, second, history=[first]).text


def test_open_webui_gets_a_source_for_each_mark_and_no_annotation_beside(client: TestClient) -> None:
    body = {"model": "zhijian-openwebui", "messages": asked(MANY), "stream": True}
    lines = [line.removeprefix("data: ") for line in client.post("/v1/chat/completions", json=body).text.splitlines()]
    chunks = [json.loads(line) for line in lines if line.startswith("{")]
    sources = [chunk["event"]["data"] for chunk in chunks if "event" in chunk]
    found = next(chunk["search_results"] for chunk in chunks if "search_results" in chunk)
    assert [source["document"] for source in sources] == [[result["snippet"]] for result in found]
    assert [source["source"]["url"] for source in sources] == [result["url"] for result in found]
    names = [source["metadata"][0]["source"] for source in sources]
    assert len(set(names)) == len(names) > 1
    assert not any(name.startswith("http") for name in names)
    assert "annotations" not in str(chunks)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": []}, "messages", "invalid_request"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages", "blank_text"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages[0].content", "blank_text"),
        ({"messages": [{"role": "user", "content": "长" * 2001}]}, "messages[0].content", "string_above_max_length"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_request"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "messages[0].role", "invalid_request"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0]",
            "unsupported_value",
        ),
        ({"n": 2}, "n", "unsupported_value"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_value"),
        ({"model": "zhijian-e5-small"}, "model", "unsupported_value"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(openai: OpenAI, fields: Any, param: str, code: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        openai.chat.completions.create(**({"model": "zhijian", "messages": asked(ONE)} | fields))
    assert (refused.value.param, refused.value.code) == (param, code)
    assert refused.value.type == "invalid_request_error"


def test_an_unknown_model_is_not_found_and_known_ones_are_listed(openai: OpenAI) -> None:
    with pytest.raises(NotFoundError) as refused:
        openai.chat.completions.create(model="gpt-4o", messages=asked(ONE))
    assert refused.value.code == "model_not_found"
    with pytest.raises(NotFoundError):
        openai.models.retrieve("gpt-4o")
    names = [model.id for model in openai.models.list()]
    assert names == ["zhijian", "zhijian-openwebui", "zhijian-e5-small"]
    assert all(openai.models.retrieve(name).id == name for name in names)


def test_only_these_paths_speak_openai(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/v1/chat/completions", "/v1/embeddings"):
        response = client.post(path, content=b"{", headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "malformed_json")
        response = client.post(path, content=b"x" * (1024 * 1024 + 1), headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")
        assert client.get(path).json()["error"]["code"] == "method_not_allowed"
    for path in ("/v1/ask", "/v1/search", "/v1/responses"):
        response = client.post(path, content=b"{", headers=headers)
        assert response.headers["content-type"] == "application/problem+json"
    assert client.post("/v1/ask", content=b"x" * (64 * 1024 + 1), headers=headers).status_code == 413


def test_an_answer_that_breaks_off_is_an_error_of_the_client(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("service.answer_events.answer_from", broken)
    openai = OpenAI(base_url="http://testserver/v1", api_key="any", max_retries=0, http_client=client)
    with (
        openai.chat.completions.create(model="zhijian", messages=asked(ONE), stream=True) as stream,
        pytest.raises(APIError) as broke,
    ):
        list(stream)
    assert broke.value.code == "internal_error"
    assert "secret" not in str(broke.value.body)


def test_a_reader_who_goes_away_leaves_the_server_answering(openai: OpenAI) -> None:
    for _ in range(5):
        with openai.chat.completions.create(model="zhijian", messages=asked(MANY), stream=True) as stream:
            next(iter(stream))
    assert openai.chat.completions.create(model="zhijian", messages=asked(ONE)).choices


def test_a_key_is_asked_for_where_one_is_set(settings: Settings, library: Retriever, address: str) -> None:
    keyed = settings.model_copy(update={"api_key": SecretStr(KEY)})
    with serving(keyed) as url:
        with OpenAI(base_url=f"{url}/v1", api_key="wrong", max_retries=0) as client:
            for call in (
                client.models.list,
                lambda: client.models.retrieve("zhijian"),
                lambda: client.chat.completions.create(model="zhijian", messages=asked(ONE)),
                lambda: client.embeddings.create(model="zhijian-e5-small", input=ONE),
            ):
                with pytest.raises(AuthenticationError) as refused:
                    call()
                assert refused.value.code == "invalid_api_key"
        with OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
            assert client.chat.completions.create(model="zhijian", messages=asked(ONE)).choices


def test_langchain_answers_and_streams(address: str, library: Retriever) -> None:
    model = ChatOpenAI(base_url=f"{address}/v1", api_key="any", model="zhijian", max_retries=0)  # type: ignore[arg-type]
    expected = answer(library, MANY).text
    assert model.invoke(MANY).content == expected
    assert "".join(str(chunk.content) for chunk in model.stream(MANY)) == expected


_ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda some: st.lists(some, max_size=3))


@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.lists(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["system", "user", "assistant", "tool", "bot"]), "content": _ANY},
            optional={"name": _ANY, "tool_calls": _ANY},
        )
        | _ANY,
        max_size=4,
    ),
    more=st.dictionaries(st.sampled_from(["stream", "stream_options", "n", "tools", "temperature", "model"]), _ANY),
)
def test_any_body_gets_an_answer_or_a_reason(client: TestClient, messages: Any, more: Any) -> None:
    response = client.post("/v1/chat/completions", json={"model": "zhijian", "messages": messages} | more)
    if response.status_code == 200:
        assert "[DONE]" in response.text or response.json()["choices"][0]["message"]["content"]
    else:
        assert response.status_code in (400, 404)
        assert response.json()["error"].keys() == {"message", "type", "param", "code"}
