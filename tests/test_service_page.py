"""The page in a real browser, against a real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

pytest_plugins = ["service_fixtures"]

QUESTION = "哪些地方编制了建筑机器人补充定额？"
PRACTICE = "苏州、佛山、湖北编制发布建筑机器人补充定额"

OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Yield a function that opens a path; afterwards no page may have erred or asked another host for anything."""
    complaints: list[str] = []
    pages: list[Page] = []

    def open_path(path: str = "/", **options: Any) -> Page:
        page = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options)).new_page()
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if _foreign(request.url, address) else None)
        page.goto(address + path)
        return page

    yield open_path
    for page in pages:
        page.context.close()
    assert complaints == []


def _foreign(url: str, address: str) -> bool:
    return not url.startswith((f"{address}/", "data:"))


def _ask(page: Page, question: str) -> Locator:
    page.get_by_role("textbox", name="问题").fill(question)
    page.get_by_role("textbox", name="问题").press("Enter")
    answer = page.locator("#answer")
    expect(answer).to_have_attribute("aria-busy", "false")
    expect(answer.get_by_role("heading", level=2)).to_have_text(question)
    return answer


def _marked(page: Page) -> str:
    expect(page.locator("#source mark").first).to_be_attached()
    return "".join(page.locator("#source mark").all_text_contents())


def _seen_in(container: Locator, inner: Locator) -> bool:
    outside, inside = container.bounding_box(), inner.bounding_box()
    assert outside is not None
    assert inside is not None
    return outside["y"] <= inside["y"] < outside["y"] + outside["height"]


def _scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_a_question_is_answered_and_its_citation_shown_in_the_source(open_page: OpenPage, address: str) -> None:
    cited = httpx.post(f"{address}/v1/ask", json={"question": QUESTION}).json()["citations"]
    page = open_page()
    answer = _ask(page, QUESTION)
    expect(answer).to_contain_text(PRACTICE)
    for citation in cited[:3]:
        answer.locator(".prose").get_by_role("button", name=f"出处 {citation['n']}：").click()
        expect(page.get_by_role("dialog")).to_contain_text(citation["document_number"])
        expect(page.locator("#source mark").first).to_be_in_viewport()
        assert _marked(page) == citation["quote"]
        assert _seen_in(page.locator("#source-text"), page.locator("#source mark").first)


def test_a_quote_across_a_page_break_is_marked_in_both_places(open_page: OpenPage, address: str) -> None:
    practice = httpx.get(f"{address}/v1/practices/mohurd-2024-131:3.1.3").json()
    page = open_page("/?region=440300&task=完善标准体系")
    page.locator(f"[data-id='{practice['id']}']").get_by_role("button", name="看原文").click()
    assert _marked(page) == practice["text"]
    assert page.locator("#source mark").count() >= 2


def test_an_address_with_a_question_asks_it(open_page: OpenPage) -> None:
    page = open_page(f"/?q={QUESTION}")
    expect(page.locator("#answer")).to_contain_text(PRACTICE)
    expect(page.get_by_role("textbox", name="问题")).to_have_value(QUESTION)
    page.get_by_role("link", name="智建").click()
    expect(page.locator("#answer")).to_be_hidden()
    page.go_back()
    expect(page.locator("#answer")).to_contain_text(PRACTICE)


def test_a_suggestion_asks_its_question(open_page: OpenPage) -> None:
    page = open_page()
    suggestion = page.get_by_role("group", name="可以这样问").get_by_role("button").first
    question = suggestion.text_content()
    assert question
    suggestion.click()
    expect(page.locator("#answer").get_by_role("heading", level=2)).to_have_text(question)
    expect(page.locator("#answer .cite").first).to_be_visible()


def test_the_words_that_met_are_marked_in_other_practices(open_page: OpenPage) -> None:
    answer = _ask(open_page(), "谁测评BIM建模软件？")
    marks = answer.locator(".practice mark")
    expect(marks.first).to_be_visible()
    assert any("BIM" in text or "软件" in text for text in marks.all_text_contents())
    expect(marks.first).to_have_attribute("title", re.compile("^与问题里的“.+”相合$"))


