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

// A formula that is wider than its column scrolls; it must then be reached by keyboard, too.
const reach = new ResizeObserver((changed) => {
  for (const { target } of changed) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
document.querySelectorAll(".formula, .math.long").forEach((box) => reach.observe(box));
