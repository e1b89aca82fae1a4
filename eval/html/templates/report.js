"use strict";
(() => {
  const root = document.documentElement;
  const title = document.querySelector("title");
  for (const input of document.getElementsByName("language")) {
    input.addEventListener("change", () => {
      root.lang = input.value;
      document.title = input.value === "en" ? title.dataset.en : title.dataset.zh;
    });
  }

  const misses = [...document.querySelectorAll(".miss")];
  const filters = document.getElementById("filters");
  if (!filters) return;
  const find = document.getElementById("find");
  // What was asked and what came, not the words of the page.
  const textOf = (miss) => [...miss.querySelectorAll(".said, .passage, code")].map((part) => part.textContent).join(" ");
  const texts = new Map(misses.map((miss) => [miss, textOf(miss).toLowerCase()]));
  const chips = [...filters.querySelectorAll(".chip")];

  const matches = (miss, { dataset: { filter, value } }) =>
    filter === "kinds" ? miss.dataset.kinds.split(" ").includes(value) : miss.dataset[filter] === value;

  const show = () => {
    const wanted = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const miss of misses) {
      const fits =
        wanted.every((chip) => matches(miss, chip)) &&
        words.every((word) => texts.get(miss).includes(word));
      miss.hidden = !fits;
      shown += fits;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".miss:not([hidden])");
    }
    document.getElementById("shown").textContent = shown;
    document.getElementById("none-shown").hidden = shown > 0;
  };

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const pressed = chip.getAttribute("aria-pressed") !== "true";
      // One of each row at a time.
      for (const other of chip.parentElement.querySelectorAll(".chip")) other.setAttribute("aria-pressed", "false");
      chip.setAttribute("aria-pressed", String(pressed));
      show();
    });
  }
  find.addEventListener("input", show);

  const fold = (state) => {
    for (const miss of misses) if (!miss.hidden) miss.open = state;
  };
  document.getElementById("unfold").addEventListener("click", () => fold(true));
  document.getElementById("fold").addEventListener("click", () => fold(false));

  // A link to a question shows it, whatever the filter.
  const follow = () => {
    const miss = misses.find(({ id }) => `#${id}` === location.hash);
    if (!miss) return;
    if (miss.hidden) {
      for (const chip of chips) chip.setAttribute("aria-pressed", "false");
      find.value = "";
      show();
    }
    miss.open = true;
    miss.scrollIntoView();
  };
  addEventListener("hashchange", follow);

  // Without this script everything is open; with it, a reader chooses.
  filters.hidden = false;
  fold(false);
  follow();
})();
