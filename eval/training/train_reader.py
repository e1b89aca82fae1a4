"""Train the reader over the bundled encoder: `python -m eval.training.train_reader --data DIR [--steps N]`.

`--data` holds the BEIR folders `drcd` and `cmrc2018`. Writes `index/data/reader.npz`. Two cores take a quarter of an
hour, half of it to encode what is read; with no wide vector instructions, an hour. The numbers drawn are the same each
time.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from corpus.errors import ZhijianError
from eval.training.reading_examples import (
    Contrasts,
    against_absent,
    against_others,
    read_held_terms,
    read_near_misses,
    read_pairs,
)
from eval.training.reading_net import ReadingNet
from eval.training.reading_vectors import Vectors
from eval.training.train import WRITTEN, read_collections
from index.encoder import Encoder, open_encoder
from index.reader import READER_FILE

_SEED = 1
STEPS = 3000
_BATCH = 32
_RATE = 1e-3
_WEIGHT_DECAY = 0.05
_DROPOUT = 0.2
_NARROW, _WIDTH = 64, 128
_WARM_UP = 50
_DECAY_TO = 0.02
_LARGEST_GRADIENT = 1.0
# What the difference within a contrast counts for beside the two labels: it can't be had from how questions are worded.
_DIFFERENCE = 0.5
# How often a contrast is of pairs, of near misses, of terms, and of a passage and its lookalikes in written lists, in
# the encyclopedia and in public sets.
_SHARES = (0.40, 0.13, 0.12, 0.21, 0.04, 0.10)
Drawn = tuple[tuple[str, str], tuple[str, str]]
"""A contrast to train on: question and passage that answers, question and passage that does not."""

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the reader; return 0, or 1 for bad data."""
    parser = argparse.ArgumentParser(prog="python -m eval.training.train_reader", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="where the folders drcd and cmrc2018 are")
    parser.add_argument("--output", type=Path, default=READER_FILE, help="the file to write")
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    encoder = open_encoder()
    try:
        vectors, groups = read_groups(options.data, encoder)
    except ZhijianError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write(train(vectors, groups, options.steps, encoder.token_dimension), encoder.fingerprint, options.output)
    return 0


def read_groups(data: Path, encoder: Encoder) -> tuple[Vectors, list[list[Drawn]]]:
    """Return what is trained on, encoded, and the contrasts in the groups of `_SHARES`.

    Raises DataError for a bad file.
    """
    read = read_collections(data)
    collected = [*read.lists, *read.encyclopedia, *read.public]
    pairs = read_pairs([*sorted(WRITTEN.glob("pairs_*.jsonl")), *sorted(WRITTEN.glob("near_*.jsonl"))], data)
    near = [read_near_misses(path) for path in sorted(WRITTEN.glob("lists_*.jsonl"))]
    terms = read_held_terms(sorted(WRITTEN.glob("terms_*.jsonl")), read.lists)
    asked = [*collected, *(side for one in terms for side in one)]
    sides = [side for one in (pairs, *near) for each in one.contrasts for side in (each.answered, each.missing)]
    vectors = Vectors(
        encoder,
        [side.query for side in sides] + [example.query for one in asked for example in one.examples],
        [text for group in ([pairs, *near], collected) for one in group for text in one.passages],
    )
    others = (
        [against_others(one, vectors.lookalikes(one)) for one in group]
        for group in (read.lists, read.encyclopedia, read.public)
    )
    of_terms = [against_absent(held, absent, vectors.lookalikes(absent)) for held, absent in terms]
    groups = ([pairs], near, of_terms, *others)
    return vectors, [[drawn for one in group for drawn in _drawn(one, vectors)] for group in groups]


def train(vectors: Vectors, groups: Sequence[Sequence[Drawn]], steps: int, dimension: int) -> ReadingNet:
    """Train a net on the groups."""
    torch.manual_seed(_SEED)
    net = ReadingNet(dimension, _NARROW, _WIDTH, _DROPOUT)
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / _WARM_UP, max(_DECAY_TO, (steps - step) / steps))
    )
    rng = random.Random(_SEED)
    losses: list[float] = []
    for step in range(1, steps + 1):
        drawn = [rng.choice(group) for group in rng.choices(groups, _SHARES, k=_BATCH)]
        sides = [side for contrast in drawn for side in contrast]
        logits = net([vectors.asked[query] for query, _ in sides], [vectors.met[text] for _, text in sides]).view(-1, 2)
        labels = functional.softplus(torch.cat([-logits[:, 0], logits[:, 1]])).mean()
        loss = labels + _DIFFERENCE * functional.softplus(logits[:, 1] - logits[:, 0]).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 50 == 0:
            logger.info("step %d of %d: loss %.3f", step, steps, np.mean(losses[-100:]))
    return net.eval()


def write(net: ReadingNet, fingerprint: str, path: Path) -> None:
    """Write the weights, half-precision, with the fingerprint of the encoder that they fit."""
    weights = {name: weight.numpy().astype(np.float16) for name, weight in net.state_dict().items()}
    np.savez_compressed(path, encoder=np.array(fingerprint), **weights)


def _drawn(contrasts: Contrasts, vectors: Vectors) -> Iterator[Drawn]:
    """Yield each contrast as its two readings, (question, passage), but for those with a text that has no words."""
    for one in contrasts.contrasts:
        answered, missing = (
            (side.query, contrasts.passages[side.passage].text) for side in (one.answered, one.missing)
        )
        if all(len(vectors.asked[query].vectors) and len(vectors.met[text]) for query, text in (answered, missing)):
            yield answered, missing


if __name__ == "__main__":
    sys.exit(main())
