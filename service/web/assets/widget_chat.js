// The conversation inside the widget's panel, and the official text that a citation opens over it.

import { Client } from "./client.js";
import { composerIn } from "./composer.js";
import { Conversation } from "./conversation.js";
import { element } from "./dom.js";
import { keep, recall } from "./memory.js";

const KEPT_AS = "widget";
const FIRST_HINT = "想了解什么做法？";
const NEXT_HINT = "接着问，例如：那苏州呢？";

export class Chat {
  #root;
  #options;
  #client = new Client(new URL("..", import.meta.url).href);
  #conversation;
  #composer;
  #input = element("textarea", { rows: 1, autocomplete: "off", spellcheck: false, enterKeyHint: "send", ariaLabel: "问题" });
  #thread = element("ol", { className: "thread", ariaLabel: "对话" });
  #log = element("div", { className: "sr-only", role: "log", ariaLive: "polite" });
  #scroll;
  #talk;
  #source = null;
  #anew = element("button", { type: "button", className: "link", onclick: () => this.#startAnew() }, "新对话");

  // `body` is filled, `tools` is the place for buttons in the panel's head, `options` are those of the widget.
  constructor({ root, body, tools, options }) {
    this.#root = root;
    this.#options = options;
    this.#scroll = element("div", { className: "scroll" }, this.#welcome(), this.#thread);
    const place = this.#box();
    this.#talk = element("div", { className: "view talk" }, this.#scroll, place, this.#log);
    body.replaceChildren(this.#talk);
    tools.append(this.#anew);
    this.#composer = composerIn(place, {
      ask: (question) => this.#ask(question),
      stop: () => this.#conversation.stop(),
    });
    this.#conversation = new Conversation({
      client: this.#client,
      thread: this.#thread,
      // The page around is somebody else's: a practice opens beside it.
      links: {
        openSource: (citation, opener) => this.#openSource(citation, opener),
        practiceHref: (id) => this.#client.practicePage(id),
        target: "_blank",
      },
      hooks: {
        announce: (text) => this.#log.append(element("p", {}, text)),
        changed: () => this.#changed(),
        edit: this.#composer.edit,
      },
    });
    // A reader who goes on to the next page of the site finds the conversation again.
    this.#conversation.restore(recall(KEPT_AS));
    this.#show();
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  focus() {
    // The keyboard on a phone's screen would cover what is there to read.
    if (matchMedia("(pointer: coarse)").matches) this.#root.getElementById("title").focus();
    else this.#input.focus();
  }

  // Leaves the official text; tells whether it was open.
  back() {
    if (!this.#source) return false;
    const { view, opener, scrolled } = this.#source;
    view?.element.remove();
    this.#source = null;
    this.#talk.hidden = false;
    this.#scroll.scrollTop = scrolled;
    opener.removeAttribute("aria-current");
    opener.focus();
    return true;
  }

  #welcome() {
    const { greeting, examples } = this.#options;
    const ask = (event) => this.#ask(event.currentTarget.textContent);
    const buttons = examples.map((text) => element("button", { type: "button", className: "secondary", onclick: ask }, text));
    const suggestions = element("div", { className: "examples", role: "group", ariaLabel: "可以这样问" }, ...buttons);
    return element("div", { className: "welcome" }, element("p", {}, greeting), suggestions);
  }

  #box() {
    return element(
      "div",
      { className: "composer" },
      element(
        "form",
        { noValidate: true },
        this.#input,
        element("button", { type: "submit", className: "primary" }, "提问"),
        element("button", { type: "button", className: "primary stop", hidden: true }, "停止"),
      ),
      element("p", { className: "hint", role: "alert", hidden: true }),
    );
  }

  #ask(question) {
    this.#log.replaceChildren();
    const turn = this.#conversation.ask(question);
    this.#show();
    this.#scroll.scrollTop = turn.offsetTop;
  }

  #changed() {
    this.#composer.setRunning(this.#conversation.running);
    keep(KEPT_AS, this.#conversation.turns);
  }

  #show() {
    const { length } = this.#conversation;
    this.#talk.classList.toggle("chatting", length > 0);
    this.#anew.hidden = !length;
    this.#composer.input.placeholder = length ? NEXT_HINT : FIRST_HINT;
  }

  #startAnew() {
    this.back();
    this.#conversation.restore([]);
    keep(KEPT_AS, []);
    this.#show();
    this.#composer.edit("");
  }

  // What only some readers need is fetched when they do.
  async #openSource(citation, opener) {
    this.back();
    const mine = (this.#source = { opener, scrolled: this.#scroll.scrollTop });
    opener.setAttribute("aria-current", "true");
    try {
      const { SourceView } = await import("./widget_source.js");
      if (this.#source !== mine) return;
      mine.view = new SourceView({ root: this.#root, client: this.#client, theme: this.#options.theme });
      this.#talk.hidden = true;
      this.#talk.after(mine.view.element);
      mine.view.show(citation, () => this.back());
    } catch {
      this.back();
      this.#composer.complain("原文没有打开，请检查网络后再试。");
    }
  }
}
