"""The HTML report: what it says, that it is harmless, and that it opens from disk in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from corpus.types import Span
from eval.compare import compare
from eval.cost import Cost, Latencies
from eval.evaluate import evaluate_questions
from eval.figures import summarise
from eval.html.against import Verdict, hold_against
from eval.html.misses import Kind, kinds
from eval.html_report import html_report
from eval.judge import judge
from eval.metrics import Measure
from eval.provenance import Provenance
from eval.questions import Question
from eval.result import Result, read_result, write_result
from eval.robustness import measure_robustness
from eval.run import GivenAnswer, Outcome, Quote, Run
from index.retriever import Retriever

VOID = {"meta", "link", "input", "br", "img", "hr"}
ADDRESSES = {"src", "href", "action", "srcset", "data", "poster", "xlink:href", "formaction"}
TEXT = "深圳对智能建造技能培训给予补贴。"
PASSAGES = {f"p{number}": f"第{number}条：{TEXT}" for number in range(1, 13)}
MADE_WITH = Provenance(
    "2026-01-02T03:04:05+00:00", "abc123", "fingerprint", "manifest", "sum", {"mode": "hybrid"}, {"numpy": "2.4"}
)


class Reader(HTMLParser):
    """Read a page strictly: every element is closed in its turn; keep elements with their attributes and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


class Fixed:
    """Answer each question as it is told to."""

    label = "fixed"

    def __init__(self, outcomes: Mapping[str, Outcome]) -> None:
        self.outcomes = outcomes

    def ask(self, question: Question, depth: int) -> Outcome:
        return self.outcomes[question.id]


def outcome(names: str, confidence: float | None, answered: bool | None, *, answer: bool = True) -> Outcome:
    quote = Quote("p1", "doc", TEXT, (Span(0, len(TEXT)),))
    ranking = tuple((name, 3.0 - rank / 10) for rank, name in enumerate(names.split()))
    return Outcome(
        ranking,
        confidence,
        answered,
        parts=tuple({"dense": 0.9, "sparse": 2.5, "place": None, "sparse_weight": 0.4} for _ in ranking),
        answer=GivenAnswer(f"{TEXT}[1]", (quote,)) if answer and answered else None,
        seconds={"encode": 0.01, "dense": 0.002},
    )


QUESTIONS = (
    Question("fact-1", "fact", "深圳有补贴吗？", ("p1",), split="dev"),
    Question("fact-2", "fact", "哪里有产业园？", ("p7",), helps=("p2",), split="test"),
    Question("list-1", "list", "哪些地方给补贴？", ("p1", "p2", "p12"), split="test"),
    Question("follow-1", "followup", "那武汉呢？", ("p1",), history=("深圳有补贴吗？",), split="dev"),
    Question("none-1", "unanswerable", "上海 2030 年的目标？", (), split="test"),
    Question("none-2", "unanswerable", "火星上呢？", (), split="dev"),
)
OUTCOMES = {
    "fact-1": outcome("p1 p2 p3", 0.95, True),
    "fact-2": outcome("p2 p3 p4 p5 p6 p7 p8", 0.6, True),
    "list-1": outcome("p1 p3 p2", 0.9, True),
    "follow-1": outcome("p1 p2", 0.3, False),
    "none-1": outcome("p1 p2 p3 p4 p5 p6", 0.8, True),
    "none-2": outcome("p1", 0.1, False),
}
COST = Cost({"encode": Latencies(10.0, 12.0, 15.5), "total": Latencies(12.0, 14.0, 17.5)}, 6, 0.1, 200_000_000, None, 5)


def judged(questions: Sequence[Question], outcomes: Mapping[str, Outcome], name: str = "set") -> Result:
    run = Run(outcomes, "fixed", 10)
    grades = {question.id: question.grades for question in questions}
    return judge(name, questions, grades, run, 2, MADE_WITH, {"doc": TEXT}.get, PASSAGES)


@pytest.fixture(scope="module")
def full() -> Result:
    """Return a result with everything that a result can hold."""
    result = judged(QUESTIONS, OUTCOMES)
    grades = {question.id: question.grades for question in QUESTIONS}
    robustness = measure_robustness(Fixed(OUTCOMES), QUESTIONS, grades, 2, 10, Run(OUTCOMES, "fixed", 10))
    return replace(result, cost=COST, robustness=robustness)


def only(result: Result, *ids: str) -> Result:
    return replace(result, questions=tuple(one for one in result.questions if one.id in ids))


