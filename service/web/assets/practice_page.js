// The page of one practice: where it belongs, its text, its places, the way into its source, its neighbours.

import { messageOf } from "./client.js";
import { copyText } from "./copy.js";
import { element } from "./dom.js";
import { citationOf, practiceItem, sourceButton } from "./practice.js";
import { styleSheet } from "./style_sheet.js";

await styleSheet("practice_page.css");

export async function showPractice(id, { client, links, home, place }) {
  place.replaceChildren(element("p", { className: "quiet", role: "status" }, "正在读取……"));
  place.hidden = false;
  try {
    const practice = await client.practice(id);
    const { documents } = await client.documents();
    const source = documents.find((item) => item.id === practice.document_id);
    const shown = { practice, citation: citationOf(practice, source), source, links, home };
    place.replaceChildren(...contents(shown));
    document.title = `${practice.text.slice(0, 30)}… · 智建`;
    place.append(...(await neighbours(client, shown)));
  } catch (error) {
    place.replaceChildren(...failure(error, home, () => showPractice(id, { client, links, home, place })));
  }
}

function contents({ practice, citation, source, links, home }) {
  const [heading, ...above] = practice.heading_path.toReversed();
  return [
    element("p", { className: "path" }, above.toReversed().join(" › ")),
    element("h1", {}, heading ?? source.title),
    element("p", { className: "whole" }, practice.text),
    element("p", { className: "foot" }, ...practice.regions.map((region) => placeLink(region, home))),
    tools(practice, citation, links),
    element("p", { className: "quiet from" }, `出自《${source.title}》（${source.number}），第 ${number(practice)} 项`),
  ];
}

function placeLink(region, home) {
  const name = region.province ? `${region.province} · ${region.name}` : region.name;
  const title = `看${region.name}的全部做法`;
  return element("a", { className: "chip", href: `${home}?region=${region.code}#browse`, title }, name);
}

function tools(practice, citation, links) {
  const said = element("span", { className: "quiet said", role: "status" });
  const copy = async () => {
    const where = [citation.document_number, ...practice.heading_path].filter(Boolean).join(" › ");
    const text = `${practice.text}\n\n出处：${where}，第 ${number(practice)} 项 ${links.practiceHref(practice.id)}`;
    said.textContent = await copyText(text, said.parentNode).then(
      () => "已复制，连同出处。",
      () => "没能复制，请选中文字后复制。",
    );
  };
  const source = sourceButton(citation, links);
  source.className = "secondary";
  const copying = element("button", { type: "button", className: "secondary", onclick: copy }, "复制");
  return element("div", { className: "tools" }, source, copying, said);
}

async function neighbours(client, { practice, source, links }) {
  const levels = [practice.task, practice.measure].filter((level) => level !== null);
  const name = practice.measure ? "measure" : "task";
  if (!levels.length) return [];
  const query = { document: practice.document_id, [name]: levels.map((level) => level.number).join(".") };
  const { practices } = await client.practices(query).catch(() => ({ practices: [] }));
  const others = practices.filter((other) => other.id !== practice.id);
  if (!others.length) return [];
  const items = others.map((other) => practiceItem(other, citationOf(other, source), links));
  return [element("h2", {}, "同一措施下的其他做法"), element("ol", { className: "practices" }, ...items)];
}

function failure(error, home, retry) {
  if (error.problem === "unknown-practice") {
    document.title = "没有这条做法 · 智建";
    return [
      element("h1", {}, "没有这条做法"),
      element("p", {}, "链接可能抄漏了字，或者清单更新后编号变了。"),
      element("p", {}, link(`${home}#browse`, "浏览全部做法"), "，或者", link(home, "直接提问"), "。"),
    ];
  }
  const again = element("button", { type: "button", className: "secondary", onclick: retry }, "再试一次");
  return [element("p", { className: "error", role: "alert" }, messageOf(error)), again];
}

function link(href, text) {
  return element("a", { href }, text);
}

function number(practice) {
  return practice.id.split(":").pop();
}
