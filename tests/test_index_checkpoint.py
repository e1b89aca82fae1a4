"""A build that was killed is taken up where it was, and gives the same bytes as one that was not."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hashed_encoder import HashedEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.types import Document, Practice, PracticeList, Span
from index import checkpoint
from index.build import build_snapshot
from index.checkpoint import SHARD, Encodings, encode_in_shards, sweep
from index.encoded import Encoded
from index.late import CodedPassages
from index.retriever import Retriever
from index.snapshot import current, verify
from index.token_codes import ByteCodec

# Three whole shards and a bit.
COUNT = 3 * SHARD + 5
TEXTS = [f"第{number}条" + "智能建造" * (number % 7) for number in range(COUNT)]


class Killed(BaseException):
    """Stand for a kill in the middle of a build."""


class CountingEncoder(HashedEncoder):
    """Count the passages of each call, and call `die` instead of the call numbered `last`, from 0."""

    def __init__(self, last: int | None = None, fingerprint: str = "hashed-256") -> None:
        super().__init__(fingerprint=fingerprint)
        self.calls: list[int] = []
        self.last = last

    def die(self) -> None:
        raise Killed("killed")

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Encoded:
        if len(self.calls) == self.last:
            self.die()
        self.calls.append(len(texts))
        return super().encode_passages(texts, progress)


class SelfKillingEncoder(CountingEncoder):
    """Send the own process the signal that can't be caught."""

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def articles(count: int) -> PracticeList:
    """Return a document of `count` one-line practices, a place and a term among them."""
    lines = [
        f"第{number}条 深圳市的“智能工地”按第{number % 11}号标准验收" + "。" * (number % 5) for number in range(count)
    ]
    practices, start = [], 0
    for number, line in enumerate(lines, start=1):
        practices.append(Practice(f"law:{number}", "law", (), number, line, (Span(start, start + len(line)),), ()))
        start += len(line) + 1
    document = Document("law", "某法", "", "", "", "law.txt", "0" * 64, "\n".join(lines))
    return PracticeList(document, tuple(practices))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return what a build gives that nothing disturbed."""
    return content(encode_in_shards(TEXTS, HashedEncoder(), tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that holds every shard of `TEXTS`."""
    home = tmp_path_factory.mktemp("kept")
    encode_in_shards(TEXTS, HashedEncoder(), home)
    return home


def content(found: Encodings) -> bytes:
    """Return all that was encoded, tokens in the order of the passages."""
    parts = list(found.parts())
    numbers = np.repeat(np.concatenate([part.numbers for part in parts]), np.concatenate([p.counts for p in parts]))
    order = np.argsort(numbers, kind="stable")
    rows = [np.concatenate([getattr(part, name) for part in parts])[order] for name in ("codes", "spans")]
    return b"".join(array.tobytes() for array in (found.pooled, numbers[order], *rows))


def directly(texts: list[str]) -> bytes:
    """Return the same without shards."""
    encoded, codec = HashedEncoder().encode_passages(texts), ByteCodec(256)
    part = CodedPassages(np.arange(len(texts)), codec.encode(encoded.tokens), encoded.spans, encoded.counts)
    return content(Encodings(encoded.pooled, codec, lambda: iter([part])))


def shards(home: Path) -> list[Path]:
    return sorted((home / "partial").glob("*/*.shard"))


def test_shards_hold_the_vectors_in_the_order_of_the_texts(whole: bytes) -> None:
    assert whole == directly(TEXTS)


@pytest.mark.parametrize("last", [0, 1, 2, 3])
def test_what_was_encoded_before_a_kill_is_not_encoded_again(tmp_path: Path, whole: bytes, last: int) -> None:
    with pytest.raises(Killed, match="killed"):
        encode_in_shards(TEXTS, CountingEncoder(last), tmp_path)
    assert len(shards(tmp_path)) == last
    encoder = CountingEncoder()
    assert content(encode_in_shards(TEXTS, encoder, tmp_path)) == whole
    assert encoder.calls == [SHARD, SHARD, SHARD, 5][last:]


def test_progress_goes_on_from_what_is_done(tmp_path: Path) -> None:
    with pytest.raises(Killed, match="killed"):
        encode_in_shards(TEXTS, CountingEncoder(last=2), tmp_path)
    steps: list[tuple[int, int]] = []
    encode_in_shards(TEXTS, CountingEncoder(), tmp_path, lambda *step: steps.append(step))
    assert steps[:3] == [(SHARD, COUNT), (2 * SHARD, COUNT), (2 * SHARD + 1, COUNT)]
    assert steps[-1] == (COUNT, COUNT)
    assert steps == sorted(steps)


