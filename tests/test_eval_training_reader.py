"""What the reader is trained on, and that a few steps teach what they are shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eval.evaluate import OWN_QUESTIONS
from eval.training.examples import read_lists
from eval.training.reading_examples import against_absent, read_held_terms, read_near_misses, read_pairs

WRITTEN = Path(__file__).parents[1] / "eval" / "training" / "data"
PAIRS = [*sorted(WRITTEN.glob("pairs_*.jsonl")), *sorted(WRITTEN.glob("near_*.jsonl"))]
WHOLE = WRITTEN / "pairs_06.jsonl"


def test_the_written_pairs_are_whole_and_none_is_what_the_reader_is_tested_on() -> None:
    records = [json.loads(line) for path in PAIRS for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [pair for record in records for pair in record["pairs"]]
    assert len(pairs) == 18910
    assert all(pair["answered"] != pair["missing"] and pair["answered"] and pair["missing"] for pair in pairs)
    own = {json.loads(line)["question"] for line in OWN_QUESTIONS.read_text(encoding="utf-8").splitlines()}
    assert not own & {pair[side] for pair in pairs for side in ("answered", "missing")}


def test_a_pair_is_read_with_one_passage_under_its_heading(tmp_path: Path) -> None:
    contrasts = read_pairs([WHOLE], tmp_path)
    assert len(contrasts.passages) == 60
    assert len(contrasts.contrasts) == 480
    for one in contrasts.contrasts:
        assert one.answered.passage == one.missing.passage
    assert all(text.text[text.heading - 1] == "\n" for text in contrasts.passages)
    near = read_near_misses(WRITTEN / "lists_01.jsonl")
    assert {one.answered.passage for one in near.contrasts} == set(range(60))


def test_terms_that_a_list_holds_are_set_against_those_that_it_lacks_in_the_same_form() -> None:
    path = WRITTEN / "terms_1.jsonl"
    (held, absent), *_ = read_held_terms([path], read_lists(WRITTEN))
    terms = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    nearest = np.tile([3, 5], (len(absent.examples), 1))
    contrasts = against_absent(held, absent, nearest)
    assert contrasts.passages == held.passages
    for place, (one, (term, name)) in enumerate(zip(contrasts.contrasts, terms["held"], strict=True)):
        assert contrasts.passages[one.answered.passage].source == name
        assert one.missing.passage == (3, 5)[place % 2]
        other = terms["absent"][place % len(terms["absent"])]
        assert one.answered.query.replace(term, "") == one.missing.query.replace(other, "")


def test_a_few_steps_teach_what_they_are_shown_and_the_result_is_read(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from eval.training.reading_vectors import Vectors
    from eval.training.train_reader import train, write
    from index.encoder import open_encoder
    from index.reader import Reader, Usual

    encoder = open_encoder()
    contrasts = read_pairs([WHOLE], tmp_path)
    few = contrasts.contrasts[:24]
    vectors = Vectors(
        encoder, [side.query for one in few for side in (one.answered, one.missing)], contrasts.passages[:3]
    )
    drawn = [
        tuple((side.query, contrasts.passages[side.passage].text) for side in (one.answered, one.missing))
        for one in few
    ]
    net = train(vectors, [drawn] * 6, 60, encoder.token_dimension)  # type: ignore[list-item]
    write(net, encoder.fingerprint, tmp_path / "reader.npz")
    reader, fingerprint = Reader.load(tmp_path / "reader.npz")
    assert fingerprint == encoder.fingerprint

    def reading(query: str, text: str) -> float:
        words = vectors.asked[query]
        usual = Usual(words.usual[:, 0], words.usual[:, 1])
        return float(reader.read(words.vectors.astype(np.float32), usual, [vectors.met[text].astype(np.float32)])[0])

    told = sum(reading(*answered) > reading(*missing) for answered, missing in drawn)
    assert told >= 22
