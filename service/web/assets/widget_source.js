// The official text that a citation opens in the widget, in place of the conversation.

import { element } from "./dom.js";
import { adopt } from "./shadow_style.js";
import { showSourceText } from "./source_text.js";

let styled = null;

export class SourceView {
  #client;
  #style;
  #text = element("div", { className: "source-text", tabIndex: 0, role: "document", ariaLabel: "文件原文" });

  constructor({ root, client, theme }) {
    this.#client = client;
    this.#style = () => (styled ??= adopt(root, ["panel.css", "widget_source.css"], theme));
    this.element = element("section", { className: "view", ariaLabel: "原文" });
  }

  // Shows where `citation` stands, once the element is in sight; `leave()` goes back to the conversation.
  show(citation, leave) {
    const back = element("button", { type: "button", className: "link", onclick: leave }, "‹ 返回对话");
    const title = element("p", { className: "source-title" }, citation.document_title);
    const number = element("p", { className: "quiet" }, citation.document_number);
    this.element.replaceChildren(element("div", { className: "source-head" }, back, title, number), this.#text);
    back.focus();
    this.#load(citation);
  }

  async #load(citation) {
    this.#text.replaceChildren(element("p", { className: "loading" }, "正在打开原文……"));
    try {
      const [source] = await Promise.all([this.#client.document(citation.document_id), this.#style()]);
      if (this.element.isConnected) showSourceText(this.#text, source.text, citation);
    } catch {
      styled = null;
      this.#text.replaceChildren(
        element("p", { className: "error", role: "alert" }, "原文没有打开，请检查网络后再试。"),
        element("button", { type: "button", className: "secondary", onclick: () => this.#load(citation) }, "重试"),
      );
    }
  }
}
