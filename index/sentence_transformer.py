"""Run any sentence-transformers model through sentence-transformers itself (the extra `models`)."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import MultiVectorEncoder, SentenceTransformer
from sentence_transformers.base.modules import Module, Normalize
from sentence_transformers.sentence_transformer.modules import Pooling
from sentence_transformers.util import load_file_path
from transformers import AutoTokenizer

from corpus.errors import ZhijianError
from index.encoded import Encoded, TokenVectors, no_tokens, normalised_rows, word_spans
from index.model.config import checksum, load_config, passage_prompt_name
from index.onnx_encoder import Progress, open_session, replace_surrogates

_BATCH_TEXTS = 32
_STEP_TEXTS = 128
_TORCH_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_SETTINGS = "config_sentence_transformers.json"

Model = SentenceTransformer | MultiVectorEncoder


class SentenceTransformerEncoder:
    """Encode with a model's own prompts, pooling, window and dimension; rows are normalised in any case.

    A model made for late interaction says itself which tokens count, and a text's vector is the mean of theirs. Of
    another, the tokens that hold letters or digits of the text count; a static one has none.
    """

    def __init__(self, model: Model, fingerprint: str) -> None:
        self._model = model
        self._passage_prompt = passage_prompt_name(model.prompts)
        window = model.max_seq_length
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.max_tokens = int(window) if window is not None and math.isfinite(window) else sys.maxsize
        self.fingerprint = fingerprint
        # What modules behind the first make of a token's vector is only seen in one.
        tried: Any = model.encode_query("1", output_value=None, show_progress_bar=False)
        states = tried.get("token_embeddings")
        self.token_dimension = self.dimension if states is None else int(states.shape[-1])

    @classmethod
    def open(cls, name_or_path: str, threads: int | None = None) -> SentenceTransformerEncoder:
        """Load a model by path, or by name from a model hub or its cache.

        `threads` is PyTorch's for the whole process. A directory with ONNX weights only is run by ONNX Runtime inside
        sentence-transformers. Raise ZhijianError where the model can't be loaded.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        path = Path(name_or_path)
        try:
            model = _open_onnx(path, threads) if _has_only_onnx(path) else _open(name_or_path)
            return cls(model, _fingerprint(model))
        except ZhijianError:
            raise
        except Exception as error:  # what is raised depends on the model, its library and the hub
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ZhijianError(f"the model {name_or_path!r} can't be loaded: {reason}") from error

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        """Return the vectors of questions."""
        name = "query" if "query" in self._model.prompts else None
        return self._encode(texts, self._model.encode_query, name, None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Return the vectors of what is searched; `progress` is called with (done, total)."""
        return self._encode(texts, self._model.encode_document, self._passage_prompt, progress)

    def count_tokens(self, text: str) -> int:
        """Return the length of a passage in tokens, with prompt and special tokens, before any cut."""
        tokenizer = self._model.tokenizer
        readable = self._prompt(self._passage_prompt) + replace_surrogates(text)
        if hasattr(tokenizer, "encode_batch"):  # a bare tokenizer of the `tokenizers` library, as static models have
            return len(tokenizer.encode(readable).ids)
        return len(tokenizer(readable, truncation=False, verbose=False)["input_ids"])

    def _prompt(self, name: str | None) -> str:
        return (name and self._model.prompts[name]) or ""

    def _encode(self, texts: Sequence[str], encode: Any, prompt: str | None, progress: Progress | None) -> Encoded:
        named = {"prompt_name": prompt} if prompt else {}
        pooled = np.zeros((len(texts), self.dimension), dtype=np.float32)
        tokens: list[TokenVectors] = []
        for start in range(0, len(texts), _STEP_TEXTS):
            part = [replace_surrogates(text) for text in texts[start : start + _STEP_TEXTS]]
            found = encode(part, batch_size=_BATCH_TEXTS, output_value=None, show_progress_bar=False, **named)
            read = [self._tokens(text, self._prompt(prompt), one) for text, one in zip(part, found, strict=True)]
            tokens += read
            pooled[start : start + len(part)] = [_vector(one, text) for one, text in zip(found, read, strict=True)]
            if progress is not None:
                progress(start + len(part), len(texts))
        return Encoded.of(normalised_rows(pooled), tokens, self.token_dimension)

    def _tokens(self, text: str, prompt: str, found: dict[str, Any]) -> TokenVectors:
        """Return the tokens of a text that count, of what a model `found` in it, padding included."""
        if "token_embeddings" not in found:
            return TokenVectors(*no_tokens(self.token_dimension))
        states = found["token_embeddings"].float().cpu().numpy()
        words, written = word_spans(text, self._offsets(prompt + text, found["input_ids"].tolist()), len(prompt))
        spans = np.zeros((len(states), 2), dtype=np.int32)
        spans[words] = written
        if isinstance(self._model, MultiVectorEncoder):
            words = np.flatnonzero(found["attention_mask"].cpu().numpy())
        return TokenVectors(normalised_rows(states[words]), spans[words])

    def _offsets(self, text: str, ids: list[int]) -> list[tuple[int, int]]:
        """Return where each of the tokens `ids`, padding included, stands in a text with its prompt."""
        tokenizer = self._model.tokenizer
        if not getattr(tokenizer, "is_fast", False):
            raise ZhijianError("a model's tokenizer must tell where in a text its tokens stand")
        own = tokenizer(text, truncation=True, max_length=len(ids), return_offsets_mapping=True, verbose=False)
        offsets = own["offset_mapping"]
        padding = [(0, 0)] * (len(ids) - len(offsets))
        padded_left = ids[: len(offsets)] != own["input_ids"]
        return [*padding, *offsets] if padded_left else [*offsets, *padding]


def _vector(found: dict[str, Any], tokens: TokenVectors) -> NDArray[np.float32]:
    """Return the vector of a whole text: the model's own, or the mean of its tokens."""
    if "sentence_embedding" in found:
        return np.asarray(found["sentence_embedding"].float().cpu().numpy())
    return np.asarray(tokens.vectors.mean(axis=0))


def _open(name_or_path: str) -> Model:
    settings = load_file_path(name_or_path, _SETTINGS)
    kind = json.loads(Path(settings).read_bytes()).get("model_type") if settings else None
    return (MultiVectorEncoder if kind == MultiVectorEncoder.__name__ else SentenceTransformer)(name_or_path)


class OnnxTransformer(Module):
    """Stand in for the first module of a model whose weights are an ONNX graph, such as the bundled one.

    The ONNX backend of sentence-transformers needs the package optimum, which does not go with its current release.
    """

    def __init__(self, directory: Path, threads: int | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        config = load_config(directory)
        self.digest = checksum(directory, config)
        self.max_seq_length = config.max_tokens
        self.tokenizer = AutoTokenizer.from_pretrained(str(directory))
        self._dimension = config.dimension
        self._session = open_session(config.graph_file, threads)
        self._inputs = [node.name for node in self._session.get_inputs()]

    def get_embedding_dimension(self) -> int:
        """Return the length of a token's vector."""
        return self._dimension

    def preprocess(self, inputs: Sequence[str], prompt: str | None = None, **_options: Any) -> dict[str, torch.Tensor]:
        """Return the tensors of a batch of texts, each behind the prompt."""
        texts = [(prompt or "") + text for text in inputs]
        tokens = self.tokenizer(
            texts, padding=True, truncation=True, max_length=self.max_seq_length, return_tensors="pt"
        )
        return dict(tokens)

    def forward(self, features: dict[str, torch.Tensor], **_options: Any) -> dict[str, torch.Tensor]:
        """Add the last hidden states as `token_embeddings`."""
        feeds = {name: features[name].cpu().numpy() for name in self._inputs}
        (states,) = self._session.run(["last_hidden_state"], feeds)
        features["token_embeddings"] = torch.from_numpy(states).to(features["input_ids"].device)
        return features

    def save(self, output_path: str, *_arguments: Any, **_options: Any) -> None:
        """Refuse: the directory that was read is the saved model."""
        raise ZhijianError("a model with ONNX weights is not saved again; copy its directory")


def _has_only_onnx(path: Path) -> bool:
    has_torch = any(found for pattern in _TORCH_WEIGHTS for found in path.glob(pattern))
    return (path / "onnx" / "model.onnx").is_file() and not has_torch


def _open_onnx(path: Path, threads: int | None) -> SentenceTransformer:
    """Put the modules that `modules.json` names behind the graph; pooling and normalisation are the library's own."""
    later: list[Module] = []
    for entry in json.loads((path / "modules.json").read_bytes())[1:]:
        kind = str(entry["type"]).rpartition(".")[2]
        if kind not in ("Pooling", "Normalize"):
            raise ZhijianError(
                f"{path / 'modules.json'} names the module {kind}, which is not known behind an ONNX graph"
            )
        later.append(Pooling.load(str(path), subfolder=entry["path"]) if kind == "Pooling" else Normalize())
    prompts = json.loads((path / _SETTINGS).read_bytes()).get("prompts")
    return SentenceTransformer(modules=[OnnxTransformer(path, threads), *later], prompts=prompts, device="cpu")


def _fingerprint(model: Model) -> str:
    """Return the hexadecimal SHA-256 over all that decides a vector: parameters, tokenizer, prompts and settings.

    A pooler is left out: no vector comes from it, and a model saved without one gets a random one at each load.
    """
    total = hashlib.sha256()
    settings = {
        "prompts": model.prompts,
        "truncate_dim": getattr(model, "truncate_dim", None),
        "window": str(model.max_seq_length),
    }
    total.update(json.dumps(settings, sort_keys=True).encode("utf-8"))
    for module in model.children():
        total.update(f"{type(module).__name__} {getattr(module, 'digest', '')}".encode())
        describe: Callable[[], dict[str, Any]] = getattr(module, "get_config_dict", dict)
        total.update(json.dumps(describe(), sort_keys=True, default=str).encode("utf-8"))
    for name, tensor in sorted(model.state_dict().items()):
        if ".pooler." not in name:
            total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            total.update(memoryview(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()))
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    total.update(_tokenizer_text(tokenizer).encode("utf-8"))
    return total.hexdigest()


def _tokenizer_text(tokenizer: Any) -> str:
    """Return a tokenizer as text, without the padding and truncation that each call sets anew."""
    if hasattr(tokenizer, "to_str"):
        parts = json.loads(tokenizer.to_str())
        return json.dumps({**parts, "padding": None, "truncation": None}, sort_keys=True)
    vocabulary = tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else {}
    return json.dumps(vocabulary, sort_keys=True)
