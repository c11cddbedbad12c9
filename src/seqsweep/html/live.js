// Takes the new page where the state that it is made from has changed: what is open stays open, what is drawn stays drawn.
"use strict";
(() => {
  const EVERY = 2000; // milliseconds
  let known = document.body.dataset.stamp;
  let shown; // of what runs

  const keyOf = (block) => block.id || block.querySelector("summary").textContent;

  async function refresh() {
    const now = await (await fetch("stamp")).text();
    if (now === known) return;
    const fresh = new DOMParser().parseFromString(await (await fetch("./")).text(), "text/html");
    const open = new Set([...document.querySelectorAll("details[open]")].map(keyOf));
    const source = (figure) => figure.querySelector("script").textContent;
    const drawn = new Map([...document.querySelectorAll("figure[data-drawn]")].map((figure) => [source(figure), figure]));
    for (const block of fresh.querySelectorAll("details")) block.open = open.has(keyOf(block));
    for (const figure of fresh.querySelectorAll("figure")) {
      const same = drawn.get(source(figure));
      if (same) figure.replaceWith(same);
    }
    const [x, y] = [scrollX, scrollY];
    document.title = fresh.title;
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    document.dispatchEvent(new Event("swapped"));
    scrollTo({ left: x, top: y, behavior: "instant" });
    known = fresh.body.dataset.stamp;
  }

  async function refreshRunning() {
    const block = document.getElementById("running");
    const fresh = block && await (await fetch("running")).text();
    if (fresh && fresh !== shown) block.outerHTML = shown = fresh;
  }

  async function keep() {
    if (!document.hidden) {
      try {
        await refresh();
        await refreshRunning();
        document.body.classList.remove("away");
      } catch { // its command was ended; the page stays as it is
        document.body.classList.add("away");
      }
    }
    setTimeout(keep, EVERY);
  }
  keep();
})();
