// The box that questions are written in: Enter asks, Shift+Enter breaks the line, the button stops a running answer.

import { byId } from "./dom.js";

const MAX_LENGTH = 2000;

const form = byId("ask-form");
const input = byId("question");
const hint = byId("question-hint");
let running = false;

// `ask(question)` gets what may be asked; `stop()` ends the running answer.
export function setUpComposer({ ask, stop }) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = input.value.trim();
    if (running || !accept(question)) return;
    write("");
    attend();
    ask(question);
  });
  input.addEventListener("keydown", (event) => {
    // While an input method is composing, Enter only picks a word; Safari ends composing before it says so, with 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  byId("stop").addEventListener("click", () => {
    stop();
    attend();
  });
  input.addEventListener("input", () => {
    if (!hint.hidden) complain("");
    fit();
  });
}

// Tells whether a question may be asked; if not, says why.
export function accept(question) {
  const length = Array.from(question).length;
  if (!length) complain("先写下问题，再提问。");
  else if (length > MAX_LENGTH) complain(`问题最多 ${MAX_LENGTH} 字，现在有 ${length} 字。请只问一件事。`);
  else complain("");
  return hint.hidden;
}

export function write(text) {
  input.value = text;
  fit();
}

// Takes a question back to be changed.
export function edit(question) {
  write(question);
  input.focus();
}

export function setPlaceholder(text) {
  input.placeholder = text;
}

export function setRunning(value) {
  const stop = byId("stop");
  const held = document.activeElement === stop;
  running = value;
  stop.hidden = !value;
  byId("send").hidden = value;
  if (held && !value) input.focus();
}

// The keyboard on a phone's screen would cover the answer.
function attend() {
  if (matchMedia("(pointer: coarse)").matches) input.blur();
  else input.focus();
}

export function complain(text) {
  hint.textContent = text;
  hint.hidden = !text;
  input.toggleAttribute("aria-invalid", Boolean(text));
  if (text) input.focus();
}

// Where the style sheet's field-sizing is unknown, the box grows by script.
function fit() {
  if (CSS.supports("field-sizing", "content")) return;
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}
