// Asks whether an answer was of use. Nothing is sent before the reader says so.

import { messageOf } from "./client.js";
import { element, icon, toolButton } from "./dom.js";

const THUMB = "M7 11v9H4v-9h3zm0 0 4-8a2.2 2.2 0 0 1 2.4 2.6L13 9h5.4a2 2 0 0 1 2 2.3l-1.1 7a2 2 0 0 1-2 1.7H7";
const MAX_NOTE = 1000;
const NOT_THERE = 404;

// Returns the two buttons, the line that says what became of it, and the place for the note. `send({verdict, note})`
// resolves once it is kept.
export function feedbackTools(send) {
  const below = element("div", { className: "feedback" });
  const said = element("span", { className: "quiet said", role: "status" });
  const up = thumb("up", "有帮助", "哪里有帮助？（选填）");
  const down = thumb("down", "没有帮助", "哪里不对、缺了什么？（选填）");
  const buttons = [up, down];

  function thumb(verdict, title, label) {
    const onclick = () => (button.ariaPressed === "true" ? choose(null) : choose(button, verdict, label));
    const button = toolButton({ className: `tool ${verdict}`, title, ariaLabel: title, ariaPressed: "false", onclick }, icon(THUMB));
    return button;
  }

  function choose(chosen, verdict, label) {
    said.textContent = "";
    for (const button of buttons) button.ariaPressed = String(button === chosen);
    below.replaceChildren(...(chosen ? [form(chosen, verdict, label)] : []));
    below.querySelector("textarea")?.focus();
  }

  function form(chosen, verdict, label) {
    const note = element("textarea", { rows: 2, maxLength: MAX_NOTE, placeholder: label, ariaLabel: label });
    const submit = element("button", { type: "submit", className: "secondary" }, "发送反馈");
    const onsubmit = async (event) => {
      event.preventDefault();
      submit.disabled = true;
      said.textContent = await send({ verdict, note: note.value.trim() }).then(close, complaint);
      submit.disabled = false;
    };
    const onkeydown = (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      choose(null);
      chosen.focus();
    };
    return element("form", { onsubmit, onkeydown }, note, submit);
  }

  function close() {
    below.replaceChildren();
    for (const button of buttons) button.disabled = true;
    return "谢谢，已经收到。";
  }

  return { buttons, said, below };
}

function complaint(error) {
  return error.status === NOT_THERE ? "这里暂时不能提交反馈。" : messageOf(error);
}
