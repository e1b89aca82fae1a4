"""The vectors of texts, as OpenAI's embeddings tell them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Literal

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray
from pydantic import Field

from index.encoder import Encoder
from service.openai_requests import EmbeddingsRequest
from service.problems import TEXT_TOO_LONG, UNSUPPORTED_VALUE, FieldProblem, Problem, ProblemError
from service.response_body import ResponseBody

# Texts of one turn of a worker thread. Between turns, the questions of others get theirs.
_TURN = 8


class Embedding(ResponseBody):
    """Hold the vector of one text."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str = Field(description="Of length 1; as text, base64 of little-endian 32-bit floats.")


class EmbeddingUsage(ResponseBody):
    """Count the tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(ResponseBody):
    """Hold the vectors in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


async def embed(encoder: Encoder, asked: EmbeddingsRequest) -> Embeddings:
    """Return the vectors of the texts asked for; they are read in worker threads.

    Raises ProblemError for another number of dimensions than the encoder's, or a text that it can't read whole.
    """
    if asked.dimensions not in (None, encoder.dimension):
        detail = f"The vectors of this model have {encoder.dimension} dimensions and can't be shortened."
        raise ProblemError(Problem(UNSUPPORTED_VALUE, detail, (FieldProblem(detail, pointer="#/dimensions"),)))
    turns = [asked.input[start : start + _TURN] for start in range(0, len(asked.input), _TURN)]
    tokens = 0
    for number, turn in enumerate(turns):
        tokens += await to_thread.run_sync(_count, encoder, turn, number * _TURN)
    data: list[Embedding] = []
    encode = encoder.encode_queries if asked.input_type == "query" else encoder.encode_passages
    packed = asked.encoding_format == "base64"
    for turn in turns:
        encoded = await to_thread.run_sync(encode, turn)
        rows = enumerate(encoded.pooled, len(data))
        data += [Embedding(index=index, embedding=_written(vector, packed)) for index, vector in rows]
    return Embeddings(data=data, model=asked.model, usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens))


def _count(encoder: Encoder, texts: Sequence[str], first: int) -> int:
    total = 0
    for number, text in enumerate(texts, first):
        length = encoder.count_tokens(text)
        if length > encoder.max_tokens:
            detail = f"The text has {length} tokens; the model reads {encoder.max_tokens} at most. Split it."
            raise ProblemError(Problem(TEXT_TOO_LONG, detail, (FieldProblem(detail, pointer=f"#/input/{number}"),)))
        total += length
    return total


def _written(vector: NDArray[np.float32], packed: bool) -> list[float] | str:
    if packed:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    return [float(value) for value in vector]
