"""Fit the relevance model on the dev split of the project's own questions and on written lists of other fields.

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

from corpus.errors import ZhijianError
from eval.evaluate import OWN_QUESTIONS
from eval.lists import FieldList, read_several
from eval.questions import ANSWERS, Question, load_for_fitting, resolve_gold
from eval.scratch_index import scratch_retriever
from index.encoder import Encoder
from index.relevance import MODEL_FILE, MOST, READ, SEVERAL, UNREAD, behind, relevance_model
from index.retriever import Retriever
from service.conversation import search
from service.library import open_library
from service.settings import read_settings

_NAMES = ("several", "one", "closeness", "elsewhere", "behind")
_INTERCEPTS = 2
# Ridge penalty in units of one practice, on the slopes.
_PENALTY = 1.0

Measured = tuple[NDArray[np.float64], NDArray[np.float64]]
"""What the model sees of hits, and which of them answer."""


def main() -> None:
    """Fit and write the models; print what they are."""
    _start_anew()
    library = open_library(read_settings())
    others = measure_several(read_several(), library.encoder)
    text = json.dumps(fit_models(library, OWN_QUESTIONS, others), indent=2)
    MODEL_FILE.write_text(text + "\n", encoding="utf-8")
    print(text)


def _start_anew() -> None:
    """Make searches possible, which need some model, where the file is damaged or of other weights."""
    try:
        for read in (True, False):
            relevance_model(read=read)
    except ZhijianError:
        unweighted = dict.fromkeys(_NAMES, 0.0)
        MODEL_FILE.write_text(json.dumps({READ: unweighted, UNREAD: unweighted}), encoding="utf-8")


def fit_models(retriever: Retriever, path: Path, others: Sequence[Measured]) -> dict[str, dict[str, float]]:
    """Return intercepts and weights of both models, fitted on the dev split of a file and on `others`.

    What is fitted on are questions that can be answered.
    """
    questions = resolve_gold(load_for_fitting(path), retriever.practices)
    own = measure(retriever, [question for question in questions if question.answerable])
    features, labels = (np.concatenate(parts) for parts in zip(own, *others, strict=True))
    fitted = {READ: fit(features, labels), UNREAD: fit(features[:, :-1], labels)}
    return {
        model: {name: round(float(value), 4) for name, value in zip(_NAMES, weights, strict=False)}
        for model, weights in fitted.items()
    }


def measure_several(lists: Sequence[FieldList], encoder: Encoder) -> list[Measured]:
    """Return what is measured of each field, a corpus of its own."""
    measured: list[Measured] = []
    for one in lists:
        with scratch_retriever([one.practices], encoder) as retriever:
            measured.append(measure(retriever, one.questions))
    return measured


def measure(retriever: Retriever, questions: Sequence[Question]) -> Measured:
    """Return what the model sees of each hit, shape (hits, 5), and 1 where the practice answers, else 0."""
    rows: list[list[float]] = []
    labels: list[float] = []
    for question in questions:
        result = search(retriever, question.text, top_k=MOST, history=question.history)
        several = result.query.kind in SEVERAL
        read = behind(result.query.kind, np.array([hit.parts.reading for hit in result.hits], dtype=np.float64))
        for hit, late in zip(result.hits, read, strict=True):
            rows.append([float(several), float(not several), hit.closeness, float(hit.elsewhere), float(late)])
            labels.append(float(question.grades.get(hit.practice.id, 0) >= ANSWERS))
    return np.array(rows).reshape(-1, len(_NAMES)), np.array(labels)


def fit(features: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of a ridge-penalised logistic regression."""
    slopes = np.arange(features.shape[1]) >= _INTERCEPTS

    def loss(weights: NDArray[np.float64]) -> Any:
        margins = (2 * labels - 1) * (features @ weights)
        return np.logaddexp(0, -margins).sum() + _PENALTY * (slopes * weights**2).sum() / 2

    return np.asarray(minimize(loss, np.zeros(features.shape[1]), method="L-BFGS-B").x)


if __name__ == "__main__":
    main()
