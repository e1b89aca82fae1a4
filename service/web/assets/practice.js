// One practice as it stands in a list: where it belongs, its text, the regions it names, the way to its source.

import { element } from "./dom.js";
import { openSource } from "./source.js";

export function practiceItem(practice, citation, label = null) {
  return element(
    "li",
    { className: "practice", "data-id": practice.id },
    element(
      "p",
      { className: "path" },
      label && element("span", { className: "tag" }, label),
      practice.heading_path.join(" › "),
    ),
    element("p", { className: "text" }, ...markedWords(practice.text, practice.evidence ?? [])),
    element("p", { className: "foot" }, ...regionTags(practice.regions), sourceButton(citation)),
  );
}

// Marks what the words of the question met. Spans count code points, of which a character of a string may be half of one.
function markedWords(text, evidence) {
  const characters = Array.from(text);
  const piece = (start, end) => characters.slice(start, end).join("");
  const pieces = [];
  let last = 0;
  for (const { asked, met_span: met } of evidence.toSorted((one, other) => one.met_span.start - other.met_span.start)) {
    if (met.start < last) continue;
    const title = `与问题里的“${asked}”相合`;
    pieces.push(piece(last, met.start), element("mark", { title }, piece(met.start, met.end)));
    last = met.end;
  }
  return [...pieces, piece(last)];
}

export function sourceButton(citation) {
  return element(
    "button",
    { type: "button", className: "link", onclick: (event) => openSource(citation, event.currentTarget) },
    "看原文",
  );
}

function regionTags(regions) {
  return regions.map((region) =>
    element("span", { className: "region", title: region.province ?? "" }, region.name),
  );
}
