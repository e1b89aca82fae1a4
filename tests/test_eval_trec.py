from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from eval.errors import DataError
from eval.metrics import Measure, mean_scores, score_rankings
from eval.trec import read_run, write_qrels, write_run


def random_case(seed: int) -> tuple[dict[str, dict[str, int]], dict[str, tuple[tuple[str, float], ...]]]:
    """Make graded judgements and rankings with many tied scores, one question without a ranking."""
    random = Random(seed)
    documents = [f"list:{number}.1.1" for number in range(30)]
    judgements, rankings = {}, {}
    for number in range(25):
        judged = random.sample(documents, random.randint(1, 14))
        judgements[f"问{number}"] = {judged[0]: 2, **{name: random.choice([0, 1, 2]) for name in judged[1:]}}
        found = random.sample(documents, random.randint(0, 20))
        scores = sorted((random.choice([0.1, 0.5, 0.50000001, random.random()]) for _ in found), reverse=True)
        rankings[f"问{number}"] = tuple(zip(found, scores, strict=True))
    del rankings["问3"]
    return judgements, rankings


NAMES = {
    1: ["Success@1", "Rprec", "R@10", "RR@10", "nDCG@10"],
    2: ["Success(rel=2)@1", "Rprec(rel=2)", "R(rel=2)@10", "RR(rel=2)@10", "nDCG@10"],
}


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the command line of ir_measures 0.4.3 needs ast.Num")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("relevant", [1, 2])
def test_measures_agree_with_the_command_line_of_ir_measures(tmp_path: Path, seed: int, relevant: int) -> None:
    judgements, rankings = random_case(seed)
    qrels, run = tmp_path / "qrels", tmp_path / "run"
    write_qrels(qrels, judgements)
    write_run(run, rankings, "zhijian")
    output = subprocess.run(
        [sys.executable, "-m", "ir_measures", "-p", "-1", str(qrels), str(run), *NAMES[relevant]],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    ).stdout
    theirs = dict(line.split("\t") for line in output.splitlines())
    ours = mean_scores(list(score_rankings(judgements, rankings, relevant).values()))
    assert ours is not None
    assert [ours[measure] for measure in Measure] == pytest.approx(
        [float(theirs[name]) for name in NAMES[relevant]], abs=1e-9
    )


def test_a_written_run_is_read_back_in_the_same_order(tmp_path: Path) -> None:
    _, rankings = random_case(7)
    write_run(tmp_path / "run", rankings, "zhijian")
    read = read_run(tmp_path / "run")
    assert {q: [name for name, _ in ranking] for q, ranking in read.items()} == {
        q: [name for name, _ in ranking] for q, ranking in rankings.items() if ranking
    }


def test_a_run_is_sorted_by_score_then_id_whatever_its_ranks(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("q Q0 b 1 0.5 x\nq Q0 c 2 2e0 x\n\nq\tQ0\ta\t3\t.5\tx\n", encoding="utf-8")
    assert read_run(path) == {"q": (("c", 2.0), ("a", 0.5), ("b", 0.5))}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q Q0 a 1 0.5\n", r"run:1: expected six columns .*found 5"),
        ("q Q0 a 1 0.5 x\nq Q0 b 2 high x\n", r'run:2: the score "high" is no number'),
        ("q Q0 a 1 nan x\n", r'run:1: the score "nan" is not finite'),
        ("q Q0 a 1 -inf x\n", r'run:1: the score "-inf" is not finite'),
        ("q Q0 a 1 0.5 x\nq Q0 a 2 0.4 x\n", r'run:2: document "a" comes twice for question "q"'),
        ("\n", r"run: holds no ranking"),
    ],
)
def test_a_bad_run_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_run(path)


def test_an_id_with_a_space_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'a b' can't stand in a TREC file"):
        write_run(tmp_path / "run", {"q": (("a b", 1.0),)}, "zhijian")
    with pytest.raises(DataError, match=r"'' can't stand in a TREC file"):
        write_qrels(tmp_path / "qrels", {"": {"a": 1}})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match=r"can't be written: "):
        write_run(tmp_path / "nowhere" / "run", {"q": (("a", 1.0),)}, "zhijian")
