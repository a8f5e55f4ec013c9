"use strict";
for (const figure of document.querySelectorAll("figure")) {
  const readout = figure.querySelector(".readout");
  let marked = null;
  figure.addEventListener("pointermove", (event) => {
    const found = event.target.closest(".bh-candle, .bh-cell");
    if (!found || found === marked) return;
    if (marked) marked.classList.remove("bh-on");
    found.classList.add("bh-on");
    marked = found;
    readout.textContent = found.querySelector("title").textContent;
  });
  figure.addEventListener("pointerleave", () => {
    if (marked) marked.classList.remove("bh-on");
    marked = null;
    readout.textContent = "";
  });
}
// The newest days are what one looks for first.
for (const days of document.querySelectorAll(".heat-rows .scroll")) days.scrollLeft = days.scrollWidth;
