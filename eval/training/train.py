"""Train the layers of the encoder: `python -m eval.training.train --data DIR --output DIR [--steps N N]`.

The recipe of the bundled model. `--data` holds the BEIR folders `drcd` and `cmrc2018`. Two cores take about an hour.
The numbers drawn are the same each time; what a processor and a library make of bfloat16 is not.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from transformers import BertModel

from corpus.errors import ZhijianError
from eval.training.batches import batches
from eval.training.examples import Collection, read_encyclopedia, read_lists, read_windows
from eval.training.loss import contrastive_loss
from index.model.directory import Precision, convert, trim, write_directory
from index.model.packed import PackedModel, find_packed_file, read_packed
from index.model.trained import with_layers

WRITTEN = Path(__file__).parent / "data"
_SEED = 1
_SPLITS = ("test", "dev")
_WARM_UP = 0.1
_DECAY_TO = 0.02
_LARGEST_GRADIENT = 1.0
_WEIGHT_DECAY = 0.01
# The share of the way from the weights before training to those after it: a model between both keeps more of what it
# knew of other fields. After Wortsman et al., "Robust fine-tuning of zero-shot models" (CVPR 2022).
_WAY = 0.8

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Phase:
    """Say how long, how fast and on what to train.

    `written` is the share of batches from what was written for training; `by_field` makes each batch one field of a
    list, whose passages are hard to tell apart.
    """

    steps: int
    batch: int
    rate: float
    written: float
    by_field: bool


PHASES = (Phase(480, 24, 2e-5, 0.65, by_field=False), Phase(130, 20, 1.2e-5, 0.75, by_field=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and write `model.safetensors` and the directory that the service opens; return 0, or 1 for bad data."""
    parser = argparse.ArgumentParser(prog="python -m eval.training.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="where the folders drcd and cmrc2018 are")
    parser.add_argument("--output", type=Path, required=True, help="the directory to write")
    parser.add_argument("--steps", type=int, nargs=2, default=[phase.steps for phase in PHASES])
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        package = trim(read_packed(find_packed_file()))
        model, tokenizer = open_trainable(package, options.output)
        written, public = read_collections(options.data)
    except ZhijianError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    rng = random.Random(_SEED)
    for phase, steps in zip(PHASES, options.steps, strict=True):
        train(model, tokenizer, replace(phase, steps=steps), written, public, rng)
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            weight.lerp_(before[name], 1 - _WAY)
    model.save_pretrained(options.output)
    write_directory(with_layers(package, load_file(options.output / "model.safetensors")), options.output)
    return 0


def open_trainable(package: PackedModel, directory: Path) -> tuple[BertModel, Tokenizer]:
    """Return the package's model in float32, which is written to `directory` on the way, and its tokenizer.

    The embeddings stay as they are, so that they can stay in the package's own 4-bit blocks, and nothing is dropped
    out: there are few steps.
    """
    write_directory(convert(package, Precision.FP32), directory)
    model = BertModel.from_pretrained(
        directory, add_pooling_layer=False, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    model.train()
    model.embeddings.requires_grad_(False)
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return model, tokenizer


def read_collections(data: Path) -> tuple[list[Collection], list[Collection]]:
    """Return what was written for training, and the public sets under `data`; raise DataError for a bad file."""
    rng = random.Random(_SEED)
    written = [read_lists(path, rng) for path in sorted(WRITTEN.glob("lists_*.jsonl"))]
    written.append(read_encyclopedia(WRITTEN / "encyclopedia.jsonl", data, rng))
    return written, [read_windows(data / name, _SPLITS, rng) for name in ("drcd", "cmrc2018")]


def train(
    model: BertModel,
    tokenizer: Tokenizer,
    phase: Phase,
    written: Sequence[Collection],
    public: Sequence[Collection],
    rng: random.Random,
) -> list[float]:
    """Train the model in place; return the loss of each step."""
    collections = [*written, *public]
    shares = [*_shares(written, phase.written), *_shares(public, 1 - phase.written)]
    stream = batches(collections, shares, phase.batch, rng, by_field=phase.by_field)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=phase.rate, weight_decay=_WEIGHT_DECAY)
    warm = max(1, round(phase.steps * _WARM_UP))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min((step + 1) / warm, max(_DECAY_TO, (phase.steps - step) / max(1, phase.steps - warm))),
    )
    losses: list[float] = []
    for step in range(1, phase.steps + 1):
        collection, examples = next(stream)
        loss = contrastive_loss(model, tokenizer, collection, examples, rng)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 10 == 0:
            logger.info("step %d of %d: loss %.3f", step, phase.steps, np.mean(losses[-40:]))
    return losses


def _shares(collections: Sequence[Collection], share: float) -> list[float]:
    total = sum(len(collection.examples) for collection in collections)
    return [share * len(collection.examples) / total for collection in collections]


if __name__ == "__main__":
    sys.exit(main())
