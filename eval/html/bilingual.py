"""Texts in Chinese and English side by side; the style sheet shows the one that the reader chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from eval.bootstrap import Interval

CHINESE = "zh-Hans"
ENGLISH = "en"

NOTHING = "–"
_MINUS = "−"


@dataclass(frozen=True, slots=True)
class Text:
    """Hold one text in both languages; in a template it becomes both, each marked with its language."""

    zh: str
    en: str

    def __html__(self) -> Markup:
        """Return both as HTML, escaped unless they are Markup."""
        return self.marked("span")

    def marked(self, tag: str, attributes: str = "") -> Markup:
        """Return both as elements `tag`, with more `attributes` of our own making."""
        start = Markup(
            "<" + tag + ' class="t" lang="{}"' + (" " + attributes if attributes else "") + ">{}</" + tag + ">"
        )
        return start.format(CHINESE, printable(self.zh)) + start.format(ENGLISH, printable(self.en))


def same(text: str) -> Text:
    """Return a text that is the same in both languages."""
    return Text(text, text)


def joined(parts: list[Text]) -> Text:
    """Put sentences one after another, with a space where English wants one."""
    return Text("".join(part.zh for part in parts), " ".join(part.en for part in parts))


def listed(parts: list[Text]) -> Text:
    """Join parts of a sentence: 、 in Chinese, a comma in English."""
    return Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def figure(value: float | None) -> str:
    """Return a figure with three digits, – where it has no meaning."""
    return NOTHING if value is None else f"{value:.3f}".replace("-", _MINUS)


def signed(value: float | None) -> str:
    """Return a difference with its sign and three digits; what rounds to nothing has no sign."""
    if value is None:
        return NOTHING
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", _MINUS)


def percent(value: float | None) -> str:
    """Return a share in percent with one digit, – where it has no meaning."""
    return NOTHING if value is None else f"{value:.1%}"


def span(interval: Interval | None) -> str:
    """Return the ends of an interval, empty where there is none."""
    return f"{figure(interval.low)}–{figure(interval.high)}" if interval else ""


def signed_span(interval: Interval | None) -> str:
    """Return the ends of an interval of a difference, in brackets, empty where there is none."""
    return f"[{signed(interval.low)}, {signed(interval.high)}]" if interval else ""


def number(value: float) -> str:
    """Return a score of any size to three digits, in plain writing where that is short."""
    return f"{value:.3g}".replace("-", _MINUS)


def chance(p: float) -> str:
    """Return a probability with three digits, small ones as a bound."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def megabytes(size: int) -> str:
    """Return a size given in bytes in MB, of a million bytes each."""
    return f"{size / 1e6:.1f} MB" if size < 1e7 else f"{size / 1e6:.0f} MB"


def milliseconds(value: float) -> str:
    """Return a time given in milliseconds with as many digits as are worth reading."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def moment(written: str) -> str:
    """Return a time of ISO 8601 to the minute, anything else as it is."""
    try:
        return datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M %Z").strip()
    except ValueError:
        return written


def language(text: str) -> str:
    """Return the language tag for a text of strangers: `zh` where it holds Han characters, else empty, unknown.

    Without it a browser may show Chinese in Japanese shapes on an English page.
    """
    return "zh" if any("\u3400" <= character <= "\u9fff" for character in text) else ""


def printable(value: object) -> object:
    """Return a text without characters that HTML can't hold: U+FFFD stands for each; other values as they are."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join("\ufffd" if _unprintable(character) else character for character in value)


def _unprintable(character: str) -> bool:
    code = ord(character)
    return (
        (code < 0x20 and character not in "\t\n\r")
        or 0x7F <= code < 0xA0
        or 0xD800 <= code < 0xE000
        or 0xFDD0 <= code < 0xFDF0
        or code & 0xFFFE == 0xFFFE
    )
