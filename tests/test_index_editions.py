"""A question about another batch of a list than the one that is held has no answer here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.types import PracticeList
from index.editions import Editions
from index.query import Known, understand
from index.retriever import Retriever
from index.signals import Reason
from index.tokens import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build([])


@pytest.fixture(scope="module")
def editions(shipped: PracticeList, tokenizer: Tokenizer) -> Editions:
    return Editions([shipped.document], tokenizer)


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("第二批可复制经验做法清单里有哪些城市？", True),
        ("第1批智能建造清单有什么内容", True),
        ("可复制经验做法清单（第二批）", True),
        ("第二批經驗做法", True),
        ("What does the second batch of practices say?", True),
        ("the 4th batch of the list", True),
        ("第三批清单是什么时候印发的？", False),
        ("the third batch of the list", False),
        ("西安第一批应用场景清单有什么用？", False),
        ("第一批应用场景清单是谁发的", False),
        ("第二批试点城市名单", False),
        ("第一批次的机器人", False),
        ("第一批有经验的师傅是怎么选出来的？", False),
        ("第一批经验丰富的工匠怎么培养", False),
        ("Who supports the first batch of listed companies?", False),
        ("第三批清单和第二批经验做法有什么不同？", False),
        ("第一二批经验做法里有什么", True),
        ("第二批《发展智能建造可复制经验做法清单》", True),
        ("清单的第二批里有什么", True),
        ("What is in batch 2 of the list?", True),
    ],
)
def test_a_batch_counts_where_it_is_that_of_a_list(
    editions: Editions, tokenizer: Tokenizer, question: str, lacks: bool
) -> None:
    assert editions.lacks(understand(question, Known(tokenizer))) is lacks


@pytest.mark.parametrize("batch", ["2024年第三批", "3", "三", "Third batch"])
def test_a_batch_is_read_as_it_is_stated(shipped: PracticeList, tokenizer: Tokenizer, batch: str) -> None:
    held = Editions([replace(shipped.document, batch=batch)], tokenizer)
    assert not held.lacks(understand("第三批经验做法清单", Known(tokenizer)))
    assert held.lacks(understand("第二批经验做法清单", Known(tokenizer)))


def test_where_a_batch_cannot_be_read_none_is_missed(shipped: PracticeList, tokenizer: Tokenizer) -> None:
    documents = [shipped.document, replace(shipped.document, batch="2023-3")]
    assert not Editions(documents, tokenizer).lacks(understand("第二批经验做法清单", Known(tokenizer)))


def test_where_no_document_has_a_batch_none_is_missed(shipped: PracticeList, tokenizer: Tokenizer) -> None:
    plain = Editions([replace(shipped.document, batch="")], tokenizer)
    assert not plain.lacks(understand("第一批可复制经验做法清单", Known(tokenizer)))


def test_a_question_about_a_batch_that_is_not_held_is_refused(retriever: Retriever) -> None:
    result = retriever.search("第一批可复制经验做法清单里写了哪些城市？")
    assert result.confidence == 0
    assert result.reason is Reason.SUBJECT
    assert result.hits