def without_confidence(result: Result) -> Result:
    bare = [replace(one, outcome=Outcome(one.outcome.ranking), answer=None) for one in result.questions]
    return replace(result, questions=tuple(bare), passages={}, cost=None, robustness=None)


def without_categories(result: Result) -> Result:
    return replace(result, questions=tuple(replace(one, category="", split="") for one in result.questions))


def renamed(result: Result) -> Result:
    return replace(result, questions=tuple(replace(one, id=f"other-{one.id}") for one in result.questions))


def worse(result: Result) -> Result:
    """Return a result whose first question finds nothing any more."""
    return judged(QUESTIONS, {**OUTCOMES, "fact-1": outcome("p3 p4", 0.2, False)}, result.name)


PAGES: Mapping[str, Callable[[Result], tuple[Result, Result | None]]] = {
    "full": lambda full: (full, None),
    "against itself": lambda full: (full, full.without_details()),
    "against another": lambda full: (worse(full), full),
    "against other questions": lambda full: (full, renamed(full)),
    "against a part": lambda full: (full, only(full, "fact-1", "fact-2", "none-1")),
    "against a run without confidence": lambda full: (full, without_confidence(full)),
    "a run without confidence against one with it": lambda full: (without_confidence(full), full),
    "without confidence": lambda full: (without_confidence(full), None),
    "without categories": lambda full: (without_categories(full), None),
    "one question": lambda full: (only(full, "fact-1"), only(full, "fact-1")),
    "one question that can't be answered": lambda full: (only(full, "none-1"), None),
    "no misses": lambda full: (only(full, "fact-1", "none-2"), None),
    "answerable ones alone": lambda full: (only(full, "fact-1", "fact-2"), None),
    "no rankings": lambda full: (judged(QUESTIONS, {}), full),
    "without details": lambda full: (full.without_details(), None),
}


def read(result: Result, baseline: Result | None = None) -> Reader:
    return Reader(html_report(result, baseline))


def words(reader: Reader) -> str:
    return re.sub(r"\s+", " ", " ".join(reader.text))


@pytest.mark.parametrize("name", PAGES)
def test_every_result_makes_a_whole_page_that_asks_nobody(name: str, full: Result) -> None:
    reader = read(*PAGES[name](full))
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for _, attributes in reader.elements:
        for attribute in ADDRESSES & attributes.keys():
            assert attributes[attribute].startswith(("#", "data:,"))
            if attributes[attribute].startswith("#"):
                assert attributes[attribute][1:] in ids
        for attribute in {"aria-labelledby", "aria-describedby", "for"} & attributes.keys():
            assert attributes[attribute] in ids
        assert "style" not in attributes
        assert not [one for one in attributes if one.startswith("on")]
    page = html_report(*PAGES[name](full))
    assert "://" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert len(reader.all("h1")) == 1
    assert reader.all("html") == [{"lang": "zh-Hans"}]


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_say_everything(name: str, full: Result) -> None:
    reader = read(*PAGES[name](full))
    told = [attributes["lang"] for _, attributes in reader.elements if attributes.get("class") == "t"]
    assert told.count("zh-Hans") == told.count("en") > 50


@pytest.mark.parametrize("name", PAGES)
def test_exactly_the_missed_questions_are_shown(name: str, full: Result) -> None:
    result, baseline = PAGES[name](full)
    reader = read(result, baseline)
    shown = {attributes["id"] for attributes in reader.all("details") if attributes.get("class") == "miss"}
    assert shown == {f"q-{one.id}" for one in result.questions if kinds(one)}


def test_what_went_wrong_is_named(full: Result) -> None:
    found = {one.id: kinds(one) for one in full.questions}
    assert found == {
        "fact-1": (),
        "fact-2": (Kind.FIRST, Kind.INCOMPLETE),
        "list-1": (Kind.INCOMPLETE,),
        "follow-1": (Kind.REFUSED,),
        "none-1": (Kind.ANSWERED,),
        "none-2": (),
    }


def test_a_quote_that_is_not_verbatim_is_a_miss(full: Result) -> None:
    (question,) = only(full, "fact-1").questions
    assert question.answer
    false = replace(full, questions=(replace(question, answer=replace(question.answer, verbatim=0)),))
    assert kinds(false.questions[0]) == (Kind.MISQUOTED,)
    assert "引文不符" in words(read(false))
    assert "必须是 1" in words(read(false))


