// Cells run by Python in the reader's browser (Pyodide); see live.js, which loads this when the reader asks. Python is in
// a worker, so that the page never waits for it. A worker that computes can be interrupted only through memory that is
// shared with it, which browsers allow on hosts that send two special headers; most hosts of static pages cannot. So
// stopping ends the worker and starts another, and says so.
export const HOST = "cdn.jsdelivr.net";

export class PyodideKernel {
  stopped = "Stopped. In the browser this starts Python anew: no cell has run yet.";
  advice = "Without it, you can download this page as a notebook, or run make live in a copy of the course.";

  constructor(packages) {
    this.packages = packages;
    this.running = null;
  }

  start(progress = () => {}) {
    if (typeof Worker !== "function" || typeof WebAssembly !== "object" || !globalThis.crypto?.subtle) {
      return Promise.reject(new Error("this browser is too old, or this page did not come by HTTPS"));
    }
    this.worker = new Worker(new URL("pyodide_worker.js", import.meta.url), { type: "module" });
    this.ready = new Promise((resolve, reject) => {
      this.reject = reject;
      const answers = {
        progress: ({ share }) => progress(share),
        ready: resolve,
        failed: ({ message }) => {
          this.worker.terminate();
          reject(new Error(message));
        },
        show: ({ what }) => this.running?.show(what),
        done: ({ outcome }) => this.finish(outcome),
      };
      this.worker.addEventListener("message", ({ data }) => answers[data.type](data));
      this.worker.addEventListener("error", () => reject(new Error("this browser cannot run Python; it may be too old")));
    });
    this.worker.postMessage({ type: "start", packages: this.packages });
    return this.ready;
  }

  cancel() {
    this.worker.terminate();
    this.reject(new Error("cancelled"));
  }

  async run(code, show, number) {
    await this.ready;
    return new Promise((resolve) => {
      this.running = { show, resolve };
      this.worker.postMessage({ type: "run", code, number });
    });
  }

  finish(outcome) {
    this.running?.resolve(outcome);
    this.running = null;
  }

  async restart() {
    this.worker.terminate();
    this.finish("aborted");
    await this.start();
  }

  // True: all names are lost.
  async stop() {
    await this.restart();
    return true;
  }
}
