"""The index of a BEIR folder is built once, and again only when it does not fit."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder

from corpus.types import Document
from eval import beir_index
from eval.beir import Collected, as_practice_list
from eval.beir_index import open_beir
from index import tokens
from index.background import background_texts
from index.build import build_snapshot
from index.checkpoint import SHARD
from index.encoded import Encoded
from index.retriever import Retriever

TEXTS = ("塔式起重机应当安装监测设备。", "混凝土养护期间应当记录温度。", "脚手架的搭设应当有专项方案。")


def built(*passages: int) -> list[int]:
    """Return the calls of as many builds, each of so many passages; the first one reads the background too."""
    return [passages[0], len(background_texts()), *passages[1:]]


class CountingEncoder(HashedEncoder):
    """Count the passages of each call; a call that begins when `most` are done kills the process."""

    def __init__(self, most: int | None = None, fingerprint: str = "hashed-256") -> None:
        super().__init__(fingerprint=fingerprint)
        self.calls: list[int] = []
        self.most = most

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Encoded:
        if sum(self.calls) == self.most:
            os.kill(os.getpid(), signal.SIGKILL)
        self.calls.append(len(texts))
        return super().encode_passages(texts, progress)

    def encode_queries(self, texts: Sequence[str]) -> Encoded:
        return HashedEncoder().encode_passages(texts)


def collected(texts: Sequence[str] = TEXTS, name: str = "site/test") -> Collected:
    """Return a folder as `read_beir` does; nobody asks its queries here."""
    documents = [
        Document(f"d{number}", "", "", "", "", f"corpus.jsonl:{number}", "0" * 64, text)
        for number, text in enumerate(texts, start=1)
    ]
    return Collected(name, tuple(documents), (), {}, ())


def indexes(home: Path) -> list[Path]:
    return sorted((home / "beir").iterdir())


def snapshot_names(home: Path) -> set[str]:
    return {path.name for path in (home / "beir").glob("*/snapshots/*")}


def test_an_index_is_built_under_its_name_and_finds_what_a_plain_build_finds(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    retriever = open_beir(collected(), encoder, tmp_path / "home")
    (index,) = indexes(tmp_path / "home")
    assert index.name.startswith("site-")
    lists = [as_practice_list(document) for document in collected().documents]
    plain = Retriever.open(build_snapshot(lists, encoder, tmp_path / "plain"), encoder)
    for question in ("起重机监测", "温度记录", "wholly unknown"):
        assert retriever.search(question) == plain.search(question)
    assert [hit.practice.document_id for hit in retriever.search("脚手架方案", top_k=1).hits] == ["d3"]


def test_what_was_built_is_used_again_by_every_split(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    first = open_beir(collected(), encoder, tmp_path)
    again = open_beir(collected(name="site/dev"), encoder, tmp_path)
    assert encoder.calls == built(3)
    assert len(indexes(tmp_path)) == 1
    assert again.manifest == first.manifest
    assert again.search("养护") == first.search("养护")


@pytest.mark.parametrize(
    ("folder", "fingerprint"),
    [
        (collected(), "other"),
        (collected([*TEXTS[:2], "脚手架的拆除应当有专项方案。"]), "hashed-256"),
        (collected(TEXTS[::-1]), "hashed-256"),
        (collected(TEXTS[:2]), "hashed-256"),
    ],
    ids=["encoder", "text", "order", "number"],
)
def test_another_encoder_and_other_documents_get_an_index_beside_it(
    tmp_path: Path, folder: Collected, fingerprint: str
) -> None:
    open_beir(collected(), HashedEncoder(), tmp_path)
    encoder = CountingEncoder(fingerprint=fingerprint)
    retriever = open_beir(folder, encoder, tmp_path)
    assert encoder.calls == built(len(folder.documents))
    assert list(retriever.documents.values()) == list(folder.documents)
    assert len(indexes(tmp_path)) == 2


def test_a_damaged_index_is_built_anew(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    open_beir(collected(), encoder, tmp_path)
    (vectors,) = indexes(tmp_path)[0].glob("snapshots/*/dense/*")
    vectors.write_bytes(vectors.read_bytes()[:-1])
    assert len(open_beir(collected(), encoder, tmp_path).practices) == 3
    assert encoder.calls == built(3, 3)
    (indexes(tmp_path)[0] / "CURRENT").write_text("../elsewhere", encoding="utf-8")
    assert len(open_beir(collected(), encoder, tmp_path).practices) == 3
    assert encoder.calls == built(3, 3, 3)
    open_beir(collected(), encoder, tmp_path)
    assert encoder.calls == built(3, 3, 3)


def test_an_index_of_another_version_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = CountingEncoder()
    with monkeypatch.context() as earlier:
        earlier.setattr(tokens, "VERSION", tokens.VERSION - 1)
        open_beir(collected(), encoder, tmp_path)
    assert open_beir(collected(), encoder, tmp_path).manifest.tokenizer == tokens.VERSION
    assert encoder.calls == built(3, 3)


def test_an_index_of_other_libraries_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = CountingEncoder()
    open_beir(collected(), encoder, tmp_path)
    before = snapshot_names(tmp_path)
    monkeypatch.setattr(beir_index, "libraries", lambda: {"onnxruntime": "999"})
    open_beir(collected(), encoder, tmp_path)
    assert encoder.calls == built(3, 3)
    assert snapshot_names(tmp_path) > before


@pytest.mark.parametrize("name", ["..", "/", "", "a\0b\n*?", "贵州 标准", "\udcff", "长" * 85])
def test_any_folder_name_gives_one_directory_under_the_home(tmp_path: Path, name: str) -> None:
    retriever = open_beir(collected(name=f"{name}/test"), HashedEncoder(), tmp_path / "home")
    assert len(retriever.practices) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["beir"]
    assert len(indexes(tmp_path / "home")) == 1


def test_two_that_open_at_once_build_once(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    found: list[Retriever] = []
    threads = [
        threading.Thread(target=lambda: found.append(open_beir(collected(), encoder, tmp_path))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(retriever.practices) for retriever in found] == [3, 3, 3]
    assert encoder.calls == built(3)


def many() -> Collected:
    return collected([f"第{number}条 {TEXTS[number % 3]}" for number in range(SHARD + 9)])


def open_and_die(home: Path) -> None:
    open_beir(many(), CountingEncoder(most=SHARD), home)


def test_a_killed_evaluation_takes_up_its_index(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=open_and_die, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    encoder = CountingEncoder()
    steps: list[tuple[str, int, int]] = []
    retriever = open_beir(many(), encoder, tmp_path, lambda *step: steps.append(step))
    assert encoder.calls == built(9)
    assert next(step for step in steps if step[0] == "passages") == ("passages", SHARD, SHARD + 9)
    assert retriever.search("第177条", top_k=1).hits[0].practice.document_id == "d178"
    assert not list(tmp_path.glob("beir/*/partial"))
