// The box that questions are written in: Enter asks, Shift+Enter breaks the line, the button stops a running answer.

const MAX_LENGTH = 2000;

// `place` holds all of it. `ask(question)` gets what may be asked; `stop()` ends the running answer.
export function composerIn(place, { ask, stop }) {
  const [form, input, hint, send, halt] = ["form", "textarea", ".hint", "[type=submit]", ".stop"].map((part) =>
    place.querySelector(part),
  );

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = input.value.trim();
    if (!halt.hidden || !accept(question)) return;
    write("");
    attend();
    ask(question);
  });
  input.addEventListener("keydown", (event) => {
    // Enter only picks a word while an input method composes; Safari ends that before it says so, with 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  halt.addEventListener("click", () => {
    stop();
    attend();
  });
  input.addEventListener("input", () => {
    if (!hint.hidden) complain("");
    fit();
  });

  // Tells whether a question may be asked; if not, says why.
  function accept(question) {
    const length = Array.from(question).length;
    if (!length) complain("先写下问题，再提问。");
    else if (length > MAX_LENGTH) complain(`问题最多 ${MAX_LENGTH} 字，现在有 ${length} 字。请只问一件事。`);
    else complain("");
    return hint.hidden;
  }

  function write(text) {
    input.value = text;
    fit();
  }

  function edit(question) {
    write(question);
    input.focus();
  }

  function setRunning(value) {
    const held = halt.matches(":focus");
    halt.hidden = !value;
    send.hidden = value;
    if (held && !value) input.focus();
  }

  // The keyboard on a phone's screen would cover the answer.
  function attend() {
    if (matchMedia("(pointer: coarse)").matches) input.blur();
    else input.focus();
  }

  function complain(text) {
    hint.textContent = text;
    hint.hidden = !text;
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) input.focus();
  }

  // Without field-sizing the box grows by script.
  function fit() {
    if (CSS.supports("field-sizing", "content")) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  return { input, accept, complain, edit, setRunning, write };
}
