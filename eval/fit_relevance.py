"""Fit the relevance model on the dev split of the project's own questions.

`python -m eval.fit_relevance` writes `index/data/relevance.json`. Nothing of the test split is used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.evaluate import OWN_QUESTIONS
from eval.questions import ANSWERS, Question, load_for_fitting, resolve_gold
from index.relevance import MODEL_FILE, MOST, SEVERAL
from index.retriever import Retriever
from service.conversation import search
from service.library import open_library
from service.settings import read_settings

_NAMES = ("several", "one", "closeness", "elsewhere")
# Ridge penalty in units of one practice, on the two slopes.
_PENALTY = 1.0


def main() -> None:
    """Fit and write the model; print what it is."""
    model = fit_model(open_library(read_settings()), OWN_QUESTIONS)
    text = json.dumps(model, indent=2)
    MODEL_FILE.write_text(text + "\n", encoding="utf-8")
    print(text)


def fit_model(retriever: Retriever, path: Path) -> dict[str, Any]:
    """Return intercepts and weights, fitted on the answerable questions of the dev split of a file."""
    questions = resolve_gold(load_for_fitting(path), retriever.practices)
    features, labels = measure(retriever, [question for question in questions if question.answerable])
    return {name: round(float(value), 4) for name, value in zip(_NAMES, fit(features, labels), strict=True)}


def measure(retriever: Retriever, questions: Sequence[Question]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the model sees of each hit, shape (hits, 4), and 1 where the practice answers, else 0."""
    rows: list[list[float]] = []
    labels: list[float] = []
    for question in questions:
        result = search(retriever, question.text, top_k=MOST, history=question.history)
        several = result.query.kind in SEVERAL
        best = max((hit.parts.place for hit in result.hits if hit.parts.place is not None), default=None)
        amounts = [hit.parts.amount or 0.0 for hit in result.hits]
        for hit, amount in zip(result.hits, amounts, strict=True):
            elsewhere = hit.parts.place != best or amount < 0 < max(amounts)
            rows.append([float(several), float(not several), hit.closeness, float(elsewhere)])
            labels.append(float(question.grades.get(hit.practice.id, 0) >= ANSWERS))
    return np.array(rows), np.array(labels)


def fit(features: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of a ridge-penalised logistic regression."""
    slopes = np.array([0.0, 0.0, 1.0, 1.0])

    def loss(weights: NDArray[np.float64]) -> Any:
        margins = (2 * labels - 1) * (features @ weights)
        return np.logaddexp(0, -margins).sum() + _PENALTY * (slopes * weights**2).sum() / 2

    return np.asarray(minimize(loss, np.zeros(len(_NAMES)), method="L-BFGS-B").x)


if __name__ == "__main__":
    main()
