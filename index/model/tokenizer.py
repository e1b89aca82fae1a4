"""Write the Unigram tokenizer of the model as a `tokenizer.json` of the `tokenizers` library."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.model.vocabulary import SPACE, SPECIALS

# Kept from NFKC, which would turn it into the ASCII tilde: the model was trained with a piece of its own for it. A
# noncharacter stands for it in between, which no text can mean anything by.
_WAVE, _WAVE_STAND_IN = "\uff5e", "\uffff"
_DROPPED = r"[\x{0}-\x{8}\x{B}\x{E}-\x{1F}\x{7F}\x{8F}\x{9F}]"
_BLANKS = r"[\x{9}\x{A}\x{C}\x{D}\x{1680}\x{200B}-\x{200F}\x{2028}\x{2029}\x{2581}\x{FEFF}\x{FFFD}]"


def tokenizer_json(pieces: Sequence[str], scores: NDArray[np.float32]) -> bytes:
    """Return the bytes of `tokenizer.json` for the kept pieces, whose first four are the special tokens.

    The normaliser is that of the original's SentencePiece model (`nmt_nfkc`): control characters fall away, line ends
    and zero-width characters become blanks, then NFKC, and runs of blanks become one.
    """
    bos, _pad, eos, unknown = range(len(SPECIALS))
    vocabulary = [
        [piece, float(f"{score:.7g}")] for piece, score in zip(pieces, scores.astype(float).tolist(), strict=True)
    ]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(index, token) for index, token in enumerate(SPECIALS)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                _replace({"Regex": _DROPPED}, ""),
                _replace({"Regex": _BLANKS}, " "),
                _replace({"String": _WAVE}, _WAVE_STAND_IN),
                {"type": "NFKC"},
                _replace({"String": _WAVE_STAND_IN}, _WAVE),
                {"type": "Strip", "strip_left": False, "strip_right": True},
                _replace({"Regex": " {2,}"}, " "),
            ],
        },
        "pre_tokenizer": {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True},
        "post_processor": _template(bos, eos),
        "decoder": {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocabulary, "byte_fallback": False},
    }
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _replace(pattern: dict[str, str], content: str) -> dict[str, object]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def _added_token(index: int, token: str) -> dict[str, object]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": token, **flags, "special": True}


def _template(bos: int, eos: int) -> dict[str, object]:
    """Put <s> before a text and </s> behind it."""
    first, last = SPECIALS[bos], SPECIALS[eos]

    def special(token: str) -> dict[str, object]:
        return {"SpecialToken": {"id": token, "type_id": 0}}

    def sequence(name: str) -> dict[str, object]:
        return {"Sequence": {"id": name, "type_id": 0}}

    return {
        "type": "TemplateProcessing",
        "single": [special(first), sequence("A"), special(last)],
        "pair": [special(first), sequence("A"), special(last), special(last), sequence("B"), special(last)],
        "special_tokens": {
            token: {"id": token, "ids": [index], "tokens": [token]} for index, token in ((bos, first), (eos, last))
        },
    }
