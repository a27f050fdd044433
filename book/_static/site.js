// What the theme's buttons do by inline handlers, which a strict Content-Security-Policy forbids.
"use strict";

const ACTIONS = {
  print: () => window.print(),
  "full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
};

document.querySelectorAll("[data-action]").forEach((button) => {
  button.addEventListener("click", ACTIONS[button.dataset.action]);
});

if (location.pathname.endsWith("/search.html")) document.querySelector("main form.bd-search input")?.focus();

// What is wider than its column scrolls; it must then be reached by keyboard, too. The theme's own script for this has
// the whole page laid out at once (see site_pages.py).
const SCROLLING = "pre, .formula, .math.long, .cell_output > .output, .pst-scrollable-table-container";
const boxes = new ResizeObserver((changed) => {
  for (const { target } of changed) {
    if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
const observe = (part) => part.querySelectorAll(SCROLLING).forEach((box) => boxes.observe(box));
const main = document.getElementById("main-content");
if (main) {
  observe(main);
  new MutationObserver((changes) => changes.forEach(({ target }) => observe(target))).observe(main, { childList: true, subtree: true });
}
