"""Read a question and a passage together, to see whether the passage says what is asked or only speaks of it.

How near words are to one another can't tell that: "who pays" and "who checks" meet the same words of a practice. A
small network over the same vectors of words can. For each word of the question it sees the word, what it met in the
passage and how near that is, against how near it comes to texts of everyday life. After Parikh et al., "A Decomposable
Attention Model for Natural Language Inference" (EMNLP 2016), with one layer of self-attention over the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from corpus.errors import ZhijianError

READER_FILE = Path(__file__).parent / "data" / "reader.npz"

MOST_ASKED, MOST_MET = 48, 220
"""The most words of a question and of a passage that are read."""

HEADS = 4
NEAREST = 4
NEARNESS_SCALE = 3.0
_EPSILON = 1e-5

Vectors = NDArray[np.float32]
Weights = Mapping[str, Vectors]


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Hold how near each word of a question comes to texts of everyday life: `mean` and `best` cosine (words)."""

    mean: Vectors
    best: Vectors


class Reader:
    """Read with given weights, which fit the vectors of one encoder only."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    @classmethod
    def load(cls, path: Path = READER_FILE) -> tuple[Reader, str]:
        """Return the reader of a file and the fingerprint of the encoder that it fits.

        Raises ZhijianError for a file that can't be read.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                weights = {name: arrays[name].astype(np.float32) for name in arrays.files if name != "encoder"}
                return cls(weights), str(arrays["encoder"])
        except (OSError, ValueError, KeyError) as error:
            raise ZhijianError(
                f"{path}: not readable: {error!r}; run `python -m eval.training.train_reader`"
            ) from error

    def read(self, asked: Vectors, usual: Usual, met: Vectors) -> float:
        """Return the logarithm of the odds that a passage answers a question.

        `asked` (words, dimension) and `met` (words, dimension) are the unit vectors of their words, one of each at
        least; only the first `MOST_ASKED` and `MOST_MET` count.
        """
        words = self._words(asked[:MOST_ASKED], usual, met[:MOST_MET])
        words = self._attend(words)
        votes = self._linear("head", words)[:, 0]
        return float(votes.sum() / np.sqrt(len(votes)) + self._weights["bias"][0])

    def _words(self, asked: Vectors, usual: Usual, met: Vectors) -> Vectors:
        """Return what is known of each word of the question, (words, width)."""
        cosines = asked @ met.T
        best = cosines.max(axis=1)
        aligned = softmax(cosines * self._weights["sharpness"][0], axis=1) @ met
        nearest = np.sort(cosines, axis=1)[:, -NEAREST:]
        nearness = np.stack(
            [
                best,
                best - usual.mean[: len(best)],
                best - usual.best[: len(best)],
                np.maximum(cosines, 0).mean(axis=1),
                nearest.mean(axis=1),
                np.full_like(best, best.mean()),
            ],
            axis=1,
        )
        own, other = self._linear("asked", asked), self._linear("met", aligned)
        seen = np.concatenate([own, other, np.abs(own - other), own * other, NEARNESS_SCALE * nearness], axis=1)
        return np.asarray(_gelu(self._linear("seen", seen)) + self._weights["position"][: len(asked)])

    def _attend(self, words: Vectors) -> Vectors:
        """Let the words of the question take note of one another: a transformer's layer (Vaswani et al., 2017)."""
        parts = np.split(self._linear("attention", words), 3, axis=1)
        query, key, value = (part.reshape(len(words), HEADS, -1).swapaxes(0, 1) for part in parts)
        shares = softmax(query @ key.swapaxes(1, 2) / np.sqrt(query.shape[-1]), axis=-1)
        heard = (shares @ value).swapaxes(0, 1).reshape(words.shape)
        words = self._normalised("after_attention", words + self._linear("heard", heard))
        thought = self._linear("thought", _gelu(self._linear("thinking", words)))
        return self._normalised("after_thought", words + thought)

    def _linear(self, name: str, rows: Vectors) -> Vectors:
        return np.asarray(rows @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _normalised(self, name: str, rows: Vectors) -> Vectors:
        centred = rows - rows.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + _EPSILON)
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


@cache
def shipped_reader(fingerprint: str) -> Reader | None:
    """Return the shipped reader, None where it was trained on another encoder than the one with this `fingerprint`.

    `python -m eval.training.train_reader` trains it.
    """
    reader, encoder = Reader.load()
    return reader if encoder == fingerprint else None


def _gelu(values: Vectors) -> Vectors:
    """Return the tanh form of Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016)."""
    return np.asarray(0.5 * values * (1 + np.tanh(np.sqrt(2 / np.pi) * (values + 0.044715 * values**3))))
