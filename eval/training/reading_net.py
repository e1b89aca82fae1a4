"""The reader as it is trained: what `index.reader` computes, over batches, with weights of the same names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from eval.training.reading_vectors import Words
from index.reader import HEADS, MOST_ASKED, MOST_MET, NEAREST, NEARNESS_SCALE

_FEATURES = 6


class ReadingNet(nn.Module):
    """Tell for each question and passage of a batch the logarithm of the odds that the passage answers."""

    def __init__(self, dimension: int, narrow: int, width: int, dropout: float) -> None:
        super().__init__()
        self.asked = nn.Linear(dimension, narrow)
        self.met = nn.Linear(dimension, narrow)
        self.sharpness = nn.Parameter(torch.tensor([20.0]))
        self.seen = nn.Linear(4 * narrow + _FEATURES, width)
        self.position = nn.Parameter(torch.randn(MOST_ASKED, width) * 0.02)
        self.attention = nn.Linear(width, 3 * width)
        self.heard = nn.Linear(width, width)
        self.after_attention = nn.LayerNorm(width)
        self.thinking = nn.Linear(width, 2 * width)
        self.thought = nn.Linear(2 * width, width)
        self.after_thought = nn.LayerNorm(width)
        self.head = nn.Linear(width, 1)
        self.bias = nn.Parameter(torch.zeros(1))
        self.drop = nn.Dropout(dropout)

    def forward(self, asked: Sequence[Words], met: Sequence[NDArray[np.float16]]) -> torch.Tensor:
        """Return logits (texts) for questions and the words of their passages (words, dimension)."""
        question, question_mask = _padded([one.vectors for one in asked], MOST_ASKED)
        usual, _ = _padded([one.usual for one in asked], MOST_ASKED)
        passage, passage_mask = _padded(met, MOST_MET)
        words = self._words(question, question_mask, usual, passage, passage_mask)
        words = self._attend(words, question_mask)
        votes = self.head(words).squeeze(-1) * question_mask
        return torch.as_tensor(votes.sum(1) / question_mask.sum(1).sqrt() + self.bias)

    def _words(
        self,
        question: torch.Tensor,
        question_mask: torch.Tensor,
        usual: torch.Tensor,
        passage: torch.Tensor,
        passage_mask: torch.Tensor,
    ) -> torch.Tensor:
        cosines = (question @ passage.swapaxes(1, 2)).masked_fill(~passage_mask[:, None], -1)
        best = cosines.amax(-1)
        aligned = torch.softmax(cosines * self.sharpness, -1) @ passage
        # As many as the shortest passage of the batch has, at most.
        nearest = cosines.topk(min(NEAREST, int(passage_mask.sum(1).min())), -1).values
        count = passage_mask.sum(1)[:, None]
        whole = ((best * question_mask).sum(1) / question_mask.sum(1))[:, None].expand_as(best)
        positive = (cosines.clamp(min=0) * passage_mask[:, None]).sum(-1) / count
        nearness = torch.stack(
            [best, best - usual[..., 0], best - usual[..., 1], positive, nearest.mean(-1), whole], dim=-1
        )
        own, other = self.asked(self.drop(question)), self.met(self.drop(aligned))
        seen = torch.cat([own, other, (own - other).abs(), own * other, NEARNESS_SCALE * nearness], dim=-1)
        known = self.drop(functional.gelu(self.seen(self.drop(seen)), approximate="tanh"))
        return torch.as_tensor(known + self.position[: question.shape[1]])

    def _attend(self, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length, width = words.shape
        query, key, value = self.attention(words).view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        heard = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None])
        heard = self.heard(heard.transpose(1, 2).reshape(batch, length, width))
        words = self.after_attention(words + self.drop(heard))
        thought = self.thought(self.drop(functional.gelu(self.thinking(words), approximate="tanh")))
        return torch.as_tensor(self.after_thought(words + self.drop(thought)))


def _padded(rows: Sequence[NDArray[np.floating]], longest: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of all texts (texts, words, width), cut at `longest`, and which of them are there."""
    length = min(longest, max(len(row) for row in rows))
    padded = torch.zeros(len(rows), length, rows[0].shape[1])
    mask = torch.zeros(len(rows), length, dtype=torch.bool)
    for place, row in enumerate(rows):
        count = min(length, len(row))
        padded[place, :count] = torch.from_numpy(np.asarray(row[:count], dtype=np.float32))
        mask[place, :count] = True
    return padded, mask
