"""Nothing is fitted on the test split: what the bench reports on it is what strangers will see."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from eval.calibrate import Measured, fit_models, measure_fields
from eval.errors import DataError
from eval.evaluate import OWN_QUESTIONS
from eval.fit_relevance import Measured as Hits
from eval.fit_relevance import fit_models as fit_relevance
from eval.fit_relevance import measure_several
from eval.lists import read_field_lists, read_several
from eval.questions import load_for_fitting
from index.confidence import MODEL_FILE
from index.encoder import open_encoder
from index.relevance import MODEL_FILE as RELEVANCE_FILE
from index.retriever import Retriever

ROOT = Path(__file__).parent.parent


def names_in(path: Path) -> set[str]:
    """Return every name that a file imports or uses, modules too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return imported | used | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.fixture(scope="module")
def others() -> list[Measured]:
    """Return what is measured of the written lists of other fields."""
    return measure_fields(read_field_lists(), open_encoder())


@pytest.fixture(scope="module")
def fitted(retriever: Retriever, others: list[Measured]) -> dict[str, Any]:
    """Return the model that the project's own questions and those lists give."""
    return fit_models(retriever, OWN_QUESTIONS, others)


@pytest.fixture(scope="module")
def several() -> list[Hits]:
    """Return what is measured of questions that several practices of those lists answer."""
    return measure_several(read_several(), open_encoder())


@pytest.fixture(scope="module")
def relevance(retriever: Retriever, several: list[Hits]) -> dict[str, dict[str, float]]:
    """Return the models of relevance that the project's own questions and those give."""
    return fit_relevance(retriever, OWN_QUESTIONS, several)


def test_the_models_do_not_change_with_the_test_split(
    tmp_path: Path,
    retriever: Retriever,
    others: list[Measured],
    fitted: dict[str, Any],
    several: list[Hits],
    relevance: dict[str, dict[str, float]],
) -> None:
    spoiled = tmp_path / "questions.jsonl"
    records = [json.loads(line) for line in OWN_QUESTIONS.read_text(encoding="utf-8").splitlines()]
    unseen = [record for record in records if record["split"] == "test"]
    assert 0 < len(unseen) < len(records)
    for record in unseen:
        record["question"], record["gold"] = record["question"][::-1], [] if record["gold"] else ["1.1.1"]
        record.pop("helps", None)
        record.pop("partial", None)
    spoiled.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    assert fit_models(retriever, spoiled, others) == fitted
    assert fit_relevance(retriever, spoiled, several) == relevance


def test_the_shipped_model_is_what_the_dev_split_gives(fitted: dict[str, Any]) -> None:
    shipped = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    assert list(fitted) == list(shipped)
    for one, other in zip(fitted.values(), shipped.values(), strict=True):
        assert list(one["signals"]) == list(other["signals"])
        # Vectors differ in the last digits between machines.
        for name, values in one["signals"].items():
            assert values == pytest.approx(other["signals"][name], abs=0.05)
        assert one["threshold"] == pytest.approx(other["threshold"], abs=0.02)


def test_the_shipped_models_of_relevance_are_what_dev_and_the_lists_give(
    relevance: dict[str, dict[str, float]],
) -> None:
    shipped = json.loads(RELEVANCE_FILE.read_text(encoding="utf-8"))
    assert list(shipped) == list(relevance)
    for model, weights in relevance.items():
        assert shipped[model] == pytest.approx(weights, abs=0.05)


def test_whatever_writes_what_is_fitted_reads_its_questions_by_the_one_door() -> None:
    marks = {"MODEL_FILE", "scipy.optimize", "minimize", "curve_fit", "fit"}
    files = [path for folder in ("corpus", "index", "service", "eval") for path in (ROOT / folder).rglob("*.py")]
    fitting = [path.relative_to(ROOT).as_posix() for path in files if names_in(path) & marks]
    # Some write a model, the others read it.
    writing = ["eval/calibrate.py", "eval/fit_relevance.py"]
    assert sorted(fitting) == [*writing, "index/confidence.py", "index/relevance.py"]
    for path in writing:
        names = names_in(ROOT / path)
        assert "load_for_fitting" in names
        assert not names & {"load_questions", "evaluate_questions", "read_questions", "read_result"}


def test_only_questions_of_the_dev_split_are_for_fitting(tmp_path: Path) -> None:
    assert {question.split for question in load_for_fitting(OWN_QUESTIONS)} == {"dev"}
    path = tmp_path / "test.jsonl"
    path.write_text('{"id": "q", "category": "c", "question": "？", "gold": [], "split": "test"}', encoding="utf-8")
    with pytest.raises(DataError, match='holds no question of the split "dev"'):
        load_for_fitting(path)
