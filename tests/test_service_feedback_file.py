"""The file of feedback: many writers, killed writers, no room, and files that are not ours to write."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from service.feedback import NAME, SCHEMA, Feedback, FeedbackError, FeedbackFile, Verdict

ROOT = Path(__file__).parent.parent
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)

WRITER = """
import sys
from pathlib import Path
from service.feedback import FeedbackFile, Verdict
file = FeedbackFile(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    print(file.add(f"{sys.argv[3]} {number}", Verdict.UP, practice_ids=["a:1.1.1"]).id, flush=True)
"""
LEAVER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE feedback SET question = 'half written'")
print("writing", flush=True)
sys.stdin.read()
"""


def _process(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _kill(process: subprocess.Popen[str]) -> str:
    """Kill a process and return what it had still said."""
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    return said


def _questions(said: Sequence[Feedback]) -> list[str]:
    return [one.question for one in said]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@effort(max_examples=40, deadline=None)
@given(
    question=any_text,
    history=st.lists(any_text, max_size=3),
    shown=st.lists(any_text, max_size=3),
    note=st.none() | any_text,
    verdict=st.sampled_from(Verdict),
)
def test_what_is_kept_comes_back_as_it_was(
    home: Path,
    question: str,
    history: list[str],
    shown: list[str],
    note: str | None,
    verdict: Verdict,
) -> None:
    kept = FeedbackFile(home).add(question, verdict, practice_ids=shown, history=history, note=note)
    assert (kept.question, list(kept.history), list(kept.practice_ids)) == (question, history, shown)
    assert (kept.verdict, kept.note) == (verdict, note)
    assert FeedbackFile(home).read()[-1] == kept


def test_nothing_was_said_yet(tmp_path: Path) -> None:
    assert FeedbackFile(tmp_path).read() == ()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_alone_and_in_wal_mode(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FeedbackFile(tmp_path).add("智能建造", Verdict.UP)
        with closing(sqlite3.connect(tmp_path / NAME)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            FeedbackFile(tmp_path).add("智能建造", Verdict.UP)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{NAME}*")}
    finally:
        os.umask(before)
    assert modes == {NAME: 0o600, f"{NAME}-wal": 0o600, f"{NAME}-shm": 0o600}


def test_threads_and_processes_write_into_one_new_file(tmp_path: Path) -> None:
    processes = [_process(WRITER, tmp_path, 15, f"process {number}") for number in range(2)]
    file, failures = FeedbackFile(tmp_path), list[FeedbackError]()

    def write(number: int) -> None:
        try:
            for turn in range(15):
                file.add(f"thread {number} {turn}", Verdict.DOWN)
        except FeedbackError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [line for process in processes for line in process.communicate()[0].split()]
    assert failures == []
    kept = file.read()
    assert len({one.id for one in kept}) == len(kept) == 6 * 15
    assert set(said) <= {one.id for one in kept}
    for number in range(4):
        own = [question for question in _questions(kept) if question.startswith(f"thread {number} ")]
        assert own == [f"thread {number} {turn}" for turn in range(15)]


def test_what_a_writer_was_told_outlives_its_being_killed(tmp_path: Path) -> None:
    writer = _process(WRITER, tmp_path, 100_000, "killed")
    assert writer.stdout is not None
    told = [writer.stdout.readline().strip() for _ in range(20)]
    # The last line may be cut.
    told += [line.strip() for line in _kill(writer).splitlines(keepends=True) if line.endswith("\n")]
    after = FeedbackFile(tmp_path).add("after", Verdict.UP)
    kept = FeedbackFile(tmp_path).read()
    assert kept[-1] == after
    assert set(told) <= {one.id for one in kept}
    assert _questions(kept) == [*(f"killed {number}" for number in range(len(kept) - 1)), "after"]


def test_a_writer_killed_in_its_transaction_leaves_neither_a_lock_nor_half_a_row(tmp_path: Path) -> None:
    file = FeedbackFile(tmp_path)
    first = file.add("whole", Verdict.UP)
    leaver = _process(LEAVER, tmp_path / NAME)
    assert leaver.stdout is not None
    assert leaver.stdout.readline() == "writing\n"
    with pytest.raises(FeedbackError, match="another process keeps it locked"):
        FeedbackFile(tmp_path, patience=0.1).add("refused", Verdict.UP)
    assert file.read() == (first,)
    _kill(leaver)
    second = file.add("after", Verdict.DOWN)
    assert file.read() == (first, second)


def test_a_full_file_takes_nothing_more_and_can_be_read(tmp_path: Path) -> None:
    file = FeedbackFile(tmp_path, limit=128 * 1024)
    taken: list[Feedback] = []
    with pytest.raises(FeedbackError, match="full, it holds 131072 bytes; save it by `zhijian feedback export"):
        taken.extend(file.add("智" * 2000, Verdict.DOWN, history=["那苏州呢？" * 400] * 3) for _ in range(100))
    assert file.read() == tuple(taken)
    assert 2 < len(taken) < 20
    # One feedback more, of 64 KiB at the most, may have begun below the limit.
    assert sum(path.stat().st_size for path in tmp_path.glob(f"{NAME}*")) < 128 * 1024 + 64 * 1024
    (tmp_path / NAME).rename(tmp_path / "saved")
    assert file.read() == ()
    anew = file.add("anew", Verdict.UP)
    assert file.read() == (anew,)


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE feedback (whatever)")


def _broken_page(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    # The second page is the root of the table.
    whole[4096:8192] = os.urandom(4096)
    path.write_bytes(whole)


def _bad_row(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE feedback SET history = '[half'")


@pytest.mark.parametrize(
    ("spoil", "message", "writes"),
    [
        (_newer, "written by a newer zhijian", False),
        (_foreign, "is no file of feedback", False),
        (lambda path: path.write_bytes(b""), "is no file of feedback", False),
        (lambda path: path.write_bytes(b"a text file, longer than a header of SQLite" * 9), "damaged: ", False),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "damaged: ", False),
        (_broken_page, "damaged: ", False),
        (_bad_row, "damaged: ", True),
        (lambda path: (path.unlink(), path.mkdir()), "unable to open", False),
    ],
)
def test_a_file_of_another_make_is_refused_by_name_and_left_alone(
    tmp_path: Path, spoil: object, message: str, writes: bool
) -> None:
    file = FeedbackFile(tmp_path)
    file.add("智能建造", Verdict.UP)
    assert callable(spoil)
    spoil(tmp_path / NAME)
    before = (tmp_path / NAME).read_bytes() if (tmp_path / NAME).is_file() else b""
    with pytest.raises(FeedbackError, match=message) as refused:
        file.read()
    assert str(refused.value).startswith(str(tmp_path / NAME))
    if not writes:
        with pytest.raises(FeedbackError, match=message):
            file.add("智能建造", Verdict.UP)
        assert ((tmp_path / NAME).read_bytes() if (tmp_path / NAME).is_file() else b"") == before


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    # Not even the superuser makes a file there.
    with pytest.raises(FeedbackError, match=f"^/sys/{NAME}: can't be made: "):
        FeedbackFile(Path("/sys")).add("智能建造", Verdict.UP)
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(FeedbackError, match="can't be made: "):
        FeedbackFile(tmp_path / "file").add("智能建造", Verdict.UP)
    assert FeedbackFile(tmp_path / "gone").read() == ()


def test_odd_names_of_homes_do_no_harm(tmp_path: Path) -> None:
    home = tmp_path / "智建 100%?mode=ro#x"
    home.mkdir()
    kept = FeedbackFile(home).add("智能建造", Verdict.UP)
    assert FeedbackFile(home).read() == (kept,)
    assert [path.name for path in tmp_path.iterdir()] == [home.name]
    shutil.rmtree(home)
