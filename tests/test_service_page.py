"""The conversation at / in a real browser, against a real server."""

from __future__ import annotations

import re

import httpx2 as httpx
import pytest
from page_steps import PRACTICE, QUESTION, WEB, OpenPage, ask, last_answer, marked
from playwright.sync_api import Locator, Page, expect

pytest_plugins = ["service_fixtures", "page_fixtures"]

OUTSIDE = "怎么做红烧肉？"


def _seen_in(container: Locator, inner: Locator) -> bool:
    outside, inside = container.bounding_box(), inner.bounding_box()
    assert outside is not None
    assert inside is not None
    return outside["y"] <= inside["y"] < outside["y"] + outside["height"]


def test_a_question_is_answered_and_its_citation_shown_in_the_source(open_page: OpenPage, address: str) -> None:
    whole = httpx.post(f"{address}/v1/ask", json={"question": QUESTION}).json()
    page = open_page()
    answer = ask(page, QUESTION)
    shown = "".join(answer.locator(".prose").all_inner_texts())
    for segment in whole["segments"]:
        assert segment["text"].replace("• ", "").strip() in shown
    for citation in whole["citations"][:3]:
        answer.locator(".prose").get_by_role("button", name=f"出处 {citation['n']}：").click()
        expect(page.get_by_role("dialog")).to_contain_text(citation["document_number"])
        expect(page.locator("#source mark").first).to_be_in_viewport()
        assert marked(page) == citation["quote"]
        assert _seen_in(page.locator("#source-text"), page.locator("#source mark").first)


def test_a_follow_up_sends_the_questions_before_it(open_page: OpenPage, address: str) -> None:
    page = open_page()
    ask(page, "武汉有哪些做法？")
    with page.expect_request("**/v1/ask") as sent:
        answer = ask(page, "那苏州呢？")
    body = sent.value.post_data_json
    assert body == {"question": "那苏州呢？", "history": ["武汉有哪些做法？"], "stream": True}
    whole = httpx.post(f"{address}/v1/ask", json=body | {"stream": False}).json()
    assert all("苏州" in citation["quote"] for citation in whole["citations"])
    expect(answer.locator(".prose .cite")).to_have_count(len(whole["citations"]))
    expect(page.locator(".turn")).to_have_count(2)


def test_how_a_question_was_read_is_said(open_page: OpenPage) -> None:
    page = open_page()
    expect(ask(page, "江城有哪些做法？").locator(".understood")).to_have_text("按“武汉市”（原写“江城”）理解")
    expect(ask(page, "Xiamen有什么做法？").locator(".understood")).to_have_text("按“厦门”（原写“Xiamen”）理解")
    expect(ask(page, "深圳有哪些做法？").locator(".understood")).to_be_hidden()


def test_what_the_list_cannot_answer_looks_different_from_an_answer(open_page: OpenPage) -> None:
    page = open_page()
    answer = ask(page, OUTSIDE)
    expect(answer.locator(".prose")).to_contain_text("不在本服务范围内")
    nearest = answer.get_by_role("region", name="最接近的做法，不是答案")
    expect(nearest.locator(".practice")).to_have_count(5)
    expect(nearest.get_by_role("heading")).to_contain_text("不是答案")
    expect(answer.locator(".cite, .sources, mark")).to_have_count(0)
    refused = answer.locator(".prose").evaluate("node => getComputedStyle(node).backgroundColor")
    given = ask(page, QUESTION).locator(".prose").evaluate("node => getComputedStyle(node).backgroundColor")
    assert refused != given


def test_the_words_that_met_are_marked_in_what_stands_beside(open_page: OpenPage) -> None:
    answer = ask(open_page(), "谁测评BIM建模软件？")
    answer.get_by_text("也可参考").click()
    marks = answer.locator(".practice mark")
    expect(marks.first).to_be_visible()
    assert any("BIM" in text or "软件" in text for text in marks.all_text_contents())
    expect(marks.first).to_have_attribute("title", re.compile("^与问题里的“.+”相合$"))


def test_an_answer_is_copied_with_its_sources(open_page: OpenPage, address: str) -> None:
    whole = httpx.post(f"{address}/v1/ask", json={"question": QUESTION}).json()
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    answer = ask(page, QUESTION)
    answer.get_by_role("button", name="复制").click()
    expect(answer.get_by_role("status")).to_have_text("已复制，连同出处。")
    question, body, sources = page.evaluate("navigator.clipboard.readText()").split("\n\n")
    assert (question, body) == (QUESTION, whole["answer"])
    first = whole["citations"][0]
    assert sources.splitlines()[0] == "出处："
    assert first["document_number"] in sources
    for citation in whole["citations"]:
        assert f"[{citation['n']}]" in sources
    assert httpx.get(sources.split()[-1]).status_code == 200


