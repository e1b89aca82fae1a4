"""Retrieval for Dify, over a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pydantic import SecretStr
from real_server import serving
from starlette.testclient import TestClient

from index.retriever import Retriever
from index.snapshot import writing
from service import examples
from service.app import BODY_LIMIT, create_app
from service.keys import refusal
from service.settings import Settings, SettingsError, read_settings

pytest_plugins = ["service_fixtures"]

DOCUMENT = "mohurd-2024-131"
KEY = "k-0123456789"
JSON = "application/json"
QUESTION = "哪些地方编制了建筑机器人补充定额？"
Value = Any


@pytest.fixture(scope="module")
def keyed(settings: Settings, library: Retriever) -> Iterator[str]:
    """Yield the URL of a real server that asks for a key."""
    with serving(settings.model_copy(update={"api_key": SecretStr(KEY)})) as address:
        yield address


def _body(
    query: str = QUESTION, *, top_k: Value = 5, score_threshold: Value = 0.0, **fields: Value
) -> dict[str, Value]:
    setting = {"top_k": top_k, "score_threshold": score_threshold}
    return {"knowledge_id": "all", "query": query, "retrieval_setting": setting} | fields


def _records(address: str, query: str = QUESTION, **fields: Value) -> list[dict[str, Any]]:
    response = httpx.post(f"{address}/dify/retrieval", json=_body(query, **fields))
    assert response.status_code == 200, response.text
    return list(response.json()["records"])


def _refused(response: httpx.Response, status: int, code: int) -> str:
    assert response.headers["content-type"] == "application/json"
    error = response.json()
    assert error.keys() == {"error_code", "error_msg"}
    assert (response.status_code, error["error_code"]) == (status, code), error
    return str(error["error_msg"])


def test_a_record_is_a_practice_word_for_word(address: str, library: Retriever) -> None:
    record = _records(address)[0]
    metadata = record["metadata"]
    practice = library.practices[f"{DOCUMENT}:3.2.3"]
    assert record["content"] == practice.text
    assert record["title"].endswith("（第三批）的通知 › 完善标准体系 › 组织编制关键标准")
    assert (metadata["practice_id"], metadata["document_id"]) == (practice.id, DOCUMENT)
    assert (metadata["task"], metadata["measure"]) == ("完善标准体系", "组织编制关键标准")
    assert metadata["document_number"] == "建办市函〔2024〕131号"
    assert metadata["regions"] == ["苏州市", "佛山市", "湖北省"]
    text = library.documents[DOCUMENT].text
    assert "".join(text[span["start"] : span["end"]] for span in metadata["spans"]) == record["content"]
    assert metadata["url"].startswith(f"{address}/")
    assert httpx.get(metadata["url"]).status_code == HTTPStatus.OK
    practice = httpx.get(metadata["url"].replace("/practices/", "/v1/practices/")).json()
    assert practice["text"] == record["content"]


def test_dify_can_add_its_own_keys_to_the_metadata_without_losing_any(address: str) -> None:
    for record in _records(address):
        assert not record["metadata"].keys() & {"score", "title", "dataset_id", "dataset_name"}
        assert None not in record["metadata"].values()


def test_top_k_and_threshold_are_held_to(address: str) -> None:
    whole = _records(address, top_k=50)
    scores = [record["score"] for record in whole]
    assert len(whole) == 43
    assert all(1 >= before >= after >= 0 for before, after in pairwise(scores))
    assert _records(address, top_k=3) == whole[:3]
    assert _records(address, top_k=1_000_000) == whole
    threshold = scores[2]
    assert _records(address, top_k=50, score_threshold=threshold) == [
        record for record in whole if record["score"] >= threshold
    ]
    assert _records(address, score_threshold=1) == []
    assert _records(address, score_threshold=None) == whole[:5]
    # Without a number the kind of the question decides, as in a search.
    assert 1 <= len(_records(address, top_k=None)) < 43


@pytest.mark.parametrize(
    ("question", "likely"),
    [
        (QUESTION, True),
        ("Which city pays trainees 30 yuan per semester for intelligent construction training?", True),
        ("浙江有哪些做法", True),
        ("今天天气怎么样", False),
        ("宁波有什么做法", False),
        ("红烧肉怎么做", False),
    ],
)
def test_a_score_of_a_half_parts_what_is_answered_from_what_is_not(address: str, question: str, likely: bool) -> None:
    assert (_records(address, question)[0]["score"] >= 0.5) is likely


def test_a_filter_lends_nothing_to_what_does_not_answer(address: str) -> None:
    only = {"conditions": [{"name": "region", "comparison_operator": "is", "value": "深圳"}]}
    assert _records(address, "温州的装备目录", metadata_condition=only)[0]["score"] < 0.3


def test_a_knowledge_id_is_a_document_or_all(address: str) -> None:
    assert _records(address, knowledge_id=DOCUMENT) == _records(address)
    for unknown in ("mohurd-2024-132", "建办市函", "ALL"):
        response = httpx.post(f"{address}/dify/retrieval", json=_body(knowledge_id=unknown))
        assert DOCUMENT in _refused(response, 400, 2001)


def test_the_probe_of_an_endpoint_passes_with_the_right_key_only(keyed: str) -> None:
    # Dify takes 403 for a wrong key, 404 and 502 for a wrong address, all else for an endpoint.
    right, wrong = {"authorization": f"Bearer {KEY}"}, {"authorization": "Bearer another"}
    placeholder = {"knowledge_id": "test", "query": "test", "retrieval_setting": {"top_k": 1, "score_threshold": 0.0}}
    bodies: list[dict[str, Value]] = [{}, {"json": placeholder}, {"json": {}}, {"content": "{"}]
    for path in ("/dify/retrieval", "/dify//retrieval"):
        for sent in bodies:
            assert httpx.post(f"{keyed}{path}", headers=right, **sent).status_code not in (403, 404, 502)
            _refused(httpx.post(f"{keyed}{path}", headers=wrong, **sent), 403, 1002)
            _refused(httpx.post(f"{keyed}{path}", **sent), 403, 1001)
    assert httpx.post(f"{keyed}/dify/retrieval", json=_body(), headers=right).status_code == 200
    assert "register" in _refused(httpx.post(f"{keyed}/dify/retrieval/retrieval", headers=right), 404, 404)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic eDp5", KEY, f"Bearer {KEY} more", f"Bearer{KEY}"])
def test_a_malformed_header_is_refused_with_and_without_a_key(address: str, keyed: str, header: str) -> None:
    for url in (address, keyed):
        response = httpx.post(f"{url}/dify/retrieval", json=_body(), headers={"authorization": header})
        _refused(response, 403, 1001)


@pytest.mark.parametrize("header", [None, "Bearer anything", "bearer x", "Bearer   x "])
def test_without_a_key_every_well_formed_header_is_let_in(header: str | None) -> None:
    assert refusal(header, None) is None


@pytest.mark.parametrize("token", [KEY[:-1], f"{KEY}x", KEY.upper(), "\xff", "密钥".encode().decode("latin-1")])
def test_nothing_but_the_key_is_the_key(token: str) -> None:
    assert refusal(f"BEARER {KEY}", SecretStr(KEY)) is None
    problem = refusal(f"Bearer {token}", SecretStr(KEY))
    assert problem is not None
    assert problem.type.name == "wrong-key"


@pytest.mark.parametrize("key", ["two words", "密钥", "tab\t"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("ZHIJIAN_API_KEY", key)
    with pytest.raises(SettingsError, match=r"^ZHIJIAN_API_KEY: a key is one word of visible ASCII characters$"):
        read_settings()
    monkeypatch.setenv("ZHIJIAN_API_KEY", KEY)
    assert KEY not in repr(read_settings())


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"null", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b" " * (BODY_LIMIT + 1), "application/json", 413),
        (b" " * (2 * 1024 * 1024), "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_refused_as_dify_reads_it(address: str, content: bytes, kind: str, status: int) -> None:
    response = httpx.post(f"{address}/dify/retrieval", content=content, headers={"content-type": kind})
    _refused(response, status, status)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"query": "　"}, "#/query: The text is blank"),
        ({"query": "智" * 2001}, "2000"),
        ({"query": "\ud800"}, "surrogate"),
        ({"query": None}, "#/query"),
        ({"knowledge_id": 5}, "#/knowledge_id"),
        ({"retrieval_setting": {"top_k": 0, "score_threshold": 0}}, "#/retrieval_setting/top_k"),
        ({"retrieval_setting": {"top_k": 1, "score_threshold": 1.1}}, "#/retrieval_setting/score_threshold"),
        ({"retrieval_setting": {"top_k": 1, "score_threshold": float("nan")}}, "score_threshold"),
        ({"retrieval_setting": {"top_k": 1}}, "#/retrieval_setting/score_threshold: This field is missing"),
        ({"retrieval_setting": None}, "#/retrieval_setting"),
    ],
)
def test_a_bad_field_is_named(address: str, change: dict[str, Value], told: str) -> None:
    content = json.dumps(_body() | change)
    response = httpx.post(f"{address}/dify/retrieval", content=content, headers={"content-type": "application/json"})
    assert told in _refused(response, 422, 422)


def test_fields_of_a_later_dify_do_no_harm(address: str) -> None:
    assert _records(address, attachment_ids=[], metadata_condition=None) == _records(address)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/dify/retrieval", 405), ("POST", "/dify/x", 404)])
def test_errors_have_the_shape_of_dify_only_under_its_path(address: str, method: str, path: str, status: int) -> None:
    _refused(httpx.request(method, f"{address}{path}"), status, status)
    elsewhere = httpx.request(method, f"{address}{path.replace('dify', 'difyx')}")
    assert elsewhere.headers["content-type"] == "application/problem+json"


def test_an_index_that_is_not_open_yet_is_told_as_dify_reads_it(tmp_path: Any) -> None:
    app = create_app(Settings(home=tmp_path))
    with writing(tmp_path), TestClient(app) as client:
        _refused(client.post("/dify/retrieval", json=_body()), 503, 503)
    app.state.library.result(120)


def test_the_example_of_the_api_reference_is_what_the_service_says(address: str, library: Retriever) -> None:
    recorded = examples.recorded_for_dify()
    operation = httpx.get(f"{address}/openapi.json").json()["paths"]["/dify/retrieval"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert recorded["request"] in body["examples"]
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == recorded["response"]
    assert operation["responses"].keys() == {"200", "400", "403", "413", "415", "422", "503"}
    assert operation["security"]
    now = json.loads(json.dumps(examples.answered_for_dify(library)))
    for record, kept in zip(now["response"]["records"], recorded["response"]["records"], strict=True):
        # Processors round the products of small whole numbers each in their own way, which moves a score by .01 or so.
        assert record.pop("score") == pytest.approx(kept["score"], abs=0.03)
        assert record == {name: value for name, value in kept.items() if name != "score"}


any_json: st.SearchStrategy[Value] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=40),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=12,
)


@effort(max_examples=150, deadline=None)
@given(change=st.dictionaries(st.sampled_from([*_body(), "metadata_condition"]), any_json))
def test_any_body_is_answered_or_refused_as_dify_reads_it(client: TestClient, change: dict[str, Value]) -> None:
    response = client.post("/dify/retrieval", content=json.dumps(_body() | change), headers={"content-type": JSON})
    if response.status_code != 200:
        assert response.json().keys() == {"error_code", "error_msg"}
        assert 400 <= response.status_code < 500, response.text
