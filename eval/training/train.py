"""Train the layers of the encoder: `python -m eval.training.train --data DIR --output DIR [--near FILE] [--steps N]`.

The recipe of the bundled model. `--data` holds the BEIR folders `drcd` and `cmrc2018`; `--near` is the
`model.safetensors` that an earlier run wrote, if there is one. Two cores that multiply in bfloat16 take an hour and a
quarter, others longer. The numbers drawn are the same each time; what a processor and a library make of them is not.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from transformers import BertModel

from corpus.errors import ZhijianError
from eval.errors import DataError
from eval.training.batches import batches
from eval.training.examples import Collection, read_encyclopedia, read_lists, read_plain, read_windows
from eval.training.loss import contrastive_loss
from index.model.directory import Precision, convert, trim, write_directory
from index.model.packed import PackedModel, find_packed_file, read_packed
from index.model.trained import with_layers

WRITTEN = Path(__file__).parent / "data"
_SEED = 1
PUBLIC, _SPLITS = ("drcd", "cmrc2018"), ("test", "dev")
_WARM_UP = 0.05
_DECAY_TO = 0.02
_LARGEST_GRADIENT = 1.0
_WEIGHT_DECAY = 0.01
# The share of the way to the trained weights from the package's, or from those of an earlier run: a model between both
# keeps more of what it knew of other fields, and the mean of two runs is better than either. After Wortsman et al.,
# "Robust fine-tuning of zero-shot models" (CVPR 2022) and "Model soups" (ICML 2022).
_WAY, _WAY_FROM_EARLIER = 0.7, 0.5

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Say how long and how fast to train, and how often on each group of collections."""

    steps: int
    rate: float
    lists: float
    plain: float
    encyclopedia: float
    public: float


RECIPE = Recipe(steps=1400, rate=1.2e-4, lists=0.68, plain=0.2, encyclopedia=0.04, public=0.08)


@dataclass(frozen=True, slots=True)
class Collections:
    """Hold what is trained on: written lists, clauses in plain words, questions over an encyclopedia, public sets."""

    lists: Sequence[Collection]
    plain: Sequence[Collection]
    encyclopedia: Sequence[Collection]
    public: Sequence[Collection]

    def shares(self, recipe: Recipe) -> Iterator[tuple[Collection, float]]:
        """Yield each collection with how often it comes: in its group, by how many examples it has."""
        for group, share in (
            (self.lists, recipe.lists),
            (self.plain, recipe.plain),
            (self.encyclopedia, recipe.encyclopedia),
            (self.public, recipe.public),
        ):
            total = sum(len(collection.examples) for collection in group)
            yield from ((collection, share * len(collection.examples) / total) for collection in group)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and write `model.safetensors` and the directory that the service opens; return 0, or 1 for bad data."""
    parser = argparse.ArgumentParser(prog="python -m eval.training.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="where the folders drcd and cmrc2018 are")
    parser.add_argument("--output", type=Path, required=True, help="the directory to write")
    parser.add_argument("--near", type=Path, help="model.safetensors of an earlier run, to stay near")
    parser.add_argument("--steps", type=int, default=RECIPE.steps)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        # Read before anything is written: it may lie in the directory that is written to.
        earlier = _read_weights(options.near) if options.near else None
        package = trim(read_packed(find_packed_file()))
        model, tokenizer = open_trainable(package, options.output)
        near = {name: weight.clone() for name, weight in model.state_dict().items()}
        way = _WAY
        if earlier is not None:
            if _shapes(earlier) != _shapes(near):
                raise DataError(options.near, "holds the weights of another model")
            near, way = earlier, _WAY_FROM_EARLIER
        collections = read_collections(options.data)
    except ZhijianError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    train(model, tokenizer, replace(RECIPE, steps=options.steps), collections)
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            weight.lerp_(near[name], 1 - way)
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


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    try:
        return {name: torch.from_numpy(weight) for name, weight in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise DataError(path, f"is no file of weights: {error}") from error


def _shapes(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: weight.shape for name, weight in weights.items()}


def read_collections(data: Path) -> Collections:
    """Return what is trained on, of which the public sets are under `data`; raise DataError for a bad file."""
    rng = random.Random(_SEED)
    encyclopedia = read_encyclopedia(WRITTEN / "encyclopedia.jsonl", data, rng)
    public = [read_windows(data / name, _SPLITS, rng) for name in PUBLIC]
    return Collections(read_lists(WRITTEN), read_plain(WRITTEN), [encyclopedia], public)


def train(model: BertModel, tokenizer: Tokenizer, recipe: Recipe, collections: Collections) -> list[float]:
    """Train the model in place; return the loss of each step."""
    chosen, shares = zip(*collections.shares(recipe), strict=True)
    stream = batches(chosen, shares, random.Random(_SEED))
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=_WEIGHT_DECAY)
    warm = max(1, round(recipe.steps * _WARM_UP))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min((step + 1) / warm, max(_DECAY_TO, (recipe.steps - step) / max(1, recipe.steps - warm))),
    )
    losses: list[float] = []
    for step in range(1, recipe.steps + 1):
        loss = contrastive_loss(model, tokenizer, next(stream))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 10 == 0:
            logger.info("step %d of %d: loss %.3f", step, recipe.steps, np.mean(losses[-40:]))
    return losses


if __name__ == "__main__":
    sys.exit(main())
