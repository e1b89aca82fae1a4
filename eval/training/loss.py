"""What the encoder is trained to do: put the passages that answer a question before all others of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel

from eval.training.batches import Batch
from eval.training.examples import Text
from index.encoded import word_spans

_QUERY, _PASSAGE = "query: ", "passage: "
_PAD = 1
_MOST_TOKENS = 192
_TEMPERATURE = 0.02
_GROUPS = 3
_NEVER = -1e9
# Half the width is several times as fast where a processor multiplies in it, and much slower where it is imitated.
_MULTIPLIED = torch.bfloat16 if "AVX512" in torch.backends.cpu.get_cpu_capability() else torch.float32


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


def contrastive_loss(model: BertModel, tokenizer: Tokenizer, batch: Batch) -> torch.Tensor:
    """Return the cross-entropy of the passages that answer by pooled vectors, and the same by words, added.

    Each passage that answers is set against all that do not, so that of several none stands in another's way. After
    Karpukhin et al., "Dense Passage Retrieval" (EMNLP 2020), section 3.2, and Khattab and Zaharia, "ColBERT" (SIGIR
    2020).
    """
    query, query_words, asked = _encode(model, tokenizer, _QUERY, [Text(text, 0, "") for text in batch.queries])
    passage, passage_words, met = _encode(model, tokenizer, _PASSAGE, batch.passages)
    by_text = query @ passage.T
    by_word = _maxsim(query_words, asked, passage_words, met)
    return _cross_entropy(by_text, batch) + _cross_entropy(by_word, batch)


def _cross_entropy(scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    answers, unknown = torch.from_numpy(batch.answers), torch.from_numpy(batch.unknown)
    logits = scores / _TEMPERATURE
    others = torch.logsumexp(logits.masked_fill(answers | unknown, _NEVER), dim=1, keepdim=True)
    losses = torch.logaddexp(logits, others) - logits
    return torch.stack([own[answer].mean() for own, answer in zip(losses, answers, strict=True)]).mean()


def _encode(
    model: BertModel, tokenizer: Tokenizer, prompt: str, texts: Sequence[Text]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return L2-normalised vectors of texts (texts, dimension) and of their tokens (texts, tokens, dimension).

    The third says which tokens are words (texts, tokens). Texts of a length are encoded together: padding costs.
    """
    order = sorted(range(len(texts)), key=lambda number: len(texts[number].text))
    groups = np.array_split(np.array(order), min(_GROUPS, len(order)))
    pooled, states, words = zip(
        *(_encoded(model, Tokens.of(tokenizer, prompt, [texts[number] for number in group])) for group in groups),
        strict=True,
    )
    longest = max(one.shape[1] for one in words)
    back = torch.tensor(order).argsort()
    wide = [functional.pad(one, (0, 0, 0, longest - one.shape[1])) for one in states]
    shown = [functional.pad(one, (0, longest - one.shape[1])) for one in words]
    return torch.cat(pooled)[back], torch.cat(wide)[back], torch.cat(shown)[back]


def _encoded(model: BertModel, tokens: Tokens) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_MULTIPLIED is torch.bfloat16):
        states = model(input_ids=tokens.ids, attention_mask=tokens.mask).last_hidden_state
    states = states.float()
    weights = tokens.mask.unsqueeze(-1).float()
    pooled = (states * weights).sum(1) / weights.sum(1)
    return functional.normalize(pooled, dim=-1), functional.normalize(states, dim=-1), tokens.words


def _maxsim(query: torch.Tensor, asked: torch.Tensor, passage: torch.Tensor, met: torch.Tensor) -> torch.Tensor:
    """Return (queries, passages): the mean over a query's words of the best cosine among a passage's."""
    queries, longest, width = query.shape
    products = query.reshape(-1, width).to(_MULTIPLIED) @ passage.reshape(-1, width).to(_MULTIPLIED).T
    cosines = products.float().reshape(queries, longest, len(passage), -1).masked_fill(~met[None, None], -1)
    weights = asked.float() / asked.sum(1, keepdim=True).clamp(min=1)
    return torch.einsum("qwp,qw->qp", cosines.amax(dim=-1), weights)
