"""Judge whether a result holds an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from corpus.errors import ZhijianError
from index.types import Query, SearchResult, Signals

MODEL_FILE = Path(__file__).parent / "data" / "confidence.json"


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Hold a logistic regression over `Signals` and the threshold from which a question counts as answered."""

    intercept: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, signals: Signals) -> float:
        """Return the probability in [0, 1] that the result holds an answer."""
        z = self.intercept + sum(self.weights[name] * value for name, value in asdict(signals).items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def read_signals(
    query: Query, contrast: float, held: Sequence[Set[str]], rarity: Callable[[str], float], place: float | None
) -> Signals:
    """Read the signals of a result.

    `held` are the tokens of the best hits, best first, `rarity` weighs a token (0 or more), `place` is the first hit's
    agreement with the places of the question, None when it names none.
    """
    weights = {token: rarity(token) for token in query.content}
    total = sum(weights.values())
    together = set().union(*held)
    lacking = [token for token in weights if token not in together]
    return Signals(
        contrast=contrast,
        coverage=1 - sum(weights[token] for token in lacking) / total if total else 0.0,
        lead=sum(weights[token] for token in weights if token in held[0]) / total if total else 0.0,
        missing=max((weights[token] for token in lacking), default=0.0) / rarity(""),
        place=float(place is not None and place < 1),
        number=float(any(token[0].isdigit() for token in lacking)),
    )


@cache
def confidence_model() -> ConfidenceModel:
    """Read the fitted model; `python -m eval.calibrate` fits it anew on the dev split."""
    try:
        values = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
        return ConfidenceModel(values["intercept"], values["weights"], values["threshold"])
    except (OSError, ValueError, KeyError) as error:
        raise ZhijianError(f"{MODEL_FILE}: not readable: {error!r}; run `python -m eval.calibrate`") from error


def answerable(result: SearchResult) -> bool:
    """Tell whether the confidence of a result reaches the service's threshold."""
    return result.confidence >= confidence_model().threshold
