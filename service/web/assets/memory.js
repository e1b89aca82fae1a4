// Keeps the conversations of this tab, so that Back, Forward and a reload show again what was there.

const PREFIX = "zhijian:";

export function newId() {
  return `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
}

// Storage may be full or forbidden. Then a conversation lives as long as the page does.
export function keep(id, turns) {
  try {
    sessionStorage.setItem(PREFIX + id, JSON.stringify(turns));
  } catch {
    return;
  }
}

export function recall(id) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + id)) ?? [];
  } catch {
    return [];
  }
}
