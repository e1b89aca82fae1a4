"""Choose what is trained on together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.training.examples import Collection, Example, Text

# Of a list, so many passages at most, so many questions on each, and so many that several of them answer.
_PASSAGES, _EACH, _SEVERAL = 60, 4, 6
# Of what is no list, so many questions, each with its passage and one that looks like it.
_WINDOWS = 20
# How often a written passage stands under its heading, as a practice of a list does.
_UNDER_HEADING = 2 / 3


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Hold questions and passages; `answers` and `unknown` are (questions, passages).

    Where neither is true, the passage is known not to answer.
    """

    queries: tuple[str, ...]
    passages: tuple[Text, ...]
    answers: NDArray[np.bool_]
    unknown: NDArray[np.bool_]


class Draw:
    """Draw batches of one collection; each passage, and each question on it, comes once before it comes again."""

    def __init__(self, collection: Collection, rng: random.Random) -> None:
        self.collection = collection
        self._rng = rng
        self._queues: dict[str | int, list[int]] = {}
        self._single: dict[int, list[Example]] = {}
        for example in collection.examples:
            if len(example.passages) == 1:
                self._single.setdefault(example.passages[0], []).append(example)
        self._several = [example for example in collection.examples if len(example.passages) > 1]

    def batch(self) -> Batch:
        """Return the next batch."""
        return self._of_list() if self.collection.is_list else self._of_windows()

    def _of_list(self) -> Batch:
        """Return a list as it is searched: questions on each of its passages, and those on several of them."""
        numbers = self._next("passages", range(len(self.collection.passages)), _PASSAGES)
        examples = [
            self._single[number][place]
            for number in numbers
            for place in self._next(number, range(len(self._single.get(number, ()))), _EACH)
        ]
        examples += [self._several[place] for place in self._next("several", range(len(self._several)), _SEVERAL)]
        examples = [example for example in examples if not set(example.passages).isdisjoint(numbers)]
        texts = [self.collection.passages[number] for number in numbers]
        return _batch(
            examples, numbers, [text if self._rng.random() < _UNDER_HEADING else text.bare() for text in texts]
        )

    def _of_windows(self) -> Batch:
        """Return questions with a passage each, and as many that look like these."""
        places = self._next("examples", range(len(self.collection.examples)), _WINDOWS)
        examples = [self.collection.examples[place] for place in places]
        numbers = [example.passages[0] for example in examples]
        numbers += [self._rng.choice(example.negatives) for example in examples if example.negatives]
        numbers = list(dict.fromkeys(numbers))
        return _batch(examples, numbers, [self.collection.passages[number] for number in numbers])

    def _next(self, name: str | int, pool: Sequence[int], count: int) -> list[int]:
        """Return `count` different numbers of a pool, or all of a smaller one."""
        queue = self._queues.setdefault(name, [])
        drawn: list[int] = []
        while len(drawn) < min(count, len(pool)):
            if not queue:
                # What was drawn a moment ago comes last.
                queue.extend(
                    [*drawn, *self._rng.sample([one for one in pool if one not in drawn], len(pool) - len(drawn))]
                )
            drawn.append(queue.pop())
        return drawn


def batches(collections: Sequence[Collection], shares: Sequence[float], rng: random.Random) -> Iterator[Batch]:
    """Yield batches for ever, each of one collection; `shares` are how often each comes."""
    draws = [Draw(collection, rng) for collection in collections]
    while True:
        (draw,) = rng.choices(draws, shares)
        yield draw.batch()


def _batch(examples: Sequence[Example], numbers: Sequence[int], texts: Sequence[Text]) -> Batch:
    answers = np.array([[number in example.passages for number in numbers] for example in examples])
    # Other passages of a document that answers may answer too.
    sources = [{text.source for text, answer in zip(texts, row, strict=True) if answer} for row in answers]
    same = np.array([[text.source in own for text in texts] for own in sources])
    return Batch(tuple(example.query for example in examples), tuple(texts), answers, same & ~answers)
