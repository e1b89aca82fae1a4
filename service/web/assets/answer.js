// Renders one answer as it comes: sentences with their marks, how the question was read, sources, neighbours, feedback.
// It needs nothing of the document around it, so it works inside a shadow root too; answer.css is its style sheet.

import { copyText, plainText } from "./copy.js";
import { element, icon, toolButton } from "./dom.js";
import { feedbackTools } from "./feedback.js";
import { groupBy } from "./group.js";
import { practiceItem, practiceLink } from "./practice.js";

const BULLET = "• ";
const FEW = 4; // sources that stand open; more are folded away
const COPY = "M9 9h11v11H9zM5 15H4V4h11v1";
const TOLD = 240; // characters of an answer that are read out while it comes; the rest is there to be read

export class AnswerView {
  #links;
  #announce;
  #sendFeedback;
  #citations = new Map();
  #told = 0;
  #text = "";
  #understood = element("p", { className: "understood quiet", hidden: true });
  #prose = element("div", { className: "prose" });
  #state = element("div", { className: "state" });
  #rest = element("div", { className: "rest" });

  // `links` are those of practice.js. `announce(text)` reads a whole sentence out. `sendFeedback({response, verdict,
  // note})` resolves once it is kept.
  constructor({ links, announce = () => {}, sendFeedback }) {
    this.#links = links;
    this.#announce = announce;
    this.#sendFeedback = sendFeedback;
    this.element = element("article", { className: "answer", ariaLabel: "回答", ariaBusy: "true" });
    this.element.append(this.#understood, this.#prose, this.#state, this.#rest);
    this.#state.append(element("p", { className: "quiet" }, "正在查找……"));
  }

  // Takes one event of `Client.askStreamed`.
  take(name, data) {
    if (name === "status") this.#showStatus(data);
    else if (name === "citation") this.#citations.set(data.n, data);
    else if (name === "sentence") this.#addSegment(data, true);
    else if (name === "done") this.finish(data);
  }

  // Says that something takes longer than it should, until the answer goes on.
  say(message) {
    if (this.#state.textContent === message) return;
    this.#state.replaceChildren(element("p", { className: "quiet" }, message));
    this.#announce(message);
  }

  // Shows a whole answer, or what is left to show of one that came in pieces.
  finish(response, { aloud = true } = {}) {
    for (const citation of response.citations) this.#citations.set(citation.n, citation);
    this.#showStatus(response);
    if (response.answer !== this.#text) {
      this.#text = "";
      this.#prose.replaceChildren();
      for (const segment of response.segments) this.#addSegment(segment, aloud);
    }
    this.#end();
    const shown = new Set(response.citations.map((citation) => citation.practice_id));
    const others = response.hits.filter((hit) => !shown.has(hit.id));
    this.#rest.replaceChildren(
      ...response.notes.map((note) => element("p", { className: "quiet" }, note.text)),
      ...this.#tools(response),
      ...(response.citations.length ? [this.#sources(response.citations)] : []),
      ...(others.length ? [this.#others(others, response.answered)] : []),
    );
    if (aloud && response.answered) this.#announce(`回答完毕，共 ${response.citations.length} 处出处。`);
  }

  // Ends an answer that the reader stopped or that failed, with a button for what to do. What came of it stays.
  breakOff(message, { label, act }, { failed = true } = {}) {
    this.#end();
    this.#state.replaceChildren(
      element("p", { className: failed ? "error" : "quiet" }, message),
      element("button", { type: "button", className: "secondary", onclick: act }, label),
    );
    this.#announce(message);
  }

  #end() {
    this.element.ariaBusy = "false";
    this.#state.replaceChildren();
  }

  #showStatus({ answered, rewritten, corrections, places }) {
    this.element.classList.toggle("refusal", !answered);
    const renamed = places.filter(isRenamed).map(({ written, name }) => ({ written, understood: name }));
    const readings = [...corrections, ...renamed].map(({ written, understood }) => `“${understood}”（原写“${written}”）`);
    if (rewritten) readings.unshift(`“${rewritten}”`);
    this.#understood.textContent = `按${readings.join("、")}理解`;
    this.#understood.hidden = !readings.length;
  }

  // A line that starts with a bullet is one of several practices, each an item of a list.
  #addSegment({ text, marks }, aloud) {
    this.#state.replaceChildren();
    this.#text += text + marks.map((mark) => `[${mark}]`).join("");
    text.split("\n").forEach((line, index) => {
      if (index || !this.#prose.lastChild) this.#startLine(line.startsWith(BULLET));
      this.#line().append(line.startsWith(BULLET) ? line.slice(BULLET.length) : line);
    });
    for (const mark of marks) this.#line().append(this.#mark(mark));
    const sentence = text.replace(BULLET, "").trim();
    if (!aloud || !sentence || this.#told > TOLD) return;
    this.#told += sentence.length;
    this.#announce(sentence);
  }

  #startLine(item) {
    if (!item) this.#prose.append(element("p"));
    else if (this.#prose.lastChild?.tagName === "UL") this.#prose.lastChild.append(element("li"));
    else this.#prose.append(element("ul", {}, element("li")));
  }

  #line() {
    const block = this.#prose.lastChild;
    return block.tagName === "UL" ? block.lastChild : block;
  }

  #mark(n) {
    const citation = this.#citations.get(n);
    if (!citation) return `[${n}]`;
    return element(
      "button",
      {
        type: "button",
        className: "cite",
        ariaLabel: `出处 ${n}：${citation.heading_path.join("，")}`,
        onclick: (event) => this.#links.openSource(citation, event.currentTarget),
      },
      String(n),
    );
  }

  #tools(response) {
    const { buttons, said, below } = feedbackTools((given) => this.#sendFeedback({ response, ...given }));
    const copy = toolButton({ onclick: () => this.#copy(response, said) }, icon(COPY), "复制");
    const tools = element("div", { className: "tools", role: "group", ariaLabel: "对这个回答" }, copy, ...buttons, said);
    return [tools, below];
  }

  async #copy(response, said) {
    try {
      await copyText(plainText(response, this.#links.practiceHref), this.element);
      said.textContent = response.citations.length ? "已复制，连同出处。" : "已复制。";
    } catch {
      said.textContent = "没能复制，请选中文字后复制。";
    }
  }

  #sources(citations) {
    const groups = [...groupBy(citations, (citation) => citation.practice_id).values()];
    const list = element("ol", {}, ...groups.map((group) => this.#source(group)));
    return folded("sources", `出处（${groups.length} 条做法）`, list, groups.length <= FEW);
  }

  #source(citations) {
    const [first] = citations;
    return element(
      "li",
      {},
      element("span", { className: "numbers" }, ...citations.map((citation) => this.#mark(citation.n))),
      element(
        "span",
        { className: "where" },
        first.heading_path.join(" › "),
        element("span", { className: "quiet" }, `${first.document_number} `, practiceLink(first.practice_id, this.#links)),
      ),
    );
  }

  #others(hits, answered) {
    // Where there is no answer, words that happen to meet tell nothing.
    const items = hits.map((hit) => practiceItem(hit, hit.citation, this.#links, answered ? hit.evidence : []));
    const list = element("ol", { className: "practices" }, ...items);
    if (answered) return folded("others", `也可参考（${hits.length} 条）`, list, false);
    return element(
      "section",
      { className: "others nearest", ariaLabel: "最接近的做法，不是答案" },
      element("h3", {}, "最接近的做法", element("span", { className: "tag" }, "不是答案")),
      list,
    );
  }
}

function folded(className, title, content, open) {
  return element("details", { className, open }, element("summary", {}, title), content);
}

// 深圳 for 深圳市 needs no word; 鹏城 for 深圳市 does.
function isRenamed({ written, name }) {
  return !name.includes(written) && !written.includes(name);
}
