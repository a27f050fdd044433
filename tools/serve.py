#!/usr/bin/env python3
"""Show the built site on loopback as a good host would: compressed, and under a strict Content-Security-Policy.

tools/serve.py [folder] [--port N]
"""

import argparse
import functools
import gzip
import http.server
import json
from email.utils import formatdate
from pathlib import Path

# Scripts and styles come from files of the site only: none is in a page, and no eval. The style sheet holds small
# pictures.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A worker has the policy of its own file, so pages stay as strict as above. Python in the browser needs WebAssembly,
# fetches from Pyodide's public address alone, and imports from memory what it has checked: see pyodide_worker.js.
PYODIDE = json.loads((Path(__file__).parents[1] / "book/_static/pyodide.json").read_text())["version"]
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; "
    f"connect-src 'self' https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
)
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".txt", ".xml", ".md")


@functools.lru_cache(maxsize=256)
def compressed(path: Path, modified: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files of one folder; a browser asks again each time, and gets a file again only if it has changed."""

    protocol_version = "HTTP/1.1"

    def end_headers(self):
        worker = self.path.partition("?")[0].endswith("/_static/pyodide_worker.js")
        self.send_header("Content-Security-Policy", WORKER_POLICY if worker else POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path /= "index.html"
        if path.suffix not in COMPRESSED or not path.is_file() or "gzip" not in self.headers["Accept-Encoding"]:
            return super().do_GET()
        modified = path.stat().st_mtime_ns
        date = formatdate(modified / 1e9, usegmt=True)
        if self.headers["If-Modified-Since"] == date:
            self.send_response(http.HTTPStatus.NOT_MODIFIED)
            return self.end_headers()
        body = compressed(path, modified)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", date)
        self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        self.wfile.write(body)

    def guess_type(self, path):
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    def log_message(self, *_):
        """Say nothing about single requests."""


def server(folder: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A server of `folder` on loopback; port 0 takes a free one.

    Raises:
        SystemExit: there is no such folder.
    """
    if not folder.is_dir():
        raise SystemExit(f"expected the folder of the built site, but {folder} is not there: run `make book`")
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, directory=folder))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[1] / "_build/html")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    with server(options.folder, options.port) as running:
        print(f"http://127.0.0.1:{running.server_port}/  (stop with Ctrl+C)", flush=True)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
