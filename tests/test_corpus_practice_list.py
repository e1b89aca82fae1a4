"""The shipped list is read exactly; any list of the genre is read however its table was torn apart."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import SourceError
from corpus.numerals import chinese_number, chinese_numeral
from corpus.practice_list import parse_practice_list
from corpus.types import Document, NoteKind, PracticeList, Span

# Titles, and practices by measure, as the table of the printed list has them.
OUTLINE = {
    ("培育智能建造产业集群", "建设智能建造产业集群"): 6,
    ("培育智能建造产业集群", "培育智能建造骨干企业"): 3,
    ("推动技术创新", "加大智能建造研发力度"): 7,
    ("推动技术创新", "推广智能建造技术新产品"): 5,
    ("推动技术创新", "推动建设科技创新平台"): 5,
    ("完善标准体系", "发布技术应用指南和目录"): 8,
    ("完善标准体系", "组织编制关键标准"): 3,
    ("培养专业人才", "加强高层次人才培养"): 2,
    ("培养专业人才", "培养复合型专业人才"): 4,
}


def document(text: str) -> Document:
    return Document("d", "清单", "", "", "", "d.txt", "", text)


def test_outline_of_the_shipped_list(shipped: PracticeList) -> None:
    counts = Counter(tuple(heading.title for heading in practice.path) for practice in shipped.practices)
    assert counts == OUTLINE
    assert [practice.id for practice in shipped.practices] == [
        f"mohurd-2024-131:{task}.{measure}.{item}"
        for task, sizes in enumerate([(6, 3), (7, 5, 5), (8, 3), (2, 4)], start=1)
        for measure, size in enumerate(sizes, start=1)
        for item in range(1, size + 1)
    ]


def test_spans_join_to_the_text_of_every_practice(shipped: PracticeList) -> None:
    for practice in shipped.practices:
        assert "".join(span.of(shipped.document.text) for span in practice.spans) == practice.text
        assert practice.text[0] not in " .．、0123456789"
        assert practice.text.endswith("。")


def test_an_item_split_by_a_page_is_one_practice(shipped: PracticeList) -> None:
    split = {practice.id: practice for practice in shipped.practices if len(practice.spans) > 1}
    assert list(split) == ["mohurd-2024-131:3.1.3"]
    assert "智能施工、智慧运维、建筑产业互联网平台" in split["mohurd-2024-131:3.1.3"].text


def test_regions_of_a_practice_in_order_of_naming(shipped: PracticeList) -> None:
    regions = {practice.id.partition(":")[2]: practice.regions for practice in shipped.practices}
    assert regions["3.1.3"] == ("440300",)
    assert regions["2.3.2"] == ("440300", "440000")
    assert regions["1.1.4"][:2] == ("440600", "440606")
    assert len(regions["4.2.4"]) == 17


def test_notes_name_each_repair_with_its_line(shipped: PracticeList) -> None:
    notes = {(note.line, note.kind) for note in shipped.notes}
    assert notes == {
        (20, NoteKind.MISREAD_NUMBER),
        (23, NoteKind.CONTINUED_ROW),
        (27, NoteKind.CONTINUED_ROW),
        (28, NoteKind.CONTINUED_ROW),
        (28, NoteKind.MISPLACED_CELL),
        (30, NoteKind.TRANSPOSED_PAGE),
        (33, NoteKind.LATE_HEADING),
        (34, NoteKind.LATE_HEADING),
        (35, NoteKind.LATE_HEADING),
        (38, NoteKind.CONTINUED_ROW),
        (38, NoteKind.SPLIT_ITEM),
        (39, NoteKind.CONTINUED_ROW),
        (42, NoteKind.CONTINUED_ROW),
        (44, NoteKind.LATE_HEADING),
    }
    for note in shipped.notes:
        assert shipped.document.text.count("\n", 0, note.span.start) + 1 == note.line


HEADER = "序号\t工作任务\t主要举措\t经验做法"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["一\t甲类\t（一）乙事\t<p>1. 子。</p><p>3. 丑。</p>"], r"line 2: item 3 where 1 or 2 should follow: '丑。'"),
        (["一\t甲类\t（一）乙事\t<p>2. 子。</p>"], r"line 2: item 2 where 1 should follow: '子。'"),
        (
            ["一\t甲类\t（一）乙事\t<p>1. 子。</p>", "\t\t（三）丙事\t<p>1. 丑。</p>"],
            r"line 3: measure where （二） or （一） should follow: '丙事'",
        ),
        (["一\t甲类\t（二）乙事\t<p>1. 子。</p>"], r"line 2: the first measure is not （一）: '乙事'"),
        (
            ["一\t甲类\t（一）乙事\t<p>1. 子。</p>", "\t\t\t<p>1. 丑。</p>"],
            r"line 3: 2 runs of items but 1 measure headings",
        ),
        (
            ["一\t甲类\t（一）乙事\t<p>1. 子。</p>", "二\t\t（一）丙事\t<p>1. 丑。</p>"],
            r"2 measures are numbered （一）, but there are 1 task titles \(lines 2\)",
        ),
        (
            ["二\t甲类\t（一）乙事\t<p>1. 子。</p>"],
            r"line 2: task number out of order among 1 tasks: '二'",
        ),
        (["一\t甲类\t（一）乙事\t<p>1. </p>"], r"line 2: item 1 has no text"),
        (["一\t甲类\t（一）乙事\t"], r"the table holds no numbered practice"),
    ],
)
def test_a_gap_is_an_error_with_line_and_text(rows: list[str], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        parse_practice_list(document("\n".join([HEADER, *rows])))


def test_text_without_a_table_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"no table of practices: no row starts with 序号"):
        parse_practice_list(document("第一条 为了规范本市建筑活动，制定本办法。\n"))


def test_the_only_practice_of_a_measure_may_have_no_number() -> None:
    rows = ["一\t甲类\t（一）乙事\t<p>某地推行子法。</p>", "\t\t（二）丙事\t<p>1. 丑。</p>"]
    parsed = parse_practice_list(document("\n".join([HEADER, *rows])))
    assert [practice.id for practice in parsed.practices] == ["d:1.1.1", "d:1.2.1"]
    assert [note.kind for note in parsed.notes if note.line == 2] == [NoteKind.INFERRED_NUMBER]


def test_a_list_without_measures_has_one_heading() -> None:
    text = "序号\t机制\t具体做法\n一\t甲类\t<p>1. 子。</p><p>2. 丑。</p>\n二\t乙类\t<p>1. 寅。</p>"
    parsed = parse_practice_list(document(text))
    assert [(practice.id, practice.path[0].title) for practice in parsed.practices] == [
        ("d:1.1", "甲类"),
        ("d:1.2", "甲类"),
        ("d:2.1", "乙类"),
    ]


def test_an_item_that_runs_on_in_one_paragraph_is_split_where_numbers_count_on() -> None:
    row = "一、甲类\t（一）乙事\t1.子地在2023、2024年建成3.5万平方米。2.丑地补贴3.5万元。 3、寅地见第5.条。"
    parsed = parse_practice_list(document(f"序号\t举措\t做法\n{row}"))
    assert [practice.text for practice in parsed.practices] == [
        "子地在2023、2024年建成3.5万平方米。",
        "丑地补贴3.5万元。",
        "寅地见第5.条。",
    ]


@given(st.integers(min_value=1, max_value=99))
def test_chinese_numerals_round_trip(number: int) -> None:
    assert chinese_number(chinese_numeral(number)) == number


WORDS = st.text(alphabet="建筑机器人智能施工标准产业平台研发，BIM0123（）“”", min_size=2, max_size=30).map(
    lambda text: "某" + text.strip() + "法"
)
MEASURES = st.lists(st.lists(WORDS.map(lambda text: text + "。"), min_size=1, max_size=5), min_size=1, max_size=4)
LISTS = st.lists(MEASURES, min_size=1, max_size=5)


@given(LISTS, st.data())
def test_any_list_survives_page_breaks_empty_cells_and_split_items(
    tasks: list[list[list[str]]], data: st.DataObject
) -> None:
    lines, expected = [HEADER], []
    for t, measures in enumerate(tasks, start=1):
        for m, items in enumerate(measures, start=1):
            index, title = (chinese_numeral(t), f"任务甲{t}") if m == 1 else ("", "")
            opening, closing = data.draw(st.sampled_from([("（", "）"), ("(", ")")]))
            heading = f"{opening}{chinese_numeral(m)}{closing}举措{t}{m}"
            cell = ""
            for i, item in enumerate(items, start=1):
                expected.append((f"d:{t}.{m}.{i}", (f"任务甲{t}", f"举措{t}{m}"), item))
                # A page may end between items, or inside one but not before its number is printed.
                cut = data.draw(st.one_of(st.none(), st.integers(min_value=1, max_value=len(item) - 1)))
                number = f"{i}{data.draw(st.sampled_from(['. ', '.', '．', '、']))}"
                if cut is None:
                    cell += f"<p>{number}{item}</p> "
                    continue
                cell += f"<p>{number}{item[:cut]}</p>"
                lines += [f"{index}\t{title}\t{heading}\t{cell}", "", HEADER]
                index, title, heading, cell = "", "", "", f"<p>{item[cut:]}</p> "
            lines.append(f"{index}\t{title}\t{heading}\t{cell}")
    parsed = parse_practice_list(document("\n".join(["关于印发清单的通知", *lines, "", "抄送：各有关单位"])))
    joined = [
        (practice.id, tuple(heading.title for heading in practice.path), practice.text) for practice in parsed.practices
    ]
    assert [(i, p, "".join(t.split())) for i, p, t in joined] == [(i, p, "".join(t.split())) for i, p, t in expected]
    for practice in parsed.practices:
        assert "".join(span.of(parsed.document.text) for span in practice.spans) == practice.text


@given(st.text(alphabet="序号一二—（）()<p>/1.2.\t\n。做法标准 ", max_size=200))
def test_garbage_is_parsed_or_refused_but_never_crashes(noise: str) -> None:
    try:
        parsed = parse_practice_list(document(f"{HEADER}\n{noise}"))
    except SourceError:
        return
    for practice in parsed.practices:
        assert practice.text
        assert "".join(span.of(parsed.document.text) for span in practice.spans) == practice.text


def test_source_spans_map_a_quote_over_a_page_break(shipped: PracticeList) -> None:
    practice = next(practice for practice in shipped.practices if len(practice.spans) == 2)
    start = practice.text.index("智慧运维")
    spans = practice.source_spans(start, start + 4)
    assert [span.of(shipped.document.text) for span in spans] == ["智慧运", "维"]
    assert practice.source_spans(0, len(practice.text)) == practice.spans
    assert practice.source_spans(3, 3) == ()


def test_spans_order_by_place() -> None:
    assert Span(1, 3) < Span(2, 3)
    assert Span(1, 3).of("abcd") == "bc"


ROWS = [
    ("一\t甲类", "（一）乙事", ["北京建组，统筹推进。", "上海印发方案。"]),
    ("", "（二）丙事", ["苏州补贴50元。"]),
    ("二\t丁类", "（一）戊事", ["武汉研发机器人，用于3.5万平方米。", "天津建中心。"]),
]
EXPECTED = {
    "d:1.1.1": "北京建组，统筹推进。",
    "d:1.1.2": "上海印发方案。",
    "d:1.2.1": "苏州补贴50元。",
    "d:2.1.1": "武汉研发机器人，用于3.5万平方米。",
    "d:2.1.2": "天津建中心。",
}


def cell(items: list[str], number: str = "{}. ", paragraph: str = "<p>{}</p>", join: str = " ") -> str:
    numbers = {"①": "①②③", "⒈": "⒈⒉⒊"}.get(number)
    printed = [numbers[i] if numbers else number.format(i + 1) for i in range(len(items))]
    return join.join(paragraph.format(mark + item) for mark, item in zip(printed, items, strict=True))


def rows(**style: str) -> list[str]:
    return [f"{task or chr(9)}\t{measure}\t{cell(items, **style)}" for task, measure, items in ROWS]


@pytest.mark.parametrize("number", ["{}．", "{}、", "（{}）", "({}) ", "{}）", "①", "⒈", "\u200b{}.&nbsp;"])
def test_a_list_keeps_to_its_own_style_of_numbers(number: str) -> None:
    parsed = parse_practice_list(document("\n".join([HEADER, *rows(number=number)])))
    assert {practice.id: practice.text for practice in parsed.practices} == EXPECTED


@pytest.mark.parametrize(
    "lines",
    [
        [HEADER, *rows(paragraph="<div><span>{}</span></div>")],
        [HEADER, *rows(paragraph="{}", join="")],
        ["\ufeff序 号\t工作任务\t主要举措\t经验做法\t", *rows()],
        [HEADER, rows()[0], "— 1 —", HEADER, rows()[1], "第2页 共3页", HEADER, rows()[2], "", "抄送：各省"],
        ["关于印发清单的通知", HEADER, rows()[0], "关于印发清单的通知", HEADER, *rows()[1:]],
        [HEADER, rows()[0], "", HEADER, "一\t甲类（续）\t（二）丙事\t<p>1. 苏州补贴50元。</p>", rows()[2]],
        [HEADER, rows()[0], rows()[1], "2\t丁类\t（一）戊事\t" + cell(ROWS[2][2])],
        [HEADER, rows()[0].replace("甲类", "<p>甲</p><p>类</p>"), *rows()[1:]],
        [HEADER, *(f"{row}\t北京、上海" for row in rows())],
        [HEADER + "\t联系人", *(f"{row}\t张三" for row in rows())],
        [
            HEADER,
            *rows()[:2],
            "",
            "经验做法\t",
            "序号\t工作任务",
            f"主要举措\t{cell(ROWS[2][2])}",
            "（一）戊事",
            "丁类",
            "二",
        ],
        [
            "经验做法\t",
            "序号\t工作任务",
            f"主要举措\t{cell(ROWS[0][2])}",
            "（一）乙事\t甲类",
            "一",
            "",
            HEADER,
            *rows()[1:],
        ],
    ],
    ids=[
        "other tags",
        "items run on without tags",
        "header with blanks and an empty column",
        "page numbers",
        "running title",
        "continued heading",
        "task number in digits",
        "title in two paragraphs",
        "cells beyond the header",
        "column behind the practices",
        "transposed page at the end",
        "transposed page at the start",
    ],
)
def test_the_same_list_however_it_was_torn(lines: list[str]) -> None:
    parsed = parse_practice_list(document("\n".join(lines)))
    assert {practice.id: practice.text for practice in parsed.practices} == EXPECTED
    assert [heading.title for heading in parsed.practices[2].path] == ["甲类", "丙事"]


def test_an_enumeration_inside_a_practice_stays_inside_it() -> None:
    item = "黑龙江开展两项工作：1、组建专班；2、开展试点。（1）先城市；（2）后农村。"
    parsed = parse_practice_list(document(f"{HEADER}\n一\t甲类\t（一）乙事\t<p>1. {item}</p><p>2. 子。</p>"))
    assert [practice.text for practice in parsed.practices] == [item, "子。"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        # A lost heading and a practice without a number would even out if order alone decided.
        (
            [rows()[0], "\t\t\t<p>1. 苏州补贴50元。</p>", "二\t丁类\t（一）戊事\t"],
            r"line 4: measure after the items of line 3, which have no heading: '戊事'",
        ),
        ([rows()[0], "\t\t（一）戊事\t<p>1. 子。</p>", "乙类\t"], r"line 4: task title after the measure of line 3"),
        (
            [rows()[0].replace("1. 北京", "一是北京")],
            r"line 2: numbered in another way than the practices before: '一是",
        ),
        ([rows()[0].replace("1. ", "1.1").replace("2. ", "1.2")], r"line 2: numbered in another way"),
        (
            [row.replace("（", "").replace("）", "、") for row in rows()],
            r"column 主要举措 holds no heading numbered （一）",
        ),
        (
            [rows()[0].removesuffix("。</p>"), "尾句没有标签。"],
            r"line 3: text after the table, whose last item breaks off: '尾句没有标签。'",
        ),
    ],
)
def test_what_order_alone_would_pair_wrongly_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        parse_practice_list(document("\n".join([HEADER, *lines])))


def test_what_is_left_out_is_noted() -> None:
    lines = [HEADER, rows()[0], "— 1 —", HEADER, *rows()[1:], "", "抄送：各省", "2024年4月"]
    parsed = parse_practice_list(document("\n".join(lines)))
    left = [note for note in parsed.notes if note.kind is NoteKind.LEFT_OUT]
    assert [(note.line, note.span.of(parsed.document.text)) for note in left] == [
        (3, "— 1 —"),
        (8, "抄送：各省\n2024年4月"),
    ]
