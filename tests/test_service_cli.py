"""The command as a person runs it: results on stdout, the rest on stderr, 1 for data and 2 for usage."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from index.snapshot import current

COMMAND = [sys.executable, "-c", "from service.cli import main; main()"]
SHIPPED = Path(__file__).parent.parent / "corpus" / "data"


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `zhijian` with `home` as its data directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIJIAN_")}
    return subprocess.run(
        [*COMMAND, *arguments],
        env=inherited | {"ZHIJIAN_HOME": str(home), "PYTHONPATH": str(SHIPPED.parent.parent)} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    built = run(home, "build")
    assert (built.returncode, built.stdout, built.stderr) == (0, "1 documents, 43 practices, 43 chunks\n", "")
    return home


def test_search_prints_practices_and_nothing_else(home: Path) -> None:
    found = run(home, "search", "建筑机器人补充定额", "-k", "2")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("1. mohurd-2024-131:3.2.3  ")
    assert "完善标准体系 › 组织编制关键标准" in found.stdout
    assert found.stdout.count("mohurd-2024-131:") == 2


def test_search_as_json_is_what_the_service_answers(home: Path) -> None:
    found = json.loads(run(home, "search", "补充定额", "--region", "苏州", "--mode", "sparse", "--json").stdout)
    assert found["hits"][0]["id"] == "mohurd-2024-131:3.2.3"
    assert all("苏州市" in [region["name"] for region in hit["regions"]] for hit in found["hits"])


def test_ask_prints_the_answer_and_where_it_stands(home: Path) -> None:
    found = run(home, "ask", "嘉兴的人才房票是多少钱？")
    assert found.returncode == 0
    assert "60万元人才房票（或购房补贴）" in found.stdout
    assert "[1] 建办市函〔2024〕131号 培养专业人才 › 加强高层次人才培养（mohurd-2024-131:4.1.2，第" in found.stdout
    refused = json.loads(run(home, "ask", "怎么做红烧肉？", "--json").stdout)
    assert (refused["answered"], refused["citations"]) == (False, [])


def test_the_first_question_builds_the_index_by_itself(tmp_path: Path) -> None:
    found = run(tmp_path / "new", "ask", "深圳给培训补贴多少？")
    assert found.returncode == 0
    assert "30元" in found.stdout
    assert f"there is no snapshot under {tmp_path / 'new'} yet: building one" in found.stderr


def test_corpus_check_prints_repairs_with_their_lines(home: Path) -> None:
    found = run(home, "corpus", "check")
    assert found.returncode == 0
    lines = found.stdout.splitlines()
    assert lines[0] == "mohurd-2024-131.txt:20: misread-number: task number 一 is printed as a stroke: —"
    assert lines[-1] == "mohurd-2024-131: 4 tasks, 9 measures, 43 practices, 14 notes"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", " "], "The text is blank"),
        (["ask", "长" * 2001], "2001 characters; 2000 are the most"),
        (["search", "x", "-k", "0"], "greater than or equal to 1"),
        (["search", "x", "--mode", "fuzzy"], "'fuzzy' is not one of"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_use_exits_with_2(home: Path, arguments: list[str], message: str) -> None:
    found = run(home, *arguments, COLUMNS="200")
    assert (found.returncode, found.stdout) == (2, "")
    assert message in found.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["search", "x", "--region", "亚特兰蒂斯"], {}, "zhijian: unknown region '亚特兰蒂斯'"),
        (["build"], {"ZHIJIAN_CORPUS": "/nowhere"}, "zhijian: /nowhere: no such directory of documents"),
        (["ask", "x"], {"ZHIJIAN_THREADS": "many"}, "zhijian: ZHIJIAN_THREADS: "),
        (["ask", "x"], {"ZHIJIAN_MODEL": "/nowhere"}, "zhijian: /nowhere: there is no such model directory"),
        (["ask", "x"], {"ZHIJIAN_HOME": "/etc/hostname"}, "zhijian: /etc/hostname/CURRENT: can't be read: "),
        (["serve", "--host", "999.1.1.1"], {}, "zhijian: can't listen on 999.1.1.1 port 8000: "),
    ],
)
def test_bad_data_exits_with_1_and_one_line(
    home: Path, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    found = run(home, *arguments, **environment)
    assert (found.returncode, found.stdout) == (1, "")
    assert message in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_damaged_snapshot_names_the_file_and_build_mends_it(home: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(home, tmp_path / "home")
    snapshot = current(copy)
    assert snapshot is not None
    (snapshot / "practices.jsonl").write_text("", encoding="utf-8")
    broken = run(copy, "ask", "补充定额")
    assert broken.returncode == 1
    assert "practices.jsonl: damaged" in broken.stderr
    assert run(copy, "build").returncode == 0
    assert run(copy, "ask", "补充定额").returncode == 0


def test_a_changed_document_asks_for_a_build(home: Path, tmp_path: Path) -> None:
    corpus = shutil.copytree(SHIPPED, tmp_path / "corpus")
    with (corpus / "mohurd-2024-131.txt").open("a", encoding="utf-8") as file:
        file.write("\n")
    found = run(home, "ask", "补充定额", ZHIJIAN_CORPUS=str(corpus))
    assert found.returncode == 1
    assert "mohurd-2024-131: added, removed or changed in" in found.stderr
    assert "run `zhijian build`" in found.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(home: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "search", "智能建造", "-k", "43"],
        env=os.environ | {"ZHIJIAN_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1


def test_serve_says_where_and_ends_when_told(home: Path) -> None:
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"],
        env=os.environ | {"ZHIJIAN_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    found = re.fullmatch(
        r"INFO: serving on (http://127\.0\.0\.1:\d+) \(stop with Ctrl\+C\)\n", server.stderr.readline()
    )
    assert found
    with urllib.request.urlopen(f"{found[1]}/healthz", timeout=60) as response:
        assert json.load(response) == {"status": "alive"}
    server.send_signal(signal.SIGINT)
    server.stderr.read()
    server.stderr.close()
    assert server.wait(60) == 128 + signal.SIGINT


def test_a_port_that_is_taken_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run(home, "serve", "--port", str(port))
    assert found.returncode == 1
    assert found.stderr.startswith(f"zhijian: can't listen on 127.0.0.1 port {port}: Address already in use; choose")
    assert len(found.stderr.splitlines()) == 1


def test_a_closed_stdout_ends_nothing(home: Path) -> None:
    command = f"{shlex.join([*COMMAND, 'ask', '补充定额'])} >&-"
    ended = subprocess.run(["sh", "-c", command], env=os.environ | {"ZHIJIAN_HOME": str(home)}, check=False)
    assert ended.returncode == 0


def test_help_lists_every_command(home: Path) -> None:
    found = run(home, "--help", COLUMNS="200")
    assert found.returncode == 0
    for command in ("build", "search", "ask", "serve", "mcp", "corpus", "eval"):
        assert f" {command} " in found.stdout
