#!/usr/bin/env python3
"""Show the built site on loopback with a Jupyter server beside it, so that the cells of its pages run.

    tools/live.py [folder] [--port N] [--no-browser]

The site never contains the token. The address that is printed does, after a #, which browsers do not send; the page
keeps it for its tab. So other users of this computer see the site, and only you run code.
"""

import argparse
import functools
import http
import http.server
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from contextlib import contextmanager
from pathlib import Path

import serve

ROOT = Path(__file__).parents[1]
IDLE = 3600  # seconds until a kernel that nobody uses ends


class Handler(serve.Handler):
    """The site, whose pages know where the Jupyter server is and may ask it."""

    def __init__(self, *args, jupyter, **options):
        self.jupyter = jupyter
        super().__init__(*args, **options)

    def send_header(self, keyword, value):
        if keyword == "Content-Security-Policy":
            sockets = self.jupyter.replace("http", "ws", 1)
            value = value.replace("connect-src 'self'", f"connect-src 'self' {self.jupyter} {sockets}")
        super().send_header(keyword, value)

    def do_GET(self):  # noqa: N802, the name is http.server's
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix != ".html" or not path.is_file():
            return super().do_GET()
        meta = f'<head>\n<meta name="course-live" content="{self.jupyter}">'
        body = path.read_text(encoding="utf-8").replace("<head>", meta, 1).encode()
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(address: str, token: str, process: subprocess.Popen) -> None:
    """Until the server answers.

    Raises:
        RuntimeError: it ended, or did not answer within a minute.
    """
    request = urllib.request.Request(f"{address}api/status", headers={"Authorization": f"token {token}"})
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the Jupyter server did not start; its messages are above")


@contextmanager
def jupyter(origin: str, token: str):
    """A Jupyter server whose kernels run in book/, and which pages of that origin may ask; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.allow_origin={origin}"]
    command += [f"--ServerApp.root_dir={ROOT / 'book'}", "--ServerApp.terminals_enabled=False"]
    command += [f"--MappingKernelManager.cull_idle_timeout={IDLE}", "--ServerApp.log_level=WARN"]
    command += ["--ServerApp.allow_root=True"] if os.geteuid() == 0 else []
    # Not on the command line, which everybody on the computer can read. No configuration: no extensions either.
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_NO_CONFIG": "1"}
    options = {"cwd": ROOT / "book", "env": environment, "stdin": subprocess.DEVNULL}  # kernels run in book/ too
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        address = f"http://127.0.0.1:{port}/"
        wait_for(address, token, process)
        yield address
    finally:
        process.terminate()  # the server ends its kernels
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def stop(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "_build/html")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--no-browser", action="store_true", help="print the address, do not open it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    token = secrets.token_urlsafe(24)
    with http.server.ThreadingHTTPServer(("127.0.0.1", options.port), serve.Handler) as site:
        origin = f"http://127.0.0.1:{site.server_port}"
        try:
            with jupyter(origin, token) as server:
                site.RequestHandlerClass = functools.partial(Handler, directory=options.folder, jupyter=server)
                address = f"{origin}/book/intro.html#live={token}"
                print(f"{address}  (stop with Ctrl+C)", flush=True)
                if not options.no_browser:
                    webbrowser.open(address)
                site.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
