"""Run an encoder with ONNX Runtime and `tokenizers`: what the bundled model is run by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.errors import ZhijianError
from index.encoded import Encoded, TokenVectors, normalised_rows, word_spans
from index.model.config import ModelConfig, checksum, load_config

Progress = Callable[[int, int], None]

_SURROGATE = re.compile("[\ud800-\udfff]")
# Tokens of one pass, padding included; a longer text goes alone. No larger size is faster, and all hold more memory.
_BATCH_TOKENS = 256
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OUTPUT = "last_hidden_state"


@dataclass(frozen=True, slots=True, eq=False)
class _Tokens:
    """Hold the ids of a text behind its prompt; `words` are the positions of those that get a vector of their own."""

    ids: list[int]
    words: NDArray[np.int64]
    spans: NDArray[np.int32]


class OnnxEncoder:
    """Run a sentence-transformers directory with ONNX Runtime and `tokenizers`, without PyTorch.

    Any `str` is accepted. Calls from several threads at once are safe. A text's vector does not depend on the others of
    the call beyond float32 rounding.
    """

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer, session: onnxruntime.InferenceSession, digest: str):
        self._config = config
        self._tokenizer = tokenizer
        self._session = session
        self._inputs = frozenset(node.name for node in session.get_inputs())
        self.dimension = self.token_dimension = config.dimension
        self.max_tokens = config.max_tokens
        self.fingerprint = digest

    @classmethod
    def open(cls, directory: Path, threads: int | None = None) -> OnnxEncoder:
        """Load a directory with `onnx/model.onnx`, `tokenizer.json` and the configuration files.

        `threads` is the number that one pass uses, None for one per core. Raise ZhijianError naming the file where one
        is missing, damaged, or asks for something other than mean or first-token pooling.
        """
        if threads is not None and threads < 1:
            raise ZhijianError(f"the number of threads must be at least 1, not {threads}")
        config = load_config(directory)
        digest = checksum(directory, config)
        tokenizer = _load_tokenizer(config)
        session = open_session(config.graph_file, threads)
        _check_graph(session, config)
        return cls(config, tokenizer, session, digest)

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        """Return the vectors of questions."""
        return self._encode(self._config.query_prompt, texts, None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Return the vectors of what is searched; `progress` gets (done, total) after each pass."""
        return self._encode(self._config.passage_prompt, texts, progress)

    def count_tokens(self, text: str) -> int:
        """Return the length of a passage in tokens, with prompt and special tokens, before any cut."""
        return len(self._tokenizer.encode(self._config.passage_prompt + replace_surrogates(text)).ids)

    def _encode(self, prompt: str, texts: Sequence[str], progress: Progress | None) -> Encoded:
        read = [self._tokenise(prompt, replace_surrogates(text)) for text in texts]
        pooled = np.zeros((len(texts), self.dimension), dtype=np.float32)
        tokens: dict[int, TokenVectors] = {}
        done = 0
        for rows in _batches([len(text.ids) for text in read]):
            states, mask = self._states([read[row].ids for row in rows])
            pooled[rows] = self._pool(states, mask)
            for row, state in zip(rows, states, strict=True):
                tokens[row] = TokenVectors(normalised_rows(state[read[row].words]), read[row].spans)
            done += len(rows)
            if progress is not None:
                progress(done, len(texts))
        return Encoded.of(pooled, [tokens[row] for row in range(len(texts))], self.token_dimension)

    def _tokenise(self, prompt: str, text: str) -> _Tokens:
        """Return the tokens of a text, cut to `max_tokens` with the closing special token kept."""
        encoding = self._tokenizer.encode(prompt + text)
        ids: list[int] = encoding.ids
        if len(ids) > self.max_tokens:
            ids = [*ids[: self.max_tokens - 1], ids[-1]]
        return _Tokens(ids, *word_spans(text, encoding.offsets[: self.max_tokens - 1], len(prompt)))

    def _states(self, tokens: list[list[int]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Run one pass; return the last hidden states (texts, tokens, dimension) and the mask (texts, tokens)."""
        longest = max(map(len, tokens))
        ids = np.full((len(tokens), longest), self._config.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        feeds = dict(zip(_INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
        outputs = self._session.run([_OUTPUT], {name: feeds[name] for name in self._inputs})
        return outputs[0], mask

    def _pool(self, states: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        if self._config.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = mask.astype(np.float32)
            pooled = np.matmul(weights[:, None, :], states)[:, 0] / weights.sum(axis=1, keepdims=True)
        return normalised_rows(pooled)


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which can't be written as UTF-8."""
    return _SURROGATE.sub("\ufffd", text)


def open_session(path: Path, threads: int | None) -> onnxruntime.InferenceSession:
    """Load an ONNX graph on the CPU, `threads` to a run (None: one per core); raise ZhijianError naming a bad file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    # The arena keeps the largest pass for ever; without it a server's memory falls back after long texts.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an exception class for each status, with no public base
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ZhijianError(f"the model file {path} can't be loaded: {reason}") from error


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group positions of texts of similar length, longest first, so that each group padded stays within the budget."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    start = 0
    while start < len(order):
        count = max(1, _BATCH_TOKENS // lengths[order[start]])
        yield order[start : start + count]
        start += count


def _load_tokenizer(config: ModelConfig) -> Tokenizer:
    path = config.tokenizer_file
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise ZhijianError(f"the model file {path} can't be read: {error}") from error
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    if size > config.vocabulary:
        raise ZhijianError(f"{path} holds {size} pieces, more than the {config.vocabulary} rows of the model")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _check_graph(session: onnxruntime.InferenceSession, config: ModelConfig) -> None:
    """Refuse a graph that does not take tokens and give vectors of the configured dimension."""
    inputs = [node.name for node in session.get_inputs()]
    outputs = {node.name: node.shape[-1] for node in session.get_outputs()}
    if not set(inputs) <= set(_INPUTS) or outputs.get(_OUTPUT) != config.dimension:
        raise ZhijianError(
            f"the graph {config.graph_file} takes {inputs} and gives {outputs}; "
            f"expected {', '.join(_INPUTS)} and {_OUTPUT} of {config.dimension}"
        )
