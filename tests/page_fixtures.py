"""The pages that a test opens, watched for errors and for requests to other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from page_steps import OpenPage
from playwright.sync_api import Browser, Page


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
    return not url.startswith((f"{address}/", "data:", "blob:"))
