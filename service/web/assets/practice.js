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
    element("p", { className: "text" }, practice.text),
    element("p", { className: "foot" }, ...regionTags(practice.regions), sourceButton(citation)),
  );
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
