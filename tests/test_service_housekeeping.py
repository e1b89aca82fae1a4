"""What a frontend asks for itself never gets an answer from the documents; what a person asks always does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from eval.evaluate import OWN_QUESTIONS
from eval.questions import load_questions
from index.retriever import Retriever
from service.answer import answer
from service.housekeeping import housekeeping_reply, spoken
from service.openai_requests import Message

pytest_plugins = ["service_fixtures"]

QUESTION = "哪些地方给智能建造研发项目资金支持？"
CUT = "哪些地方给智能建造研发项目资金支持"
HISTORY = f"<chat_history>\nUSER: {QUESTION}\nASSISTANT: 找到3条相关做法：[1]\n</chat_history>"
# Such prompts in the manner of Open WebUI: a task, then the JSON that is wanted, then the conversation.
TASK = (
    '### Task:\nDo something about the chat.\n### Output:\nJSON format: {{ "{field}": "…" }}\n### Chat History:\n'
    + HISTORY
)
TITLE_ZH = "使用四到五个字直接返回这句话的简要主题，不要解释、不要标点、不要多余文本，如果没有主题，请直接返回“闲聊”"
TITLE_EN = "Please generate a four to five word title summarizing our conversation without any punctuation."


def messages(*turns: tuple[str, str]) -> list[Message]:
    return [Message.model_validate({"role": role, "content": text}) for role, text in turns]


@pytest.mark.parametrize(
    ("field", "expected"), [("title", CUT), ("tags", []), ("follow_ups", []), ("queries", []), ("text", "")]
)
def test_open_webuis_tasks_get_the_json_that_they_ask_for(field: str, expected: Any) -> None:
    reply = housekeeping_reply(messages(("user", TASK.format(field=field))))
    assert reply is not None
    assert json.loads(reply) == {field: expected}


@pytest.mark.parametrize(
    "turns",
    [
        [("user", QUESTION), ("assistant", "找到3条……"), ("user", TITLE_ZH)],
        [("user", QUESTION), ("assistant", "找到3条……"), ("user", TITLE_EN)],
        [
            ("system", "You are a professional conversation summarizer. Generate a concise title, max 10 words."),
            ("user", f"user: {QUESTION}\nassistant: 找到3条……"),
        ],
        [("user", f"user: {QUESTION}\nassistant: 找到3条……\n\n请总结上述对话为10个字以内的标题，不需要包含标点符号")],
    ],
)
def test_a_title_is_the_first_question(turns: list[tuple[str, str]]) -> None:
    assert housekeeping_reply(messages(*turns)) == CUT


def test_a_long_question_is_cut_for_a_title() -> None:
    reply = housekeeping_reply(messages(("user", QUESTION * 3), ("assistant", "……"), ("user", TITLE_EN)))
    assert reply == f"{(QUESTION * 3)[:20]}…"


@pytest.mark.parametrize(
    "turns",
    [
        [("user", QUESTION), ("assistant", "找到3条……"), ("system", "简要总结一下对话内容，控制在 200 字以内")],
        [("user", "### Task:\nSummarize the conversation history.\n### Messages:\nUSER: a")],
        [("user", f"user: {QUESTION}\nassistant: 找到3条……")],
    ],
)
def test_other_tasks_are_told_that_nothing_else_is_done(turns: list[tuple[str, str]], client: TestClient) -> None:
    body = {"model": "zhijian", "messages": [{"role": role, "content": text} for role, text in turns]}
    told = client.post("/v1/chat/completions", json=body).json()
    assert "不做别的" in told["choices"][0]["message"]["content"]
    assert (told["choices"][0]["message"]["annotations"], told["citations"]) == ([], [])


@pytest.mark.parametrize(
    "turns",
    [
        [("user", QUESTION)],
        [("system", TITLE_EN), ("user", QUESTION)],
        [("user", QUESTION), ("system", "Stay polite.")],
        [("user", "先前的"), ("assistant", "……"), ("user", QUESTION)],
    ],
)
def test_a_person_is_never_taken_for_a_frontend(turns: list[tuple[str, str]]) -> None:
    assert housekeeping_reply(messages(*turns)) is None


def test_no_labelled_question_is_taken_for_housekeeping() -> None:
    taken = [
        question.text
        for question in load_questions(OWN_QUESTIONS)
        if housekeeping_reply(messages(("user", question.text)))
    ]
    assert taken == []


def test_a_title_comes_streamed_too_without_a_source(client: TestClient) -> None:
    prompt = TASK.format(field="title")
    body = {"model": "zhijian", "stream": True, "messages": [{"role": "user", "content": prompt}]}
    lines = client.post("/v1/chat/completions", json=body).text.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    content = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert json.loads(content) == {"title": CUT}
    assert chunks[-1]["citations"] == []


def test_files_put_before_a_question_by_a_frontend_are_not_the_question(client: TestClient, library: Retriever) -> None:
    wrapped = f"### Task:\nRespond to the query.\n<context>\n<source>温州怎么做？</source>\n</context>\n\n{QUESTION}"
    body = {"model": "zhijian", "messages": [{"role": "user", "content": wrapped}]}
    told = client.post("/v1/chat/completions", json=body).json()
    assert told["choices"][0]["message"]["content"] == answer(library, QUESTION).text


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "tool"]), st.text(max_size=60)), min_size=1))
def test_any_conversation_is_read(turns: list[tuple[str, str]]) -> None:
    reply = housekeeping_reply(messages(*turns))
    assert reply is None or reply
    assert all(spoken(text) == text for _, text in turns)
