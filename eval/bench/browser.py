"""Open the page and the widget in Chromium: when the first sentence of an answer is seen, what was loaded for it."""

from __future__ import annotations

import re
import shutil
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from eval.bench.processes import HOST, BenchError
from eval.bench.table import Row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MAX_SECONDS = 1
MAX_SIZE = 60
KILOBYTE = 1000
_TIMEOUT = 60_000
# Nothing that a browser does of its own accord should count; a sandbox can't be had by root nor in a container.
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
# Looks before each frame; what it finds is painted by the time of the next. Times count from the navigation's start.
_WATCH = """globalThis.seen = new Promise((resolve) => {
  const look = () => {
    const prose = document.querySelector(".answer .prose");
    if (prose?.textContent.trim() && prose.checkVisibility()) requestAnimationFrame(() => resolve(performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


class BrowserError(BenchError):
    """Report a browser that is missing or can't show what is to be measured."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Hold what a page loaded: bytes of the service's `files` and of its `answers`, and the addresses of any others."""

    files: int
    answers: int
    foreign: tuple[str, ...]


def sort_loaded(requests: Iterable[tuple[str, int]], service: str, own: str) -> Loaded:
    """Part what a page loaded: the address of each request with its uncompressed bytes.

    `service` and `own` are the origins of the service and of the page; what the page has of its own site counts for
    nothing. A file counts once, however often it was asked for: browsers fetch an icon for the page and for its tab.
    """
    files: dict[str, int] = {}
    answers = 0
    foreign: list[str] = []
    for url, size in requests:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin == service and parts.path.startswith("/v1/"):
            answers += size
        elif origin == service:
            files[url] = max(size, files.get(url, 0))
        elif parts.scheme not in ("data", "blob") and origin != own:
            foreign.append(url)
    return Loaded(sum(files.values()), answers, tuple(foreign))


def measure_browser(questions: Sequence[str], port: int, echo_port: int) -> list[Row]:
    """Return the figures of the page and of the widget; rows that say why where there is none.

    The page is opened once for each question, with nothing kept from the one before, in turns with a page of one
    sentence. The service on `port` must let in the pages of `echo_port`, where `eval.bench.echo` runs.
    """
    service, other = f"http://{HOST}:{port}", f"http://{HOST}:{echo_port}"
    try:
        with _browser() as browser:
            plain: list[float] = []
            pages: list[tuple[float, list[tuple[str, int]]]] = []
            for question in questions:
                plain.append(_open_page(browser, f"{other}/page")[0])
                pages.append(_open_page(browser, f"{service}/?{urlencode({'q': question})}"))
            widget = sort_loaded(_use_widget(browser, f"{other}/host/{port}", questions[0]), service, other)
    except BrowserError as error:
        return browser_rows(None, None, (), None, f" (not measured: {error})")
    loaded = [sort_loaded(requests, service, service) for _, requests in pages]
    for url in sorted({url for one in (*loaded, widget) for url in one.foreign}):
        print(f"asked a third party: {url}", file=sys.stderr)
    times = [seconds for seconds, _ in pages]
    return browser_rows(statistics.median(times), statistics.median(plain), loaded, widget)


def browser_rows(
    seconds: float | None, plain: float | None, pages: Sequence[Loaded], widget: Loaded | None, note: str = ""
) -> list[Row]:
    """Return the rows of what was measured: of several `pages`, the most that one loaded; `note` ends each name."""
    files = max((one.files for one in pages), default=None)
    answers = max((one.answers for one in pages), default=None)
    foreign = {url for one in (*pages, widget) if one for url in one.foreign}
    beside = "a page of one sentence"
    opened = f"`/?q=…` in Chromium, first sentence seen{note}"
    return [
        Row(opened, "s", seconds, MAX_SECONDS, beside=beside, baseline=plain),
        Row(f"page: files up to the answer{note}", "kB", _kilobytes(files), MAX_SIZE),
        Row(f"page: answers of the API beside them{note}", "kB", _kilobytes(answers)),
        Row(f"widget: files up to the answer{note}", "kB", _kilobytes(widget.files if widget else None), MAX_SIZE),
        Row(f"page and widget: third parties asked{note}", "requests", len(foreign) if pages else None, 0),
    ]


@contextmanager
def _browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise BrowserError("playwright is not installed") from None
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        if not Path(path).exists():
            raise BrowserError("chromium is not installed")
        try:
            browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
            yield browser
            browser.close()
        except Error as error:
            raise BrowserError(error.message.partition("\n")[0]) from None


def _open_page(browser: Browser, url: str) -> tuple[float, list[tuple[str, int]]]:
    """Return the seconds until the first sentence is seen, and what was loaded until the answer was whole."""
    with _fresh_page(browser) as (page, loaded):
        page.add_init_script(_WATCH)
        page.goto(url)
        # The promise alone would be waited for without end.
        page.locator(".answer .prose").filter(has_text=re.compile(r"\S")).wait_for()
        milliseconds = page.evaluate("seen")
        page.locator(".answer:not([aria-busy=true])").wait_for()
        return milliseconds / 1000, loaded()


def _use_widget(browser: Browser, url: str, question: str) -> list[tuple[str, int]]:
    """Return what was loaded on a page of another site until the widget had answered."""
    with _fresh_page(browser) as (page, loaded):
        page.goto(url)
        page.locator("zhijian-widget .launcher").click()
        box = page.locator("zhijian-widget textarea")
        box.fill(question)
        box.press("Enter")
        page.locator("zhijian-widget .answer[aria-busy=false]").wait_for()
        return loaded()


@contextmanager
def _fresh_page(browser: Browser) -> Iterator[tuple[Page, Callable[[], list[tuple[str, int]]]]]:
    """Yield a page with an empty cache, and what tells its requests so far with the uncompressed bytes of each."""
    context = browser.new_context()
    context.set_default_timeout(_TIMEOUT)
    page = context.new_page()
    urls: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    network = context.new_cdp_session(page)
    network.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    network.on("Network.dataReceived", lambda event: sizes.update({event["requestId"]: event["dataLength"]}))
    network.send("Network.enable")
    try:
        yield page, lambda: [(url, sizes[request]) for request, url in urls.items()]
    finally:
        context.close()


def _kilobytes(size: int | None) -> float | None:
    return None if size is None else size / KILOBYTE
