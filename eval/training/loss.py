"""What the encoder is trained to do: put the passage that answers a question before all others of the batch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel

from eval.training.examples import Collection, Example, Text
from index.encoded import word_spans

_QUERY, _PASSAGE = "query: ", "passage: "
_PAD = 1
_MOST_TOKENS = 192
_TEMPERATURE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Hold the ids of texts, which of them are tokens and which stand for words; each is (texts, tokens)."""

    ids: torch.Tensor
    mask: torch.Tensor
    words: torch.Tensor

    @classmethod
    def of(cls, tokenizer: Tokenizer, prompt: str, texts: Sequence[Text]) -> Tokens:
        """Cut texts as the service does: words are what holds a letter or digit, without prompt and heading."""
        encoded = [tokenizer.encode(prompt + text.text) for text in texts]
        shape = len(texts), min(_MOST_TOKENS, max(len(one.ids) for one in encoded))
        ids = torch.full(shape, _PAD)
        mask, words = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.bool)
        for row, (one, text) in enumerate(zip(encoded, texts, strict=True)):
            count = min(shape[1], len(one.ids))
            ids[row, :count] = torch.tensor(one.ids[:count])
            mask[row, :count] = 1
            positions, spans = word_spans(text.text, one.offsets[:count], len(prompt))
            words[row, torch.from_numpy(positions[spans[:, 0] >= text.heading])] = True
        return cls(ids, mask, words)


def contrastive_loss(
    model: BertModel, tokenizer: Tokenizer, collection: Collection, examples: Sequence[Example], rng: random.Random
) -> torch.Tensor:
    """Return the cross-entropy over the batch's passages by pooled vectors, and the same by words, added.

    Each example brings its passage and one of its negatives. Other passages of a question's own document are left out:
    they may answer too. After Karpukhin et al., "Dense Passage Retrieval" (EMNLP 2020), section 3.2, and Khattab and
    Zaharia, "ColBERT" (SIGIR 2020).
    """
    numbers = [example.passage for example in examples]
    numbers += [rng.choice(example.negatives) for example in examples if example.negatives]
    texts = [collection.passages[number] for number in numbers]
    asked = Tokens.of(tokenizer, _QUERY, [Text(example.query, 0, "") for example in examples])
    met = Tokens.of(tokenizer, _PASSAGE, texts)
    query, query_words = _encode(model, asked)
    passage, passage_words = _encode(model, met)
    target = torch.arange(len(examples))
    same = torch.tensor([[text.source == own.source for text in texts] for own in texts[: len(examples)]])
    same[target, target] = False
    by_text = (query @ passage.T).masked_fill(same, -1)
    by_word = _maxsim(query_words, asked.words, passage_words, met.words).masked_fill(same, -1)
    return functional.cross_entropy(by_text / _TEMPERATURE, target) + functional.cross_entropy(
        by_word / _TEMPERATURE, target
    )


def _encode(model: BertModel, tokens: Tokens) -> tuple[torch.Tensor, torch.Tensor]:
    """Return vectors (texts, dimension) and those of their tokens (texts, tokens, dimension), L2-normalised."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = model(input_ids=tokens.ids, attention_mask=tokens.mask).last_hidden_state
    states = states.float()
    weights = tokens.mask.unsqueeze(-1).float()
    pooled = (states * weights).sum(1) / weights.sum(1)
    return functional.normalize(pooled, dim=-1), functional.normalize(states, dim=-1)


def _maxsim(query: torch.Tensor, asked: torch.Tensor, passage: torch.Tensor, met: torch.Tensor) -> torch.Tensor:
    """Return (queries, passages): the mean over a query's words of the best cosine among a passage's."""
    queries, longest, width = query.shape
    products = query.reshape(-1, width).bfloat16() @ passage.reshape(-1, width).bfloat16().T
    cosines = products.float().reshape(queries, longest, len(passage), -1).masked_fill(~met[None, None], -1)
    weights = asked.float() / asked.sum(1, keepdim=True).clamp(min=1)
    return torch.einsum("qwp,qw->qp", cosines.amax(dim=-1), weights)
