"""Nothing is fitted on the test split: what the bench reports on it is what strangers will see."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest

from eval.calibrate import fit_model
from eval.errors import DataError
from eval.evaluate import OWN_QUESTIONS
from eval.questions import load_for_fitting
from index.confidence import MODEL_FILE
from index.retriever import Retriever

EVAL = Path(__file__).parent.parent / "eval"


def names_in(path: Path) -> set[str]:
    """Return every name that a file imports or uses."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return imported | used | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_the_model_does_not_change_with_the_test_split(tmp_path: Path, retriever: Retriever) -> None:
    spoiled = tmp_path / "questions.jsonl"
    records = [json.loads(line) for line in OWN_QUESTIONS.read_text(encoding="utf-8").splitlines()]
    kept = [record for record in records if record["split"] == "dev"]
    for record in records:
        if record["split"] == "test":
            record["question"], record["gold"] = record["question"][::-1], [] if record["gold"] else ["1.1.1"]
            record.pop("helps", None)
            record.pop("partial", None)
    assert len(kept) < len(records)
    spoiled.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    alone = tmp_path / "dev.jsonl"
    alone.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in kept), encoding="utf-8")
    assert fit_model(retriever, spoiled) == fit_model(retriever, alone)


def test_the_shipped_model_is_what_the_dev_split_gives(retriever: Retriever) -> None:
    shipped = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    fitted = fit_model(retriever, OWN_QUESTIONS)
    assert list(fitted["weights"]) == list(shipped["weights"])
    # Vectors differ in the last digits between machines.
    np.testing.assert_allclose(list(fitted["weights"].values()), list(shipped["weights"].values()), atol=0.05)
    assert fitted["threshold"] == pytest.approx(shipped["threshold"], abs=0.02)


def test_whatever_writes_what_is_fitted_reads_its_questions_by_the_one_door() -> None:
    fitting = [path for path in EVAL.rglob("*.py") if names_in(path) & {"MODEL_FILE", "minimize", "curve_fit", "fit"}]
    assert [path.name for path in fitting] == ["calibrate.py"]
    for path in fitting:
        assert "load_for_fitting" in names_in(path)
        assert not names_in(path) & {"load_questions", "evaluate_questions", "read_questions", "read_result"}


def test_only_questions_of_the_dev_split_are_for_fitting(tmp_path: Path) -> None:
    assert {question.split for question in load_for_fitting(OWN_QUESTIONS)} == {"dev"}
    path = tmp_path / "test.jsonl"
    path.write_text('{"id": "q", "category": "c", "question": "？", "gold": [], "split": "test"}', encoding="utf-8")
    with pytest.raises(DataError, match='holds no question of the split "dev"'):
        load_for_fitting(path)
