// Joins the parts of the page: the form, its history, the answer, the list.

import { hideAnswer, showAnswer, showError, showLoading } from "./answer.js";
import { ApiError, ask, listDocuments } from "./api.js";
import { browse, filtersOf, setUpBrowse } from "./browse.js";
import { byId } from "./dom.js";
import { dismissSource, setUpSource } from "./source.js";

const MAX_LENGTH = 2000;
const TITLE = document.title;

const form = byId("ask-form");
const input = byId("question");

let running = new AbortController();

async function answerTo(question) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  document.title = `${question} · 智建`;
  dismissSource();
  showLoading(question);
  try {
    showAnswer(await ask(question, signal));
  } catch (error) {
    if (signal.aborted) return;
    const message = error instanceof ApiError ? error.message : "页面出了点问题，请刷新后再试。";
    showError(question, message, () => answerTo(question));
  }
}

function submit(question) {
  const complaint = complain(question);
  const hint = byId("question-hint");
  hint.textContent = complaint;
  hint.hidden = !complaint;
  input.toggleAttribute("aria-invalid", Boolean(complaint));
  if (complaint) {
    input.focus();
    return;
  }
  const parameters = new URLSearchParams(location.search);
  parameters.set("q", question);
  remember(parameters);
  // The keyboard on a phone's screen would cover the answer.
  if (matchMedia("(pointer: coarse)").matches) input.blur();
  answerTo(question);
}

function complain(question) {
  const length = Array.from(question).length;
  if (!length) return "先写下问题，再提问。";
  if (length > MAX_LENGTH) return `问题最多 ${MAX_LENGTH} 字，现在有 ${length} 字。请只问一件事。`;
  return "";
}

function remember(parameters) {
  const query = parameters.toString();
  const address = query ? `?${query}` : location.pathname;
  if (address !== (location.search || location.pathname)) history.pushState(null, "", address);
}

function rememberFilters(filters) {
  const question = new URLSearchParams(location.search).get("q");
  remember(new URLSearchParams({ ...(question && { q: question }), ...filters }));
}

function restore() {
  restoreQuestion();
  restoreFilters();
}

function restoreFilters() {
  browse(filtersOf(new URLSearchParams(location.search)));
}

function restoreQuestion() {
  const parameters = new URLSearchParams(location.search);
  const question = (parameters.get("q") ?? "").trim();
  input.value = question;
  if (question && !complain(question)) {
    answerTo(question);
  } else {
    running.abort();
    document.title = TITLE;
    hideAnswer();
  }
}

function setUpForm() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(input.value.trim());
  });
  // Enter asks; while an input method is composing it only picks a word.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  // Where the style sheet's field-sizing is unknown, the box grows by script.
  if (!CSS.supports("field-sizing", "content")) input.addEventListener("input", fitHeight);
  for (const button of document.querySelectorAll(".suggestions button")) {
    button.addEventListener("click", () => {
      input.value = button.textContent;
      submit(button.textContent);
    });
  }
}

function fitHeight() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

async function start() {
  setUpForm();
  setUpSource();
  addEventListener("popstate", restore);
  // Before anything is waited for: whoever types at once must not lose what they typed.
  restoreQuestion();
  const documents = await listDocuments().then((answer) => answer.documents, () => []);
  byId("colophon-source").textContent = documents.map((item) => `来源：《${item.title}》（${item.number}）`).join("；");
  setUpBrowse(documents, rememberFilters);
  restoreFilters();
}

start();
