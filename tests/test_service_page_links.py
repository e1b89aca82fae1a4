"""Addresses, Back and Forward, the list, the page of one practice, in a real browser against a real server."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2 as httpx
import pytest
from page_steps import PRACTICE, QUESTION, OpenPage, ask, last_answer, marked
from playwright.sync_api import Browser, Request, Route, expect

pytest_plugins = ["service_fixtures", "page_fixtures"]

PIECED = "mohurd-2024-131:3.1.3"


def _body(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.post_data or "")
    return body


def test_an_address_with_a_question_asks_it_at_once(open_page: OpenPage) -> None:
    page = open_page(f"/?q={QUESTION}")
    expect(last_answer(page)).to_contain_text(PRACTICE)
    expect(page.locator(".turn h2")).to_have_text(QUESTION)
    assert page.title() == f"{QUESTION} · 智建"


def test_an_address_with_a_question_that_is_too_long_says_so(open_page: OpenPage) -> None:
    page = open_page(f"/?q={'智' * 2001}")
    expect(page.get_by_role("alert")).to_contain_text("现在有 2001 字")
    expect(page.locator(".turn")).to_have_count(0)


def test_back_and_forward_go_through_a_conversation(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "武汉有哪些做法？")
    ask(page, "那苏州呢？")
    page.go_back()
    expect(page.locator(".turn:visible h2")).to_have_text(["武汉有哪些做法？"])
    page.go_forward()
    expect(page.locator(".turn:visible h2")).to_have_text(["武汉有哪些做法？", "那苏州呢？"])
    page.go_back()
    ask(page, "那合肥呢？")
    expect(page.locator(".turn h2")).to_have_text(["武汉有哪些做法？", "那合肥呢？"])
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#practices .practice").first).to_be_visible()
    expect(page.locator(".turn:visible")).to_have_count(0)


def test_a_reload_shows_the_conversation_without_asking_again(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "江城有哪些做法？")
    answer = ask(page, "那苏州呢？").inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/v1/ask") else None)
    page.reload()
    expect(page.locator(".turn h2")).to_have_text(["江城有哪些做法？", "那苏州呢？"])
    assert last_answer(page).inner_text() == answer
    expect(page.locator(".understood").first).to_contain_text("武汉市")
    assert asked == []
    with page.expect_request("**/v1/ask") as sent:
        ask(page, "那合肥呢？")
    assert _body(sent.value)["history"] == ["江城有哪些做法？", "那苏州呢？"]


def test_a_new_conversation_forgets_the_questions_before(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "武汉有哪些做法？")
    page.get_by_role("button", name="新对话").click()
    expect(page.get_by_role("textbox", name="问题")).to_be_focused()
    expect(page.get_by_role("button", name="新对话")).to_be_hidden()
    expect(page.locator("#practices .practice").first).to_be_visible()
    with page.expect_request("**/v1/ask") as sent:
        ask(page, QUESTION)
    assert _body(sent.value)["history"] == []
    page.go_back()
    page.go_back()
    expect(page.locator(".turn:visible h2")).to_have_text(["武汉有哪些做法？"])


def test_a_practice_has_a_page_of_its_own(open_page: OpenPage, address: str) -> None:
    practice = httpx.get(f"{address}/v1/practices/{PIECED}").json()
    page = open_page(f"/practices/{PIECED}")
    article = page.locator("#practice")
    expect(article.get_by_role("heading", level=1)).to_have_text(practice["heading_path"][-1])
    expect(article.locator(".whole")).to_have_text(practice["text"])
    expect(article).to_contain_text(practice["heading_path"][0])
    expect(article).to_contain_text("建办市函〔2024〕131号")
    article.get_by_role("button", name="看原文").first.click()
    assert marked(page) == practice["text"]
    assert page.locator("#source mark").count() >= 2
    page.get_by_role("button", name="关闭原文").click()
    article.get_by_role("link", name="广东省 · 深圳市").click()
    expect(page.get_by_role("button", pressed=True)).to_have_text([re.compile("广东"), re.compile("深圳")][1:])


def test_the_practices_beside_it_lead_on(open_page: OpenPage) -> None:
    page = open_page(f"/practices/{PIECED}")
    page.get_by_role("link", name="第 3.1.4 项").click()
    expect(page.locator("#practice .whole")).to_contain_text("温州发布")
    page.go_back()
    expect(page.locator("#practice .whole")).to_contain_text("深圳发布")


@pytest.mark.parametrize("name", ["nope", "mohurd-2024-131:9.9.9", "%E5%A4", "<img src=x onerror=alert(1)>", "a+b&c=d"])
def test_an_unknown_practice_is_told_kindly(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page()
    response = page.goto(f"{address}/practices/{name}")
    assert response is not None
    assert response.status == 404
    assert "default-src 'self'" in response.headers["content-security-policy"]
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这条做法")
    expect(page.locator("main img")).to_have_count(0)
    page.locator("#practice").get_by_role("link", name="浏览全部做法").click()
    expect(page.locator("#browse-summary")).to_have_text("共 43 条")
    page.close()


def test_a_source_in_an_answer_leads_to_its_practice_and_back(open_page: OpenPage) -> None:
    page = open_page()
    answer = ask(page, QUESTION)
    answer.get_by_role("link", name="第 3.2.3 项").click()
    expect(page.locator("#practice .whole")).to_contain_text(PRACTICE)
    page.go_back()
    expect(page.locator(".turn h2")).to_have_text(QUESTION)
    expect(last_answer(page)).to_contain_text(PRACTICE)


def test_filters_combine_and_stand_in_the_address(open_page: OpenPage, address: str) -> None:
    query = {"region": "440000", "task": "推动技术创新"}
    expected = httpx.get(f"{address}/v1/practices", params=query).json()
    page = open_page()
    page.get_by_role("group", name="地区").get_by_role("button", name="广东").click()
    page.get_by_role("group", name="工作任务").get_by_role("button", name="推动技术创新").click()
    expect(page.locator("#browse-summary")).to_have_text(f"共 {expected['total']} 条")
    expect(page.locator("#practices .text")).to_have_text([practice["text"] for practice in expected["practices"]])
    page.reload()
    expect(page.locator("#browse-summary")).to_have_text(f"共 {expected['total']} 条")
    expect(page.get_by_role("button", pressed=True)).to_have_text([re.compile("推动技术创新"), re.compile("广东")])
    expect(page.get_by_role("group", name="地区").get_by_role("button", name="深圳")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(page.locator("#browse-summary")).to_have_text("共 43 条")


def test_filters_wait_where_a_question_was_asked(open_page: OpenPage) -> None:
    page = open_page("/?region=440000")
    expect(page.get_by_role("button", pressed=True)).to_have_text(re.compile("广东"))
    ask(page, QUESTION)
    page.go_back()
    expect(page.get_by_role("button", pressed=True)).to_have_text(re.compile("广东"))


def test_all_practices_can_be_read_to_the_end(open_page: OpenPage) -> None:
    page = open_page()
    more = page.get_by_role("button", name="再看几条")
    for count in (8, 16, 24, 32, 40):
        expect(page.locator("#practices .practice")).to_have_count(count)
        more.click()
    expect(page.locator("#practices .practice")).to_have_count(43)
    expect(more).to_be_hidden()


@pytest.mark.parametrize("region", ["火星", "州" * 200])
def test_a_link_with_a_filter_that_nothing_is_known_by_shows_everything(
    browser: Browser, address: str, region: str
) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{address}/?region={region}")
    expect(page.locator("#browse-summary")).to_contain_text("共 43 条。链接里的筛选条件无法识别")
    expect(page.locator("#facet-task button").first).to_be_visible()
    page.context.close()


def test_what_is_typed_while_the_page_still_loads_is_kept(open_page: OpenPage) -> None:
    page = open_page("/docs")
    held: list[Route] = []
    page.route("**/v1/documents", lambda route: held.append(route))
    page.goto(page.url.removesuffix("docs"))
    page.get_by_role("textbox", name="问题").fill(QUESTION)
    held[0].continue_()
    expect(page.locator("#practices .practice").first).to_be_visible()
    expect(page.get_by_role("textbox", name="问题")).to_have_value(QUESTION)


def test_the_api_reference_opens_without_any_other_host(open_page: OpenPage) -> None:
    page = open_page("/docs")
    expect(page.get_by_role("heading", name="zhijian")).to_be_visible()
    page.get_by_role("button", name="POST /v1/ask Ask").click()
    expect(page.locator(".opblock-body")).to_contain_text(QUESTION)


@pytest.mark.parametrize("path", ["/", "/assets/app.js", "/assets/style.css", "/docs"])
def test_pages_carry_a_strict_policy_and_are_not_sent_twice(address: str, path: str) -> None:
    first = httpx.get(address + path)
    policy = first.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert first.headers["x-content-type-options"] == "nosniff"
    again = httpx.get(address + path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
