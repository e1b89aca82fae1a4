"""The arithmetic and the tables of the benchmarks; what they measure is no test."""

from __future__ import annotations

import sys

import pytest

from eval.bench.browser import Loaded, browser_rows, sort_loaded
from eval.bench.event_client import Event, Stream, read_events
from eval.bench.processes import BenchError, seconds
from eval.bench.streams import at_once_rows, first_sentences, sample
from eval.bench.table import Row, as_json, machine, markdown
from eval.evaluate import OWN_QUESTIONS
from eval.questions import load_questions

LATE = Row("p50", "ms", 12.5, 10, beside="echo", baseline=0.5)
GOOD = Row("set: ndcg@10", "", 0.9, 0.845, at_most=False)


def test_a_target_is_reached_from_its_side() -> None:
    assert LATE.reached is False
    assert GOOD.reached is True
    assert Row("x", "s", 5.0, 5).reached is True
    assert Row("x", "", 0.845, 0.845, at_most=False).reached is True
    assert Row("x", "s", None, 5).reached is None
    assert Row("x", "s", 5.0).reached is None


def test_the_ratio_is_to_what_was_measured_beside() -> None:
    assert LATE.ratio == 25
    assert GOOD.ratio is None
    assert Row("x", "s", None, beside="y", baseline=2.0).ratio is None


def test_the_table_has_a_column_for_what_was_measured_beside_only_where_something_was() -> None:
    lines = markdown([LATE, Row("memory", "MB", None, 350)], "bench").splitlines()
    assert lines[0] == "| figure | target | measured | beside it | ratio |"
    assert lines[2] == "| p50 | ≤ 10.00 ms | 12.50 ms (missed) | echo: 0.50 ms | 25.00 × |"
    assert lines[3] == "| memory | ≤ 350 MB | – |  |  |"
    assert lines[5] == f"Measured with `bench` on {machine()}."
    assert markdown([GOOD], "bench").splitlines()[2] == "| set: ndcg@10 | ≥ 0.845 | 0.900 |"


def test_json_carries_verdict_and_ratio() -> None:
    late, good = as_json([LATE, GOOD], "bench")["rows"]
    assert (late["figure"], late["measured"], late["ratio"], late["reached"]) == ("p50", 12.5, 25, False)
    assert (good["ratio"], good["reached"]) == (None, True)


def test_a_command_that_fails_is_named_with_what_it_said() -> None:
    with pytest.raises(BenchError, match=r"ended with 3: out of cheese"):
        seconds([sys.executable, "-c", "import sys; print('out of cheese', file=sys.stderr); sys.exit(3)"])


def test_events_are_read_as_an_event_source_reads_them() -> None:
    lines = [b": ping\n", b"event: sentence\n", b"data: a\n", b"data:b\n", b"\n", b"event: gone\r\n", b"\r\n"]
    lines += ["data: 上海\r\n".encode(), b"\r\n", b"event: done\n", b"data: {}\n"]
    ticks = iter([1.0, 2.0])
    read = [(event.name, event.data, event.at) for event in read_events(lines, lambda: next(ticks))]
    # The last one is cut off.
    assert read == [("sentence", "a\nb", 1.0), ("message", "上海", 2.0)]


def stream(*names: str, begun: float = 0.0, data: str = "{}") -> Stream:
    return Stream(begun, tuple(Event(name, data, begun + 0.01 * place) for place, name in enumerate(names, 1)))


WHOLE = stream("status", "sentence", "done")


def test_a_stream_is_whole_that_says_something_and_ends_with_done() -> None:
    assert WHOLE.complete
    for names in (("status", "sentence"), ("status", "done"), ("sentence", "done", "sentence", "done"), ()):
        assert not stream(*names).complete
    assert not stream("sentence", "error").complete
    assert stream("status", "citation", "sentence", "sentence", "done", begun=5).first_sentence == pytest.approx(0.03)
    assert stream("status", "done").first_sentence is None
    with pytest.raises(BenchError, match=r"status, sentence$"):
        first_sentences([WHOLE, stream("status", "sentence")])


def test_streams_at_once_are_counted_by_what_became_of_them() -> None:
    late = stream("status", "sentence", "done", begun=1.0)
    rounds: list[list[Stream | BenchError]] = [
        [late, BenchError("refused")],
        [stream("status", "sentence", "done", data="[]"), stream("status")],
    ]
    broken, differing, first, wall = at_once_rows([WHOLE, WHOLE], rounds, [[WHOLE, late]])
    assert (broken.measured, broken.reached) == (2, False)
    assert (differing.measured, differing.reached) == (1, False)
    assert first.measured == pytest.approx(20)
    assert wall.measured == pytest.approx(0.03)
    assert wall.baseline == pytest.approx(1.03)
    assert [row.measured for row in at_once_rows([WHOLE], [[BenchError("x")]], [[WHOLE]])] == [1, 0, None, None]


def test_the_sample_is_of_dev_and_the_same_at_each_run() -> None:
    questions = load_questions(OWN_QUESTIONS)
    drawn = sample(questions)
    assert drawn == sample(questions)
    assert len({question.id for question in drawn}) == 100
    assert {question.split for question in drawn} == {"dev"}
    with pytest.raises(BenchError, match=r"^99 questions are of the split"):
        sample(drawn[:99])


def test_what_a_page_loads_is_parted_by_whose_it_is() -> None:
    service, own = "http://127.0.0.1:8000", "http://127.0.0.1:9000"
    icon = f"{service}/assets/icon.svg"
    requests = [(f"{service}/", 1), (icon, 2), (icon, 2), (f"{own}/", 8), ("data:,x", 16)]
    requests += [(f"{service}/v1/ask", 4), (f"{service}/v1/ask", 4)]
    third = ("https://fonts.example/a.woff2", "http://127.0.0.1:80000/")
    loaded = sort_loaded([*requests, *((url, 32) for url in third)], service, own)
    assert loaded == Loaded(files=3, answers=8, foreign=third)


def test_the_page_that_loads_most_counts_and_a_missing_browser_is_said() -> None:
    pages = [Loaded(50_000, 9_000, ()), Loaded(60_100, 2_000, ("x",))]
    seconds, files, answers, widget, foreign = browser_rows(0.5, 0.1, pages, Loaded(59_000, 0, ("x",)))
    assert (seconds.ratio, seconds.reached) == (5, True)
    assert (files.measured, files.reached, answers.measured) == (60.1, False, 9.0)
    assert (widget.measured, widget.reached) == (59.0, True)
    assert (foreign.measured, foreign.reached) == (1, False)
    missing = browser_rows(None, None, (), None, " (not measured: chromium is not installed)")
    assert [row.measured for row in missing] == [None] * 5
    assert all(row.figure.endswith("(not measured: chromium is not installed)") for row in missing)
