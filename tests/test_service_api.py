"""The routes, over the shipped document and the bundled encoder."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from starlette.testclient import TestClient

from corpus.errors import ZhijianError
from corpus.regions import gazetteer
from index.retriever import Retriever
from index.snapshot import writing
from service import examples
from service.app import create_app
from service.conversation import search
from service.problems import MEDIA_TYPE
from service.settings import Settings, SettingsError, read_settings

pytest_plugins = ["service_fixtures"]

DOCUMENT = "mohurd-2024-131"
TASKS = ["培育智能建造产业集群", "推动技术创新", "完善标准体系", "培养专业人才"]


def _search(client: TestClient, query: str, **fields: Any) -> dict[str, Any]:
    response = client.post("/v1/search", json={"query": query} | fields)
    assert response.status_code == 200, response.text
    return dict(response.json())


def _practices(client: TestClient, **query: Any) -> dict[str, Any]:
    response = client.get("/v1/practices", params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def _quoted(citation: dict[str, Any], library: Retriever) -> str:
    text = library.documents[citation["document_id"]].text
    return "".join(text[span["start"] : span["end"]] for span in citation["spans"])


def test_search_finds_the_practice_and_cites_it_to_the_character(client: TestClient, library: Retriever) -> None:
    found = _search(client, "哪些地方编制了建筑机器人补充定额？")
    hit = found["hits"][0]
    assert hit["id"] == f"{DOCUMENT}:3.2.3"
    assert hit["heading_path"] == ["完善标准体系", "组织编制关键标准"]
    assert [region["name"] for region in hit["regions"]] == ["苏州市", "佛山市", "湖北省"]
    assert [region["province"] for region in hit["regions"]] == ["江苏省", "广东省", None]
    assert hit["citation"]["document_number"] == "建办市函〔2024〕131号"
    assert hit["citation"]["quote"] == hit["text"] == _quoted(hit["citation"], library)
    assert hit["scores"].keys() == {
        "dense",
        "late",
        "sparse",
        "place",
        "sparse_weight",
        "amount",
        "title",
        "part",
        "reading",
    }
    assert "补充定额" in "".join(match["met"] for match in hit["evidence"])
    for match in hit["evidence"]:
        assert hit["text"][match["met_span"]["start"] : match["met_span"]["end"]] == match["met"]
        assert found["query"]["raw"][match["asked_span"]["start"] : match["asked_span"]["end"]] == match["asked"]
    assert 0 <= found["confidence"] <= 1
    scores = [hit["score"] for hit in found["hits"]]
    assert found["query"]["kind"] == "list"
    assert all(hit["relevance"] >= 1 / 3 for hit in found["hits"])
    assert scores == sorted(scores, reverse=True)


def test_a_quote_cut_by_a_page_break_has_two_spans_inside_its_hull(client: TestClient, library: Retriever) -> None:
    hit = _search(client, "深圳发布的智能建造技术目录第一版")["hits"][0]
    citation = hit["citation"]
    assert hit["id"] == f"{DOCUMENT}:3.1.3"
    assert len(citation["spans"]) == 2
    assert citation["span"] == {"start": citation["spans"][0]["start"], "end": citation["spans"][1]["end"]}
    assert _quoted(citation, library) == citation["quote"]
    assert "智慧运维" in citation["quote"]


@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(st.characters(exclude_categories=["Cs", "Cc", "Z", "Cf", "M"]), min_size=1, max_size=60),
    top_k=st.integers(1, 50),
    mode=st.sampled_from(["hybrid", "dense", "sparse"]),
)
def test_every_quote_stands_at_its_spans(
    client: TestClient, library: Retriever, query: str, top_k: int, mode: str
) -> None:
    response = client.post("/v1/search", json={"query": f"智能建造{query}", "top_k": top_k, "mode": mode})
    assert response.status_code == 200, response.text
    hits = response.json()["hits"]
    # Words alone find only what holds one of them.
    assert len(hits) <= top_k if mode == "sparse" else len(hits) == min(top_k, len(library.practices))
    for hit in hits:
        assert _quoted(hit["citation"], library) == hit["citation"]["quote"]


def test_filters_keep_only_what_lies_under_them(client: TestClient) -> None:
    hits = _search(client, "研发资助", top_k=50, filters={"region": "广东", "task": "二"})["hits"]
    assert hits
    for hit in hits:
        assert hit["heading_path"][0] == "推动技术创新"
        assert any(region["province"] == "广东省" or region["name"] == "广东省" for region in hit["regions"])


@pytest.mark.parametrize("name", ["深圳", "深圳市", "440300", "鹏城", "Shenzhen"])
def test_a_region_filter_takes_any_name_of_the_region(client: TestClient, name: str) -> None:
    assert _practices(client, region=name)["total"] == _practices(client, region="深圳")["total"] > 0


def test_a_top_k_beyond_the_corpus_returns_all_of_it(client: TestClient) -> None:
    assert len(_search(client, "智能建造", top_k=50)["hits"]) == 43


def test_the_query_is_shown_as_understood(client: TestClient) -> None:
    query = _search(client, "  鹏城有哪些做法？ ")["query"]
    assert query["raw"] == "鹏城有哪些做法？"
    shenzhen = {"written": "鹏城", "name": "深圳市", "codes": ["440300"]}
    assert query["places"] == [shenzhen | {"excluded": False, "held": True, "by_itself": False}]


FOLLOW_UP = {"question": "那苏州呢？", "history": ["嘉兴给智能建造研发项目最高资助多少？"]}


def test_a_follow_up_is_searched_with_the_questions_before_it(client: TestClient, library: Retriever) -> None:
    question, history = str(FOLLOW_UP["question"]), [" 武汉呢？", *FOLLOW_UP["history"]]
    found = _search(client, question, history=history, top_k=10)
    direct = search(library, question, history=history, top_k=10)
    assert [(hit["id"], hit["score"]) for hit in found["hits"]] == [(hit.practice.id, hit.score) for hit in direct.hits]
    alone = _search(client, question, top_k=10)
    assert [hit["score"] for hit in alone["hits"]] != [hit["score"] for hit in found["hits"]]
    assert found["hits"][0]["id"] == f"{DOCUMENT}:2.1.3"


def test_a_follow_up_is_answered_with_the_questions_before_it(client: TestClient) -> None:
    answer = client.post("/v1/ask", json=FOLLOW_UP).json()
    assert answer["question"] == FOLLOW_UP["question"]
    assert answer["answered"] is True
    assert f"{DOCUMENT}:2.1.3" in {citation["practice_id"] for citation in answer["citations"]}
    assert client.post("/v1/ask", json={"question": FOLLOW_UP["question"], "history": []}).json() != answer


@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_the_api_reference_describes_the_history(client: TestClient, path: str) -> None:
    document = client.get("/openapi.json").json()
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    history = schema["properties"]["history"]
    assert (history["type"], history["maxItems"], history["default"]) == ("array", 20, [])
    assert history["items"] | {"maxLength": 2000, "minLength": 1, "type": "string"} == history["items"]
    assert "oldest first" in history["description"]
    assert "history" not in schema["required"]


def test_twenty_earlier_questions_are_the_most(client: TestClient) -> None:
    assert _search(client, "那苏州呢？", history=["嘉兴呢？"] * 20)["hits"]


def test_an_answer_numbers_its_citations_in_order(client: TestClient, library: Retriever) -> None:
    response = client.post("/v1/ask", json={"question": "哪些地方编制了建筑机器人补充定额？"})
    answer = response.json()
    assert answer["answered"] is True
    assert [citation["n"] for citation in answer["citations"]] == list(range(1, len(answer["citations"]) + 1))
    assert re.findall(r"\[(\d+)\]", answer["answer"]) == [str(citation["n"]) for citation in answer["citations"]]
    for citation in answer["citations"]:
        assert _quoted(citation, library) == citation["quote"]
        assert citation["quote"].strip() in answer["answer"]
    assert answer["hits"][0] | {"role": "answer"} == answer["hits"][0]


def test_a_question_the_list_cannot_answer_is_refused_with_the_nearest_practices(client: TestClient) -> None:
    answer = client.post("/v1/ask", json={"question": "怎么做红烧肉？", "top_k": 3}).json()
    assert answer["answered"] is False
    assert answer["citations"] == []
    assert [hit["role"] for hit in answer["hits"]] == ["nearest"] * 3


def test_pages_of_practices_cover_the_list_once_in_order(client: TestClient, library: Retriever) -> None:
    pages = [_practices(client, limit=10, offset=offset) for offset in range(0, 50, 10)]
    assert [page["total"] for page in pages] == [43] * 5
    assert [practice["id"] for page in pages for practice in page["practices"]] == list(library.practices)


@pytest.mark.parametrize(("task", "region"), list(product([None, *TASKS], [None, "广东", "武汉", "长三角"])))
def test_choosing_a_facet_gives_as_many_practices_as_it_says(
    client: TestClient, task: str | None, region: str | None
) -> None:
    chosen = {name: value for name, value in (("task", task), ("region", region)) if value}
    facets = _practices(client, **chosen)["facets"]
    assert facets["tasks"]
    for name, values in (("document", "documents"), ("task", "tasks"), ("measure", "measures"), ("region", "regions")):
        for facet in facets[values]:
            assert _practices(client, **(chosen | {name: facet["value"]}))["total"] == facet["count"], facet


def test_facets_name_what_lies_above(client: TestClient) -> None:
    facets = _practices(client)["facets"]
    assert facets["tasks"][0]["label"] == "一 培育智能建造产业集群"
    assert {facet["parent"] for facet in facets["measures"]} == set(TASKS)
    regions = {facet["value"]: facet for facet in facets["regions"]}
    assert regions["440300"]["label"] == "深圳"
    assert regions["440300"]["parent"] == "440000"
    assert regions["440000"]["parent"] is None
    assert all(gazetteer().region(code).code == code for code in regions)


def test_a_practice_is_found_by_its_id(client: TestClient, library: Retriever) -> None:
    practice = client.get(f"/v1/practices/{DOCUMENT}:3.1.3").json()
    text = library.documents[DOCUMENT].text
    assert practice["text"] == "".join(text[span["start"] : span["end"]] for span in practice["spans"])
    assert practice["task"] == {"number": 3, "label": "三", "title": "完善标准体系"}
    assert practice["measure"]["number"] == 1
    assert practice["item"] == 3


def test_documents_are_listed_and_given_with_their_text(client: TestClient, library: Retriever) -> None:
    (listed,) = client.get("/v1/documents").json()["documents"]
    given_whole = client.get(f"/v1/documents/{DOCUMENT}").json()
    assert given_whole == listed | {"text": library.documents[DOCUMENT].text}
    assert listed["practices"] == 43
    assert listed["length"] == len(given_whole["text"])


def test_the_process_is_alive_before_it_is_ready(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path))
    with writing(tmp_path), TestClient(app) as client:
        # Who holds the lock keeps the application from building its first snapshot.
        assert client.get("/healthz").json() == {"status": "alive"}
        waiting = client.get("/readyz")
        asked = client.post("/v1/ask", json={"question": "智能建造"})
        assert (waiting.status_code, asked.status_code) == (503, 503)
        assert waiting.headers["content-type"] == MEDIA_TYPE
        assert waiting.json()["type"] == "/problems/not-ready"
        assert int(waiting.headers["retry-after"]) > 0
    app.state.library.result(120)


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/v1/practices", f"/v1/documents/{DOCUMENT}", "/docs"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]


@pytest.mark.parametrize("name", ["建办市函[2024]131号", "建办市函（2024）131 号", "MOHURD-2024-131"])
def test_a_document_is_known_with_the_brackets_that_people_type(client: TestClient, name: str) -> None:
    assert _practices(client, document=name)["total"] == 43


@pytest.mark.parametrize("name", ["三", "3", "三、完善标准体系", "三 完善标准体系", "完善标准体系"])
def test_a_task_is_known_by_number_label_and_title(client: TestClient, name: str) -> None:
    assert _practices(client, task=name)["total"] == 11


def test_a_library_that_cannot_be_opened_is_reported_and_never_ready(tmp_path: Path) -> None:
    failures: list[str] = []
    app = create_app(Settings(home=tmp_path, corpus=tmp_path / "missing"), on_failure=lambda: failures.append("ended"))
    with TestClient(app) as client:
        assert app.state.library.exception(120) is not None
        response = client.get("/readyz")
        assert response.status_code == 503
        assert "missing" not in response.text
        assert client.get("/healthz").status_code == 200
        assert isinstance(app.state.library.exception(), ZhijianError)
    assert failures == ["ended"]


def test_the_examples_of_the_api_reference_are_what_the_service_says(library: Retriever) -> None:
    now = json.loads(json.dumps(examples.answered(library)))
    assert _without_numbers(now) == _without_numbers(examples.recorded()), f"run `{examples.UPDATE}`"


def _without_numbers(value: Any) -> Any:
    """Drop what differs between processors: scores, to the last digits."""
    if isinstance(value, dict):
        return {key: _without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_numbers(item) for item in value]
    return None if isinstance(value, float) else value


def test_the_api_reference_describes_refusals_in_the_shape_of_their_path(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        if path.startswith("/dify/"):
            continue
        if path.startswith(("/v1/chat/completions", "/v1/models", "/v1/embeddings")):
            schemas = _schemas_of_refusals(operations)
            assert schemas == {"application/json": {"#/components/schemas/OpenAIError"}}
            continue
        for operation in operations.values():
            refusals = {status: response for status, response in operation["responses"].items() if status >= "400"}
            assert bool(refusals) == (path != "/healthz")
            for status, response in refusals.items():
                (media_type, content), *others = response["content"].items()
                assert (media_type, others) == (MEDIA_TYPE, [])
                assert content["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
                assert {example["value"]["status"] for example in content["examples"].values()} == {int(status)}
    asked = paths["/v1/ask"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert examples.recorded()["ask"]["request"] in asked.get("examples", [])


def _schemas_of_refusals(operations: dict[str, Any]) -> dict[str, set[str]]:
    """Return the schemas by media type."""
    schemas: dict[str, set[str]] = {}
    for operation in operations.values():
        for status, response in operation["responses"].items():
            if status >= "400":
                for media_type, content in response["content"].items():
                    schemas.setdefault(media_type, set()).add(content["schema"]["$ref"])
    return schemas


def test_settings_come_from_the_environment_and_given_values_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIJIAN_PORT", "9001")
    monkeypatch.setenv("ZHIJIAN_THREADS", "2")
    monkeypatch.setenv("ZHIJIAN_MODEL", "")
    settings = read_settings(port=9002, host=None)
    assert (settings.port, settings.threads, settings.model, settings.host) == (9002, 2, None, "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "70000"), ("PORT", "http"), ("THREADS", "0"), ("THREADS", "-1"), ("THREADS", "1.5")]
)
def test_a_bad_setting_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ZHIJIAN_{name}", value)
    with pytest.raises(SettingsError, match=f"^ZHIJIAN_{name}: .*, got '{re.escape(value)}'$"):
        read_settings()


def test_a_bad_given_value_is_named_as_it_was_given() -> None:
    with pytest.raises(SettingsError, match=r"^port: input should be less than or equal to 65535, got 70000$"):
        read_settings(port=70000)
