"""Correct slips of the pen and read pinyin, towards words of the corpus alone.

The text is decoded as what came through a noisy channel (Kernighan, Church and Gale, "A Spelling Correction Program
Based on a Noisy Channel Model", COLING 1990): of all ways to have meant it, taken is the one that is most probable
with how likely its words are (`index.lexicon`) and how likely the slips are (`_COSTS`). To have meant what stands there
is one of the ways.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from corpus.regions import gazetteer
from index.latin import read_as_pinyin
from index.lexicon import Lexicon
from index.pinyin import sounds
from index.slip_words import Candidate, SlipWords
from index.tokens import Script, Tokenizer, function_words, script
from index.types import Correction, SlipKind

# What a slip costs in nats: how seldom it happens to a character, and how many others could stand in its place.
_COSTS: Mapping[SlipKind, float] = {
    SlipKind.SOUND: -log(0.003 / 10),
    SlipKind.NEAR_SOUND: -log(0.0008 / 30),
    SlipKind.ORDER: -log(0.00015),
    SlipKind.MISSING: -log(0.00015),
    SlipKind.CHARACTER: -log(0.0005 / 3000),
    SlipKind.PINYIN: 0.0,
    SlipKind.NEAR_PINYIN: -log(0.02),
}
# Letters that mean nothing else are pinyin one time in ten; a letter that is not can be any.
_SPELLED = -log(0.1)
_LETTER = log(26)
_LONGEST = 8
# Longer texts are not questions that someone typed.
_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class _Step:
    """Hold one word of a way to read the text: it ends at `end`, cost `total` with all before it."""

    end: int
    word: str
    total: float
    before: _Step | None
    start: int
    slip: Candidate | None


class Speller:
    """Correct questions to a corpus; safe to share between threads."""

    def __init__(self, lexicon: Lexicon, tokenizer: Tokenizer) -> None:
        self._lexicon = lexicon
        self._tokenizer = tokenizer
        names = _place_names()
        self._words = SlipWords(word for word in (*lexicon.counts, *names) if len(word) > 1 and _is_chinese(word))
        self._grammar = SlipWords((word for word in function_words() if _is_chinese(word)), shortest=1)
        self._known = frozenset(names)

    def correct(self, text: str) -> tuple[str, tuple[Correction, ...]]:
        """Return a normalised text as it was meant, and what was corrected in it, in its order.

        A text of words that the corpus holds, or that is too long for a question, is returned as it is; so is one
        whose correction would be corrected again.
        """
        corrected, corrections = self._once(text)
        if corrections and self._once(corrected)[0] != corrected:
            return text, ()
        return corrected, corrections

    def _once(self, text: str) -> tuple[str, tuple[Correction, ...]]:
        if len(text) > _MOST_CHARACTERS:
            return text, ()
        pinyin = read_as_pinyin(text, self._lexicon.counts)
        if not pinyin.runs and not self._doubtful(text):
            return text, ()
        lowered = _lower(text)
        spelled = pinyin.places
        steps = self._decode(lowered, spelled, self._held(text), whole=pinyin.whole)
        return _rewritten(text, steps if pinyin.whole else self._without_halves(lowered, steps, pinyin.runs, spelled))

    def _without_halves(
        self, text: str, steps: Sequence[_Step], runs: Sequence[tuple[int, int]], spelled: Container[int]
    ) -> Sequence[_Step]:
        """Leave letters as they are of which a part was read and the rest is no grammar: xianjin is not 西安jin.

        Nor is xianli 西安里: what is read of a run has more than one syllable, however it is cut.
        """
        unread = {step.start for step in steps if step.slip is None and step.start in spelled}
        short = {step.start for step in steps if step.slip and text[step.start : step.end] in sounds().near}
        halves: set[int] = set()
        for start, end in runs:
            left = [place for place in range(start, end) if place in unread]
            if left and (not self._is_grammar(text, left, spelled) or not short.isdisjoint(range(start, end))):
                halves.update(range(start, end))
        return [replace(step, slip=None) if halves & set(range(step.start, step.end)) else step for step in steps]

    def _is_grammar(self, text: str, places: Sequence[int], spelled: Container[int]) -> bool:
        """Tell whether the letters at `places`, in order, are the pinyin of function words."""
        reached = {places[0]}
        for place in places:
            if place in reached or place - 1 not in places:
                reached.add(place)
                reached.update(slip.end for slip in self._grammar.at(text, place, spelled, frozenset()))
        return all(place + 1 in reached for place in places if place + 1 not in places)

    def _doubtful(self, text: str) -> bool:
        """Tell whether a text holds Chinese that is not words of the corpus and grammar, however it is cut."""
        return not all(self._reads("".join(run)) for run in self._tokenizer.words(text))

    def _reads(self, run: str) -> bool:
        reached = {0}
        for start in range(len(run)):
            if start in reached:
                ends = range(start + 1, min(start + _LONGEST, len(run)) + 1)
                reached.update(end for end in ends if self._holds(run[start:end]))
        return len(run) in reached

    def _holds(self, word: str) -> bool:
        held = word in self._lexicon.counts or word in self._known
        return word in function_words() or (len(word) > 1 and held)

    def _held(self, text: str) -> frozenset[int]:
        """Return the places of characters that stay: in words that the corpus holds, in grammar, and in place names."""
        places: set[int] = set()
        for mention in gazetteer().mentions(text):
            if not mention.written.isascii():
                places.update(range(mention.span.start, mention.span.end))
        start = 0
        for run in self._tokenizer.words(text):
            start = text.index(run[0], start)
            for word in run:
                if len(word) > 1 and self._holds(word):
                    places.update(range(start, start + len(word)))
                start += len(word)
        return frozenset(places)

    def _decode(self, text: str, spelled: Container[int], held: frozenset[int], *, whole: bool) -> Sequence[_Step]:
        """Return the words of the cheapest way to have meant `text` (Viterbi)."""
        ends: list[dict[str, _Step]] = [{} for _ in range(len(text) + 1)]
        ends[0][""] = _Step(0, "", 0.0, None, 0, None)
        for start in range(len(text)):
            if not ends[start]:
                continue
            befores = list(ends[start].values())
            for end, word, cost in self._as_written(text, start, spelled):
                self._reach(ends, befores, start, end, word, cost, None)
            if all(place in held for place in range(start, min(start + _LONGEST, len(text)))):
                continue
            for slip in self._slips(text, start, spelled, held, whole=whole):
                self._reach(ends, befores, start, slip.end, slip.word, _cost(slip), slip)
        last = min(ends[len(text)].values(), key=lambda step: step.total)
        steps: list[_Step] = []
        while last.before is not None:
            steps.append(last)
            last = last.before
        return steps[::-1]

    def _reach(
        self,
        ends: list[dict[str, _Step]],
        befores: Sequence[_Step],
        start: int,
        end: int,
        word: str,
        cost: float,
        slip: Candidate | None,
    ) -> None:
        """Add the cheapest way to `word` at `end`; `cost` is without how likely the word is."""
        chinese = bool(word) and _is_chinese(word)
        best: tuple[float, _Step] | None = None
        alone = self._lexicon.cost(word) if chinese else 0.0
        for before in befores:
            total = (
                before.total
                + cost
                + (self._lexicon.cost_after(before.word, word) if chinese and before.word else alone)
            )
            if best is None or total < best[0]:
                best = (total, before)
        if best is not None and (word not in ends[end] or best[0] < ends[end][word].total):
            ends[end][word] = _Step(end, word, best[0], best[1], start, slip)

    def _as_written(self, text: str, start: int, spelled: Container[int]) -> list[tuple[int, str, float]]:
        character = text[start]
        if start in spelled:
            return [(start + 1, "", _LETTER)]
        if not _is_chinese(character):
            return [(start + 1, "", 0.0)]
        found = [(start + 1, character, 0.0)]
        for end in range(start + 2, min(start + _LONGEST, len(text)) + 1):
            word = text[start:end]
            if not self._tokenizer.begins(word):
                break
            if self._tokenizer.frequency(word):
                found.append((end, word, 0.0))
        return found

    def _slips(
        self, text: str, start: int, spelled: Container[int], held: Container[int], *, whole: bool
    ) -> list[Candidate]:
        found = list(self._words.at(text, start, spelled, held))
        if whole:
            found += self._grammar.at(text, start, spelled, held)
        return found


def _cost(slip: Candidate) -> float:
    return sum(_COSTS[kind] for kind in slip.kinds) + (_SPELLED if _is_spelled(slip.kinds) else 0.0)


def _is_spelled(kinds: Sequence[SlipKind]) -> bool:
    return SlipKind.PINYIN in kinds or SlipKind.NEAR_PINYIN in kinds


def _is_chinese(word: str) -> bool:
    return script(word) is Script.HAN


def _lower(text: str) -> str:
    """Return a text in lower case and as long as it was: İ has two characters in lower case."""
    return "".join(character.lower() if character.isascii() else character for character in text)


def _place_names() -> list[str]:
    """Return the names of provinces and of the places right under them, in full and short."""
    regions = [region for region in gazetteer().regions.values() if region.code.endswith("00")]
    return [name for region in regions for name in (region.short, region.name) if len(name) > 1]


def _rewritten(text: str, steps: Sequence[_Step]) -> tuple[str, tuple[Correction, ...]]:
    """Write a text anew, and say what was changed; corrections that touch, or that only a space parts, are one."""
    pieces: list[str] = []
    corrections: list[Correction] = []
    last: int | None = None
    for step in steps:
        written = text[step.start : step.end]
        if step.slip is None:
            pieces.append(written)
            continue
        kinds = step.slip.kinds
        gap = None if last is None else text[last : step.start]
        if gap == "" or (gap == " " and _is_spelled(kinds) and _is_spelled(corrections[-1].kinds)):
            before = corrections.pop()
            # Chinese has no spaces between words, as pinyin has.
            del pieces[len(pieces) - len(gap) :]
            corrections.append(
                Correction(before.written + gap + written, before.understood + step.word, (*before.kinds, *kinds))
            )
        else:
            corrections.append(Correction(written, step.word, kinds))
        pieces.append(step.word)
        last = step.end
    unique = (replace(correction, kinds=tuple(dict.fromkeys(correction.kinds))) for correction in corrections)
    return "".join(pieces), tuple(unique)
