"""Whatever is sent, the service answers or refuses with a problem; it never fails."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from problem_documents import problem_of
from starlette.testclient import TestClient

pytest_plugins = ["service_fixtures"]

JSON = {"content-type": "application/json"}
Value = Any

any_character = st.characters(exclude_categories=[])
any_text = st.text(any_character, max_size=40)
any_json: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(any_text, children, max_size=4),
    max_leaves=12,
)
known_fields = st.sampled_from(["query", "question", "top_k", "mode", "filters", "history"])
near_requests: st.SearchStrategy[Value] = st.dictionaries(
    known_fields,
    any_json
    | st.sampled_from(["hybrid", "智能建造"])
    | st.dictionaries(st.sampled_from(["region", "task", "measure", "document"]), any_json, max_size=4),
    max_size=4,
)


@effort(max_examples=150, deadline=None)
@given(path=st.sampled_from(["/v1/search", "/v1/ask"]), body=any_json | near_requests)
@example(path="/v1/search", body={"query": "智能建造", "\ud800": 1})
@example(path="/v1/search", body={"query": "智能建造", "filters": {"region": "\udfff"}})
@example(path="/v1/search", body={"query": "智能建造", "filters": {"\ud800/~": {}}})
def test_any_json_is_answered_or_refused_with_a_problem(client: TestClient, path: str, body: Value) -> None:
    response = client.post(path, content=json.dumps(body), headers=JSON)
    if response.status_code != 200:
        assert 400 <= response.status_code < 500, response.text
        problem_of(response)


@effort(max_examples=150, deadline=None)
@given(path=st.sampled_from(["/v1/search", "/v1/ask"]), field=st.sampled_from(["query", "question"]), text=any_text)
def test_any_text_is_answered_or_refused_with_a_problem(client: TestClient, path: str, field: str, text: str) -> None:
    response = client.post(path, content=json.dumps({field: text}), headers=JSON)
    if response.status_code != 200:
        assert response.status_code == 422, response.text
        problem_of(response)


@effort(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "application/json; charset=\xff", "x"]))
def test_any_bytes_are_refused_with_a_problem(client: TestClient, body: bytes, kind: str) -> None:
    response = client.post("/v1/ask", content=body, headers={b"content-type": kind.encode("latin-1")})
    assert 400 <= response.status_code < 500, response.text
    problem_of(response)


@effort(max_examples=100, deadline=None)
@given(
    names=st.lists(st.sampled_from(["region", "task", "measure", "document", "limit", "offset", "x"]), max_size=3),
    data=st.data(),
)
def test_any_query_string_is_answered_or_refused_with_a_problem(
    client: TestClient, names: list[str], data: st.DataObject
) -> None:
    values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.integers().map(str)
    response = client.get("/v1/practices", params=[(name, data.draw(values)) for name in names])
    if response.status_code != 200:
        assert response.status_code == 422, response.text
        problem_of(response)
