"""Who can use the page: names, contrast, narrow windows, motion; and the source layout, in a real browser."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from page_steps import QUESTION, OpenPage, ask, marked, scrolls_sideways
from playwright.sync_api import Page, expect

pytest_plugins = ["service_fixtures", "page_fixtures"]

PATHS = ["/", f"/?q={QUESTION}", "/?q=怎么做红烧肉", "/practices/mohurd-2024-131:3.1.3"]

# The contrast of each text in sight with what lies behind it, by WCAG 2.2, where it is too low: 4.5, or 3 if large.
LOW_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const channels = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] === 255) return color;
    }
    return 'Canvas';
  };
  const low = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility() || node.closest('.sr-only, .skip')) continue;
    const style = getComputedStyle(node);
    const one = luminance(style.color) + 0.05;
    const other = luminance(behind(node)) + 0.05;
    const contrast = Math.max(one, other) / Math.min(one, other);
    if (contrast < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) low.push([node.className, contrast, style.color]);
  }
  return low;
}"""


def _ready(page: Page) -> None:
    expect(page.locator("#practices .practice, .turn .tools, .one-practice .practices").first).to_be_visible()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_lies_behind(open_page: OpenPage, path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme)
    _ready(page)
    assert page.evaluate(LOW_CONTRAST) == []
    opener = page.locator(".cite:visible").or_(page.get_by_role("button", name="看原文")).first
    opener.click()
    expect(page.locator("#source mark").first).to_be_visible()
    assert page.evaluate(LOW_CONTRAST) == []


@pytest.mark.parametrize("path", PATHS)
def test_whatever_can_be_used_has_a_name(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    _ready(page)
    for folded in page.locator("details:not([open]) summary").all():
        folded.click()
    if path != "/" and page.locator(".tool.down").count():
        page.locator(".tool.down").click()
    tree = page.locator("body").aria_snapshot()
    assert re.search(r"- (button|link|textbox)", tree)
    assert not re.findall(r"- (?:button|link|textbox|dialog|heading)(?: \[[^\]]+\])*:?$", tree, re.M)
    levels = [
        int(level)
        for level in page.locator("h1:visible, h2:visible, h3:visible").evaluate_all(
            "nodes => nodes.map((node) => node.tagName[1])"
        )
    ]
    assert levels[0] <= 2
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    identifiers = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(identifiers) == len(set(identifiers))
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_page_without_scrolling_sideways(open_page: OpenPage, path: str, scheme: str) -> None:
    page = open_page(path, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    _ready(page)
    assert not scrolls_sideways(page)
    page.locator(".cite:visible").or_(page.get_by_role("button", name="看原文")).first.click()
    expect(page.locator("#source mark").first).to_be_in_viewport()
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    assert not scrolls_sideways(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_nothing_moves(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    ask(page, QUESTION).locator(".cite").first.click()
    expect(page.locator("#source mark").first).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_finger_meets_what_it_aims_at(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    answer = ask(page, QUESTION)
    for control in answer.locator(".prose .cite, .tools button").all():
        box = control.bounding_box()
        assert box is not None
        # WCAG 2.2, 2.5.8: 24 pixels, or as much room around.
        assert min(box["width"], box["height"]) >= 20


def test_offsets_count_code_points_and_a_mark_may_cross_cells_and_paragraphs(open_page: OpenPage) -> None:
    text = "𠮷𠮷 甲\r\n序\t<p>1. 一𠮷二</p> <p>2. 三</p>\t四\n五<六"
    start, end = text.index("一"), text.index("六")
    page = open_page()
    _show_source(page, text, text[start:end], start, end)
    assert marked(page) == text[start:end]
    words = ["𠮷𠮷", "甲", "序", "1.", "一𠮷二", "2.", "三", "四", "五<六"]
    assert page.locator("#source-text").inner_text().split() == words


def test_a_quote_that_is_not_in_the_source_is_owned_up_to(open_page: OpenPage) -> None:
    page = open_page()
    _show_source(page, "原文在这里，没有那句话。", "原文里没有的话", 0, 7)
    expect(page.locator("#source").get_by_role("alert")).to_contain_text("引文与原文对不上")


def _show_source(page: Page, text: str, quote: str, start: int, end: int) -> None:
    citation = {
        "document_id": "made-up",
        "document_title": "",
        "document_number": "",
        "quote": quote,
        "spans": [{"start": start, "end": end}],
    }
    page.evaluate(
        """async ([text, citation]) => {
          const { openSource } = await import('/assets/panel.js');
          openSource({ document: async () => ({ text }) }, citation, document.body);
        }""",
        [text, citation],
    )
