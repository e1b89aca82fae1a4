"""Choose what is trained on together."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from eval.training.examples import Collection, Example


def batches(
    collections: Sequence[Collection], shares: Sequence[float], size: int, rng: random.Random, *, by_field: bool
) -> Iterator[tuple[Collection, list[Example]]]:
    """Yield batches for ever, each of one collection, or of one field of one, as the practices of a list are.

    No two examples of a batch have the same passage; a field with fewer passages than `size` gives a smaller batch.
    `shares` are how often a collection comes. Each example comes once before any comes again.
    """
    queues: dict[tuple[str, str], list[Example]] = defaultdict(list)
    while True:
        (collection,) = rng.choices(collections, shares)
        field = rng.choice(collection.examples).field if by_field else ""
        pool = [example for example in collection.examples if not by_field or example.field == field]
        queue = queues[collection.name, field]
        yield collection, _draw(queue, pool, min(size, len({example.passage for example in pool})), rng)


def _draw(queue: list[Example], pool: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """Take `count` examples of different passages from a queue, which is filled again when it is empty."""
    drawn: dict[int, Example] = {}
    later: list[Example] = []
    while len(drawn) < count:
        if not queue:
            queue.extend(rng.sample(pool, len(pool)))
        example = queue.pop()
        if example.passage in drawn:
            later.append(example)
        else:
            drawn[example.passage] = example
    queue.extend(later)
    return list(drawn.values())
