"""Feedback as candidate questions: one for each question, nothing lost, and not yet labelled."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from eval.errors import DataError
from eval.lines import read_objects
from eval.questions import load_questions
from service.candidates import candidate_lines
from service.feedback import NAME, Feedback, FeedbackFile, Verdict

COMMAND = [sys.executable, "-c", "from service.cli import main; main()", "feedback"]
ROOT = Path(__file__).parent.parent
UP, DOWN = Verdict.UP, Verdict.DOWN
any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIJIAN_")}
    own = {"ZHIJIAN_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run([*COMMAND, *arguments], env=inherited | own | environment, capture_output=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = FeedbackFile(tmp_path)
    file.add("深圳给培训补贴多少？", UP, practice_ids=["a:1", "a:2"], note="对")
    file.add("那苏州呢？", DOWN, practice_ids=["a:3"], history=["嘉兴的研发资助？"])
    file.add("深圳给培训补贴多少？", DOWN, practice_ids=["a:1"], note="“不\u2028全”\x85\u202e")
    file.add("深圳给培训补贴多少？", UP, practice_ids=["a:2", "a:4"])
    file.add("那苏州呢？", DOWN)
    return tmp_path


def test_one_candidate_for_each_question_with_all_that_was_said(home: Path) -> None:
    said = FeedbackFile(home).read()
    exported = run(home, "export")
    assert (exported.returncode, exported.stderr) == (0, b"")
    lines = exported.stdout.decode("utf-8").split("\n")
    assert lines.pop() == ""
    first, second, third = (json.loads(line) for line in lines)

    def entry(one: Feedback) -> dict[str, Any]:
        shown = list(one.practice_ids)
        return {"id": one.id, "time": one.time, "verdict": one.verdict, "practice_ids": shown, "note": one.note}

    assert first == {
        "id": f"feedback-{said[0].id}",
        "category": "candidate",
        "question": "深圳给培训补贴多少？",
        "gold_candidates": ["a:2", "a:1", "a:4"],
        "up": 2,
        "down": 1,
        "feedback": [entry(said[0]), entry(said[2]), entry(said[3])],
    }
    assert (second["question"], second["history"]) == ("那苏州呢？", ["嘉兴的研发资助？"])
    assert (second["gold_candidates"], second["down"]) == ([], 1)
    assert "history" not in third


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "gbk"}, {"PYTHONIOENCODING": "ascii"}])
def test_the_export_is_utf_8_whatever_the_console(home: Path, environment: dict[str, str]) -> None:
    assert run(home, "export", **environment).stdout == run(home, "export").stdout


def test_a_file_is_written_for_its_owner_and_never_over_another(home: Path) -> None:
    out = home / "candidates.jsonl"
    written = run(home, "export", "--out", str(out))
    assert (written.returncode, written.stdout.decode().strip(), written.stderr) == (0, str(out), b"")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_bytes() == run(home, "export").stdout
    out.write_text("judged\n")
    again = run(home, "export", "--out", str(out))
    assert (again.returncode, again.stdout) == (1, b"")
    assert again.stderr.decode().startswith(f"zhijian: {out}: is there already; name a new file")
    assert out.read_text() == "judged\n"


@pytest.mark.parametrize("name", ["missing/candidates.jsonl", "."])
def test_a_place_that_takes_no_file_is_named(home: Path, name: str) -> None:
    refused = run(home, "export", "--out", str(home / name))
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert refused.stderr.decode().startswith(f"zhijian: {home / name}: ")


def test_a_file_half_written_is_taken_away(home: Path) -> None:
    command = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *COMMAND, "export", "--out", str(home / "out.jsonl")]
    FeedbackFile(home).read()
    refused = subprocess.run(
        command, env=os.environ | {"ZHIJIAN_HOME": str(home), "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert not (home / "out.jsonl").exists()


def test_no_feedback_yet_is_said_beside_an_empty_export(tmp_path: Path) -> None:
    exported = run(tmp_path, "export")
    assert (exported.returncode, exported.stdout) == (0, b"")
    assert exported.stderr.decode() == f"INFO: there is no feedback under {tmp_path} yet\n"
    assert not (tmp_path / NAME).exists()


def test_help_says_what_comes_out(tmp_path: Path) -> None:
    assert b" export " in run(tmp_path, "--help", COLUMNS="200").stdout
    shown = " ".join(run(tmp_path, "export", "--help", COLUMNS="200").stdout.decode().split())
    for word in ("candidate questions", "JSON Lines in UTF-8", "gold_candidates", "--out"):
        assert word in shown


def test_the_bench_refuses_a_candidate_until_it_is_labelled(home: Path) -> None:
    path = home / "questions.jsonl"
    path.write_bytes(run(home, "export").stdout)
    with pytest.raises(DataError, match=r'questions\.jsonl:1: "feedback-\w+" is a candidate .* write into "gold"'):
        load_questions(path)
    candidates = [record for _, record in read_objects(path)]
    named = [candidate | {"category": "number"} for candidate in candidates]
    path.write_text("\n".join(json.dumps(record) for record in named), encoding="utf-8")
    with pytest.raises(DataError, match='the field "gold" is missing'):
        load_questions(path)
    judged = [record | {"gold": record["gold_candidates"]} for record in named]
    path.write_text("\n".join(json.dumps(record) for record in judged), encoding="utf-8")
    first, second, _ = load_questions(path)
    assert (first.text, first.gold) == ("深圳给培训补贴多少？", ("a:2", "a:1", "a:4"))
    assert second.history == ("嘉兴的研发资助？",)


feedback = st.builds(
    Feedback,
    id=st.uuids().map(lambda value: value.hex),
    time=st.just("2026-05-09T07:35:25Z"),
    question=any_text | st.sampled_from(["甲", "乙"]),
    history=st.lists(st.sampled_from(["甲", "乙"]), max_size=2).map(tuple),
    practice_ids=st.lists(st.sampled_from(["a:1", "a:2"]), max_size=2, unique=True).map(tuple),
    verdict=st.sampled_from(Verdict),
    note=st.none() | any_text,
)


@effort(max_examples=200, deadline=None)
@given(said=st.lists(feedback, max_size=8))
def test_nothing_is_lost_and_nothing_acts_on_a_terminal(said: list[Feedback]) -> None:
    lines = list(candidate_lines(said))
    found = [
        Feedback(
            entry["id"],
            entry["time"],
            candidate["question"],
            tuple(candidate.get("history", ())),
            tuple(entry["practice_ids"]),
            Verdict(entry["verdict"]),
            entry["note"],
        )
        for candidate in map(json.loads, lines)
        for entry in candidate["feedback"]
    ]
    assert sorted(found, key=repr) == sorted(said, key=repr)
    assert len(lines) == len({(one.question, one.history) for one in said})
    assert all(len(line.splitlines()) == 1 for line in lines)
    assert not any(unicodedata.category(character) == "Cc" for line in lines for character in line)
