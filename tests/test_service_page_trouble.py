"""The page against services that are slow, break off or say nonsense, over real connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from misbehaving_service import Misbehaving, answer_of, dumped, hit, misbehaving, send
from page_steps import QUESTION, last_answer, scrolls_sideways
from playwright.sync_api import Browser, Page, expect

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>[1]'
DONE = "回答完毕"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page of its own context."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def ask(page: Page, question: str = QUESTION) -> None:
    page.get_by_role("textbox", name="问题").fill(question)
    page.get_by_role("textbox", name="问题").press("Enter")


def test_a_stream_that_breaks_off_is_owned_up_to_and_asked_again_whole(page: Page) -> None:
    shown = threading.Event()

    def breaks(service: Misbehaving, body: dict[str, Any]) -> None:
        if not body["stream"]:
            service.reply(200, dumped(answer_of("第一句。", "第二句。")), "application/json")
            return
        send(service, answer_of("第一句。", "第二句。"), first=1)
        shown.wait(10)
        service.reset()

    with misbehaving(breaks) as (address, asked):
        page.goto(address)
        ask(page)
        expect(last_answer(page).locator(".prose li")).to_have_text(["第一句。1"])
        shown.set()
        expect(last_answer(page)).to_contain_text("连接断了，回答没有传完。")
        expect(last_answer(page).locator(".prose li")).to_have_text(["第一句。1"])
        last_answer(page).get_by_role("button", name="再问一次").click()
        expect(last_answer(page).locator(".prose li")).to_have_text(["第一句。1", "第二句。2"])
        expect(last_answer(page).locator(".state")).to_be_empty()
        assert [body["stream"] for body in asked] == [True, False]


@pytest.mark.parametrize("how", ["without done", "error", "no json", "no stream", "closed"])
def test_each_way_to_fail_is_told_in_chinese(page: Page, how: str) -> None:
    def fails(service: Misbehaving, body: dict[str, Any]) -> None:
        if how == "closed":
            service.reset()
        elif how == "no stream":
            service.reply(502, b"<h1>Bad gateway</h1>", "text/html")
        else:
            send(service, answer_of("第一句。"), first=1)
            if how == "error":
                service.event("error", {"type": "/problems/internal-error"})
            elif how == "no json":
                service.write(b"event: sentence\ndata: {half\n\n")

    message = {"error": "服务出了点问题", "no stream": "服务出了点问题", "closed": "连不上服务"}.get(how, "连接断了")
    with misbehaving(fails) as (address, _):
        page.goto(address)
        ask(page)
        expect(last_answer(page).locator(".error")).to_contain_text(message)
        expect(last_answer(page)).to_have_attribute("aria-busy", "false")
        expect(page.get_by_role("button", name="提问")).to_be_visible()
        expect(page.get_by_role("log")).to_contain_text(message)


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_a_running_answer_can_be_stopped(page: Page, way: str) -> None:
    left = threading.Event()

    def hangs(service: Misbehaving, body: dict[str, Any]) -> None:
        send(service, answer_of("第一句。", "第二句。"), first=1)
        # Reading ends when the reader goes away.
        service.rfile.read(1)
        left.set()

    with misbehaving(hangs) as (address, _):
        page.goto(address)
        ask(page)
        expect(last_answer(page)).to_contain_text("第一句。")
        expect(last_answer(page)).to_have_attribute("aria-busy", "true")
        ask(page, "还没有答完就再问")
        expect(page.locator(".turn")).to_have_count(1)
        if way == "button":
            page.get_by_role("button", name="停止").click()
        else:
            page.keyboard.press("Escape")
        expect(last_answer(page)).to_contain_text("已停止。")
        expect(last_answer(page)).to_contain_text("第一句。")
        expect(page.get_by_role("textbox", name="问题")).to_be_focused()
        expect(page.get_by_role("textbox", name="问题")).to_have_value("还没有答完就再问")
        assert left.wait(10)


def test_a_service_that_is_starting_is_waited_for(page: Page) -> None:
    def starts(service: Misbehaving, body: dict[str, Any]) -> None:
        if len(service.server.asked) < 3:
            problem = b'{"type": "/problems/not-ready"}'
            service.reply(503, problem, "application/problem+json", Retry_After="0.2")
        else:
            send(service, answer_of("好了。"))

    with misbehaving(starts) as (address, asked):
        page.goto(address)
        ask(page)
        expect(last_answer(page)).to_contain_text("服务正在准备")
        expect(last_answer(page)).to_contain_text("好了。")
        expect(last_answer(page)).not_to_contain_text("服务正在准备")
        expect(page.get_by_role("log").get_by_text("服务正在准备")).to_have_count(1)
        assert len(asked) == 3


def test_a_stream_may_be_cut_anywhere_and_breathe(page: Page) -> None:
    answer = answer_of("𠮷祥如意。", "第二句。")
    sent = threading.Event()

    def trickles(service: Misbehaving, body: dict[str, Any]) -> None:
        whole = bytearray()
        write, service.write = service.write, whole.extend  # type: ignore[method-assign, assignment]
        send(service, answer, end="\r\n")
        for place in range(0, len(whole), 7):
            write(bytes(whole[place : place + 7]))
            if whole[place : place + 7].endswith(b"\r\n\r\n"):
                write(b": still here\r\n\r\n")
        sent.set()

    with misbehaving(trickles) as (address, _):
        page.goto(address)
        ask(page)
        expect(last_answer(page).locator(".prose li")).to_have_text(["𠮷祥如意。1", "第二句。2"])
        expect(last_answer(page)).to_have_attribute("aria-busy", "false")
        assert sent.is_set()


def test_a_whole_answer_in_place_of_a_stream_is_shown(page: Page) -> None:
    with misbehaving(lambda service, _: service.reply(200, dumped(answer_of("整句。")), "application/json")) as (at, _):
        page.goto(at)
        ask(page)
        expect(last_answer(page).locator(".prose li")).to_have_text(["整句。1"])


def test_a_question_that_was_refused_comes_back_and_does_not_spoil_the_next(page: Page) -> None:
    def refuses(service: Misbehaving, body: dict[str, Any]) -> None:
        if "\u2800" in body["question"]:
            service.reply(422, b'{"type": "/problems/blank-text"}', "application/problem+json")
        else:
            send(service, answer_of("好。"))

    with misbehaving(refuses) as (address, asked):
        page.goto(address)
        ask(page, "一")
        expect(last_answer(page)).to_contain_text("好。")
        ask(page, "\u2800")
        expect(last_answer(page)).to_contain_text("先写下问题")
        last_answer(page).get_by_role("button", name="修改问题").click()
        expect(page.get_by_role("textbox", name="问题")).to_have_value("\u2800")
        ask(page, "二")
        expect(last_answer(page)).to_contain_text("好。")
        assert asked[-1]["history"] == ["一"]


def test_a_long_conversation_of_long_questions_is_sent_as_far_as_it_fits(page: Page) -> None:
    with misbehaving(lambda service, _: send(service, answer_of("好。"))) as (address, asked):
        page.goto(address)
        for n in range(23):
            ask(page, f"{n:02}" + "智" * (1998 if n > 10 else 1))
            expect(page.locator(".turn .tools")).to_have_count(n + 1)
        assert max(len(body["history"]) for body in asked) <= 20
        assert all(len(dumped(body)) <= 64 * 1024 for body in asked)
        assert [question[:2] for question in asked[-1]["history"]] == [f"{n:02}" for n in range(13, 22)]


def test_hostile_text_stays_text(page: Page) -> None:
    answer = answer_of(HOSTILE) | {"corrections": [{"written": HOSTILE, "understood": HOSTILE, "kinds": []}]}
    with misbehaving(lambda service, _: send(service, answer)) as (address, _):
        page.goto(address)
        ask(page, HOSTILE)
        expect(last_answer(page).locator(".prose li")).to_have_text([f"{HOSTILE}1"])
        expect(last_answer(page).locator(".understood")).to_contain_text(HOSTILE)
        expect(last_answer(page).locator("img, script")).to_have_count(0)
        assert page.title().startswith("<img")
        assert not scrolls_sideways(page)


def test_fifty_practices_fold_their_sources_and_are_not_read_out_to_the_end(page: Page) -> None:
    answer = answer_of(*(f"第{n}地出台了第{n}项办法，支持智能建造。" for n in range(50)))
    with misbehaving(lambda service, _: send(service, answer)) as (address, _):
        page.goto(address)
        ask(page)
        expect(last_answer(page).locator(".prose li")).to_have_count(50)
        expect(last_answer(page).locator(".sources ol")).to_be_hidden()
        log = page.get_by_role("log").locator("p")
        expect(log.last).to_have_text(f"{DONE}，共 50 处出处。")
        assert log.count() < 20
        expect(page.locator(".turn h2")).to_be_in_viewport()
        last_answer(page).get_by_text("出处（50 条做法）").click()
        expect(last_answer(page).locator(".sources li")).to_have_count(50)
        assert not scrolls_sideways(page)


def test_feedback_is_sent_only_when_told_to_and_a_refusal_is_said(page: Page) -> None:
    given: list[dict[str, Any]] = []

    def listens(service: Misbehaving, body: dict[str, Any]) -> None:
        if service.path != "/v1/feedback":
            send(service, answer_of("好。") | {"hits": [hit()]})
            return
        given.append(body)
        service.reply(201 if len(given) > 1 else 404, b"{}", "application/json")

    with misbehaving(listens) as (address, _):
        page.goto(address)
        ask(page)
        expect(last_answer(page).locator(".tools")).to_be_visible()
        ask(page, "那苏州呢？")
        answer = last_answer(page)
        answer.get_by_role("button", name="没有帮助").click()
        note = answer.get_by_role("textbox", name="哪里不对")
        expect(note).to_be_focused()
        page.keyboard.press("Escape")
        expect(note).to_be_hidden()
        expect(answer.get_by_role("button", name="没有帮助")).to_be_focused()
        answer.get_by_role("button", name="有帮助", exact=True).click()
        answer.get_by_role("textbox", name="哪里有帮助").fill(" 很全 ")
        assert given == []
        answer.get_by_role("button", name="发送反馈").click()
        expect(answer.get_by_role("status")).to_have_text("这里暂时不能提交反馈。")
        answer.get_by_role("button", name="发送反馈").click()
        expect(answer.get_by_role("status")).to_have_text("谢谢，已经收到。")
        expect(answer.get_by_role("button", name="有帮助", exact=True)).to_be_disabled()
    assert given[1] == {
        "question": "那苏州呢？",
        "history": [QUESTION],
        "practice_ids": ["made-up:9.9.9"],
        "verdict": "up",
        "note": "很全",
    }
