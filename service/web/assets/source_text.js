// Lays an official text out with a quote marked in its place. It needs nothing of the document around it.

import { element } from "./dom.js";

const SHORT_CELL = 40;

// Fills `container`, which scrolls, and brings the quote into sight.
export function showSourceText(container, text, citation) {
  container.replaceChildren(...layOut(text, citation.spans));
  const marks = [...container.querySelectorAll("mark")];
  if (marks.map((mark) => mark.textContent).join("") !== citation.quote) {
    container.prepend(element("p", { className: "error", role: "alert" }, "引文与原文对不上，请以原文为准。"));
    return;
  }
  const first = marks.find((mark) => mark.getClientRects().length) ?? container;
  const offset = first.getBoundingClientRect().top - container.getBoundingClientRect().top;
  container.scrollTop += offset - container.clientHeight / 4;
}

// The source is a table that went through a lossy conversion: tabs part its cells and <p> tags the paragraphs inside them. Both are
// laid out instead of shown; inside a quote they stay in the page, unseen, so that the marked text is the quote to the letter.
function layOut(text, spans) {
  const ranges = toUnits(text, spans);
  const lines = [];
  let line = newLine();
  for (const match of text.matchAll(/\r?\n|\t|<\/?p>|[^\r\n\t<]+|[\r<]/g)) {
    const token = match[0];
    const start = match.index;
    if (/^(\r?\n|\t|<\/?p>)$/.test(token)) {
      hide(line, token, start, ranges);
      if (token === "\t") line.cells.push(newCell());
      else if (token.endsWith("\n")) {
        lines.push(line);
        line = newLine();
      } else line.cells.at(-1).paragraphs.push([]);
    } else {
      line.cells.at(-1).paragraphs.at(-1).push(...marked(token, start, ranges));
    }
  }
  return [...lines, line].map(toRow).filter((row) => row !== null);
}

// Offsets of the service count code points, those of JavaScript strings UTF-16 units.
function toUnits(text, spans) {
  const points = Array.from(text);
  const unit = (offset) => points.slice(0, offset).join("").length;
  return spans.map(({ start, end }) => ({ start: unit(start), end: unit(end) }));
}

function newCell() {
  return { paragraphs: [[]] };
}

function newLine() {
  return { cells: [newCell()] };
}

function hide(line, token, start, ranges) {
  const inside = ranges.some((range) => range.start <= start && start < range.end);
  if (inside) line.cells.at(-1).paragraphs.at(-1).push(element("mark", { className: "unseen" }, token));
}

function marked(token, start, ranges) {
  const end = start + token.length;
  const nodes = [];
  let position = start;
  for (const range of ranges) {
    const low = Math.max(range.start, position);
    const high = Math.min(range.end, end);
    if (low >= high) continue;
    if (position < low) nodes.push(document.createTextNode(token.slice(position - start, low - start)));
    nodes.push(element("mark", {}, token.slice(low - start, high - start)));
    position = high;
  }
  if (position < end) nodes.push(document.createTextNode(token.slice(position - start)));
  return nodes;
}

function toRow(line) {
  const cells = line.cells.map(toCell).filter((cell) => cell !== null);
  if (!cells.length) return null;
  if (line.cells.length === 1) return element("div", { className: "line" }, ...cells[0].childNodes);
  const heading = cells.every((cell) => cell.classList.contains("short"));
  return element("div", { className: heading ? "row labels" : "row" }, ...cells);
}

function toCell(cell) {
  const paragraphs = cell.paragraphs
    .filter((nodes) => nodes.some((node) => node.textContent.trim() || node.className === "unseen"))
    .map((nodes) => element("p", {}, ...nodes));
  if (!paragraphs.length) return null;
  const length = paragraphs.reduce((sum, paragraph) => sum + paragraph.textContent.length, 0);
  return element("div", { className: length < SHORT_CELL ? "cell short" : "cell" }, ...paragraphs);
}
