"""`zhijian eval` as a person runs it: figures on stdout, the rest on stderr, 1 for data and 2 for usage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.types import PracticeList
from eval.baseline import BASELINE
from eval.evaluate import OWN_QUESTIONS
from eval.result import read_result

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "from service.cli import main; main()", "eval"]
LINES = [
    {"id": "a", "category": "fact", "question": "补充定额", "gold": ["3.2.3"], "group": "quota"},
    {"id": "b", "category": "list", "question": "哪些地方给智能建造科研课题发钱？", "gold": ["2.1.3", "2.1.4"]},
    {"id": "c", "category": "none", "question": "怎么做红烧肉？", "gold": []},
]


def run(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `zhijian eval` with `home` as its data directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIJIAN_")}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=inherited | {"ZHIJIAN_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def succeed(home: Path, *arguments: object) -> str:
    """Run a command that must succeed without a word on stderr, and return its output."""
    found = run(home, *arguments)
    assert (found.returncode, found.stderr) == (0, "")
    return found.stdout


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "own.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in LINES), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, questions: Path) -> Path:
    """Return a home in which the first evaluation has built the index."""
    home = tmp_path_factory.mktemp("home")
    assert run(home, "--questions", questions).returncode == 0
    return home


def test_questions_of_a_file_are_scored_and_the_result_is_kept(home: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    report: dict[str, Any] = json.loads(succeed(home, "--questions", questions, "--out", out, "--json"))
    assert report["all"]["questions"] == 3
    assert report["categories"]["fact"]["hit@1"] == 1
    assert report["all"]["refusal"]["auroc"] == 1
    assert report["all"]["answers"]["verbatim"] == 1
    assert list(report["cost"]["stages"]) == [
        "understand",
        "encode",
        "dense",
        "sparse",
        "late",
        "fuse",
        "answer",
        "total",
    ]
    kept = read_result(out)
    assert [judged.id for judged in kept.questions] == ["a", "b", "c"]
    assert kept.provenance.manifest
    assert set(kept.provenance.libraries) >= {"python", "faiss-cpu", "onnxruntime", "ir_measures"}
    assert "补充定额" in out.read_text(encoding="utf-8")


def test_a_disturbed_set_is_reported_by_disturbance(home: Path, questions: Path) -> None:
    text = succeed(home, "--questions", questions, "--robustness")
    for name in ("homophone", "traditional", "full-width", "polite"):
        assert f"\n{name} " in text


def test_an_exported_run_scores_as_the_system_did_and_is_compared_with_it(
    home: Path, shipped: PracticeList, tmp_path: Path
) -> None:
    questions, result, folder = tmp_path / "own.jsonl", tmp_path / "result.json", tmp_path / "trec"
    # With more answers than ten, R-precision needs the ranks beyond.
    every = {"id": "d", "category": "list", "question": "智能建造有哪些做法？"}
    lines = [*LINES, every | {"gold": [practice.id for practice in shipped.practices[:30]]}]
    questions.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    report = json.loads(succeed(home, "--questions", questions, "--out", result, "--json"))
    succeed(home, "export", folder, "--format", "trec", "--questions", questions)
    scored = json.loads(succeed(home, "--run", folder / "run.txt", "--questions", questions, "--json"))
    for name in ("hit@1", "r-precision", "recall@10", "mrr@10", "ndcg@10"):
        assert scored["all"][name] == pytest.approx(report["all"][name], abs=1e-12)
    assert scored["all"]["refusal"]["auroc"] is None
    (compared,) = json.loads(succeed(home, "compare", result, folder / "run.txt", "--questions", questions, "--json"))
    assert compared["changed"] == []
    assert "decision" not in compared["rows"]


def test_an_exported_folder_is_scored_and_read_back(home: Path, questions: Path, tmp_path: Path) -> None:
    folder, back = tmp_path / "beir", tmp_path / "back.jsonl"
    succeed(home, "export", folder, "--questions", questions)
    scored = json.loads(succeed(home, "--beir", folder, "--split", "all", "--json"))
    assert scored["all"]["questions"] == 2
    succeed(home, "import", folder, "--out", back, "--split", "all", "--relevant", "2", "--unjudged")
    again = [json.loads(line) for line in back.read_text(encoding="utf-8").splitlines()]
    assert [one["gold"] for one in again] == [
        ["mohurd-2024-131:3.2.3"],
        ["mohurd-2024-131:2.1.3", "mohurd-2024-131:2.1.4"],
        [],
    ]


def test_a_report_is_one_page(home: Path, questions: Path, tmp_path: Path) -> None:
    result, page = tmp_path / "result.json", tmp_path / "report.html"
    succeed(home, "--questions", questions, "--out", result)
    assert succeed(home, "report", result, "--out", page).strip() == str(page)
    assert page.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_the_gate_accepts_then_passes_then_fails(home: Path, tmp_path: Path) -> None:
    questions, baseline = tmp_path / "some.jsonl", tmp_path / "baseline.json"
    lines = [line for line in OWN_QUESTIONS.read_text(encoding="utf-8").splitlines() if '"colloquial"' in line][:40]
    questions.write_text("\n".join(lines), encoding="utf-8")
    gate = ("gate", "--questions", questions, "--baseline", baseline)
    succeed(home, *gate, "--accept")
    assert [judged.id for judged in read_result(baseline).questions] == [json.loads(line)["id"] for line in lines]
    assert "hit@1" in succeed(home, *gate)
    # A baseline that was better: every first hit right, where now many are wrong.
    better = json.loads(baseline.read_text(encoding="utf-8"))
    for judged in better["questions"]:
        judged["scores"]["hit@1"] = 1.0
    baseline.write_text(json.dumps(better), encoding="utf-8")
    failed = run(home, *gate)
    assert failed.returncode == 1
    assert "zhijian eval gate --accept" in failed.stdout


def test_the_committed_baseline_is_of_the_committed_questions() -> None:
    baseline = read_result(BASELINE)
    committed = [json.loads(line) for line in OWN_QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert [(judged.id, judged.text) for judged in baseline.questions] == [
        (record["id"], record["question"]) for record in committed
    ]
    assert baseline.provenance.commit


def test_the_ablation_replaces_the_table_of_a_file(home: Path, questions: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Eval\n\n<!-- ablation:begin -->\nold\n<!-- ablation:end -->\n\nrest\n", encoding="utf-8")
    succeed(home, "ablation", "--questions", questions, "--readme", readme)
    text = readme.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.endswith("<!-- ablation:end -->\n\nrest\n")
    assert "| **shipped** |" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--questions", "a", "--beir", "b"], "--beir does not go with --questions"),
        (["--url", "http://localhost", "--run", "b"], "--url does not go with --run"),
        (["--run", "a", "--robustness"], "--run does not go with --robustness"),
        (["--run", "a", "--mode", "dense"], "--run does not go with --mode"),
        (["--split", "dev"], "--split goes with --beir alone"),
        (["--questions", "a", "gate"], "--questions stands before gate"),
        (["--json", "compare", "a", "b"], "--json stands before compare"),
        (["--questions", BASELINE, "--out", BASELINE], "would overwrite a file that is read"),
        (["report", BASELINE, "--out", BASELINE], "would overwrite a file that is read"),
        (["--mode", "fuzzy"], "'fuzzy' is not one of"),
        (["compare", "a"], "give two files at least"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_wrong_use_exits_with_2(home: Path, arguments: list[object], message: str) -> None:
    found = run(home, *arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert message in found.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "own.jsonl: holds no questions"),
        ('{"id": "a"', "own.jsonl:1: broken JSON"),
        ('{"id": "a", "category": "c", "question": "？", "gold": ["9.9.9"]}', 'own.jsonl:1: gold of question "a"'),
        ('{"id": "a", "category": "c", "question": "？", "gold": []}\n' * 2, 'own.jsonl:2: the id "a" is already used'),
    ],
)
def test_a_bad_file_of_questions_is_named_and_nothing_is_written(
    home: Path, tmp_path: Path, content: str, message: str
) -> None:
    path, out = tmp_path / "own.jsonl", tmp_path / "result.json"
    path.write_text(content, encoding="utf-8")
    found = run(home, "--questions", path, "--out", out)
    assert (found.returncode, found.stdout) == (1, "")
    assert message in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "run.txt: holds no ranking"),
        ("a Q0 3.2.3 1 NaN tag", 'run.txt:1: the score "NaN" is not finite'),
        ("a Q0 7.7.7 1 0.5 tag", 'run.txt:1: "7.7.7" names no practice'),
        ("x Q0 3.2.3 1 0.5 tag", 'run.txt:1: no question has the id "x"'),
        ("a Q0 3.2.3 1", "run.txt:1: expected six columns"),
    ],
)
def test_a_bad_run_is_named(home: Path, questions: Path, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "run.txt"
    path.write_text(content, encoding="utf-8")
    found = run(home, "--run", path, "--questions", questions)
    assert (found.returncode, found.stdout) == (1, "")
    assert message in found.stderr


def test_a_service_that_is_not_there_is_named(home: Path) -> None:
    found = run(home, "--url", "http://127.0.0.1:9")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("zhijian: http://127.0.0.1:9: ")


def test_an_empty_address_is_no_other_system(home: Path) -> None:
    found = run(home, "--url", "")
    assert (found.returncode, found.stdout) == (1, "")
    assert "is no address" in found.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--out"], ["report", "--out"], ["gate", "--accept", "--baseline"], ["ablation", "--readme"]],
    ids=lambda arguments: arguments[0],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path, arguments: list[str]) -> None:
    home = tmp_path / "home"
    found = run(home, *arguments, tmp_path / "missing" / "file")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.endswith("file: can't be written: No such file or directory\n")
    assert not home.exists()


def test_a_readme_without_marks_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("no marks", encoding="utf-8")
    found = run(tmp_path / "home", "ablation", "--readme", readme, "--questions", tmp_path / "missing.jsonl")
    assert found.returncode == 1
    assert "README.md: must hold <!-- ablation:begin -->" in found.stderr


def test_an_exported_run_is_as_deep_as_what_is_measured(home: Path, tmp_path: Path) -> None:
    practices = [f"3.1.{item}" for item in range(1, 9)] + [f"2.1.{item}" for item in range(1, 7)]
    path = tmp_path / "many.jsonl"
    line = {"id": "a", "category": "list", "question": "指南和科研课题", "gold": practices}
    path.write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    succeed(home, "export", tmp_path / "trec", "--format", "trec", "--questions", path)
    assert len((tmp_path / "trec" / "run.txt").read_text(encoding="utf-8").splitlines()) == len(practices)


def test_a_run_for_all_queries_of_a_folder_is_scored_on_those_of_a_split(home: Path, tmp_path: Path) -> None:
    folder, path = tmp_path / "beir", tmp_path / "run.txt"
    (folder / "qrels").mkdir(parents=True)
    for name, ids in (("corpus", "xy"), ("queries", "ab")):
        lines = "".join(json.dumps({"_id": one, "text": one}) + "\n" for one in ids)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\na\tx\t1\n", encoding="utf-8")
    path.write_text("a Q0 x 1 1 t\nb Q0 y 1 1 t\n", encoding="utf-8")
    scored = json.loads(succeed(home, "--beir", folder, "--run", path, "--json"))
    assert (scored["all"]["questions"], scored["all"]["hit@1"]) == (1, 1)
    path.write_text("c Q0 x 1 1 t\n", encoding="utf-8")
    assert 'run.txt:1: no question has the id "c"' in run(home, "--beir", folder, "--run", path).stderr