def test_a_miss_shows_what_came_and_what_should_have_come(full: Result) -> None:
    told = words(read(only(full, "fact-2", "list-1")))
    # Down to the right one at rank six, no further.
    assert PASSAGES["p7"] in told
    assert PASSAGES["p8"] not in told
    assert "首个答案第 6 位" in told
    # Beyond the ranking, with its text.
    assert "前 10 位没有" in told
    assert PASSAGES["p12"] in told
    assert "dense 0.9 · BM25 2.5 · BM25 weight 0.4" in told
    assert "○ 有帮助 helps 1" in told


def test_a_miss_shows_the_conversation_before_it(full: Result) -> None:
    assert "之前问过" in words(read(only(full, "follow-1")))
    assert "之前问过" not in words(read(only(full, "fact-2")))


def test_the_figures_of_the_page_are_those_of_the_summary(full: Result) -> None:
    page = html_report(full, None)
    overall = summarise(full).overall
    shown = dict(re.findall(r'<tr data-figure="([^"]+)">.*?<b>([^<]+)</b>', page, re.DOTALL))
    for name in (*Measure, "auroc", "aurc", "ece", "answered", "refused"):
        value = overall.value(name)
        assert value is not None
        assert shown[name] == f"{value:.3f}"
    assert overall.answers
    assert overall.answers.recall is not None
    assert shown["answer-recall"] == f"{overall.answers.recall:.3f}"
    assert shown["decision"] == f"{4 / 6:.3f}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("full", ["没有给基准", "there is no baseline"]),
        ("against itself", ["与基准没有显著差别", "相当"]),
        ("against other questions", ["与基准没有相同的题"]),
        ("against a part", ["另有 3 题只在一边", "3 others are on one side only"]),
        ("without confidence", ["没有给出置信度", "不写答案", "没有测扰动", "没有测开销"]),
        ("without categories", ["没有分类"]),
        ("against a run without confidence", ["没有可比的数"]),
        ("one question", ["题太少"]),
        ("one question that can't be answered", ["没有一题有答案"]),
        ("no misses", ["没有失误的题", "Nothing went wrong"]),
        ("answerable ones alone", ["画不出风险—覆盖曲线"]),
        ("no rankings", ["什么也没有返回"]),
    ],
)
def test_what_is_left_out_is_said(name: str, said: list[str], full: Result) -> None:
    told = words(read(*PAGES[name](full)))
    assert [text for text in said if text not in told] == []


def test_strangers_texts_do_no_harm(full: Result) -> None:
    evil = '</style></script><script>document.title = "owned"</script><img src=//evil.example onerror=alert(1)>"\''
    question = Question(evil, evil, evil, (evil,), history=(evil,), split=evil)
    other = Question("2", "fact", "a\x00b\x1fc\ufffe\u202e", ("p1",))
    outcomes = {evil: Outcome((("p2", 1.0),), 0.5, True, parts=({evil: 1.0},)), "2": OUTCOMES["fact-2"]}
    result = replace(judged([question, other], outcomes, evil), system=evil, passages={evil: evil, "p2": evil})
    made_with = replace(MADE_WITH, created=evil, commit=evil, settings={evil: evil})
    result = replace(result, provenance=made_with)
    reader = read(result, replace(result, system=evil))
    assert len(reader.all("script")) == len(reader.all("style")) == 1
    assert reader.all("img") == []
    assert words(reader).count("onerror=alert(1)") > 10
    assert not any("evil" in value for attributes in reader.all("link") for value in attributes.values())
    assert "a\ufffdb\ufffdc\ufffd" in words(reader)
    assert "\x00" not in html_report(result, None)
    # Names of disturbances and stages come from files too.
    odd = replace(full, cost=replace(COST, stages={evil: Latencies(1.0, 2.0, 3.0)}))
    assert read(odd).all("img") == []


def test_a_result_equals_its_own_file(full: Result, tmp_path: Path) -> None:
    # Files hold fewer digits; that is no change.
    write_result(tmp_path / "result.json", full)
    against = hold_against(full, read_result(tmp_path / "result.json"))
    assert against
    assert {standing.verdict for standing in against.standings.values()} == {Verdict.SAME}
    assert 'data-worse="yes"' not in html_report(full, read_result(tmp_path / "result.json"))


def test_the_comparison_is_that_of_the_compare_command(full: Result) -> None:
    result = worse(full)
    against = hold_against(result, full)
    (comparison,) = compare([("before", full), ("now", result)])
    assert against
    assert against.questions == comparison.questions == 6
    for name, row in comparison.rows.items():
        standing = against.standings[name]
        assert standing.p == row.adjusted
        assert standing.difference == pytest.approx(row.test.difference)
        assert standing.baseline == pytest.approx(row.first)
    assert 'id="q-fact-1" open' in html_report(result, full)
    assert html_report(result, full).count('data-worse="yes"') == 1


