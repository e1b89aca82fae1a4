"""Labelled questions and runs, as other tools take and give them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from corpus.types import Heading, Practice, PracticeList, Span
from eval.beir import read_beir
from eval.errors import DataError
from eval.evaluate import OWN_QUESTIONS
from eval.exchange import export_beir, export_trec, import_beir, import_trec, write_questions
from eval.metrics import Measure, ir_measure, mean_scores, score_rankings
from eval.questions import ANSWERS, Question, load_questions, resolve_gold
from eval.run import Outcome, Run, run_questions, sufficient_depth
from eval.systems import Search
from eval.trec import read_qrels, read_run
from index.retriever import Retriever

FILE = Path("questions.jsonl")


def practice(name: str, text: str = "塔吊须有人值守。", *titles: str) -> Practice:
    path = tuple(Heading(number, "", title) for number, title in enumerate(titles, start=1))
    return Practice(name, "list", path, 1, text, (Span(0, len(text)),), ())


PRACTICES = (practice("list:1.1.1", "塔吊须有人值守。", "安全", "起重"), practice("list:1.1.2", "混凝土养护七天。"))
QUESTIONS = (
    Question("q1", "fact", "塔吊要人看着吗？", ("list:1.1.1",), ("list:1.1.2",), split="dev", path=FILE, line=1),
    Question("q2", "follow", "几天？", ("list:1.1.2", "list:1.1.1"), history=("养护？",), split="test", group="g"),
    Question("q3", "none", "怎么做红烧肉？", (), split="dev", path=FILE, line=3),
    Question("q4", "none", "多少钱？", (), ("list:1.1.2",), split="test", partial=True, path=FILE, line=4),
)
RUN = Run(
    {"q1": Outcome((("list:1.1.2", 0.5), ("list:1.1.1", 0.5))), "q9": Outcome((("x y", 1.0),)), "q3": Outcome(())},
    system="plain fusion",
    depth=10,
)


@pytest.fixture(scope="module")
def own(shipped: PracticeList) -> tuple[Question, ...]:
    return resolve_gold(load_questions(OWN_QUESTIONS), [one.id for one in shipped.practices])


def judged(questions: Sequence[Question]) -> dict[str, dict[str, int]]:
    return {question.id: question.grades for question in questions if question.grades}


def test_a_trec_folder_holds_topics_qrels_and_run(tmp_path: Path) -> None:
    folder = tmp_path / "trec"
    export_trec(folder, QUESTIONS, RUN)
    assert sorted(path.name for path in folder.iterdir()) == ["qrels.txt", "queries.tsv", "run.txt"]
    assert (folder / "queries.tsv").read_text(encoding="utf-8").splitlines() == [
        "q1\t塔吊要人看着吗？",
        "q2\t几天？",
        "q3\t怎么做红烧肉？",
        "q4\t多少钱？",
    ]
    # Nothing answers q4: in averages over the file it would count as a failure.
    assert read_qrels(folder / "qrels.txt") == {
        "q1": {"list:1.1.1": 2, "list:1.1.2": 1},
        "q2": {"list:1.1.2": 2, "list:1.1.1": 2},
    }
    assert (folder / "run.txt").read_text(encoding="utf-8").splitlines() == [
        "q1 Q0 list:1.1.2 1 0.5 plain-fusion",
        "q1 Q0 list:1.1.1 2 0.499999 plain-fusion",
    ]
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_trec_folder_without_a_run_has_no_run_file(tmp_path: Path) -> None:
    export_trec(tmp_path, QUESTIONS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["qrels.txt", "queries.tsv"]


def test_own_questions_come_back_from_trec_files(tmp_path: Path, own: tuple[Question, ...]) -> None:
    export_trec(tmp_path / "own", own)
    back = import_trec(tmp_path / "own", ANSWERS, "own", unjudged=True)
    assert [(one.id, one.text, one.gold) for one in back] == [(one.id, one.text, one.gold) for one in own]
    assert {one.id: one.helps for one in back if one.answerable} == {one.id: one.helps for one in own if one.answerable}
    assert {one.category for one in back} == {"own"}
    assert [one.id for one in import_trec(tmp_path / "own", ANSWERS)] == [one.id for one in own if one.answerable]


def test_own_questions_come_back_from_a_beir_folder(
    tmp_path: Path, own: tuple[Question, ...], shipped: PracticeList
) -> None:
    folder = tmp_path / "own"
    export_beir(folder, own, shipped.practices)
    assert import_beir(folder, "all", ANSWERS, unjudged=True) == own
    for split in ("dev", "test"):
        assert import_beir(folder, split, ANSWERS, unjudged=True) == tuple(one for one in own if one.split == split)
        read = read_beir(folder, split)
        assert read.judgements == judged([one for one in own if one.split == split])
    read = read_beir(folder, "all")
    assert read.judgements == judged(own)
    assert [(one.id, one.title, one.text) for one in read.documents] == [
        (one.id, " › ".join(heading.title for heading in one.path), one.text) for one in shipped.practices
    ]


def test_own_questions_come_back_from_the_file_they_are_written_to(tmp_path: Path, own: tuple[Question, ...]) -> None:
    write_questions(tmp_path / "own.jsonl", own)
    assert load_questions(tmp_path / "own.jsonl") == own
    with pytest.raises(DataError, match=r"own\.jsonl: exists already; choose another name"):
        write_questions(tmp_path / "own.jsonl", own[:1])
    assert load_questions(tmp_path / "own.jsonl") == own
    assert [path.name for path in tmp_path.iterdir()] == ["own.jsonl"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the command line of ir_measures 0.4.3 needs ast.Num")
def test_an_exported_run_scores_the_same_with_ir_measures_for_every_question(
    tmp_path: Path, own: tuple[Question, ...], retriever: Retriever
) -> None:
    judgements = {question.id: question.grades for question in own}
    run = run_questions(Search(retriever), own, sufficient_depth(judgements, ANSWERS))
    export_trec(tmp_path / "own", own, run)
    names = {str(ir_measure(measure, ANSWERS)): measure for measure in Measure}
    output = subprocess.run(
        [sys.executable, "-m", "ir_measures", "-q", "-p", "-1", "qrels.txt", "run.txt", *names],
        cwd=tmp_path / "own",
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    ).stdout
    theirs = {(question, names[name]): float(value) for question, name, value in map(str.split, output.splitlines())}
    scores = score_rankings(
        judgements, {question: outcome.ranking for question, outcome in run.outcomes.items()}, ANSWERS
    )
    ours = {(question, measure): value for question, by in scores.items() for measure, value in by.items()}
    means = mean_scores(list(scores.values()))
    assert means is not None
    ours |= {("all", measure): value for measure, value in means.items()}
    assert theirs.keys() == ours.keys()
    assert len(scores) > 400
    assert not [place for place, value in ours.items() if not isclose(value, theirs[place], abs_tol=1e-9)]
    # A comparison of nothing but zeros and ones would say little.
    assert all(0.5 < value < 1 for value in means.values())


def test_a_beir_folder_says_what_answers_and_what_helps(tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    export_beir(folder, QUESTIONS, PRACTICES)
    assert (folder / "qrels" / "all.tsv").read_text(encoding="utf-8").splitlines() == [
        "query-id\tcorpus-id\tscore",
        "q1\tlist:1.1.2\t1",
        "q1\tlist:1.1.1\t2",
        "q2\tlist:1.1.2\t2",
        "q2\tlist:1.1.1\t2",
        "q4\tlist:1.1.2\t1",
    ]
    first = json.loads((folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first == {"_id": "list:1.1.1", "title": "安全 › 起重", "text": "塔吊须有人值守。"}
    assert import_beir(folder, "dev", ANSWERS) == QUESTIONS[:1]
    assert import_beir(folder, "dev", ANSWERS, unjudged=True) == (QUESTIONS[0], QUESTIONS[2])
    assert import_beir(folder, "test", ANSWERS) == (QUESTIONS[1], QUESTIONS[3])


def test_a_split_in_which_nothing_is_judged_has_no_file(tmp_path: Path) -> None:
    export_beir(tmp_path / "beir", QUESTIONS[1:3], PRACTICES)
    assert sorted(path.name for path in (tmp_path / "beir" / "qrels").iterdir()) == ["all.tsv", "test.tsv"]


def foreign(path: Path) -> Path:
    """Make a BEIR folder as others make them: binary grades, and queries of other splits among the rest."""
    (path / "qrels").mkdir()
    (path / "corpus.jsonl").write_text('{"_id": "d1", "text": "甲"}\n{"_id": "d2", "text": "乙"}\n', encoding="utf-8")
    queries: list[dict[str, Any]] = [
        {"_id": "1", "text": "甲？", "metadata": {"category": 5, "query": "甲"}},
        {"_id": "2", "text": "乙？", "metadata": []},
        {"_id": "3", "text": "丙？"},
    ]
    (path / "queries.jsonl").write_text("".join(f"{json.dumps(query)}\n" for query in queries), encoding="utf-8")
    (path / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n1\td1\t1\n1\td2\t0\n2\td2\t1\n", encoding="utf-8"
    )
    return path


def test_a_foreign_beir_folder_is_imported_with_what_is_judged_in_it(tmp_path: Path) -> None:
    foreign(tmp_path)
    first, second = import_beir(tmp_path, category="law")
    assert first == Question("1", "law", "甲？", ("d1",))
    assert second == Question("2", "law", "乙？", ("d2",))
    assert (first.path, first.line) == (tmp_path / "queries.jsonl", 1)
    assert [one.id for one in import_beir(tmp_path, unjudged=True)] == ["1", "2", "3"]


def test_foreign_topics_and_qrels_are_imported(tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_bytes("\ufeff301\t甲？\r\n\r\n302\t乙？ \r\n303\t丙？\r\n".encode())
    (tmp_path / "qrels.txt").write_text("301 0 3.1.3 1\n301 0 a:2.1.1 2\n302 0 3.1.3 0\n302 0 x -2\n", encoding="utf-8")
    assert import_trec(tmp_path) == (
        Question("301", "imported", "甲？", ("3.1.3", "a:2.1.1")),
        Question("302", "imported", "乙？ ", ()),
    )
    assert import_trec(tmp_path, 2, unjudged=True) == (
        Question("301", "imported", "甲？", ("a:2.1.1",), ("3.1.3",)),
        Question("302", "imported", "乙？ ", ()),
        Question("303", "imported", "丙？", ()),
    )


@pytest.mark.parametrize(
    ("topics", "qrels", "message"),
    [
        ("301 甲？\n", "301 0 a 1\n", r"queries\.tsv:1: expected an id and a text, cut by a tab; found 1 columns"),
        ("301\t甲？\t乙\n", "301 0 a 1\n", r"queries\.tsv:1: expected an id and a text, .*found 3 columns"),
        ("301\t甲？\n301\t乙？\n", "301 0 a 1\n", r'queries\.tsv:2: the id "301" is already used in line 1'),
        ("\t甲？\n", "301 0 a 1\n", r'queries\.tsv:1: "id" is blank'),
        ("301\t \n", "301 0 a 1\n", r'queries\.tsv:1: "question" is blank'),
        ("", "301 0 a 1\n", r"queries\.tsv: holds no questions"),
        ("301\t甲？\n", "302 0 a 1\n", r'qrels\.txt:1: no question has the id "302"'),
        ("301\t甲？\n", "", r"qrels\.txt: holds no judgements"),
    ],
)
def test_topics_that_cannot_be_imported_are_named_with_their_place(
    tmp_path: Path, topics: str, qrels: str, message: str
) -> None:
    (tmp_path / "queries.tsv").write_text(topics, encoding="utf-8")
    (tmp_path / "qrels.txt").write_text(qrels, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        import_trec(tmp_path)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ([], r'queries\.jsonl:1: "zhijian" in "metadata" must be an object'),
        ({"history": "x"}, r'queries\.jsonl:1: "history" must be an array of strings'),
        ({"category": 5}, r'queries\.jsonl:1: "category" must be a string, found a number'),
        ({"partial": "yes"}, r'queries\.jsonl:1: "partial" must be true or false'),
    ],
)
def test_broken_metadata_of_ours_are_named_with_their_place(tmp_path: Path, metadata: Any, message: str) -> None:
    export_beir(tmp_path / "beir", QUESTIONS[:1], PRACTICES)
    query = {"_id": "q1", "text": "甲？", "metadata": {"zhijian": metadata}}
    (tmp_path / "beir" / "queries.jsonl").write_text(json.dumps(query), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        import_beir(tmp_path / "beir", "all")


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"queries\.tsv: can't be read: No such file"):
        import_trec(tmp_path)
    with pytest.raises(DataError, match=r"nowhere: is no directory"):
        import_beir(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "q 1"}, r"questions\.jsonl:1: 'q 1' can't stand in a TREC file, whose columns are cut at white space"),
        ({"id": "q\u30001"}, r"questions\.jsonl:1: .* can't stand in a TREC file"),
        ({"id": "q\x00"}, r"questions\.jsonl:1: \"id\" .* holds a control character"),
        ({"gold": ("a b",)}, r"questions\.jsonl:1: 'a b' can't stand in a TREC file"),
        ({"helps": ("a\tb",)}, r"questions\.jsonl:1: 'a\\tb' can't stand in a TREC file"),
        ({"text": "一\t二"}, r'questions\.jsonl:1: the text of "q1" can\'t stand in queries\.tsv: it holds a tab'),
        ({"text": "一\n二"}, r"questions\.jsonl:1: the text of \"q1\" can't stand in queries\.tsv"),
        ({"text": "\ud800"}, r"questions\.jsonl:1: \"question\" holds half of a surrogate pair"),
        ({"id": "q3"}, r'questions\.jsonl:3: the id "q3" comes twice'),
    ],
)
def test_what_cannot_stand_in_a_trec_file_is_named_and_nothing_is_left(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        export_trec(tmp_path / "trec", [replace(QUESTIONS[0], **changes), *QUESTIONS[1:]], RUN)
    assert list(tmp_path.iterdir()) == []


def test_a_found_id_that_cannot_stand_in_a_run_is_named(tmp_path: Path) -> None:
    run = Run({"q1": Outcome((("x y", 1.0),))}, "x", 1)
    with pytest.raises(DataError, match=r"trec/run\.txt: 'x y' can't stand in a TREC file"):
        export_trec(tmp_path / "trec", QUESTIONS, run)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gold": ("list:9",)}, r'questions\.jsonl:1: question "q1" names "list:9", which is none of the practices'),
        ({"split": "../dev"}, r"questions\.jsonl:1: the split '\.\./dev' of \"q1\" can't name a file"),
        ({"split": "All"}, r"questions\.jsonl:1: the split 'All' of \"q1\" can't name a file"),
        ({"id": "q3"}, r'questions\.jsonl:3: the id "q3" comes twice'),
        ({"id": "q\t1"}, r"questions\.jsonl:1: \"id\" 'q\\t1' holds a control character"),
    ],
)
def test_what_cannot_stand_in_a_beir_folder_is_named_and_nothing_is_left(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        export_beir(tmp_path / "beir", [replace(QUESTIONS[0], **changes), *QUESTIONS[1:]], PRACTICES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("questions", "practices", "message"),
    [
        (QUESTIONS[2:3], PRACTICES, r"beir: no question names a practice"),
        (QUESTIONS, (*PRACTICES, PRACTICES[0]), r'beir: the practice "list:1\.1\.1" comes twice'),
        # This is noticed only while the files are written.
        (QUESTIONS, (*PRACTICES, practice("x", "\ud800")), r"corpus\.jsonl: can't be written: .* half of a surrogate"),
    ],
)
def test_a_beir_folder_is_whole_or_not_there(
    tmp_path: Path, questions: Sequence[Question], practices: Sequence[Practice], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        export_beir(tmp_path / "beir", questions, practices)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for name in ("full", "file"):
        with pytest.raises(DataError, match=rf"{name}: exists already and isn't an empty directory"):
            export_trec(tmp_path / name, QUESTIONS)
        with pytest.raises(DataError, match=rf"{name}: exists already and isn't an empty directory"):
            export_beir(tmp_path / name, QUESTIONS, PRACTICES)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "note.txt"]


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere/trec: can't be written: No such file or directory"):
        export_trec(tmp_path / "nowhere" / "trec", QUESTIONS)


letters = st.characters(exclude_categories=["Cc", "Cs"])
ids = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"], exclude_characters="\ufeff"), min_size=1, max_size=6)
texts = st.text(letters, min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
PASSAGES = [
    practice(name, text) for name, text in (("a:1", "甲"), ("a:2", "乙\n丙"), ("b", " "), ("c d", "\u2028丁\ufeff"))
]


@st.composite
def labelled(draw: st.DrawFn, names: Sequence[str]) -> list[Question]:
    """Draw questions about these practices, each with some that answer and some that help."""
    questions = []
    for number in draw(st.lists(ids, min_size=1, max_size=5, unique=True)):
        drawn = draw(st.lists(st.sampled_from(names), unique=True))
        cut = draw(st.integers(0, len(drawn)))
        questions.append(
            Question(
                id=number,
                category=draw(texts),
                text=draw(texts),
                gold=tuple(drawn[:cut]),
                helps=tuple(drawn[cut:]),
                history=tuple(draw(st.lists(texts, max_size=2))),
                split=draw(st.sampled_from(["", "dev", "test"])),
                group=draw(st.text(letters, max_size=3)),
                partial=draw(st.booleans()),
            )
        )
    return questions


@effort(max_examples=60, deadline=None)
@given(questions=labelled([one.id for one in PASSAGES]))
def test_any_questions_come_back_from_a_beir_folder(questions: list[Question]) -> None:
    assume(any(question.grades for question in questions))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "beir"
        export_beir(folder, questions, PASSAGES)
        assert import_beir(folder, "all", ANSWERS, unjudged=True) == tuple(questions)
        assert read_beir(folder, "all").judgements == judged(questions)
        for split in {question.split for question in questions if question.grades} - {""}:
            of_split = [question for question in questions if question.split == split]
            assert read_beir(folder, split).judgements == judged(of_split)
            assert set(of_split) <= set(import_beir(folder, split, ANSWERS, unjudged=True))
        write_questions(Path(home) / "questions.jsonl", questions)
        assert load_questions(Path(home) / "questions.jsonl") == tuple(questions)


@effort(max_examples=60, deadline=None)
@given(questions=labelled(["a:1", "a:2", "b", "ü#"]), data=st.data())
def test_any_questions_and_rankings_come_back_from_trec_files(questions: list[Question], data: st.DataObject) -> None:
    assume(any(question.answerable for question in questions))
    rankings = {
        question.id: tuple((name, data.draw(st.floats(-10, 10))) for name in data.draw(st.lists(ids, unique=True)))
        for question in questions
    }
    run = Run({name: Outcome(ranking) for name, ranking in rankings.items()}, "any system", 10)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "trec"
        export_trec(folder, questions, run)
        back = import_trec(folder, ANSWERS, unjudged=True)
        assert [(one.id, one.text, one.gold) for one in back] == [(one.id, one.text, one.gold) for one in questions]
        answerable = [question for question in questions if question.answerable]
        assert [one.helps for one in back if one.answerable] == [one.helps for one in answerable]
        assert read_qrels(folder / "qrels.txt") == judged(answerable)
        if any(rankings.values()):
            order = {name: [found for found, _ in ranking] for name, ranking in read_run(folder / "run.txt").items()}
            assert order == {name: [found for found, _ in ranking] for name, ranking in rankings.items() if ranking}
