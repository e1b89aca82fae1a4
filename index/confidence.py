"""Judge whether a result holds an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from corpus.errors import ZhijianError
from index.types import SearchResult, Signals

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

    def probability(self, signals: Signals) -> float:
        """Return the probability in [0, 1] that the result holds an answer."""
        z = self.intercept + sum(self.parts(signals).values())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))

    def parts(self, signals: Signals) -> dict[str, float]:
        """Return what each signal adds to the logarithm of the odds of an answer."""
        return {
            name: self.weights[name].weight * (value - self.weights[name].mean) / self.weights[name].scale
            for name, value in asdict(signals).items()
        }


@cache
def confidence_model() -> ConfidenceModel:
    """Read the fitted model; `python -m eval.calibrate` fits it anew."""
    try:
        values = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
        weights = {name: Weight(**weight) for name, weight in values["signals"].items()}
        return ConfidenceModel(values["intercept"], weights, values["threshold"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZhijianError(f"{MODEL_FILE}: not readable: {error!r}; run `python -m eval.calibrate`") from error


def answerable(result: SearchResult) -> bool:
    """Tell whether the confidence of a result reaches the service's threshold."""
    return result.confidence >= confidence_model().threshold
