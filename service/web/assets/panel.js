// The panel that shows an official text: beside the page where there is room, over it elsewhere.

import { byId, element } from "./dom.js";
import { showSourceText } from "./source_text.js";
import { styleSheet } from "./style_sheet.js";

const WIDE = matchMedia("(min-width: 68rem)");

let trigger = null;
let latest = 0;

await styleSheet("panel.css");
const dialog = byId("source");
byId("source-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", closed);
// Where it lies over the page, a click beside it closes it.
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

export function openSource(client, citation, opener) {
  const turn = (latest += 1);
  trigger?.removeAttribute("aria-current");
  trigger = opener;
  trigger.setAttribute("aria-current", "true");
  byId("source-title").textContent = citation.document_title;
  byId("source-number").textContent = citation.document_number;
  const text = byId("source-text");
  text.replaceChildren(element("p", { className: "loading" }, "正在打开原文……"));
  show();
  client.document(citation.document_id).then(
    (source) => turn === latest && showSourceText(text, source.text, citation),
    (error) => turn === latest && showError(text, error, () => openSource(client, citation, opener)),
  );
}

// Closes without giving the focus back: what it was opened from is about to go.
export function dismissSource() {
  trigger = null;
  dialog.close();
}

function show() {
  if (dialog.open) return;
  if (WIDE.matches) {
    document.body.classList.add("with-source");
    dialog.show();
  } else {
    dialog.showModal();
  }
}

function closed() {
  latest += 1;
  document.body.classList.remove("with-source");
  trigger?.removeAttribute("aria-current");
  if (trigger?.isConnected) trigger.focus();
  trigger = null;
}

function showError(text, error, retry) {
  text.replaceChildren(
    element("p", { className: "error" }, error.message),
    element("button", { type: "button", className: "secondary", onclick: retry }, "重试"),
  );
}