def test_without_a_clipboard_of_its_own_a_page_copies_all_the_same(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    answer = ask(page, QUESTION)
    # Over plain HTTP and any host but this machine, a browser has none.
    page.evaluate("window.read = navigator.clipboard.readText.bind(navigator.clipboard)")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    answer.get_by_role("button", name="复制").click()
    expect(answer.get_by_role("status")).to_have_text("已复制，连同出处。")
    assert page.evaluate("read()").startswith(f"{QUESTION}\n\n")
    expect(answer.get_by_role("button", name="复制")).to_be_focused()


def test_a_suggestion_asks_its_question(open_page: OpenPage) -> None:
    page = open_page()
    suggestion = page.get_by_role("group", name="可以这样问").get_by_role("button").first
    question = suggestion.text_content()
    assert question
    suggestion.click()
    expect(page.locator(".turn h2")).to_have_text(question)
    expect(last_answer(page).locator(".cite").first).to_be_visible()


def test_whole_sentences_are_read_out(open_page: OpenPage, address: str) -> None:
    question = "嘉兴的人才房票是多少钱？"
    whole = httpx.post(f"{address}/v1/ask", json={"question": question}).json()
    page = open_page()
    ask(page, question)
    sentences = [segment["text"].removeprefix("\n• ").strip() for segment in whole["segments"]]
    expected = [*filter(None, sentences), f"回答完毕，共 {len(whole['citations'])} 处出处。"]
    expect(page.get_by_role("log").locator("p")).to_have_text(expected)


def test_the_keyboard_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="问题")
    expect(box).to_be_focused()
    page.keyboard.type("建筑机器人")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("补充定额")
    expect(box).to_have_value("建筑机器人\n补充定额")
    page.keyboard.press("Enter")
    cite = last_answer(page).locator(".cite").first
    expect(cite).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    expect(last_answer(page)).to_have_attribute("aria-busy", "false")
    for _ in range(page.locator(".turn button:visible, .turn a:visible, .turn summary:visible").count()):
        page.keyboard.press("Shift+Tab")
    expect(cite).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="关闭原文")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(cite).to_be_focused()


def test_enter_while_an_input_method_composes_does_not_ask(open_page: OpenPage) -> None:
    page = open_page()
    box = page.get_by_role("textbox", name="问题")
    box.focus()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "shenzhen", "selectionStart": 8, "selectionEnd": 8})
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)
    box.fill("深圳有什么做法？")
    # Safari says that composing is over before it tells of the Enter that ended it, and marks that with 229.
    box.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true}))"
    )
    expect(page.locator(".turn")).to_have_count(0)
    box.press("Enter")
    expect(page.locator(".turn")).to_have_count(1)


@pytest.mark.parametrize(("question", "hint"), [("   ", "先写下问题"), ("智" * 2001, "现在有 2001 字")])
def test_a_question_that_cannot_be_asked_gets_a_hint(open_page: OpenPage, question: str, hint: str) -> None:
    page = open_page()
    box = page.get_by_role("textbox", name="问题")
    box.fill(question)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_role("alert")).to_contain_text(hint)
    expect(box).to_have_value(question)
    expect(page.locator(".turn")).to_have_count(0)
    box.press("a")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_question_of_two_thousand_characters_leaves_room_for_its_answer(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    answer = ask(page, "智能建造" * 500)
    expect(answer.locator(".prose")).to_be_in_viewport()
    page.reload()
    expect(page.locator(".turn h2")).to_have_text("智能建造" * 500)


def test_a_question_is_never_read_as_markup(open_page: OpenPage) -> None:
    question = '<img src="nowhere" onerror="document.title=1"><b>智能建造</b>'
    page = open_page()
    ask(page, question)
    expect(page.locator("main img, main b")).to_have_count(0)
    assert page.title().startswith("<img")


def test_nothing_of_the_page_reads_text_as_markup() -> None:
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|setHTML")
    assert not [path.name for path in (WEB / "assets").glob("*.js") if sinks.search(path.read_text(encoding="utf-8"))]


def _loaded(page: Page, address: str) -> dict[str, int]:
    script = "performance.getEntriesByType('resource').map(entry => entry.name)"
    paths = {"/", *(str(url).removeprefix(address) for url in page.evaluate(script))}
    return {path: len(httpx.get(address + path).content) for path in paths if not path.startswith(("/v1/", "/?"))}


def test_the_page_is_small(open_page: OpenPage, address: str) -> None:
    page = open_page()
    ask(page, QUESTION)
    sizes = _loaded(page, address)
    assert {"/assets/answer.js", "/assets/client.js", "/assets/style.css"} <= sizes.keys()
    assert sum(sizes.values()) <= 60_000, sizes


def test_a_printed_conversation_is_only_what_was_said(open_page: OpenPage) -> None:
    page = open_page()
    answer = ask(page, QUESTION)
    answer.locator(".cite").first.click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".turn h2")).to_be_visible()
    expect(answer).to_contain_text(PRACTICE)
    expect(answer.locator(".sources ol")).to_be_visible()
    for hidden in (page.locator("#ask-form"), page.locator("#source"), answer.locator(".tools")):
        expect(hidden).to_be_hidden()


def test_a_conversation_works_inside_a_shadow_root_too(open_page: OpenPage, address: str) -> None:
    page = open_page("/docs")
    script = """async ([base, question]) => {
      const { Client } = await import(`${base}assets/client.js`);
      const { Conversation } = await import(`${base}assets/conversation.js`);
      const root = document.body.appendChild(document.createElement('x-chat')).attachShadow({ mode: 'open' });
      const thread = root.appendChild(document.createElement('ol'));
      const client = new Client(base);
      const links = { openSource: (citation) => (thread.title = citation.quote), target: '_blank' };
      links.practiceHref = (id) => client.practicePage(id);
      const hooks = { announce: () => {}, changed: () => {}, edit: () => {} };
      new Conversation({ client, thread, links, hooks }).ask(question);
    }"""
    page.evaluate(script, [f"{address}/", QUESTION])
    answer = page.locator("x-chat .answer")
    expect(answer.locator(".prose")).to_contain_text(PRACTICE)
    expect(answer.get_by_role("link", name="第 3.2.3 项")).to_have_attribute("target", "_blank")
    answer.locator(".cite").first.click()
    expect(page.locator("x-chat ol").first).to_have_attribute("title", re.compile(PRACTICE))
