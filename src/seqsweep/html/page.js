// Draws every figure of the page in the colours of its style sheet, and again when the reader changes to light or dark.
"use strict";
(() => {
  if (typeof Plotly === "undefined") { // the page was taken out of the folder that holds the script
    document.getElementById("undrawn")?.removeAttribute("hidden");
    return;
  }
  const settings = {
    responsive: true,
    displaylogo: false,
    modeBarButtons: [["toImage", "resetScale2d"]], // dragging zooms; no button leads to a server
  };

  function draw(figure) {
    const plot = figure.querySelector(".plot");
    if (figure.closest("details:not([open])")) return; // it has no width yet; it is drawn when that opens
    const style = getComputedStyle(document.documentElement);
    let text = figure.querySelector("script").textContent;
    for (const [mark, name] of [["#010101", "--ink"], ["#020202", "--grid"], ["#030303", "--paper"]]) {
      text = text.replaceAll(mark, style.getPropertyValue(name).trim());
    }
    const { data, layout } = JSON.parse(text);
    Plotly.react(plot, data, layout, { ...settings, displayModeBar: "hover" });
    if (!figure.dataset.drawn) plot.on("plotly_click", follow);
    figure.dataset.drawn = "yes";
  }

  function follow({ points }) { // a mark of a trial leads to its run, where that is known
    const address = points[0]?.customdata;
    if (typeof address === "string" && /^(trials\/|https?:)/.test(address)) location.href = address;
  }

  function drawWithin(block) {
    block.querySelectorAll("figure:not([data-drawn])").forEach(draw);
  }

  function open(block) {
    for (let outer = block; outer; outer = outer.parentElement?.closest("details")) outer.open = true;
    drawWithin(block);
  }

  function openLinked() { // a link may lead to what is folded
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const block = target && target.closest("details");
    if (block) { open(block); target.scrollIntoView(); }
  }

  document.addEventListener("toggle", (event) => { if (event.target.open) drawWithin(event.target); }, true);
  document.addEventListener("swapped", () => drawWithin(document));
  addEventListener("hashchange", openLinked);
  addEventListener("beforeprint", () => document.querySelectorAll("details.detail, details.job").forEach(open));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.querySelectorAll("figure").forEach(draw);
  });
  drawWithin(document);
  openLinked();
})();
