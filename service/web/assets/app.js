// Joins the parts of the page: the box, the conversation, the address, the list, the page of one practice.

import { browse, filtersOf, setUpBrowse } from "./browse.js";
import { Client } from "./client.js";
import { composerIn } from "./composer.js";
import { Conversation } from "./conversation.js";
import { byId, element } from "./dom.js";
import { keep, newId, recall } from "./memory.js";

// The service may lie under a path of its site; this module lies in its assets.
const HOME = new URL("..", import.meta.url).href;
// Read as a query, which forgives a link that was cut off in the middle of an escape.
const PATH = location.href.startsWith(`${HOME}practices/`) ? location.pathname.replace(/.*\//, "id=") : "";
const PRACTICE = new URLSearchParams(PATH).get("id");
const TITLE = document.title;
const FIRST_HINT = "想了解什么做法？";
const NEXT_HINT = "接着问，例如：那苏州呢？";
// Longer questions stay out of the address: some proxies cut it off at 8 kB, which is 900 Chinese characters.
const MAX_IN_ADDRESS = 300;

const client = new Client(HOME);
const links = { openSource, practiceHref: (id) => client.practicePage(id) };
// Whole sentences are read out to those who can't see them come.
const announce = (text) => byId("log").append(element("p", {}, text));
const composer = composerIn(document.querySelector(".composer"), { ask, stop: () => conversation.stop() });
const hooks = { announce, edit: composer.edit, changed };
const conversation = new Conversation({ client, thread: byId("thread"), links, hooks });
let current = newId();
let panel = null;

// What only some readers need is fetched when they do.
async function openSource(citation, opener) {
  try {
    panel ??= await import("./panel.js");
    panel.openSource(client, citation, opener);
  } catch {
    composer.complain("原文没有打开，请检查网络后再试。");
  }
}

function ask(question) {
  if (!conversation.length) current = newId();
  begin(question);
  const address = question.length > MAX_IN_ADDRESS ? HOME : `${HOME}?${new URLSearchParams({ q: question })}`;
  history.pushState(stateNow(), "", address);
}

function begin(question) {
  panel?.dismissSource();
  byId("log").replaceChildren();
  const turn = conversation.ask(question);
  show();
  turn.scrollIntoView({ block: "start" });
}

function stateNow() {
  return { id: current, count: conversation.length };
}

function changed() {
  composer.setRunning(conversation.running);
  if (conversation.length) keep(current, conversation.turns);
}

// Shows what the address and the entry of the history stand for.
function restore() {
  panel?.dismissSource();
  const parameters = new URLSearchParams(location.search);
  const { id, count } = history.state ?? {};
  const question = (parameters.get("q") ?? "").trim();
  const kept = id && id !== current ? recall(id) : [];
  if (id && id === current) conversation.showFirst(count);
  else {
    conversation.restore(kept.slice(0, count));
    current = kept.length ? id : newId();
  }
  show();
  if (!conversation.length && question) askFromAddress(question);
  else byId("thread").lastElementChild?.scrollIntoView({ block: "start" });
}

function askFromAddress(question) {
  if (!composer.accept(question)) {
    composer.write(question);
    return;
  }
  begin(question);
  history.replaceState(stateNow(), "");
}

function show() {
  const { length, turns } = conversation;
  document.body.classList.toggle("chatting", length > 0);
  composer.input.placeholder = length ? NEXT_HINT : FIRST_HINT;
  document.title = length ? `${Array.from(turns[length - 1].question).slice(0, 40).join("")} · 智建` : TITLE;
}

function startAnew() {
  current = newId();
  conversation.restore([]);
  panel?.dismissSource();
  history.pushState(null, "", HOME);
  show();
  browse({});
  scrollTo(0, 0);
  composer.edit("");
}

function rememberFilters(filters) {
  const query = new URLSearchParams(filters).toString();
  history.pushState(null, "", query ? `${HOME}?${query}` : HOME);
}

function restoreFilters() {
  if (!conversation.length) browse(filtersOf(new URLSearchParams(location.search)));
}

function setUpConversation() {
  for (const button of document.querySelectorAll(".suggestions button")) {
    button.addEventListener("click", () => ask(button.textContent));
  }
  byId("anew").addEventListener("click", startAnew);
  addEventListener("popstate", () => {
    restore();
    restoreFilters();
  });
  // Before anything is waited for: whoever types at once must not lose what they typed.
  restore();
}

function setUpKeys() {
  addEventListener("keydown", (event) => {
    const source = byId("source");
    if (event.key !== "Escape" || event.isComposing) return;
    // A modal dialog closes by itself; beside the page it is not modal.
    if (!source.open) conversation.stop();
    else if (!source.matches(":modal")) source.close();
  });
  addEventListener("beforeprint", () => {
    for (const folded of byId("thread").querySelectorAll("details")) folded.open = true;
  });
}

async function start() {
  setUpKeys();
  if (PRACTICE !== null) {
    document.body.classList.add("one");
    const { showPractice } = await import("./practice_page.js");
    showPractice(PRACTICE, { client, links, home: HOME, place: byId("practice") });
  } else setUpConversation();
  const documents = await client.documents().then((answer) => answer.documents, () => []);
  byId("colophon-source").textContent = documents.map((item) => `来源：《${item.title}》（${item.number}）`).join("；");
  if (PRACTICE !== null) return;
  setUpBrowse({ client, documents, openers: links, changed: rememberFilters });
  restoreFilters();
}

start();
