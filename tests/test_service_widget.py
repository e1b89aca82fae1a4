"""The widget on pages of another site, in a real browser, against a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from foreign_site import ForeignSite, foreign_site
from page_steps import QUESTION, scrolls_sideways
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect
from real_server import serving

from index.retriever import Retriever
from service.settings import Settings

pytest_plugins = ["service_fixtures"]

HOSTILE = """<style>
  * { all: unset; font-size: 40px; color: red; --ink: lime; transition: all 3s; }
  html { font-size: 62.5%; }
  div, dialog, button, section { display: none !important; }
  body { transform: rotate(3deg); direction: rtl; letter-spacing: 9px; }
  zhijian-widget { display: none !important; opacity: 0 !important; }
</style>"""


@pytest.fixture(scope="module")
def site() -> Iterator[ForeignSite]:
    with foreign_site() as site:
        yield site


@pytest.fixture(scope="module")
def service(settings: Settings, library: Retriever, site: ForeignSite) -> Iterator[str]:
    with serving(settings.model_copy(update={"allowed_origins": (site.origin,)})) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    # A browser asks for a page's icon of its own accord.
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    yield page
    page.context.close()


def script(service: str, attributes: str = "") -> str:
    """Return what a site owner writes."""
    return f'<script src="{service}/widget.js" defer {attributes}></script>'


def launcher(page: Page) -> Locator:
    """Return the round button."""
    return page.locator("zhijian-widget .launcher")


def open_chat(page: Page, origin: str) -> Locator:
    """Open a page and the widget on it; return the panel."""
    page.goto(origin)
    launcher(page).click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("textbox", name="问题")).to_be_visible()
    return panel


def ask(panel: Locator, question: str) -> Locator:
    """Ask and return the whole answer."""
    panel.get_by_role("textbox", name="问题").fill(question)
    panel.get_by_role("textbox", name="问题").press("Enter")
    expect(panel.locator(".turn h2").last).to_have_text(question)
    expect(panel.locator(".answer").last).to_have_attribute("aria-busy", "false")
    return panel.locator(".answer").last


def complaints(page: Page) -> list[str]:
    """Return the list into which errors of this page will come."""
    found: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            found.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_a_page_of_a_strict_policy_gets_a_cited_answer(page: Page, site: ForeignSite, service: str) -> None:
    policy = f"default-src 'none'; script-src {service}; connect-src {service}; require-trusted-types-for 'script'"
    site.write(
        script(service),
        Content_Security_Policy=policy,
        Cross_Origin_Embedder_Policy="require-corp",
        Cross_Origin_Opener_Policy="same-origin",
    )
    found, sizes = complaints(page), dict[str, int]()

    def weigh(response: Any) -> None:
        if not response.url.startswith((site.origin, f"{service}/v1/")):
            sizes[response.url] = len(response.body())

    page.on("response", weigh)
    panel = open_chat(page, site.origin)
    with page.expect_request("**/v1/ask") as sent:
        answer = ask(panel, QUESTION)
    assert "cookie" not in sent.value.all_headers()
    assert sum(sizes.values()) <= 60_000, sizes
    answer.get_by_role("button", name="出处 1：").first.click()
    expect(panel.locator(".source-text mark").first).to_be_in_viewport()
    quote = "".join(panel.locator(".source-text mark").all_text_contents())
    assert quote.startswith("苏州、佛山、湖北编制发布建筑机器人补充定额")
    panel.get_by_role("button", name="返回对话").click()
    expect(answer.get_by_role("link", name="第 3.2.3 项")).to_have_attribute("target", "_blank")
    expect(answer.get_by_role("link", name="第 3.2.3 项")).to_have_attribute(
        "href", re.compile(f"^{service}/practices/")
    )
    assert {url for url in sizes if not url.startswith(f"{service}/")} == set()
    assert {f"{service}/widget.js", f"{service}/assets/answer.js", f"{service}/assets/source_text.js"} <= sizes.keys()
    assert found == []


def test_a_follow_up_is_understood_and_the_next_page_still_has_it(page: Page, site: ForeignSite, service: str) -> None:
    site.write(script(service))
    panel = open_chat(page, site.origin)
    ask(panel, "武汉有哪些做法？")
    with page.expect_request("**/v1/ask") as sent:
        expect(ask(panel, "那苏州呢？").locator(".prose")).to_contain_text("苏州")
    assert sent.value.post_data_json == {"question": "那苏州呢？", "history": ["武汉有哪些做法？"], "stream": True}
    panel = open_chat(page, f"{site.origin}/?next")
    expect(panel.locator(".turn h2")).to_have_text(["武汉有哪些做法？", "那苏州呢？"])
    panel.get_by_role("button", name="新对话").click()
    expect(panel.locator(".turn")).to_have_count(0)
    page.reload()
    launcher(page).click()
    expect(page.get_by_role("button", name="新对话")).to_be_hidden()


@pytest.mark.parametrize("of_module", ["", 'type="module"'])
def test_a_site_that_is_not_allowed_is_told_so_and_shows_nothing(
    page: Page, site: ForeignSite, service: str, of_module: str
) -> None:
    site.write(script(service, of_module))
    found = complaints(page)
    with page.expect_console_message(lambda message: message.type == "error" and "CORS" in message.text):
        page.goto(site.other_origin)
    if not of_module:
        # Of a module nothing runs at all: the browser alone can tell.
        page.wait_for_function("document.querySelector('zhijian-widget') === null")
        (told,) = [text for text in found if text.startswith("zhijian:")]
        assert "add it to ZHIJIAN_ALLOWED_ORIGINS" in told
        assert site.other_origin in told
    expect(page.locator("zhijian-widget")).to_have_count(0)
    expect(page.get_by_role("heading", name="政策服务")).to_be_visible()


def test_a_policy_that_lacks_the_connection_is_named(page: Page, site: ForeignSite, service: str) -> None:
    site.write(script(service), Content_Security_Policy=f"default-src 'none'; script-src {service}")
    with page.expect_console_message(lambda message: message.text.startswith("zhijian:")) as told:
        page.goto(site.origin)
    assert f"allow {service} in script-src and connect-src" in told.value.text
    expect(page.locator("zhijian-widget")).to_have_count(0)


def test_twice_is_once_and_only_the_element_s_name_is_left_behind(page: Page, site: ForeignSite, service: str) -> None:
    names = "Object.getOwnPropertyNames(window).filter((name) => !/^__playwright|^\\d+$/.test(name)).sort()"
    site.write("")
    page.goto(site.origin)
    before = page.evaluate(names)
    site.write(script(service, "async") + script(service) + script(service, 'type="module"'))
    panel = open_chat(page, site.origin)
    expect(panel).to_be_visible()
    expect(page.locator("zhijian-widget")).to_have_count(1)
    assert page.evaluate(names) == before


def test_styles_of_the_page_stay_out_and_those_of_the_widget_in(page: Page, site: ForeignSite, service: str) -> None:
    measure = """(node) => [node, ...node.querySelectorAll('*')].map((each) => {
      const { color, fontSize, display, direction, letterSpacing } = getComputedStyle(each);
      return [each.className, color, fontSize, display, direction, letterSpacing];
    })"""
    around = "[...document.querySelectorAll('h1, p, a, input')].map((node) => getComputedStyle(node).cssText)"
    looks, boxes, pages = [], [], []
    for head, body in (("", script(service)), (HOSTILE, ""), (HOSTILE, script(service))):
        site.write(body, head=head)
        page.goto(site.origin)
        if body:
            panel = open_chat(page, site.origin)
            looks.append(panel.evaluate(measure))
            boxes.append((panel.bounding_box(), launcher(page).bounding_box()))
        pages.append(page.evaluate(around))
    assert looks[0] == looks[1]
    assert boxes[0] == boxes[1]
    assert pages[1] == pages[2]


def test_the_keyboard_alone_is_enough(page: Page, site: ForeignSite, service: str) -> None:
    site.write(
        script(service, 'data-title="政策问答" data-examples="武汉有哪些做法？| 怎么做？ |"')
        + f'<script src="{service}/none.js"></script>',
    )
    page.goto(site.origin)
    page.evaluate("addEventListener('keydown', (event) => { document.title += event.key; })")
    title = page.title()
    button = page.get_by_role("button", name="政策问答")
    button.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="政策问答")
    box = panel.get_by_role("textbox", name="问题")
    expect(box).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(panel.get_by_role("group", name="可以这样问").get_by_role("button")).to_have_text(
        ["武汉有哪些做法？", "怎么做？"]
    )
    title = page.title()
    for key in ("Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.localName") == "zhijian-widget"
    answer = ask(panel, QUESTION)
    assert page.title() == title, "the page heard what was typed in the widget"
    answer.get_by_role("button", name="出处 1：").first.press("Enter")
    expect(panel.get_by_role("region", name="原文")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("region", name="原文")).to_have_count(0)
    expect(answer.get_by_role("button", name="出处 1：").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_is_filled_and_the_page_left_alone(
    browser: Browser, site: ForeignSite, service: str, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme=scheme, reduced_motion="reduce", has_touch=True
    )
    page = context.new_page()
    site.write(script(service, "data-open"))
    page.goto(site.origin)
    expect(launcher(page)).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    panel = open_chat(page, site.origin)
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    ask(panel, QUESTION)
    assert not scrolls_sideways(page)
    assert page.evaluate("document.getAnimations().length") == 0
    paper = panel.evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert paper == ("rgb(250, 249, 246)" if scheme == "light" else "rgb(21, 24, 26)")
    panel.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("link", name="通知公告")).to_be_visible()
    context.close()


def test_a_site_owner_decides_on_looks(page: Page, site: ForeignSite, service: str) -> None:
    site.write(script(service, 'data-open data-theme="dark" data-position="left" data-greeting="您好"'))
    page.goto(site.origin)
    panel = page.get_by_role("dialog", name="智建问答")
    expect(panel.get_by_text("您好")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    assert panel.evaluate("(node) => getComputedStyle(node).backgroundColor") == "rgb(21, 24, 26)"
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] < 40
    page.get_by_role("textbox", name="站内搜索").fill("页面照常可用")


@pytest.mark.parametrize("allowed", [True, False])
def test_the_page_can_be_framed_by_the_same_sites(page: Page, site: ForeignSite, service: str, allowed: bool) -> None:
    site.write(f'<iframe src="{service}/" title="问答" width="900" height="600"></iframe>')
    if allowed:
        page.goto(site.origin)
        expect(page.frame_locator("iframe").get_by_role("textbox", name="问题")).to_be_visible()
    else:
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(site.other_origin)
        expect(page.frame_locator("iframe").get_by_role("textbox")).to_have_count(0)