def test_a_sure_change_is_called_better_or_worse() -> None:
    questions = [Question(f"q{number}", "fact", f"问题{number}", ("p1",)) for number in range(20)]
    good = judged(questions, {question.id: outcome("p1 p2", 0.9, True) for question in questions})
    bad = judged(questions, {question.id: outcome("p2 p1", 0.9, True) for question in questions})
    for result, baseline, verdict in ((good, bad, Verdict.BETTER), (bad, good, Verdict.WORSE)):
        against = hold_against(result, baseline)
        assert against
        assert against.standings[Measure.HIT_AT_1].verdict is verdict
        assert against.standings[Measure.RECALL_AT_10].verdict is Verdict.SAME
    assert "▼ 变差" in words(read(bad, good))
    assert "与基准相比，没有变好、4 项变差" in words(read(bad, good)).replace("\xa0", " ")


def test_ids_of_any_kind_are_anchors(full: Result) -> None:
    question = replace(QUESTIONS[1], id='中 文/"1%')
    reader = read(judged([question], {question.id: OUTCOMES["fact-2"]}))
    (miss,) = [attributes for attributes in reader.all("details") if attributes.get("class") == "miss"]
    assert re.fullmatch(r"q-[A-Za-z0-9%._~-]+", miss["id"])


def test_the_real_retriever_makes_a_report(retriever: Retriever, tmp_path: Path) -> None:
    lines = [
        {"id": "1", "category": "fact", "question": "深圳有哪些产业链？", "gold": ["1.1.2"]},
        {"id": "2", "category": "offtopic", "question": "今天天气怎么样", "gold": []},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    result = evaluate_questions(retriever, path, robustness=True)
    told = words(read(result, result))
    assert "同音错字" in told
    assert "理解问题" in told
    assert result.provenance.model in told


@pytest.fixture
def address(full: Result, tmp_path: Path) -> str:
    path = tmp_path / "report.html"
    path.write_text(html_report(worse(full), full), encoding="utf-8")
    return path.as_uri()


def open_quietly(browser: Browser, address: str, complaints: list[str], *, scripts: bool = True) -> Page:
    page = browser.new_context(java_script_enabled=scripts, viewport={"width": 375, "height": 800}).new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url != address else None)
    page.goto(address)
    return page


def test_the_page_opens_from_disk_in_both_languages(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    page = open_quietly(browser, address, complaints)
    expect(page.get_by_role("heading", level=1)).to_have_text("检索评测报告", use_inner_text=True)
    expect(page.get_by_role("img", name="风险—覆盖曲线", exact=True)).to_be_visible()
    page.get_by_text("English", exact=True).first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_title(re.compile("^Retrieval evaluation"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Retrieval evaluation", use_inner_text=True)
    expect(page.get_by_role("img", name="Risk–coverage curve", exact=True)).to_be_visible()
    assert not re.search("[\u4e00-\u9fff]", page.locator("#summary").inner_text())
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.context.close()
    assert complaints == []


def test_misses_are_filtered_and_unfolded(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    page = open_quietly(browser, address, complaints)
    misses = page.locator(".miss:visible")
    expect(misses).to_have_count(5)
    expect(page.locator(".came:visible")).to_have_count(0)
    page.get_by_role("button", name="比基准差").click()
    expect(misses).to_have_count(1)
    expect(misses).to_have_id("q-fact-1")
    page.get_by_role("button", name="全部展开").click()
    expect(page.locator(".came:visible")).to_have_count(1)
    page.get_by_role("button", name="比基准差").click()
    page.get_by_role("searchbox", name="找题").fill("FACT-2")
    expect(misses).to_have_count(1)
    page.get_by_role("searchbox", name="找题").fill("没有这样的题")
    expect(page.get_by_text("没有符合条件的题。")).to_be_visible()
    page.goto(f"{address}#q-list-1")
    expect(page.locator("#q-list-1 .came")).to_be_visible()
    page.context.close()
    assert [complaint for complaint in complaints if "#q-list-1" not in complaint] == []


def test_without_scripts_everything_is_visible(browser: Browser, address: str) -> None:
    page = open_quietly(browser, address, [], scripts=False)
    expect(page.locator(".came:visible")).to_have_count(5)
    expect(page.locator("#filters")).to_be_hidden()
    page.locator("label[for=language-en]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retrieval evaluation", use_inner_text=True)
    page.context.close()
