// One practice as it stands in a list: where it belongs, its text, the regions it names, the ways to its source.
// `links` says where to: `openSource(citation, opener)`, `practiceHref(id)` and the `target` of links.

import { element } from "./dom.js";

export function practiceItem(practice, citation, links, evidence = []) {
  return element(
    "li",
    { className: "practice", "data-id": practice.id },
    element("p", { className: "path" }, practice.heading_path.join(" › ")),
    element("p", { className: "text" }, ...markedWords(practice.text, evidence)),
    element(
      "p",
      { className: "foot" },
      ...regionTags(practice.regions),
      element("span", { className: "ways" }, practiceLink(practice.id, links), sourceButton(citation, links)),
    ),
  );
}

// The number of a practice in its list, as the link to its own page.
export function practiceLink(id, links) {
  const href = links.practiceHref(id);
  return element("a", { className: "link", href, target: links.target ?? "" }, `第 ${id.split(":").pop()} 项`);
}

export function sourceButton(citation, links) {
  return element(
    "button",
    { type: "button", className: "link", onclick: (event) => links.openSource(citation, event.currentTarget) },
    "看原文",
  );
}

// A practice is quoted whole where it stands in a list.
export function citationOf(practice, source) {
  return {
    quote: practice.text,
    spans: practice.spans,
    document_id: practice.document_id,
    document_title: source?.title ?? "",
    document_number: source?.number ?? "",
  };
}

function regionTags(regions) {
  return regions.map((region) =>
    element("span", { className: "region", title: region.province ?? "" }, region.name),
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
