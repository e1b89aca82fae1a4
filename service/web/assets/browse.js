// The list of practices with its filters by task and region.

import { messageOf } from "./client.js";
import { byId, element } from "./dom.js";
import { groupBy } from "./group.js";
import { citationOf, practiceItem } from "./practice.js";

const PAGE = 8;
const NAMES = ["task", "region"];

let filters = {};
let titles = new Map();
let shown = 0;
let running = new AbortController();
let service;
let links;
let onChange;

export function setUpBrowse({ client, documents, openers, changed }) {
  service = client;
  links = openers;
  titles = new Map(documents.map((item) => [item.id, item]));
  onChange = changed;
  byId("browse-clear").addEventListener("click", () => choose({}));
  byId("browse-more").addEventListener("click", () => load(shown));
}

export function filtersOf(parameters) {
  return Object.fromEntries(NAMES.map((name) => [name, parameters.get(name)]).filter(([, value]) => value));
}

export function browse(chosen) {
  filters = chosen;
  return load(0);
}

function choose(chosen) {
  onChange(chosen);
  browse(chosen);
}

function toggle(name, value) {
  const { [name]: current, ...rest } = filters;
  choose(current === value ? rest : { ...rest, [name]: value });
}

async function load(offset) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const list = byId("practices");
  list.setAttribute("aria-busy", "true");
  byId("browse-clear").hidden = !Object.keys(filters).length;
  if (!shown && !offset) byId("browse-summary").textContent = "正在读取……";
  try {
    const page = await service.practices({ ...filters, limit: PAGE, offset }, { signal });
    render(page, offset);
  } catch (error) {
    if (signal.aborted) return;
    if (isBadFilter(error) && Object.keys(filters).length) {
      // A link may carry a filter that nothing is known by: everything is more use than nothing.
      await browse({});
      byId("browse-summary").textContent += "。链接里的筛选条件无法识别，已全部显示。";
      return;
    }
    renderError(error, offset);
  }
  list.setAttribute("aria-busy", "false");
}

function isBadFilter(error) {
  return ["unknown-filter", "text-too-long", "unreadable-text"].includes(error.problem);
}

function render(page, offset) {
  const items = page.practices.map((practice) => {
    return practiceItem(practice, citationOf(practice, titles.get(practice.document_id)), links);
  });
  const list = byId("practices");
  if (offset) list.append(...items);
  else list.replaceChildren(...items);
  shown = offset + items.length;
  byId("browse-summary").textContent = page.total ? `共 ${page.total} 条` : "没有同时符合这些条件的做法。";
  byId("browse-more").hidden = shown >= page.total;
  if (offset) items[0]?.querySelector("a").focus();
  renderFacets(page.facets);
}

function renderError(error, offset) {
  byId("browse-summary").textContent = "";
  byId("browse-more").hidden = true;
  const retry = element("button", { type: "button", className: "secondary", onclick: () => load(offset) }, "再试一次");
  byId("practices").replaceChildren(element("li", {}, element("p", { className: "error" }, messageOf(error)), retry));
}

function renderFacets(facets) {
  fill("facet-task", facets.tasks.map((facet) => chip("task", facet)));
  const parents = new Map(facets.regions.map((facet) => [facet.value, facet.parent]));
  const top = (value) => (parents.get(value) ? top(parents.get(value)) : value);
  const byProvince = groupBy(facets.regions, (facet) => top(facet.value));
  const chips = [...byProvince.values()].map(([province, ...inside]) => [chip("region", province), cities(province, inside)]);
  fill("facet-region", chips.flat());
}

// What lies in a province shows once it, or a place in it, is chosen.
function cities(province, inside) {
  const open = [province, ...inside].some((facet) => facet.value === filters.region);
  if (!open || !inside.length) return null;
  return element(
    "div",
    { className: "chips nested", role: "group", ariaLabel: province.label },
    ...inside.map((facet) => chip("region", facet)),
  );
}

function chip(name, facet) {
  return element(
    "button",
    {
      type: "button",
      className: "chip",
      "data-value": facet.value,
      ariaPressed: String(filters[name] === facet.value),
      onclick: () => toggle(name, facet.value),
    },
    facet.label,
    element("span", { className: "count" }, String(facet.count)),
  );
}

function fill(id, nodes) {
  const container = byId(id);
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.value : null;
  container.replaceChildren(...nodes.filter((node) => node !== null));
  if (focused) container.querySelector(`[data-value="${CSS.escape(focused)}"]`)?.focus();
}
