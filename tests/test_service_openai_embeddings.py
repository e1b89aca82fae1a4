"""The encoder's vectors through OpenAI's protocol are those that the service searches with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from langchain_openai import OpenAIEmbeddings
from openai import BadRequestError, NotFoundError, OpenAI

from index.retriever import Retriever

pytest_plugins = ["service_fixtures"]

MODEL = "zhijian-e5-small"
TEXTS = ["哪些地方编制了建筑机器人补充定额？", "嘉兴的人才房票", "steel 🏗 结构"]


@pytest.fixture(scope="module")
def openai(address: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client:
        yield client


def test_the_vectors_are_the_encoders_for_questions_and_for_passages(openai: OpenAI, library: Retriever) -> None:
    as_queries, as_passages = library.encoder.encode_queries(TEXTS), library.encoder.encode_passages(TEXTS)
    # The client asks for base64 where nothing is said.
    packed = openai.embeddings.create(model=MODEL, input=TEXTS)
    plain = openai.embeddings.create(model=MODEL, input=TEXTS, encoding_format="float", dimensions=384)
    passages = openai.embeddings.create(model=MODEL, input=TEXTS, extra_body={"input_type": "passage"})
    assert [item.index for item in packed.data] == [0, 1, 2]
    assert packed.usage.prompt_tokens == sum(map(library.encoder.count_tokens, TEXTS))
    for found, expected in ((packed, as_queries), (plain, as_queries), (passages, as_passages)):
        assert np.allclose([item.embedding for item in found.data], expected.pooled, atol=1e-6)
    assert not np.allclose(as_queries.pooled, as_passages.pooled, atol=1e-2)


def test_many_texts_come_back_in_their_order(openai: OpenAI) -> None:
    texts = [f"第{number}条做法" for number in range(20)]
    together = openai.embeddings.create(model=MODEL, input=texts)
    alone = openai.embeddings.create(model=MODEL, input=texts[13])
    assert [item.index for item in together.data] == list(range(20))
    assert np.allclose(together.data[13].embedding, alone.data[0].embedding, atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": []}, "input", "invalid_request"),
        ({"input": ""}, "input[0]", "blank_text"),
        ({"input": ["好", " "]}, "input[1]", "blank_text"),
        ({"input": [1, 2, 3]}, "input", "invalid_request"),
        ({"input": [[1, 2], [3]]}, "input", "invalid_request"),
        ({"input": ["好", "长城" * 600]}, "input[1]", "string_above_max_length"),
        ({"input": ["好"] * 2049}, "input", "invalid_request"),
        ({"dimensions": 256}, "dimensions", "unsupported_value"),
        ({"model": "zhijian"}, "model", "unsupported_value"),
        ({"encoding_format": "int8"}, "encoding_format", "invalid_request"),
        ({"extra_body": {"input_type": "document"}}, "input_type", "invalid_request"),
    ],
)
def test_what_cannot_be_embedded_is_refused_by_name(openai: OpenAI, fields: Any, param: str, code: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        openai.embeddings.create(**({"model": MODEL, "input": "好"} | fields))
    assert (refused.value.param, refused.value.code) == (param, code)


def test_an_unknown_model_is_not_found(openai: OpenAI) -> None:
    with pytest.raises(NotFoundError):
        openai.embeddings.create(model="text-embedding-3-small", input="好")


def test_langchain_embeds_texts_and_is_told_what_to_set_where_it_sends_tokens(address: str, library: Retriever) -> None:
    embeddings = OpenAIEmbeddings(
        base_url=f"{address}/v1",
        api_key="any",  # type: ignore[arg-type]
        model=MODEL,
        check_embedding_ctx_length=False,
    )
    expected = library.encoder.encode_queries(TEXTS).pooled
    assert np.allclose(embeddings.embed_documents(TEXTS), expected, atol=1e-5)
    assert np.allclose(embeddings.embed_query(TEXTS[0]), expected[0], atol=1e-5)
