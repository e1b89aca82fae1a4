from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.errors import DataError
from eval.metrics import Measure, mean_scores, score_rankings, separate_scores
from eval.run import Outcome
from eval.trec import read_qrels, read_run, run_from_trec, write_qrels, write_run

PRACTICES = ("list-a:1.1.1", "list-a:3.1.3", "list-b:1.1.1", "list-b:2.1.1")

names = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Z"], exclude_characters="\ufeff"), min_size=1, max_size=9
)
scores = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, -1.0, 1e-9])


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
    1: ["Success@1", "Rprec", "R@5", "R@10", "RR@10", "nDCG@10"],
    2: ["Success(rel=2)@1", "Rprec(rel=2)", "R(rel=2)@5", "R(rel=2)@10", "RR(rel=2)@10", "nDCG@10"],
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


@given(rankings=st.dictionaries(names, st.dictionaries(names, scores, min_size=1, max_size=8), min_size=1, max_size=4))
def test_any_run_comes_back_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, rankings: dict[str, dict[str, float]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-run"
    ranked = {question: sorted(found.items(), key=lambda item: -item[1]) for question, found in rankings.items()}
    write_run(path, ranked, "tag")
    assert read_run(path) == {question: separate_scores(ranking) for question, ranking in ranked.items()}
    run = run_from_trec(path, rankings, {name for found in rankings.values() for name in found})
    assert {question: [name for name, _ in outcome.ranking] for question, outcome in run.outcomes.items()} == {
        question: [name for name, _ in ranking] for question, ranking in ranked.items()
    }
    assert (run.system, run.depth) == ("tag", max(map(len, rankings.values())))


@given(
    judgements=st.dictionaries(
        names, st.dictionaries(names, st.integers(-999, 999), min_size=1, max_size=8), min_size=1, max_size=4
    )
)
def test_any_qrels_come_back(tmp_path_factory: pytest.TempPathFactory, judgements: dict[str, dict[str, int]]) -> None:
    path = tmp_path_factory.getbasetemp() / "any-qrels"
    write_qrels(path, judgements)
    assert read_qrels(path) == judgements
    assert read_qrels(path, judgements, {name for grades in judgements.values() for name in grades}) == judgements


def test_the_run_of_another_system_is_only_rankings(tmp_path: Path) -> None:
    path = tmp_path / "theirs.run"
    path.write_text("q1 Q0 3.1.3 1 2.5 bm25\nq1 Q0 list-b:1.1.1 2 7 bm25\nq2 Q0 2.1.1 1 -1e-3 bm25\n", encoding="utf-8")
    run = run_from_trec(path, ["q1", "q2", "q3"], PRACTICES)
    assert run.outcomes == {
        "q1": Outcome((("list-b:1.1.1", 7.0), ("list-a:3.1.3", 2.5))),
        "q2": Outcome((("list-b:2.1.1", -0.001),)),
    }
    assert (run.outcomes["q1"].confidence, run.outcomes["q1"].answered) == (None, None)
    assert (run.system, run.depth) == ("bm25", 2)


def test_a_run_of_several_tags_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "theirs.run"
    path.write_text("q1 Q0 3.1.3 1 2.5 a\nq1 Q0 2.1.1 2 2 b\n", encoding="utf-8")
    assert run_from_trec(path, ["q1"], PRACTICES).system == "theirs.run"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 Q0 3.1.3 1 1 x\nq9 Q0 3.1.3 1 1 x\n", r'run:2: no question has the id "q9"'),
        ("q1 Q0 9.9.9 1 1 x\n", r'run:1: "9\.9\.9" names no practice of the index'),
        ("q1 Q0 list-c:3.1.3 1 1 x\n", r'run:1: "list-c:3\.1\.3" names no practice of the index'),
        ("q1 Q0 1.1.1 1 1 x\n", r'run:1: "1\.1\.1" is ambiguous: it could be list-a:1\.1\.1, list-b:1\.1\.1; write'),
        (
            "q1 Q0 3.1.3 1 2 x\n\nq1 Q0 list-a:3.1.3 2 1 x\n",
            r'run:3: document "list-a:3\.1\.3" comes twice for question "q1"',
        ),
        ("q1 Q0 3.1.3 1 -nan x\n", r'run:1: the score "-nan" is not finite'),
        ("q1 Q0 3.1.3 1 1e999 x\n", r'run:1: the score "1e999" is not finite'),
        ("q\0 Q0 3.1.3 1 1 x\n", r"run:1: \"qid\" 'q\\x00' holds a control character"),
        ("\n\n", r"run: holds no ranking"),
    ],
)
def test_a_run_that_does_not_fit_the_questions_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        run_from_trec(path, ["q1"], PRACTICES)


def test_qrels_are_read_with_their_grades(tmp_path: Path) -> None:
    path = tmp_path / "qrels"
    path.write_bytes("\ufeffq1 0 3.1.3 2\r\nq1\t0\tlist-b:1.1.1\t-1\r\n\r\nq2 Q0 2.1.1 +1\r\n".encode())
    assert read_qrels(path) == {"q1": {"3.1.3": 2, "list-b:1.1.1": -1}, "q2": {"2.1.1": 1}}
    assert read_qrels(path, ["q1", "q2"], PRACTICES) == {
        "q1": {"list-a:3.1.3": 2, "list-b:1.1.1": -1},
        "q2": {"list-b:2.1.1": 1},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 0 3.1.3\n", r"qrels:1: expected four columns \(qid 0 docno grade\), found 3"),
        ("q1 Q0 3.1.3 1 1 x\n", r"qrels:1: expected four columns .*, found 6"),
        ("q1 0 3.1.3 high\n", r'qrels:1: the grade "high" is no whole number'),
        ("q1 0 3.1.3 0.5\n", r'qrels:1: the grade "0\.5" is no whole number'),
        ("q1 0 3.1.3 1_0\n", r'qrels:1: the grade "1_0" is no whole number'),
        ("q1 0 3.1.3 ١\n", r'qrels:1: the grade "١" is no whole number'),
        ("q1 0 3.1.3 9999\n", r'qrels:1: the grade "9999" is no whole number between -999 and 999'),
        (
            "q1 0 3.1.3 1\nq1 0 list-a:3.1.3 1\n",
            r'qrels:2: document "list-a:3\.1\.3" is judged twice for question "q1"',
        ),
        ("q9 0 3.1.3 1\n", r'qrels:1: no question has the id "q9"'),
        ("q1 0 9.9.9 1\n", r'qrels:1: "9\.9\.9" names no practice'),
        ("", r"qrels: holds no judgements"),
    ],
)
def test_bad_qrels_are_named_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "qrels"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_qrels(path, ["q1"], PRACTICES)


def test_a_document_judged_twice_is_named_without_known_ids_too(tmp_path: Path) -> None:
    path = tmp_path / "qrels"
    path.write_text("q 0 a 1\nq 0 a 2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'qrels:2: document "a" is judged twice for question "q"'):
        read_qrels(path)


@pytest.mark.parametrize("name", ["\ufeffa", "a\0b", "a\x1b", "\ud800"])
def test_an_id_that_would_not_come_back_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"can't stand in a TREC file: it holds a character that readers lose"):
        write_qrels(tmp_path / "qrels", {name: {"a": 1}})
    with pytest.raises(DataError, match=r"can't stand in a TREC file"):
        write_run(tmp_path / "run", {"q": ((name, 1.0),)}, "zhijian")
    assert list(tmp_path.iterdir()) == []
