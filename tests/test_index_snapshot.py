"""A snapshot is whole or refused, whatever happens while it is written or afterwards."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.errors import SourceError
from corpus.types import PracticeList
from index import snapshot as snapshots
from index.build import build_snapshot
from index.retriever import Retriever
from index.snapshot import SnapshotError, current, verify, writing

ENCODER = HashedEncoder()


@pytest.fixture(scope="module")
def built(shipped: PracticeList, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_snapshot([shipped], ENCODER, tmp_path_factory.mktemp("home"))


def test_what_was_built_is_what_is_opened(built: Path, shipped: PracticeList) -> None:
    retriever = Retriever.open(built, ENCODER)
    assert tuple(retriever.practices.values()) == shipped.practices
    assert retriever.documents == {shipped.document.id: shipped.document}
    assert retriever.manifest.counts == {"documents": 1, "practices": 43, "chunks": 43}
    assert retriever.manifest.documents == {"mohurd-2024-131": shipped.document.sha256}


def test_the_same_input_gives_the_same_bytes(built: Path, shipped: PracticeList, tmp_path: Path) -> None:
    again = build_snapshot([shipped], ENCODER, tmp_path)
    assert verify(again).digest == verify(built).digest


def every_file(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_cut_or_missing_file_is_refused_by_name(built: Path, tmp_path: Path, data: st.DataObject) -> None:
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(built, copy)
    path = data.draw(st.sampled_from(every_file(copy)))
    raw = path.read_bytes()
    place = data.draw(st.integers(min_value=0, max_value=max(0, len(raw) - 1)))
    match data.draw(st.sampled_from(["flip", "cut", "unlink"])):
        case "flip" if raw:
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        case "cut" if raw:
            path.write_bytes(raw[:place])
        case _:
            path.unlink()
    with pytest.raises(SnapshotError, match=f"{path.name}.*run `zhijian build`"):
        Retriever.open(copy, ENCODER)


def test_another_encoder_is_refused_with_both_names(built: Path) -> None:
    with pytest.raises(SnapshotError, match="built with encoder hashed-256, but this is encoder other; run `zhijian b"):
        Retriever.open(built, HashedEncoder(fingerprint="other"))


def test_another_schema_is_refused_with_both_numbers(built: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(built, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    (copy / "manifest.json").write_text(json.dumps({**manifest, "schema": 999}), encoding="utf-8")
    with pytest.raises(SnapshotError, match=f"schema 999, this version reads {snapshots.SCHEMA}; run"):
        Retriever.open(copy, ENCODER)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}', "[" * 100_000])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"manifest\.json: .*run `zhijian build`"):
        verify(tmp_path)


class Killed(BaseException):
    """Stand for a kill at a given moment of the build."""


@pytest.mark.parametrize(
    "moment", [("chunks", 43), ("passages", 1), ("passages", 20), ("passages", 43), ("tokens", 43)], ids=str
)
def test_a_build_that_dies_leaves_the_old_snapshot(
    shipped: PracticeList, tmp_path: Path, moment: tuple[str, int]
) -> None:
    old = build_snapshot([shipped], ENCODER, tmp_path)

    def die(stage: str, done: int, of: int) -> None:
        if (stage, done) == moment:
            raise Killed("killed")

    with pytest.raises(Killed, match="killed"):
        build_snapshot([shipped], ENCODER, tmp_path, die)
    assert current(tmp_path) == old
    assert [path.name for path in old.parent.iterdir()] == [old.name]
    assert len(Retriever.open(old, ENCODER).practices) == 43


def build_for_ever(shipped: PracticeList, home: Path) -> None:
    while True:
        build_snapshot([shipped], ENCODER, home)


@pytest.mark.parametrize("rounds", [3])
def test_a_builder_killed_at_any_point_leaves_a_whole_snapshot(
    shipped: PracticeList, tmp_path: Path, rounds: int
) -> None:
    build_snapshot([shipped], ENCODER, tmp_path)
    for _ in range(rounds):
        before = current(tmp_path)
        process = multiprocessing.get_context("spawn").Process(target=build_for_ever, args=(shipped, tmp_path))
        process.start()
        deadline = time.monotonic() + 60
        while current(tmp_path) == before and time.monotonic() < deadline:
            process.join(timeout=0.01)
        process.kill()
        process.join()
        found = current(tmp_path)
        assert found not in (None, before)
        assert found is not None
        assert len(Retriever.open(found, ENCODER).practices) == 43
    build_snapshot([shipped], ENCODER, tmp_path)
    assert len(list((tmp_path / "snapshots").iterdir())) <= 2


def test_a_second_builder_waits_for_the_first(tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def build() -> None:
        with writing(tmp_path):
            entered.set()
            leave.wait(60)

    first = threading.Thread(target=build)
    first.start()
    assert entered.wait(60)
    entered.clear()
    second = threading.Thread(target=build)
    second.start()
    assert not entered.wait(0.3)
    leave.set()
    assert entered.wait(60)
    first.join()
    second.join()


def test_a_builder_may_publish_while_it_holds_the_lock(shipped: PracticeList, tmp_path: Path) -> None:
    with writing(tmp_path):
        assert build_snapshot([shipped], ENCODER, tmp_path) == current(tmp_path)


def test_there_is_no_snapshot_at_first_and_a_damaged_pointer_is_mended(shipped: PracticeList, tmp_path: Path) -> None:
    assert current(tmp_path) is None
    (tmp_path / "CURRENT").write_text("../elsewhere", encoding="utf-8")
    with pytest.raises(SnapshotError, match="CURRENT: does not name a snapshot; run `zhijian build`"):
        current(tmp_path)
    (tmp_path / "CURRENT").write_bytes(b"\xff")
    with pytest.raises(SnapshotError, match=r"CURRENT: can't be read: .*; run `zhijian build`"):
        current(tmp_path)
    assert build_snapshot([shipped], ENCODER, tmp_path) == current(tmp_path)


def test_nothing_to_index_and_doubled_ids_are_refused(shipped: PracticeList, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no practice to index"):
        build_snapshot([], ENCODER, tmp_path)
    with pytest.raises(SourceError, match="document id 'mohurd-2024-131' is used twice"):
        build_snapshot([shipped, shipped], ENCODER, tmp_path)
    other = replace(shipped, document=replace(shipped.document, id="other"))
    with pytest.raises(SourceError, match=r"practice id 'mohurd-2024-131:1\.1\.1' is used twice"):
        build_snapshot([shipped, other], ENCODER, tmp_path)


def test_a_home_that_cannot_be_written_is_named(shipped: PracticeList, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SnapshotError, match="set ZHIJIAN_HOME to a writable place"):
        build_snapshot([shipped], ENCODER, tmp_path / "file")