def test_one_shard_is_not_kept(tmp_path: Path) -> None:
    assert len(encode_in_shards(TEXTS[:SHARD], HashedEncoder(), tmp_path).pooled) == SHARD
    assert not list(tmp_path.iterdir())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_shard_alone_is_encoded_again(kept: Path, whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    home = tmp_path / "home"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(kept, home)
    number = data.draw(st.integers(0, 3))
    path = shards(home)[number]
    raw = path.read_bytes()
    place = data.draw(st.integers(0, len(raw) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "grow", "swap", "unlink"])):
        case "flip":
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << data.draw(st.integers(0, 7))]) + raw[place + 1 :])
        case "cut":
            path.write_bytes(raw[:place])
        case "grow":
            path.write_bytes(raw + b"\0\0\0\0")
        case "swap":
            # Whole in itself, but of other passages.
            path.write_bytes(shards(home)[(number + data.draw(st.integers(1, 3))) % 4].read_bytes())
        case _:
            path.unlink()
    encoder = CountingEncoder()
    assert content(encode_in_shards(TEXTS, encoder, home)) == whole
    assert encoder.calls == [[SHARD, SHARD, SHARD, 5][number]]


def test_a_shard_that_was_half_written_is_not_read(kept: Path, whole: bytes, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(kept, home)
    half = shards(home)[1]
    half.with_suffix(".new").write_bytes(half.read_bytes()[:999])
    half.unlink()
    assert content(encode_in_shards(TEXTS, CountingEncoder(), home)) == whole
    assert half.is_file()


@pytest.mark.parametrize(
    ("texts", "fingerprint"),
    [
        (TEXTS, "other"),
        ([*TEXTS[:-1], "改了一条"], "hashed-256"),
        (TEXTS[::-1], "hashed-256"),
        (TEXTS[1:], "hashed-256"),
    ],
    ids=["encoder", "text", "order", "number"],
)
def test_nothing_is_taken_from_another_encoder_or_other_texts(
    kept: Path, tmp_path: Path, texts: list[str], fingerprint: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(kept, home)
    encoder = CountingEncoder(fingerprint=fingerprint)
    assert content(encode_in_shards(texts, encoder, home)) == directly(texts)
    assert sum(encoder.calls) == len(texts)
    assert len(list((home / "partial").iterdir())) == 2


def test_nothing_is_taken_from_another_runtime(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    shutil.copytree(kept, home)
    monkeypatch.setattr(checkpoint, "libraries", lambda: {"onnxruntime": "0.0.1"})
    encoder = CountingEncoder()
    encode_in_shards(TEXTS, encoder, home)
    assert sum(encoder.calls) == COUNT


def test_lone_surrogates_do_no_harm(tmp_path: Path) -> None:
    texts = [*TEXTS, "\ud800智能"]
    assert len(encode_in_shards(texts, HashedEncoder(), tmp_path).pooled) == COUNT + 1


def test_sweeping_nothing_is_no_error(tmp_path: Path) -> None:
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_published_build_leaves_no_shards_of_its_own_or_of_others(tmp_path: Path, shipped: PracticeList) -> None:
    for fingerprint in ("old", "older"):
        with pytest.raises(Killed, match="killed"):
            encode_in_shards(TEXTS, CountingEncoder(last=2, fingerprint=fingerprint), tmp_path)
    assert len(shards(tmp_path)) == 4
    build_snapshot([articles(SHARD + 1)], HashedEncoder(), tmp_path)
    assert not (tmp_path / "partial").exists()
    with pytest.raises(Killed, match="killed"):
        encode_in_shards(TEXTS, CountingEncoder(last=1), tmp_path)
    build_snapshot([shipped], HashedEncoder(), tmp_path)
    assert not (tmp_path / "partial").exists()


def build_and_die(home: Path) -> None:
    build_snapshot([articles(2 * SHARD + 7)], SelfKillingEncoder(last=2), home)


def test_a_build_killed_by_the_system_is_taken_up_and_gives_the_same_bytes(tmp_path: Path) -> None:
    home, undisturbed = tmp_path / "home", tmp_path / "undisturbed"
    process = multiprocessing.get_context("spawn").Process(target=build_and_die, args=(home,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert current(home) is None
    encoder = CountingEncoder()
    snapshot = build_snapshot([articles(2 * SHARD + 7)], encoder, home)
    # The rest of the passages, then the background.
    assert encoder.calls[0] == 7
    assert len(encoder.calls) == 2
    assert (
        verify(snapshot).digest
        == verify(build_snapshot([articles(2 * SHARD + 7)], HashedEncoder(), undisturbed)).digest
    )
    assert not (home / "partial").exists()
    assert [path.name for path in (home / "snapshots").iterdir()] == [snapshot.name]
    hits = Retriever.open(snapshot, encoder).search("第499条").hits
    assert hits[0].practice.id == "law:500"


def test_stages_are_told_in_order_to_their_end(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    build_snapshot([articles(300)], HashedEncoder(), tmp_path, lambda *step: steps.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in steps)) == ["chunks", "passages", "tokens"]
    assert [step for step in steps if step[0] != "passages"] == [
        ("chunks", 256, 300),
        ("chunks", 300, 300),
        ("tokens", 256, 300),
        ("tokens", 300, 300),
    ]
    assert steps == sorted(steps)
