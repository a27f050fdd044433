// Turns a page's cells live, when the reader asks. Cells become editable, and what they show replaces what the page
// shows. Who runs them: the Jupyter server that `make live` (tools/live.py) starts, see live_jupyter.js, or, on any
// other server, Python in the reader's browser, see live_pyodide.js. Neither is loaded before it is asked for.
//
// A kernel has start(progress), run(code, show, number), stop() and restart(); `show` gets what a cell puts out:
// {kind: stream | html | png | text | error | notice, …}. `stopped` says what is left after a stop. `advice`, if there
// is any, says what else a reader can do when it does not start, and `cancel()` gives a start up.
"use strict";

(() => {
  const { packages, megabytes } = document.currentScript.dataset;
  const server = document.querySelector("meta[name='course-live']")?.content;
  const cells = [...document.querySelectorAll("article .cell")].filter((cell) => cell.querySelector(".cell_input pre"));
  const bar = document.querySelector("article .live-bar");
  const download = document.querySelector("a.btn-download-notebook-button");
  const status = element("span", "live-status");
  let runner = null;
  let turns = Promise.resolve(); // cells run one after another
  let round = 0; // Stop and Restart end a round: cells that wait in it do not run

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  function button(label, action) {
    const node = element("button", "live-button", label);
    node.type = "button";
    node.addEventListener("click", action);
    return node;
  }

  function say(text) {
    status.textContent = text;
  }

  // The address that make live prints ends in the token; a tab keeps it, and it leaves the address bar.
  function token() {
    const given = /^#live=([\w-]+)$/.exec(location.hash);
    if (given) {
      sessionStorage.setItem("course-live", given[1]);
      history.replaceState(null, "", location.pathname + location.search);
    }
    return sessionStorage.getItem("course-live");
  }

  function display(cell, shown) {
    const box = element("div", "output");
    if (shown.kind === "html") {
      box.classList.add("text_html");
      box.innerHTML = shown.html; // the reader's own kernel made it; scripts in it do not run
    } else if (shown.kind === "png") {
      const image = element("img");
      image.alt = cell.alts[cell.images] || `Figure that cell ${cell.number} draws`;
      image.src = `data:image/png;base64,${shown.data}`;
      cell.images += 1;
      box.append(image);
    } else {
      const last = cell.output.lastElementChild;
      const name = shown.kind === "stream" ? `live-${shown.name}` : `live-${shown.kind}`;
      if (shown.kind === "stream" && last?.classList.contains(name)) {
        last.querySelector("pre").append(shown.text);
        return;
      }
      box.classList.add("live-text", name);
      box.append(element("pre", "", shown.text));
    }
    cell.output.append(box);
    if (typeof start === "function") box.querySelectorAll("figure.stepper").forEach(start); // stepper.js
  }

  async function run(cell, its) {
    if (its !== round) return;
    say(`Cell ${cell.number} of ${cells.length} is running`);
    cell.output.replaceChildren();
    cell.images = 0;
    cell.node.classList.add("live-running");
    let outcome;
    try {
      outcome = await runner.run(cell.code.value, (shown) => its === round && display(cell, shown), cell.number);
    } catch (error) {
      display(cell, { kind: "error", text: `Not run: ${error.message}.` });
      outcome = "error";
    }
    cell.node.classList.remove("live-running");
    if (its !== round) return;
    cell.done = outcome === "ok";
    say(cell.done ? "Ready" : `Cell ${cell.number} stopped with an error`);
    if (!cell.done) round += 1; // what waits behind an error does not run
  }

  function enqueue(list) {
    const its = round;
    for (const cell of list) turns = turns.then(() => run(cell, its));
  }

  function forget() {
    live.forEach((cell) => { cell.done = false; });
  }

  let live = [];

  function makeLive(node, index) {
    const input = node.querySelector(".cell_input");
    const cell = { node, number: index + 1, done: false, images: 0 };
    cell.alts = [...node.querySelectorAll(".cell_output img")].map((image) => image.alt);
    cell.output = node.querySelector(".cell_output");
    if (!cell.output) {
      cell.output = element("div", "cell_output");
      (node.classList.contains("tag_hide-cell") ? input.parentElement : node).append(cell.output);
    }
    cell.code = element("textarea", "live-code");
    cell.code.value = input.querySelector("pre").textContent.replace(/\n$/, "");
    Object.assign(cell.code, { spellcheck: false, wrap: "off", autocapitalize: "off", ariaLabel: `Code of cell ${cell.number}` });
    const fit = () => { cell.code.rows = cell.code.value.split("\n").length; };
    fit();
    // Cells above that have not run yet run first: this one needs their names.
    const go = () => enqueue(live.filter((other) => other === cell || (other.number < cell.number && !other.done)));
    cell.code.addEventListener("input", () => { cell.done = false; fit(); });
    cell.code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey) return;
      event.preventDefault();
      go();
    });
    const control = button("Run", go);
    control.setAttribute("aria-label", `Run cell ${cell.number}`);
    input.replaceChildren(cell.code, control);
    return cell;
  }

  // The bar with these in it, and always the line that is read out when it changes.
  function offer(...parts) {
    bar.replaceChildren(...parts, status);
    return bar.querySelector("button, a");
  }

  async function again(action, text) {
    round += 1;
    try {
      await action();
      say(text);
    } catch (error) {
      say(`Not started: ${error.message}.`);
    }
  }

  async function begin(kernel, message) {
    const gauge = element("progress", "live-progress");
    gauge.ariaLabel = "Loading";
    (kernel.cancel ? offer(gauge, button("Cancel", () => kernel.cancel())) : offer(gauge))?.focus();
    say(message);
    let told = 0;
    try {
      await kernel.start((share) => {
        gauge.value = share;
        if (Math.floor(4 * share) > told) { // four times, not a thousand: it is read out
          told = Math.floor(4 * share);
          say(told < 4 ? `${message}: ${25 * told} %` : "Loaded. Python is starting.");
        }
      });
    } catch (error) {
      const link = element("a", "", "Download this page as a notebook");
      link.href = download?.href;
      link.download = "";
      offer(button("Try again", () => choose()), ...(kernel.advice && download ? [link] : [])).focus();
      return say(`Not started: ${error.message}. ${kernel.advice ?? ""}`);
    }
    runner = kernel;
    live = cells.map(makeLive);
    const anew = () => { forget(); say("Python is starting anew"); return runner.restart(); };
    offer(
      button("Run all", () => enqueue(live)),
      button("Stop", () => again(async () => {
        say("Stopping");
        if (await runner.stop()) forget();
      }, runner.stopped)),
      button("Restart", () => again(anew, "Restarted: no cell has run yet")),
    ).focus();
    say("Ready. Change a cell, then press Run or Shift+Enter.");
  }

  async function choose() {
    if (server && token()) {
      const { JupyterKernel } = await import("./live_jupyter.js");
      return begin(new JupyterKernel(server, token()), "Starting Python on this computer");
    }
    if (location.protocol === "file:") return say("A page that is opened as a file cannot start Python. Run make live instead.");
    const { HOST, PyodideKernel } = await import("./live_pyodide.js");
    const question = element("p", "live-question");
    question.id = "live-question";
    question.textContent = `Python runs in your browser. It is loaded from ${HOST}: up to ${megabytes} MB for this page, `
      + "which the browser then keeps. Nothing that you type is sent. PyTorch is not available there: comparisons with it "
      + "are skipped, and said to be.";
    const yes = button("Load and start", () => begin(new PyodideKernel(packages.split(" ").filter(Boolean)), `Loading up to ${megabytes} MB`));
    yes.setAttribute("aria-describedby", question.id);
    offer(question, yes, button("Not now", () => { home(); bar.querySelector("button").focus(); })).focus();
    say("");
  }

  function home() {
    offer(button("Run the code", choose));
    say("");
  }

  if (download) download.download = "";
  if (!bar || !cells.length) return;
  status.setAttribute("role", "status");
  home();
  token();
})();
