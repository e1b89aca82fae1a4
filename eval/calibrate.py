"""Fit the confidence model on the dev split of the project's own questions.

`python -m eval.calibrate` writes `index/data/confidence.json`. Nothing of the test split is used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from corpus.errors import ZhijianError
from eval.evaluate import OWN_QUESTIONS
from eval.questions import Question, load_for_fitting, resolve_gold
from index.confidence import MODEL_FILE
from index.retriever import Retriever
from index.types import Signals
from service.library import open_library
from service.settings import read_settings

# Ridge penalty in units of one question: what signals that say the same are kept together by.
_PENALTY = 1.0
_FOR, _AGAINST = (0, None), (None, 0)
_BOUNDS = {
    "nearness": _FOR,
    "foreign_nearness": _FOR,
    "support": _FOR,
    "bare": _FOR,
    "unheld": _AGAINST,
    "place": _AGAINST,
    "number": _AGAINST,
}
# Of the answerable questions, the share that the threshold lets through.
_ANSWERED = 0.95


def main() -> None:
    """Fit and write the model; print what it is."""
    model = fit_model(open_library(read_settings()), OWN_QUESTIONS)
    MODEL_FILE.write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(model, indent=2))


def fit_model(retriever: Retriever, path: Path) -> dict[str, Any]:
    """Return intercept, weights and threshold, fitted on the dev split of a file of questions."""
    questions = resolve_gold(load_for_fitting(path), retriever.practices)
    signals, labels = measure(retriever, questions)
    intercept, weights = fit(signals, labels)
    probabilities = 1 / (1 + np.exp(-(intercept + signals @ weights)))
    threshold = float(np.quantile(probabilities[labels == 1], 1 - _ANSWERED))
    names = [field.name for field in fields(Signals)]
    return {
        "intercept": round(intercept, 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)},
        "threshold": round(threshold, 4),
    }


def measure(retriever: Retriever, questions: Sequence[Question]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the signals of each question, shape (questions, signals), and 1 where it is answerable, else 0."""
    rows: list[list[float]] = []
    for question in questions:
        signals = retriever.search(question.text, history=question.history).signals
        if signals is None:
            raise ZhijianError("an empty corpus gives no signals to fit")
        rows.append([float(value) for value in asdict(signals).values()])
    return np.array(rows), np.array([float(question.answerable) for question in questions])


def fit(signals: NDArray[np.float64], labels: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return intercept and weights of a ridge-penalised logistic regression, fitted on standardised signals.

    What speaks for an answer can't be fitted to speak against it, nor the other way round: with few questions, signals
    that go together would otherwise take each other's part.
    """
    mean, scale = signals.mean(axis=0), np.maximum(signals.std(axis=0), 1e-6)
    standard = (signals - mean) / scale

    def loss(parameters: NDArray[np.float64]) -> Any:
        margins = (2 * labels - 1) * (parameters[0] + standard @ parameters[1:])
        return np.logaddexp(0, -margins).sum() + _PENALTY * (parameters[1:] ** 2).sum() / 2

    bounds = [(None, None), *(_BOUNDS.get(field.name, (None, None)) for field in fields(Signals))]
    fitted = minimize(loss, np.zeros(signals.shape[1] + 1), method="L-BFGS-B", bounds=bounds).x
    weights = fitted[1:] / scale
    return float(fitted[0] - weights @ mean), np.asarray(weights)


if __name__ == "__main__":
    main()
