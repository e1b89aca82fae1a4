// Asks whether an answer was of use. Nothing is sent before the reader says so.

import { ApiError } from "./client.js";
import { element, icon } from "./dom.js";

const THUMB = "M7 11v9H4v-9h3zm0 0 4-8a2.2 2.2 0 0 1 2.4 2.6L13 9h5.4a2 2 0 0 1 2 2.3l-1.100 7a2 2 0 0 1-2 1.7H7";
const MAX_NOTE = 1000;
const GONE = 404;

// Returns the two buttons and the place below for the note. `send({verdict, note})` resolves once it is kept.
export function feedback(send) {
  const below = element("div", { className: "feedback" });
  const said = element("span", { className: "quiet said", role: "status" });
  const buttons = [
    thumb("up", "有帮助"),
    thumb("down", "没有帮助"),
  ];
  let verdict = "";

  function thumb(value, label) {
    const properties = { type: "button", className: `tool ${value}`, title: label, ariaLabel: label, ariaPressed: "false" };
    return element("button", { ...properties, onclick: () => choose(verdict === value ? "" : value) }, icon(THUMB));
  }

  function choose(value) {
    verdict = value;
    said.textContent = "";
    for (const button of buttons) button.ariaPressed = String(button.classList.contains(value || "none"));
    below.replaceChildren(...(value ? [form(value)] : []));
    below.querySelector("textarea")?.focus();
  }

  function form(value) {
    const label = value === "up" ? "哪里有帮助？（选填）" : "哪里不对、缺了什么？（选填）";
    const note = element("textarea", { rows: 2, maxLength: MAX_NOTE, placeholder: label, ariaLabel: label });
    const submit = element("button", { type: "submit", className: "secondary" }, "发送反馈");
    const sent = element("form", { onsubmit: (event) => deliver(event, note.value.trim(), submit) }, note, submit);
    sent.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    });
    return sent;
  }

  function leave() {
    const pressed = buttons.find((button) => button.ariaPressed === "true");
    choose("");
    pressed?.focus();
  }

  async function deliver(event, note, submit) {
    event.preventDefault();
    submit.disabled = true;
    try {
      await send({ verdict, note });
    } catch (error) {
      said.textContent = complaint(error);
      submit.disabled = false;
      return;
    }
    below.replaceChildren();
    said.textContent = "谢谢，已经收到。";
    for (const button of buttons) button.disabled = true;
  }

  return { buttons, said, below };
}

function complaint(error) {
  if (!(error instanceof ApiError)) return "没有发出去，请稍后再试。";
  return error.status === GONE ? "这里暂时不能提交反馈。" : error.message;
}
