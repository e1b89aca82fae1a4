"""Citations lead to this service as the reader's side sees it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from service.addresses import base_address

pytest_plugins = ["service_fixtures"]


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({}, "http://testserver"),
        ({"Host": "zhijian.example:8443"}, "http://zhijian.example:8443"),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "www.example"}, "https://www.example"),
        ({"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "a.example, b"}, "https://a.example"),
        ({"X-Forwarded-Prefix": "/zhijian/"}, "http://testserver/zhijian"),
        ({"X-Forwarded-Prefix": "/"}, "http://testserver"),
        ({"X-Forwarded-Host": "[::1]:8000"}, "http://[::1]:8000"),
        ({"X-Forwarded-Host": "evil.example/x?", "X-Forwarded-Proto": "javascript"}, "http://testserver"),
    ],
)
def test_a_citation_leads_where_the_reader_came_from(client: TestClient, headers: dict[str, str], base: str) -> None:
    body = {"model": "zhijian", "messages": [{"role": "user", "content": "嘉兴的人才房票是多少钱？"}]}
    told = client.post("/v1/chat/completions", json=body, headers=headers).json()
    assert told["citations"][0].startswith(f"{base}/practices/mohurd-2024-131:4.1.2#")


@effort(suppress_health_check=[HealthCheck.differing_executors])
@given(
    st.dictionaries(st.sampled_from(["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix"]), st.text())
)
def test_no_header_leads_out_of_the_form_of_an_address(sent: dict[str, str]) -> None:
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in sent.items()]
    scope = {"type": "http", "scheme": "http", "server": ("::1", 8000), "headers": headers, "root_path": ""}
    base = base_address(Request(scope))
    assert base.startswith(("http://", "https://"))
    assert not set(base) & set(" \"'<>?#\\\n")
