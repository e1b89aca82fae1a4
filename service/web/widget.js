// Adds a chat with this service to a page of any site: <script src="https://…/widget.js" defer></script>
// A classic script, so that it knows its own address and attributes; what it loads are modules. It leaves one name
// behind, the custom element's.

(() => {
  const NAME = "zhijian-widget";
  // A module has no currentScript; neither has what a tag manager evaluates.
  const own = (script) => script.src.split(/[?#]/)[0].endsWith("/widget.js");
  const script = document.currentScript ?? [...document.scripts].find(own);
  if (!script || customElements.get(NAME)) return;
  const base = new URL(".", script.src);
  const options = { ...script.dataset };

  customElements.define(
    NAME,
    class extends HTMLElement {
      #begun = false;

      async connectedCallback() {
        if (this.#begun) return;
        this.#begun = true;
        try {
          const { showWidget } = await import(new URL("assets/widget_frame.js", base).href);
          await showWidget(this, options);
        } catch (error) {
          this.remove();
          console.error(explanation(), error);
        }
      }
    },
  );

  // Which of them it was is known to the browser alone, which says so in a line of its own.
  function explanation() {
    return [
      `zhijian: the chat is not shown, because its files could not be loaded from ${base.href}.`,
      `- Blocked by CORS: the service does not let ${location.origin} in; add it to ZHIJIAN_ALLOWED_ORIGINS there.`,
      `- Blocked by Content Security Policy: allow ${base.origin} in script-src and connect-src of this page.`,
      "",
    ].join("\n");
  }

  const add = () => document.body.append(document.createElement(NAME));
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add);
})();
