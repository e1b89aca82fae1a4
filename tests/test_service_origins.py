"""Which sites may embed the service: the setting, and what is sent over HTTP because of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError
from starlette.testclient import TestClient

from service.app import create_app
from service.origins import parse_origins
from service.settings import Settings, SettingsError, read_settings

pytest_plugins = ["service_fixtures"]

SITE = "https://www.example.cn"
OTHER = "https://example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture(scope="module")
def opened(settings: Settings, client: TestClient) -> Iterator[TestClient]:
    app = create_app(settings.model_copy(update={"allowed_origins": (SITE,)}))
    with TestClient(app, raise_server_exceptions=False) as opened:
        app.state.library.result()
        yield opened


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("", ()),
        (" , ", ()),
        ("*", ("*",)),
        ("https://a.cn, http://b.cn:8080", ("https://a.cn", "http://b.cn:8080")),
        ("HTTPS://A.cn/,https://a.cn:443,https://a.cn:", ("https://a.cn",)),
        ("http://a.cn:80,https://a.cn:80", ("http://a.cn", "https://a.cn:80")),
        (
            "https://例子。中国,https://bücher.example",
            ("https://xn--fsqu00a.xn--fiqs8s", "https://xn--bcher-kva.example"),
        ),
        (
            "http://localhost:3000,http://my_host,http://10.0.0.1",
            ("http://localhost:3000", "http://my_host", "http://10.0.0.1"),
        ),
        ("http://[0:0::1]:80", ("http://[::1]",)),
    ],
)
def test_origins_are_read_as_browsers_send_them(
    monkeypatch: pytest.MonkeyPatch, written: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ZHIJIAN_ALLOWED_ORIGINS", written)
    assert read_settings().allowed_origins == origins


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("null", "sandboxed frames"),
        ("*, https://a.cn", "stands alone"),
        ("https://*.a.cn", "list the names"),
        ("a.cn", "http:// or https://"),
        ("ftp://a.cn", "http:// or https://"),
        ("chrome-extension://abc", "http:// or https://"),
        ("https://a.cn/chat", "no user, path or query"),
        ("https://a.cn?x", "no user, path or query"),
        ("https://me@a.cn", "no user, path or query"),
        ("https://a.cn，https://b.cn", "no user, path or query"),
        ("https://a.cn:0", "1 to 65535"),
        (f"https://a.cn:{'9' * 9000}", "1 to 65535"),
        ("https://", "no host name"),
        ("https://a..cn", "no host name"),
        ("https://a.cn; script-src x", "no host name"),
        ("https://a.cn\nSet-Cookie: x", "no user, path or query"),
        ("https://☃.cn", "no host name"),
        ("http://127.1", "IPv4"),
        ("http://[::g]", "IPv6"),
        ("https://ok.cn,nonsense", "'nonsense'"),
    ],
)
def test_what_is_no_origin_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, written: str, reason: str) -> None:
    monkeypatch.setenv("ZHIJIAN_ALLOWED_ORIGINS", written)
    with pytest.raises(SettingsError, match="ZHIJIAN_ALLOWED_ORIGINS") as refusal:
        read_settings()
    assert reason in str(refusal.value)


@given(st.text() | st.from_regex(r"https?://[^/]{0,30}"))
def test_nothing_gets_into_a_header_that_does_not_belong_there(written: str) -> None:
    try:
        origins = parse_origins(written)
    except PydanticCustomError:
        return
    for origin in origins:
        assert origin == "*" or set(origin) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.:/[]")
        assert parse_origins(origin) == (origin,)


def test_closed_by_default(client: TestClient) -> None:
    answer = client.get("/assets/client.js", headers={"Origin": SITE})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["Content-Security-Policy"].endswith("; frame-ancestors 'self'")
    assert "Access-Control-Allow-Origin" not in client.options("/v1/ask", headers=PREFLIGHT | {"Origin": SITE}).headers


@pytest.mark.parametrize(
    "path", ["/v1/ask", "/v1/feedback", "/v1/documents/mohurd-2024-131", "/assets/client.js", "/widget.js"]
)
def test_an_allowed_site_is_let_in_where_the_widget_needs_it(opened: TestClient, path: str) -> None:
    preflight = opened.options(path, headers=PREFLIGHT | {"Origin": SITE})
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == SITE
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    for answer in (preflight, opened.get(path, headers={"Origin": SITE}), opened.get(path)):
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", [OTHER, "http://www.example.cn", f"{SITE}.evil.org", f"{SITE}:8443", "null", ""])
def test_other_sites_are_not(opened: TestClient, origin: str) -> None:
    assert opened.options("/v1/ask", headers=PREFLIGHT | {"Origin": origin}).status_code == 400
    answer = opened.post("/v1/ask", json={"question": "深圳"}, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/v1/search", "/v1/practices", "/docs", "/", "/mcp", "/v1/chat/completions", "/dify/retrieval"]
)
def test_other_doors_stay_closed_to_pages_of_allowed_sites(opened: TestClient, path: str) -> None:
    for answer in (
        opened.get(path, headers={"Origin": SITE}),
        opened.options(path, headers=PREFLIGHT | {"Origin": SITE}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_refusal_can_be_read_too(opened: TestClient) -> None:
    blank = opened.post("/v1/ask", json={"question": " "}, headers={"Origin": SITE})
    huge = opened.post("/v1/ask", json={"question": "长" * 40_000}, headers={"Origin": SITE})
    assert (blank.status_code, huge.status_code) == (422, 413)
    for answer in (blank, huge):
        assert answer.headers["Access-Control-Allow-Origin"] == SITE
        assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_the_same_setting_says_who_may_frame_the_page(opened: TestClient) -> None:
    for path in ("/", "/docs", "/v1/documents", "/nowhere"):
        policy = opened.get(path).headers["Content-Security-Policy"]
        assert policy.endswith(f"; frame-ancestors 'self' {SITE}")
        assert policy.count("frame-ancestors") == 1
    assert "X-Frame-Options" not in opened.get("/").headers


def test_every_site_can_be_let_in(settings: Settings) -> None:
    client = TestClient(create_app(settings.model_copy(update={"allowed_origins": ("*",)})))
    answer = client.get("/assets/client.js", headers={"Origin": "null"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Security-Policy"].endswith("; frame-ancestors 'self' *")


def test_the_script_may_be_kept_and_used_by_any_page(client: TestClient) -> None:
    answer = client.get("/widget.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get("/widget.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
