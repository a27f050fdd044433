// Turns a page's cells live, when the reader asks: against the Jupyter server that `make live` (tools/live.py) starts.
// Cells become editable, and what they show replaces what the page shows. On any other server this offers nothing.
"use strict";

(() => {
  const ANSI = /\x1b\[[0-9;]*m/g;
  const server = document.querySelector("meta[name='course-live']")?.content;
  const cells = [...document.querySelectorAll("article .cell")].filter((cell) => cell.querySelector(".cell_input pre"));
  const bar = element("div", "live-bar");
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

  // A kernel of a Jupyter server. `show` gets what a cell puts out: {kind: stream | html | png | text | error, …}.
  class JupyterKernel {
    constructor() {
      this.session = crypto.randomUUID();
      this.running = null;
    }

    ask(method, path, options) {
      return fetch(server + path, { method, headers: { Authorization: `token ${token()}` }, ...options });
    }

    async start() {
      const answer = await this.ask("POST", "api/kernels", { body: JSON.stringify({ name: "python3" }) });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}; open the address that make live printed`);
      this.path = `api/kernels/${(await answer.json()).id}`;
      addEventListener("pagehide", () => this.ask("DELETE", this.path, { keepalive: true }), { once: true });
      await this.connect();
    }

    connect() {
      const address = `${server.replace(/^http/, "ws")}${this.path}/channels?session_id=${this.session}&token=${token()}`;
      this.socket = new WebSocket(address);
      this.socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data)));
      return new Promise((resolve, reject) => {
        this.socket.addEventListener("open", resolve);
        this.socket.addEventListener("close", () => {
          reject(new Error("the connection was refused"));
          this.running?.reject(new Error("the connection to the kernel was lost"));
        });
      });
    }

    run(code, show) {
      const id = crypto.randomUUID();
      const header = {
        msg_id: id, msg_type: "execute_request", session: this.session, username: "reader",
        date: new Date().toISOString(), version: "5.3",
      };
      const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true };
      const message = { header, parent_header: {}, metadata: {}, content, channel: "shell", buffers: [] };
      return new Promise((resolve, reject) => {
        this.running = { id, show, resolve, reject, waiting: new Set(["idle", "reply"]), outcome: "ok" };
        if (this.socket.readyState !== WebSocket.OPEN) return reject(new Error("there is no connection to the kernel"));
        this.socket.send(JSON.stringify(message));
      });
    }

    receive({ header, parent_header: parent, content }) {
      const one = this.running;
      if (!one || parent.msg_id !== one.id) return;
      if (header.msg_type === "stream") one.show({ kind: "stream", name: content.name, text: content.text });
      if (header.msg_type === "error") one.show({ kind: "error", text: content.traceback.join("\n").replace(ANSI, "") });
      if (["execute_result", "display_data"].includes(header.msg_type)) {
        const data = content.data;
        if ("text/html" in data) one.show({ kind: "html", html: data["text/html"] });
        else if ("image/png" in data) one.show({ kind: "png", data: data["image/png"] });
        else one.show({ kind: "text", text: data["text/plain"] });
      }
      if (header.msg_type === "execute_reply") {
        one.outcome = content.status;
        one.waiting.delete("reply");
      }
      if (header.msg_type === "status" && content.execution_state === "idle") one.waiting.delete("idle");
      if (!one.waiting.size) {
        this.running = null;
        one.resolve(one.outcome);
      }
    }

    async stop() {
      await this.ask("POST", `${this.path}/interrupt`);
    }

    async restart() {
      await this.ask("POST", `${this.path}/restart`);
      this.running?.resolve("aborted");
      this.running = null;
    }
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
        last.querySelector("pre").textContent += shown.text;
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
      outcome = await runner.run(cell.code.value, (shown) => its === round && display(cell, shown));
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

  async function begin(kernel, message) {
    const choices = [...bar.querySelectorAll("button")];
    choices.forEach((choice) => { choice.disabled = true; });
    say(message);
    try {
      await kernel.start();
    } catch (error) {
      choices.forEach((choice) => { choice.disabled = false; });
      return say(`Not started: ${error.message}.`);
    }
    runner = kernel;
    live = cells.map(makeLive);
    const again = async (action, text) => {
      round += 1;
      await action();
      say(text);
    };
    bar.replaceChildren(
      button("Run all", () => enqueue(live)),
      button("Stop", () => again(() => runner.stop(), "Stopped")),
      button("Restart", () => again(async () => { forget(); await runner.restart(); }, "Restarted: no cell has run yet")),
      status,
    );
    bar.querySelector("button").focus();
    say("Ready. Change a cell, then press Run or Shift+Enter.");
  }

  document.querySelectorAll("a.btn-download-notebook-button").forEach((link) => { link.download = ""; });
  if (!server || !token() || !cells.length) return;
  status.setAttribute("role", "status");
  bar.append(button("Run the code", () => begin(new JupyterKernel(), "Starting Python on this computer")), status);
  document.querySelector("article h1").after(bar);
})();
