"""Cut what a language model writes into sentences, and each into pieces with the marks that stand behind them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from corpus.sentences import sentence_spans

# Few sentences are longer; what has no end should not be kept for ever.
_LONGEST = 1_500
_NUMBERS = r"\d{1,3}(?:\s*[,，、;；–—~-]\s*\d{1,3}){0,40}"
_MARK = rf"[\[［【]\s*\^?{_NUMBERS}\s*[\]］】]"
_MARKS = re.compile(rf"{_MARK}(?:[ \t]*{_MARK})*")
_MASKED = re.compile(rf"[ \t]*{_MARK}")
# A mark after an English full stop is moved before it: there the sentence can be seen to end.
_STOP_FIRST = re.compile(rf"\.((?:[ \t]*{_MARK})+)(?=\s)")
_OPEN_MARK = re.compile(r"[ \t]*(?:[\[［【][\^\d\s,，、;；–—~-]*)?")
_RANGE = re.compile(r"(\d+)\s*[–—~-]\s*(\d+)|(\d+)")
_FORMAT = re.compile(r"\*\*+|__+|`+|~~+|^[ \t]*(?:#{1,6}|>)[ \t]+", re.MULTILINE)
# Numbers of lines go, too: where a line is left out, the rest would be misnumbered.
_BULLET = re.compile(r"[ \t]*(?:[-*+·▪●•][ \t]+|[(（]?\d{1,2}[.、)）](?!\d)[ \t]*)+")
# Without these no link can be written, and no tag.
_PLAIN = str.maketrans({"[": "［", "]": "］", "<": "＜", ">": "＞", "|": "｜"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a run of text and the numbers that the model put behind it, as it wrote them."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold one sentence: the white space `before` it, and its pieces, at least one."""

    before: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """Return the sentence without its marks."""
        return "".join(piece.text for piece in self.pieces)


class Cutter:
    """Take a text as it comes, and give its sentences as soon as each has ended."""

    def __init__(self) -> None:
        self._rest = ""
        self._first = True

    def feed(self, text: str) -> list[Statement]:
        """Return the sentences that have ended with `text`."""
        self._rest = _STOP_FIRST.sub(r"\1.", self._rest + _visible(text))
        # A mark behind its end belongs to a sentence, and it may still be on its way.
        ends = _ends(self._rest)[:-1]
        if ends and _OPEN_MARK.fullmatch(self._rest[ends[-1] :]):
            ends.pop()
        if not ends and len(self._rest) > _LONGEST:
            ends = [len(self._rest)]
        return self._cut(ends)

    def end(self) -> list[Statement]:
        """Return what is left, now that nothing more comes."""
        self._rest = re.sub(rf"\.((?:[ \t]*{_MARK})+)$", r"\1.", self._rest)
        return self._cut(_ends(self._rest))

    def _cut(self, ends: list[int]) -> list[Statement]:
        found: list[Statement] = []
        start = 0
        for end in ends:
            sentence = self._rest[start:end]
            bare = sentence.strip()
            before = sentence[: sentence.find(bare)]
            if "\n" in before or self._first:
                bare = _BULLET.sub("• ", bare, count=1) if _BULLET.match(bare) else bare
            self._first = False
            found.append(Statement(before, _pieces(bare)))
            # Space behind a sentence stands before the next.
            start += len(sentence.rstrip())
        self._rest = self._rest[start:]
        return found


def _ends(text: str) -> list[int]:
    """Return where the sentences of a text end, with the marks behind them."""
    masked = _MASKED.sub(lambda mark: ")" * len(mark[0]), text)
    return [span.end for span in sentence_spans(masked)]


def _pieces(sentence: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    written: list[tuple[int, ...]] = []
    start = 0
    for marks in _MARKS.finditer(sentence):
        written.append(_listed(marks[0]))
        text = _shown(sentence[start : marks.start()])
        if text.strip():
            pieces.append(Piece(text, written[-1]))
        start = marks.end()
    rest = _shown(sentence[start:]).rstrip()
    everything = tuple(dict.fromkeys(number for numbers in written for number in numbers))
    if not pieces:
        # “[1] 嘉兴……”: a mark before a text is its own.
        return (Piece(rest.lstrip(), everything),)
    if any(map(str.isalnum, rest)):
        pieces.append(Piece(rest, everything))
    else:
        pieces[-1] = Piece(pieces[-1].text.rstrip() + rest.strip(), pieces[-1].numbers)
    return tuple(pieces)


def _listed(marks: str) -> tuple[int, ...]:
    """Return the numbers of marks in a row: [1][3], [1, 3], [1-3]."""
    numbers: list[int] = []
    for first, last, single in _RANGE.findall(unicodedata.normalize("NFKC", marks)):
        low, high = (int(single),) * 2 if single else (int(first), int(last))
        numbers.extend(range(low, high + 1))
    return tuple(dict.fromkeys(numbers))


def _shown(text: str) -> str:
    """Return a text as plain text: no emphasis, no headings, no brackets that a page could take for a link."""
    plain = _FORMAT.sub("", text).translate(_PLAIN)
    # Right behind a mark, [1](…) and [1]: … are links too.
    return re.sub(r"^\s*[(:]", lambda first: first[0][:-1] + {"(": "（", ":": "："}[first[0][-1]], plain)


def _visible(text: str) -> str:
    """Return a text without what is not drawn, surrogates included, but with its spaces and line ends."""
    text = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
