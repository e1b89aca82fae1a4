import { element } from "./dom.js";

// Adds a style sheet of this folder to the page; resolves when it applies, or can't be had.
export function styleSheet(name) {
  return new Promise((resolve) => {
    const href = new URL(name, import.meta.url).href;
    document.head.append(element("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
}