def test_what_the_list_cannot_answer_is_said_and_the_nearest_practices_marked(open_page: OpenPage) -> None:
    answer = _ask(open_page(), "怎么做红烧肉？")
    expect(answer.locator(".refusal")).to_contain_text("不在本服务范围内")
    expect(answer.get_by_role("heading", name="最接近的做法")).to_be_visible()
    expect(answer.locator(".practice")).to_have_count(5)
    expect(answer.locator(".practice .tag")).to_have_text(["未必相关"] * 5)
    expect(answer.locator(".cite")).to_have_count(0)


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
    pressed = page.get_by_role("button", pressed=True)
    expect(pressed).to_have_text([re.compile("推动技术创新"), re.compile("广东")])
    expect(page.get_by_role("group", name="地区").get_by_role("button", name="深圳")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(page.locator("#browse-summary")).to_have_text("共 43 条")


def test_all_practices_can_be_read_to_the_end(open_page: OpenPage) -> None:
    page = open_page()
    more = page.get_by_role("button", name="再看几条")
    for count in (8, 16, 24, 32, 40):
        expect(page.locator("#practices .practice")).to_have_count(count)
        more.click()
    expect(page.locator("#practices .practice")).to_have_count(43)
    expect(more).to_be_hidden()


def test_the_keyboard_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="问题")).to_be_focused()
    page.keyboard.type("建筑机器人补充定额")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .cite").first).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Tab")
    cite = page.locator("#answer .cite").first
    expect(cite).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="关闭原文")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(cite).to_be_focused()


def test_enter_while_an_input_method_composes_does_not_ask(open_page: OpenPage) -> None:
    page = open_page()
    box = page.get_by_role("textbox", name="问题")
    box.fill("zhineng")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    expect(page.locator("#answer")).to_be_hidden()
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": False, "bubbles": True, "cancelable": True})
    expect(page.locator("#answer")).to_be_visible()


@pytest.mark.parametrize(("question", "hint"), [("   ", "先写下问题"), ("智" * 2001, "现在有 2001 字")])
def test_a_question_that_cannot_be_asked_gets_a_hint(open_page: OpenPage, question: str, hint: str) -> None:
    page = open_page()
    page.get_by_role("textbox", name="问题").fill(question)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_role("alert")).to_contain_text(hint)
    expect(page.locator("#answer")).to_be_hidden()


def test_a_question_is_never_read_as_markup(open_page: OpenPage) -> None:
    question = '<img src="nowhere" onerror="document.title=1"><b>智能建造</b>'
    answer = _ask(open_page(), question)
    expect(answer.locator("img, b")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", f"/?q={QUESTION}", "/?q=怎么做红烧肉"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_page_without_scrolling_sideways(open_page: OpenPage, path: str, scheme: str) -> None:
    page = open_page(path, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    expect(page.locator("#practices .practice").first).to_be_visible()
    assert not _scrolls_sideways(page)
    page.get_by_role("button", name="看原文").first.click()
    expect(page.locator("#source mark").first).to_be_in_viewport()
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    assert not _scrolls_sideways(page)


def test_offsets_count_code_points_and_a_mark_may_cross_cells_and_paragraphs(open_page: OpenPage) -> None:
    text = "𠮷𠮷 甲\r\n序\t<p>1. 一𠮷二</p> <p>2. 三</p>\t四\n五<六"
    start, end = text.index("一"), text.index("六")
    page = open_page()
    page.route("**/v1/documents/made-up", lambda route: route.fulfill(json={"text": text}))
    page.evaluate(
        "async (citation) => (await import('/assets/source.js')).openSource(citation, document.body)",
        {
            "document_id": "made-up",
            "document_title": "",
            "document_number": "",
            "quote": text[start:end],
            "spans": [{"start": start, "end": end}],
        },
    )
    assert _marked(page) == text[start:end]
    assert page.locator("#source-text").inner_text().split() == [
        "𠮷𠮷",
        "甲",
        "序",
        "1.",
        "一𠮷二",
        "2.",
        "三",
        "四",
        "五<六",
    ]


def test_a_quote_that_is_not_in_the_source_is_owned_up_to(open_page: OpenPage, address: str) -> None:
    page = open_page()
    page.evaluate(
        "async (citation) => (await import('/assets/source.js')).openSource(citation, document.body)",
        {
            "document_id": "mohurd-2024-131",
            "document_title": "",
            "document_number": "",
            "quote": "原文里没有的话",
            "spans": [{"start": 10, "end": 17}],
        },
    )
    expect(page.locator("#source").get_by_role("alert")).to_contain_text("引文与原文对不上")


def test_a_failure_is_told_in_chinese_and_can_be_tried_again(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.route("**/v1/ask", lambda route: route.abort())
    page.get_by_role("textbox", name="问题").fill(QUESTION)
    page.get_by_role("button", name="提问").click()
    expect(page.locator("#answer")).to_contain_text("连不上服务")
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("#answer")).to_contain_text(PRACTICE)
    page.close()


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
