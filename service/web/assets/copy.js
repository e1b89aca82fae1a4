// An answer as plain text with its sources, and the way to the clipboard.

import { element } from "./dom.js";
import { groupBy } from "./group.js";

export function plainText(response, practiceHref) {
  const parts = [response.question, response.answer.trim()];
  if (response.citations.length) parts.push(["出处：", ...sourceLines(response.citations, practiceHref)].join("\n"));
  return parts.join("\n\n");
}

function sourceLines(citations, practiceHref) {
  const groups = groupBy(citations, (citation) => citation.practice_id);
  return [...groups].map(([id, [first, ...rest]]) => {
    const marks = [first, ...rest].map((citation) => `[${citation.n}]`).join("");
    const where = [first.document_number, ...first.heading_path].filter(Boolean).join(" › ");
    return `${marks} ${where}，第 ${id.split(":").pop()} 项 ${practiceHref(id)}`;
  });
}

// Pages that are not served over HTTPS have no clipboard of their own: there a selection near `place` is copied.
export async function copyText(text, place) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const box = element("textarea", { value: text, className: "sr-only" });
  const focused = place.getRootNode().activeElement;
  place.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  focused?.focus();
  if (!copied) throw new Error("nothing was copied");
}
