// Turns each <figure class="stepper"> that book/figures.py wrote into a player: Previous, Play, Next, Reset, a slider,
// arrow keys, Home and End. The text of a step is announced to screen readers, except while it plays.
"use strict";

const SECONDS_A_STEP = 1.6;

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

// The same HTML as frame_html in figures.py makes.
function draw(stage, panels) {
  stage.replaceChildren(...panels.map((panel) => {
    const node = element("div", "stepper-panel");
    const rows = element("div");
    for (const cells of panel.rows) {
      const row = element("div", "stepper-row");
      for (const cell of cells) {
        const [text, marks, index] = cell || ["", "empty", ""];
        const box = element("span", `stepper-cell ${marks}`, text);
        box.dataset.index = index;
        row.append(box);
      }
      rows.append(row);
    }
    node.append(element("span", "stepper-label", panel.label), rows);
    return node;
  }));
}

function start(figure) {
  const { frames } = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const stage = figure.querySelector(".stepper-stage");
  const text = element("p", "stepper-text");
  const controls = element("div", "stepper-controls");
  const slider = element("input");
  const counter = element("span", "stepper-counter");
  let current = 0;
  let timer = null;

  function show(step) {
    current = Math.max(0, Math.min(frames.length - 1, step));
    draw(stage, frames[current].panels);
    text.textContent = frames[current].text;
    counter.textContent = `${current + 1} / ${frames.length}`;
    slider.value = current;
    slider.setAttribute("aria-valuetext", `Step ${current + 1} of ${frames.length}`);
    const focused = document.activeElement;
    previous.disabled = current === 0;
    next.disabled = current === frames.length - 1;
    if (focused.disabled) (focused === next ? previous : next).focus(); // a disabled button hears no keys
    if (next.disabled) pause();
  }

  // A stage wider than its column scrolls; it must then be reached by keyboard, too. This is not asked while the page
  // loads, when all of it would have to be laid out for the answer.
  function reach() {
    if (stage.scrollWidth > stage.clientWidth) stage.tabIndex = 0;
    else stage.removeAttribute("tabindex");
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    text.setAttribute("aria-live", "polite");
  }

  function toggle() {
    if (timer) return pause();
    if (current === frames.length - 1) show(0);
    text.setAttribute("aria-live", "off");
    timer = setInterval(() => show(current + 1), 1000 * SECONDS_A_STEP);
    play.textContent = "Pause";
  }

  function go(step) {
    pause();
    show(step);
    reach();
  }

  function button(label, action) {
    const node = element("button", "stepper-button", label);
    node.type = "button";
    node.addEventListener("click", action);
    controls.append(node);
    return node;
  }

  const previous = button("Previous", () => go(current - 1));
  const play = button("Play", toggle);
  const next = button("Next", () => go(current + 1));
  button("Reset", () => go(0));
  Object.assign(slider, { type: "range", min: 0, max: frames.length - 1, step: 1 });
  slider.setAttribute("aria-label", "Step");
  slider.addEventListener("input", () => go(Number(slider.value)));
  controls.append(slider, counter);

  const keys = { ArrowLeft: () => current - 1, ArrowRight: () => current + 1, Home: () => 0, End: () => frames.length - 1 };
  figure.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.target === slider || event.target === stage || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    go(keys[event.key]());
  });

  stage.after(text, controls);
  figure.classList.add("stepper-live");
  pause(); // a live region has to be one before its text changes
  show(0);
  new ResizeObserver(reach).observe(stage);
}

document.querySelectorAll("figure.stepper").forEach(start);
