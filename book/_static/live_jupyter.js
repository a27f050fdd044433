// Cells run by a Jupyter server; see live.js, which loads this when the reader asks.
const ANSI = /\x1b\[[0-9;]*m/g;

export class JupyterKernel {
  stopped = "Stopped";

  constructor(server, token) {
    this.server = server;
    this.token = token;
    this.session = crypto.randomUUID();
    this.running = null;
  }

  ask(method, path, options) {
    return fetch(this.server + path, { method, headers: { Authorization: `token ${this.token}` }, ...options });
  }

  async start() {
    const answer = await this.ask("POST", "api/kernels", { body: JSON.stringify({ name: "python3" }) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}; open the address that make live printed`);
    this.path = `api/kernels/${(await answer.json()).id}`;
    addEventListener("pagehide", () => this.ask("DELETE", this.path, { keepalive: true }), { once: true });
    await this.connect();
  }

  connect() {
    const address = `${this.server.replace(/^http/, "ws")}${this.path}/channels?session_id=${this.session}&token=${this.token}`;
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
