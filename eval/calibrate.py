"""Fit the confidence model on the dev split of the project's own questions and on written lists of other fields.

`python -m eval.calibrate` writes `index/data/confidence.json`. Nothing of the test split is used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from corpus.errors import ZhijianError
from eval.evaluate import OWN_QUESTIONS
from eval.lists import FieldList, read_field_lists
from eval.questions import Question, load_for_fitting, resolve_gold
from eval.scratch_index import scratch_retriever
from index.confidence import MODEL_FILE, READ, UNREAD, confidence_model
from index.encoder import Encoder
from index.retriever import Retriever
from index.signals import SIGNALS
from service.conversation import search
from service.library import open_library
from service.settings import read_settings

# Ridge penalty in units of one question: what signals that say the same are kept together by.
_PENALTY = 3.0
_FOR = frozenset({"standing", "apart", "evenness", "read"})
# Of the answerable questions, the share that the threshold lets through.
_ANSWERED = 0.97
# What one field counts for, in questions, so that all of them count for as much as the project's own set, and the share
# of it that can be answered, as in that set.
_FIELD, _ANSWERABLE = 15.0, 0.77


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Hold the signals of questions (questions, signals), whether each is answerable, and what it counts for.

    A signal that a question does not give is NaN.
    """

    signals: NDArray[np.float64]
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]

    def told(self, count: int) -> Measured:
        """Return the first `count` signals, of the questions that give all of these."""
        signals = self.signals[:, :count]
        whole = np.isfinite(signals).all(axis=1)
        return Measured(signals[whole], self.labels[whole], self.weights[whole])


def main() -> None:
    """Fit and write the models; print what they are."""
    _start_anew()
    library = open_library(read_settings())
    others = measure_fields(read_field_lists(), library.encoder)
    model = fit_models(library, OWN_QUESTIONS, others)
    MODEL_FILE.write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(model, indent=2))


def _start_anew() -> None:
    """Make searches possible, which need some model, where the file is damaged or of other signals."""
    try:
        confidence_model(read=False)
    except ZhijianError:
        unweighted = {name: {"mean": 0.0, "scale": 1.0, "weight": 0.0} for name in SIGNALS}
        model = {"intercept": 0.0, "signals": unweighted, "threshold": 0.5}
        MODEL_FILE.write_text(json.dumps({READ: model, UNREAD: model}), encoding="utf-8")


def fit_models(retriever: Retriever, path: Path, others: Sequence[Measured]) -> dict[str, Any]:
    """Return the models with and without what the reader says, fitted on the dev split of a file and on `others`.

    The thresholds are of the file's questions alone.
    """
    own = measure(retriever, resolve_gold(load_for_fitting(path), retriever.practices))
    return {READ: _fit_model(own, others, SIGNALS), UNREAD: _fit_model(own, others, SIGNALS[:-1])}


def _fit_model(own: Measured, others: Sequence[Measured], names: Sequence[str]) -> dict[str, Any]:
    """Return intercept, signals and threshold of the model that rests on the first signals, those with `names`."""
    # What the reader could not read, a question without words, is left to the other model.
    own, *others = (one.told(len(names)) for one in (own, *others))
    everything = [own, *others]
    if not own.labels.any():
        raise ZhijianError("nothing to fit: the reader does not fit the encoder")
    signals = np.concatenate([one.signals for one in everything])
    labels = np.concatenate([one.labels for one in everything])
    weights = np.concatenate([one.weights for one in everything])
    mean, scale = signals.mean(axis=0), np.maximum(signals.std(axis=0), 1e-6)
    parameters = fit((signals - mean) / scale, labels, weights, names)
    logits = parameters[0] + (own.signals - mean) / scale @ parameters[1:]
    threshold = float(np.quantile(1 / (1 + np.exp(-logits[own.labels])), 1 - _ANSWERED))
    values = zip(names, mean, scale, parameters[1:], strict=True)
    return {
        "intercept": round(float(parameters[0]), 4),
        "signals": {
            name: {"mean": round(float(middle), 4), "scale": round(float(width), 4), "weight": round(float(weight), 4)}
            for name, middle, width, weight in values
        },
        "threshold": round(threshold, 4),
    }


def measure_fields(lists: Sequence[FieldList], encoder: Encoder) -> list[Measured]:
    """Return what is measured of each field, a corpus of its own."""
    measured: list[Measured] = []
    for one in lists:
        with scratch_retriever([one.practices], encoder) as retriever:
            found = measure(retriever, one.questions)
        share = np.where(found.labels, _ANSWERABLE / found.labels.sum(), (1 - _ANSWERABLE) / (~found.labels).sum())
        measured.append(Measured(found.signals, found.labels, _FIELD * share))
    return measured


def measure(retriever: Retriever, questions: Sequence[Question]) -> Measured:
    """Return what is measured of questions that all count alike."""
    rows: list[list[float]] = []
    for question in questions:
        signals = search(retriever, question.text, history=question.history).signals
        if signals is None:
            raise ZhijianError("an empty corpus gives no signals to fit")
        rows.append([np.nan if value is None else float(value) for value in asdict(signals).values()])
    labels = np.array([question.answerable for question in questions], dtype=bool)
    return Measured(np.array(rows), labels, np.ones(len(rows)))


def fit(
    signals: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], names: Sequence[str]
) -> NDArray[np.float64]:
    """Return intercept and weights of a ridge-penalised logistic regression on standardised signals with these `names`.

    What speaks for an answer can't be fitted to speak against it, nor the other way round: with few questions, signals
    that go together would otherwise take each other's part, and how questions are worded that were written to have no
    answer would count for more than what is found for them.
    """
    signs = np.where(labels, 1.0, -1.0)

    def loss(parameters: NDArray[np.float64]) -> Any:
        margins = signs * (parameters[0] + signals @ parameters[1:])
        return (weights * np.logaddexp(0, -margins)).sum() + _PENALTY * (parameters[1:] ** 2).sum() / 2

    bounds = [(None, None), *((0, None) if name in _FOR else (None, 0) for name in names)]
    return np.asarray(minimize(loss, np.zeros(signals.shape[1] + 1), method="L-BFGS-B", bounds=bounds).x)


if __name__ == "__main__":
    main()
