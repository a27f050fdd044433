// The worker in which Pyodide runs cells; see live_pyodide.js. Every file from outside is one of those whose checksums
// are in pyodide.json: it is fetched, its checksum is compared, and only then is it used. Scripts among them are imported
// from memory. So this worker needs to *fetch* from that address only; no script is ever loaded from there. A host that
// sends a Content-Security-Policy gives this file, and no page, the one that tools/serve.py has for it.
const network = self.fetch.bind(self);
const fetched = new Map(); // file name -> promise of its bytes
let pins, address, python, pyodide;
let refused = false; // by the policy
let expected = 0;
let loaded = 0;

self.addEventListener("securitypolicyviolation", () => { refused = true; });

function hexadecimal(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function bytesOf(answer) {
  const reader = answer.body.getReader();
  const parts = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    loaded += value.length;
    postMessage({ type: "progress", share: Math.min(1, loaded / expected) });
  }
}

async function download(name) {
  const host = new URL(address).host;
  let answer, bytes;
  try {
    answer = await network(address + name, { credentials: "omit", referrerPolicy: "no-referrer" });
    if (answer.ok) bytes = await bytesOf(answer);
  } catch {
    await new Promise((later) => setTimeout(later)); // the event that tells why comes after
    throw new Error(refused ? `this site's policy does not allow files from ${host}` : `${host} cannot be reached`);
  }
  if (!answer.ok) throw new Error(`${host} answered ${answer.status} for ${name}`);
  if (hexadecimal(await crypto.subtle.digest("SHA-256", bytes)) !== pins.files[name].sha256) {
    throw new Error(`${name} from ${host} is not the file that this course was tested with, so it was not used`);
  }
  return bytes;
}

// What Pyodide itself asks for comes from what was checked. Other packages that a reader's cell imports are in its list
// of packages, which was checked, with their checksums, which it lets the browser compare.
self.fetch = async (resource, options) => {
  const name = String(resource.url ?? resource).replace(address, "");
  if (!fetched.has(name)) return network(resource, options);
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(await fetched.get(name), { headers: { "Content-Type": type } });
};

async function importChecked(name) {
  const place = URL.createObjectURL(new Blob([await fetched.get(name)], { type: "text/javascript" }));
  try {
    return await import(place);
  } finally {
    URL.revokeObjectURL(place);
  }
}

async function own(name) {
  const answer = await network(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`this site answered ${answer.status} for ${name}`);
  return answer;
}

async function start(packages) {
  pins = await (await own("pyodide.json")).json();
  address = `https://cdn.jsdelivr.net/pyodide/v${pins.version}/full/`;
  const names = new Set([...pins.core, ...packages.flatMap((name) => pins.packages[name])]);
  for (const name of names) expected += pins.files[name].bytes;
  for (const name of names) fetched.set(name, download(name));
  await Promise.all(fetched.values());
  await importChecked("pyodide.asm.js"); // defines what loadPyodide would import from the address
  const { loadPyodide } = await importChecked("pyodide.mjs");
  pyodide = await loadPyodide({ indexURL: address, env: { MPLBACKEND: "module://browser_figures" } });
  await pyodide.loadPackage(packages, { messageCallback() {} });
  fetched.clear();
  pyodide.unpackArchive(await (await own("course.zip")).arrayBuffer(), "zip", { extractDir: "/course" });
  pyodide.runPython("import sys; sys.path.insert(0, '/course')");
  python = pyodide.pyimport("in_browser");
  python.start((what) => show(what.toJs({ dict_converter: Object.fromEntries })));
}

function show(what) {
  postMessage({ type: "show", what });
}

async function run(code, number) {
  const imports = python.imports_to_load(code); // by a cell that the reader has changed
  const complain = (text) => show({ kind: "stream", name: "stderr", text: `${text}\n` });
  if (imports) await pyodide.loadPackagesFromImports(imports, { messageCallback() {}, errorCallback: complain });
  return python.run_cell(code, number);
}

self.addEventListener("message", async ({ data }) => {
  try {
    if (data.type === "start") {
      await start(data.packages);
      postMessage({ type: "ready" });
    } else {
      postMessage({ type: "done", outcome: await run(data.code, data.number) });
    }
  } catch (error) {
    if (data.type === "start") return postMessage({ type: "failed", message: error.message });
    show({ kind: "error", text: `Python in the browser broke off; press Restart.\n${error.message}` });
    postMessage({ type: "done", outcome: "error" });
  }
});
