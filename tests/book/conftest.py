"""The book's pages as text and code, and the built site."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "book"), str(ROOT / "book/_ext"), str(ROOT / "tools")]  # pages import from where they are

import serve  # noqa: E402


@pytest.fixture(scope="session")
def site():
    """The folder of the built site; building it again takes seconds when nothing has changed."""
    (ROOT / "_build").mkdir(exist_ok=True)
    with open(ROOT / "_build/.site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes of this test run want it as well
        command = [Path(sys.executable).parent / "jupyter-book", "build", ".", "--path-output", "."]
        command += ["-W", "-n", "--keep-going"]
        built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return ROOT / "_build/html"


@pytest.fixture(scope="session")
def address(site):
    """The site on loopback, under its Content-Security-Policy, while the tests run."""
    server = serve.server(site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    """Chromium. Playwright keeps an asyncio loop running in this thread: it must end before other modules' tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()
