"""JupyterLab as students and instructors start it, in a home of its own, and Chromium to use it with."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.grading.conftest import Course

ROOT = Path(__file__).parents[2]
COURSE_ID = "convolution-backprop"
UNIT = "conv1d"
#: Milliseconds until a condition that is waited for counts as never coming; nothing takes as long on a quiet machine.
PATIENCE = 60_000


class Classroom:
    """A course with one unit released through an exchange, and a clone in which a student types `make lab`."""

    def __init__(self, folder: Path) -> None:
        self.exchange, self.clone = folder / "exchange", folder / "clone"
        self.exchange.mkdir(mode=0o777)
        self.exchange.chmod(0o777)  # nbgrader wants it open to everybody
        self.clone.mkdir()
        (self.clone / ".venv").symlink_to(sys.prefix)
        (self.clone / "tools").symlink_to(ROOT / "tools")
        self.course = Course(self.clone / "assignments", UNIT)
        with open(self.course.folder / "nbgrader_config.py", "a", encoding="utf-8") as config:
            config.write(f"c.Exchange.root = {str(self.exchange)!r}\n")
        self.course.nbgrader("release_assignment", UNIT)
        (self.course.folder / "src").mkdir()  # `make lab` goes by the sources there are
        shutil.copy(ROOT / "assignments" / "src" / f"{UNIT}.md", self.course.folder / "src")
        self.student = self.home(folder / "student")
        self.instructor = self.home(folder / "instructor")

    def home(self, folder: Path) -> Path:
        """A home directory whose JupyterLab opens no browser and knows the exchange."""
        jupyter = folder / ".jupyter"
        jupyter.mkdir(parents=True)
        (jupyter / "jupyter_server_config.py").write_text(
            "c.ServerApp.open_browser = False\nc.ServerApp.allow_root = True\nc.ServerApp.ip = '127.0.0.1'\n"
        )
        (jupyter / "nbgrader_config.py").write_text(
            "c = get_config()\n"
            f"c.CourseDirectory.course_id = {COURSE_ID!r}\n"
            f"c.Exchange.root = {str(self.exchange)!r}\n"
            f"c.Exchange.cache = {str(folder / 'cache')!r}\n"
        )
        # JupyterLab takes cells that are out of sight out of the page; these tests look at all of them.
        settings = jupyter / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
        settings.mkdir(parents=True)
        (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
        return folder

    @property
    def inbound(self) -> list[Path]:
        """What students have submitted."""
        return list((self.exchange / COURSE_ID / "inbound").glob(f"*+{UNIT}+*"))


@contextmanager
def running(command: list[str | Path], folder: Path, home: Path) -> Iterator[str]:
    """JupyterLab started by `command` in `folder`; gives its address with the token, and ends it afterwards."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MAKE", "MFLAGS"))}
    with open(home / "jupyter.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=keep | {"HOME": str(home), "PATH": path}, stdout=log, stderr=subprocess.STDOUT
        )
    server = None
    try:
        note = wait_for_note(home, process)
        server = psutil.Process(note["pid"])
        yield f"{note['url']}lab{{place}}?token={note['token']}"
    finally:
        if server:
            server.send_signal(signal.SIGTERM)  # it ends its kernels first
        else:
            process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
            process.wait()


def wait_for_note(home: Path, process: subprocess.Popen) -> dict:
    """The file that Jupyter writes when it listens: it has found a free port by then."""
    runtime = home / ".local" / "share" / "jupyter" / "runtime"
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            text = path.read_text(encoding="utf-8")
            if text.endswith("}"):
                return json.loads(text)
        time.sleep(0.1)
    raise AssertionError((home / "jupyter.log").read_text(encoding="utf-8")[-4000:])


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    return Classroom(tmp_path_factory.mktemp("classroom"))


@pytest.fixture(scope="module")
def browser():
    """Chromium. Playwright keeps an asyncio loop running in this thread: it must end before other modules' tests."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()
