// What a page shows of the widget before anybody uses it: the round button, and the panel that it opens.

import { element, icon } from "./dom.js";
import { adopt, shield } from "./shadow_style.js";

const BUBBLE = "M4 5h16v11H10.5L6 20v-4H4zM8.5 9h7M8.5 12.3h4.5";
const CROSS = "M6 6l12 12M18 6L6 18";
const NARROW = matchMedia("(max-width: 30rem), (max-height: 30rem)");
const USABLE = "a[href], button, textarea, summary, [tabindex='0']";

// Shows the widget in the element `host`. `given` are the data attributes of the script: title, greeting, examples
// (parted by |), position (left, right), theme (auto, light, dark), open. Throws when its styles can't be had.
export async function showWidget(host, given) {
  const options = {
    title: given.title || "智建问答",
    greeting: given.greeting || "答案只用官方清单里的原句，每句都标出处，点开即可核对。",
    examples: (given.examples ?? "").split("|").map((text) => text.trim()).filter(Boolean),
    position: oneOf("position", given.position, ["right", "left"]),
    theme: oneOf("theme", given.theme, ["auto", "light", "dark"]),
  };
  const root = host.attachShadow({ mode: "open" });
  shield(root);
  await adopt(root, ["answer.css", "widget.css"], options.theme);
  const frame = new Frame(root, options);
  onTop(host);
  // On a phone it would hide the page that somebody has just opened.
  if (given.open !== undefined && given.open !== "false" && !NARROW.matches) frame.open();
}

function oneOf(name, given, allowed) {
  if (!given || allowed.includes(given)) return given || allowed[0];
  console.warn(`zhijian: data-${name}="${given}" is none of ${allowed.join(", ")}; taken as ${allowed[0]}.`);
  return allowed[0];
}

// In the top layer nothing of the page covers it, and what the page does to its body does not move it.
function onTop(host) {
  if (!host.showPopover) return;
  host.popover = "manual";
  host.showPopover();
}

class Frame {
  #root;
  #options;
  #launcher;
  #panel;
  #tools = element("span", { className: "header-tools" });
  #body = element("div", { className: "body" });
  #chat = null;

  constructor(root, options) {
    this.#root = root;
    this.#options = options;
    this.#launcher = element(
      "button",
      {
        type: "button",
        className: "launcher",
        title: options.title,
        ariaLabel: options.title,
        ariaHasPopup: "dialog",
        ariaExpanded: "false",
        onclick: () => (this.#panel.open ? this.close() : this.open().then(() => this.#chat?.focus())),
      },
      icon(BUBBLE),
      icon(CROSS),
    );
    const close = element("button", { type: "button", className: "round", title: "关闭", ariaLabel: "关闭" }, icon(CROSS));
    close.addEventListener("click", () => this.close());
    const title = element("h2", { id: "title", tabIndex: -1 }, options.title);
    this.#panel = element("dialog", { className: "panel", "aria-labelledby": "title" });
    this.#panel.append(element("header", {}, title, this.#tools, close), this.#body);
    root.append(
      element(
        "div",
        { className: "zhijian", lang: "zh-Hans", "data-position": options.position, "data-theme": options.theme },
        this.#launcher,
        this.#panel,
      ),
    );
    this.#listen();
  }

  // Resolves once the conversation is there, or is known not to come.
  async open() {
    // Beside the page it leaves the page usable; `show()` would take the focus away from it.
    if (NARROW.matches) this.#panel.showModal();
    else this.#panel.open = true;
    this.#launcher.ariaExpanded = "true";
    if (this.#chat) return;
    this.#body.replaceChildren(element("p", { className: "quiet opening", role: "status" }, "正在打开……"));
    try {
      const { Chat } = await import("./widget_chat.js");
      this.#chat ??= new Chat({ root: this.#root, body: this.#body, tools: this.#tools, options: this.#options });
    } catch (error) {
      console.error("zhijian:", error);
      const said = element("p", { className: "error opening", role: "alert" }, "没能打开，请检查网络后再点开一次。");
      this.#body.replaceChildren(said);
    }
  }

  close() {
    this.#panel.close();
    this.#launcher.focus();
  }

  #listen() {
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.#stepBack(event);
      else if (event.key === "Tab") this.#turnAround(event);
    });
    // The way back of a phone, where the panel is modal.
    this.#panel.addEventListener("cancel", (event) => event.target === this.#panel && this.#stepBack(event));
    this.#panel.addEventListener("close", () => (this.#launcher.ariaExpanded = "false"));
    // The page sees the widget as one element that nobody types into: its shortcuts must not take what is typed here.
    for (const name of ["keydown", "keypress", "keyup"]) {
      this.#root.addEventListener(name, (event) => event.stopPropagation());
    }
    visualViewport?.addEventListener("resize", () => this.#fit());
  }

  #stepBack(event) {
    event.preventDefault();
    if (!this.#chat?.back()) this.close();
  }

  // Keeps the focus in the panel: after its last control comes its first.
  #turnAround(event) {
    const usable = [...this.#panel.querySelectorAll(USABLE)].filter((node) => !node.disabled && node.checkVisibility());
    const [from, to] = event.shiftKey ? [usable[0], usable.at(-1)] : [usable.at(-1), usable[0]];
    if (this.#root.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  }

  // A phone's keyboard covers a part of the window without making it smaller.
  #fit() {
    const { height, scale } = visualViewport;
    if (scale === 1) this.#panel.style.setProperty("--room", `${height}px`);
  }
}
