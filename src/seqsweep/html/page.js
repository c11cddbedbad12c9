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
    const bar = data[0]?.type === "parcoords" ? false : "hover"; // its buttons would cover a name
    Plotly.react(plot, data, layout, { ...settings, displayModeBar: bar });
    figure.dataset.drawn = "yes";
  }

  const figures = [...document.querySelectorAll("figure")];
  figures.forEach(draw);
  for (const block of document.querySelectorAll("details")) {
    block.addEventListener("toggle", () => {
      if (block.open) block.querySelectorAll("figure:not([data-drawn])").forEach(draw);
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figures.forEach(draw));
  addEventListener("beforeprint", () => document.querySelectorAll("details.job").forEach((job) => { job.open = true; }));
})();
