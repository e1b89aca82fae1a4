// Gives a shadow root style sheets of this folder. They are constructed, so no policy of the page concerns them, and
// measured in pixels, as the page may have made of `rem` whatever it likes.

const SHIELD = ":host { all: initial !important; }";

export function shield(root) {
  root.adoptedStyleSheets = [constructed(SHIELD)];
}

// `theme` is auto, light or dark. The root must be shielded and in a document.
export async function adopt(root, names, theme) {
  const texts = await Promise.all(names.map(textOf));
  const size = parseFloat(getComputedStyle(root.host).fontSize);
  const inPixels = (text) => text.replace(/(\d*\.?\d+)rem\b/g, (_, number) => `${number * size}px`);
  const sheets = texts.map((text) => constructed(inPixels(text)));
  if (theme !== "auto") for (const sheet of sheets) settle(sheet, theme);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets];
}

async function textOf(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return response.text();
}

function constructed(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

// Decides what the sheet leaves to the reader's system.
function settle(sheet, theme) {
  for (const rule of sheet.cssRules) {
    const scheme = /prefers-color-scheme: (\w+)/.exec(rule.media?.mediaText)?.[1];
    if (scheme) rule.media.mediaText = scheme === theme ? "all" : "not all";
  }
}
