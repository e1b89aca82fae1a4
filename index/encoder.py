"""Turn texts into unit vectors: the interface that search is written against, and how an encoder is opened."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Protocol

from corpus.errors import ZhijianError
from index.encoded import Encoded
from index.onnx_encoder import OnnxEncoder, Progress


class Encoder(Hashable, Protocol):
    """Turn questions and passages into comparable vectors."""

    @property
    def dimension(self) -> int:
        """Return the length of a text's vector."""
        ...

    @property
    def token_dimension(self) -> int:
        """Return the length of a token's vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Return what changes when a vector may change: it stands for weights, tokenizer and prompts."""
        ...

    @property
    def max_tokens(self) -> int:
        """Return the length that is read whole, with prompt and special tokens; what lies beyond is cut off."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        """Return the vectors of questions."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Return the vectors of what is searched; report (done, total) now and then."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the length of a passage in tokens, with prompt and special tokens, before any cut."""
        ...


def bundled_model() -> Path:
    """Return the directory of the model that comes with the project."""
    return Path(__file__).parent / "model" / "zhijian-e5-small"


def open_encoder(model: str | None = None, threads: int | None = None) -> Encoder:
    """Open the bundled model, or any sentence-transformers model by name or path.

    Raise ZhijianError where the model can't be loaded, or where it needs sentence-transformers and that is not
    installed.
    """
    if model is None:
        return OnnxEncoder.open(bundled_model(), threads)
    if model.startswith(("/", ".", "~")) and not Path(model).expanduser().is_dir():
        raise ZhijianError(f"{model}: there is no such model directory")
    try:
        from index.sentence_transformer import SentenceTransformerEncoder
    except ImportError as error:
        raise ZhijianError(
            f'the model {model!r} needs sentence-transformers ({error}); install it with: pip install -e ".[models]"'
        ) from error
    return SentenceTransformerEncoder.open(str(Path(model).expanduser()) if model.startswith("~") else model, threads)
