"""Read a question and a passage together, to see whether the passage says what is asked or only speaks of it.

How near words are to one another can't tell that: "who pays" and "who checks" meet the same words of a practice. A
small network over the same vectors of words can. For each word of the question it sees the word, what it met in the
passage and how near that is, against how near it comes to texts of everyday life. After Parikh et al., "A Decomposable
Attention Model for Natural Language Inference" (EMNLP 2016), with one layer of self-attention over the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ZhijianError
from index.products import products

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
            # NumPy itself leaves a file open that it can't read.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                weights = {name: arrays[name].astype(np.float32) for name in arrays.files if name != "encoder"}
                return cls(weights), str(arrays["encoder"])
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise ZhijianError(
                f"{path}: not readable: {error!r}; run `python -m eval.training.train_reader`"
            ) from error

    def read(self, asked: Vectors, usual: Usual, passages: Sequence[Vectors]) -> NDArray[np.float64]:
        """Return for each passage the logarithm of the odds that it answers a question.

        `asked` and each of `passages` (words, dimension) are the unit vectors of their words, one of each at least;
        only the first `MOST_ASKED` and `MOST_MET` count.
        """
        question = asked[:MOST_ASKED]
        own = self._linear("asked", question)
        words = self._attend(np.stack([self._words(question, own, usual, met[:MOST_MET]) for met in passages]))
        votes = self._linear("head", words)[..., 0].astype(np.float64)
        return np.asarray(votes.sum(axis=1) / np.sqrt(len(question)) + self._weights["bias"][0])

    def _words(self, asked: Vectors, own: Vectors, usual: Usual, met: Vectors) -> Vectors:
        """Return what is known of each word of the question beside one passage, (words, width)."""
        cosines = products(asked, met)
        best = cosines.max(axis=1)
        other = self._linear("met", products(_softmax(cosines * self._weights["sharpness"][0]), met.T))
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
        seen = np.concatenate([own, other, np.abs(own - other), own * other, NEARNESS_SCALE * nearness], axis=1)
        return np.asarray(_gelu(self._linear("seen", seen)) + self._weights["position"][: len(asked)])

    def _attend(self, words: Vectors) -> Vectors:
        """Let the words of the question, (passages, words, width), take note of one another.

        It is a transformer's layer, after Vaswani et al., "Attention Is All You Need" (NeurIPS 2017).
        """
        passages, count, width = words.shape
        parts = self._linear("attention", words).reshape(passages, count, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
        query, key, value = parts
        heard = _softmax(query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(query.shape[-1]))) @ value
        heard = heard.swapaxes(1, 2).reshape(passages, count, width)
        words = self._normalised("after_attention", words + self._linear("heard", heard))
        thought = self._linear("thought", _gelu(self._linear("thinking", words)))
        return self._normalised("after_thought", words + thought)

    def _linear(self, name: str, rows: Vectors) -> Vectors:
        flat = products(rows.reshape(-1, rows.shape[-1]), self._weights[f"{name}.weight"])
        return np.asarray(flat.reshape(*rows.shape[:-1], -1) + self._weights[f"{name}.bias"])

    def _normalised(self, name: str, rows: Vectors) -> Vectors:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


@cache
def shipped_reader(fingerprint: str) -> Reader | None:
    """Return the shipped reader, None where it was trained on another encoder than the one with this `fingerprint`.

    `python -m eval.training.train_reader` trains it.
    """
    reader, encoder = Reader.load()
    return reader if encoder == fingerprint else None


def _softmax(values: Vectors) -> Vectors:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _gelu(values: Vectors) -> Vectors:
    """Return the tanh form of Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016)."""
    return np.asarray(
        0.5 * values * (1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (values + 0.044715 * values * values * values)))
    )
