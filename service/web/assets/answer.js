// Shows the answer to one question in each of its states.

import { byId, element } from "./dom.js";
import { groupBy } from "./group.js";
import { practiceItem } from "./practice.js";
import { openSource } from "./source.js";

const BULLET = "• ";

export function showLoading(question) {
  show(
    heading(question),
    element("p", { className: "sr-only" }, "正在查找……"),
    element("div", { className: "skeleton", ariaHidden: "true" }, element("i"), element("i"), element("i")),
  );
  byId("answer").setAttribute("aria-busy", "true");
}

export function showError(question, message, retry) {
  show(
    heading(question),
    element("p", { className: "error" }, message),
    element("button", { type: "button", className: "secondary", onclick: retry }, "再试一次"),
  );
}

export function hideAnswer() {
  byId("answer").hidden = true;
  document.body.classList.remove("asked");
}

export function showAnswer(response) {
  const cited = new Set(response.citations.map((citation) => citation.practice_id));
  const others = response.hits.filter((hit) => !cited.has(hit.id));
  show(
    heading(response.question),
    response.corrections.length ? corrections(response.corrections) : null,
    element("div", { className: response.answered ? "prose" : "prose refusal" }, ...paragraphs(response)),
    response.citations.length ? sources(response.citations) : null,
    others.length ? otherPractices(others, response.answered) : null,
  );
}

function show(...children) {
  const section = byId("answer");
  section.setAttribute("aria-busy", "false");
  section.replaceChildren(...children.filter((child) => child !== null));
  section.hidden = false;
  document.body.classList.add("asked");
}

function heading(question) {
  return element("h2", { id: "answer-title" }, question);
}

// What was not searched for as it was written, so that a wrong reading is seen.
function corrections(list) {
  const readings = list.map(({ written, understood }) => `“${understood}”（原写“${written}”）`);
  return element("p", { className: "quiet" }, `按${readings.join("、")}查找`);
}

// A line that starts with a bullet is one of several practices, each an item of a list.
function paragraphs(response) {
  const byNumber = new Map(response.citations.map((citation) => [String(citation.n), citation]));
  const blocks = [];
  for (const line of response.answer.split("\n").filter((text) => text.trim())) {
    const item = line.startsWith(BULLET);
    const content = withCitations(item ? line.slice(BULLET.length) : line, byNumber);
    if (!item) blocks.push(element("p", {}, ...content));
    else if (blocks.at(-1)?.tagName === "UL") blocks.at(-1).append(element("li", {}, ...content));
    else blocks.push(element("ul", {}, element("li", {}, ...content)));
  }
  return blocks;
}

// Only numbers that stand for a citation become buttons: a text may hold brackets of its own.
function withCitations(line, byNumber) {
  return line.split(/\[(\d+)\]/).map((part, index) => {
    if (index % 2 === 0) return part;
    const citation = byNumber.get(part);
    return citation ? citationButton(citation) : `[${part}]`;
  });
}

function citationButton(citation) {
  return element(
    "button",
    {
      type: "button",
      className: "cite",
      ariaLabel: `出处 ${citation.n}：${citation.heading_path.join("，")}`,
      onclick: (event) => openSource(citation, event.currentTarget),
    },
    String(citation.n),
  );
}

function sources(citations) {
  const byPractice = groupBy(citations, (citation) => citation.practice_id);
  return element(
    "section",
    { className: "sources", ariaLabel: "出处" },
    element("h3", {}, "出处"),
    element("ol", {}, ...[...byPractice.values()].map(sourceItem)),
  );
}

function sourceItem(citations) {
  const [first] = citations;
  return element(
    "li",
    {},
    element("span", { className: "numbers" }, ...citations.map(citationButton)),
    element(
      "span",
      { className: "where" },
      first.heading_path.join(" › "),
      element("span", { className: "quiet" }, `${first.document_number} 清单第 ${first.practice_id.split(":").pop()} 项`),
    ),
  );
}

function otherPractices(hits, answered) {
  const label = answered ? null : "未必相关";
  return element(
    "section",
    { className: "others" },
    element("h3", {}, answered ? "也可参考" : "最接近的做法"),
    element("ol", { className: "practices" }, ...hits.map((hit) => practiceItem(hit, hit.citation, label))),
  );
}
