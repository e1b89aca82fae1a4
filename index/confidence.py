"""Judge whether a result holds an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from corpus.errors import ZhijianError
from index.signals import SIGNALS, Signals
from index.types import SearchResult

MODEL_FILE = Path(__file__).parent / "data" / "confidence.json"


@dataclass(frozen=True, slots=True)
class Weight:
    """Hold what a signal counts for: `weight` for each `scale` that it lies above its `mean` over what was fitted."""

    mean: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Hold a logistic regression over `Signals` and the threshold from which a question counts as answered."""

    intercept: float
    weights: Mapping[str, Weight]
    threshold: float

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ConfidenceModel:
        """Return a model as `eval.calibrate` writes it; raise ValueError where it weighs what is no signal."""
        weights = {name: Weight(**weight) for name, weight in values["signals"].items()}
        if unknown := sorted(weights.keys() - set(SIGNALS)):
            raise ValueError(f"no signal is called {', '.join(unknown)}")
        return cls(values["intercept"], weights, values["threshold"])

    def probability(self, signals: Signals) -> float:
        """Return the probability in [0, 1] that the result holds an answer."""
        z = self.intercept + sum(self.parts(signals).values())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))

    def parts(self, signals: Signals) -> dict[str, float]:
        """Return what each signal adds to the logarithm of the odds of an answer."""
        values = asdict(signals)
        return {name: one.weight * (values[name] - one.mean) / one.scale for name, one in self.weights.items()}


READ, UNREAD = "read", "unread"
"""The models: for searches that the reader has had a look at, and for those of an encoder that it does not fit."""


def confidence_model(*, read: bool) -> ConfidenceModel:
    """Return the model for a search of which the best hit was `read`, or was not."""
    return _models()[READ if read else UNREAD]


@cache
def _models() -> Mapping[str, ConfidenceModel]:
    """Read the fitted models; `python -m eval.calibrate` fits them anew."""
    try:
        values = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
        return {name: ConfidenceModel.of(values[name]) for name in (READ, UNREAD)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZhijianError(f"{MODEL_FILE}: not readable: {error!r}; run `python -m eval.calibrate`") from error


def answerable(result: SearchResult) -> bool:
    """Tell whether the confidence of a result reaches the service's threshold."""
    read = result.signals is not None and result.signals.read is not None
    return result.confidence >= confidence_model(read=read).threshold
