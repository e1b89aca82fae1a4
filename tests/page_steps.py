"""What tests of the page do and look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

import service

WEB = Path(service.__file__).parent / "web"
QUESTION = "哪些地方编制了建筑机器人补充定额？"
PRACTICE = "苏州、佛山、湖北编制发布建筑机器人补充定额"

OpenPage = Callable[..., Page]

# How long a busy machine may take to answer, in milliseconds.
expect.set_options(timeout=30_000)


def ask(page: Page, question: str) -> Locator:
    """Ask on a page and return its last answer once it is whole."""
    page.get_by_role("textbox", name="问题").fill(question)
    page.get_by_role("textbox", name="问题").press("Enter")
    expect(page.locator(".turn:visible h2").last).to_have_text(question)
    answer = last_answer(page)
    expect(answer).to_have_attribute("aria-busy", "false")
    return answer


def last_answer(page: Page) -> Locator:
    """Return the last answer in sight."""
    return page.locator(".turn:visible .answer").last


def marked(page: Page) -> str:
    """Return what is marked in the source panel."""
    expect(page.locator("#source mark").first).to_be_attached()
    return "".join(page.locator("#source mark").all_text_contents())


def scrolls_sideways(page: Page) -> bool:
    """Tell whether a page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
