"""Classes for the hostile and the honest suite: submissions from plain text, graded in one run and looked at after."""

import copy
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import jupytext
import nbformat
from filelock import FileLock
from nbformat import NotebookNode

from .grading.conftest import ROOT, Course

CELLS = ("conv1d_forward_out", "conv1d_backward_dw", "conv1d_backward_dx")
FORWARD = """def conv1d_forward(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    return np.array([x_pad[i : i + len(w)] @ w for i in range(len(x_pad) - len(w) + 1)])"""
BACKWARD = """def conv1d_backward(dout, x, w, *, padding=0):
    dx = np.convolve(dout, w)[padding : padding + len(x)]
    return dx, np.correlate(np.pad(x, padding), dout)"""
#: Short, so that what overruns costs little; long enough for a busy machine.
LIMITS = """
c.SandboxLimits.call_seconds = 3.0
c.SandboxLimits.cell_seconds = 5.0
c.SandboxLimits.notebook_seconds = 30.0
c.SandboxLimits.memory_mb = 512
c.SandboxLimits.file_mb = 16
c.SandboxLimits.output_bytes = 50_000
c.SandboxLimits.reply_mb = 16
c.SandboxLimits.traffic_mb = 128
"""
#: Runs an nbgrader command and says how much memory its own process needed at most, in KiB. The kernel's VmHWM starts
#: with the process; getrusage's ru_maxrss would start with what the process of these tests held when it began this one.
MEASURED = """
import atexit, re
from pathlib import Path
def peak():
    Path("peak").write_text(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
atexit.register(peak)
from nbgrader.apps.nbgraderapp import NbGraderApp
NbGraderApp.launch_instance()
"""


def grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def assemble(base: NotebookNode, text: str) -> NotebookNode:
    """`base` with the cells of a plain-text notebook: one that names a cell of `base` takes its place, with what it
    says of type and metadata; any other goes after the one before it in the text, the first of all to the top."""
    notebook, place = copy.deepcopy(base), -1
    for number, cell in enumerate(jupytext.reads(text, fmt="md:myst").cells):
        cell.id = f"own-{number}"
        places = {grade_id(other): index for index, other in enumerate(notebook.cells) if grade_id(other)}
        if grade_id(cell) in places and cell.metadata.pop("where", "") != "extra":
            place = places[grade_id(cell)]
            given = notebook.cells[place].metadata.nbgrader | cell.metadata.nbgrader
            notebook.cells[place] = cell
            cell.metadata.nbgrader = NotebookNode(given)
        else:
            place = 0 if place < 0 else place + 1
            if place == 1 and number == 1:  # the imports come first, as in the released notebook
                place = places["setup"] + 1
            notebook.cells.insert(place, cell)
    return notebook


class Class(Course):
    """A course with one run of `nbgrader autograde` on submissions that may be anything, and what it left behind.

    The workers of a parallel test run share it through the folder.
    """

    def __init__(self, folder: Path, fill: object) -> None:
        self.folder, self.unit = folder, "conv1d"
        with FileLock(f"{folder}.lock"):
            if not (folder / "facts.json").exists():
                copy_of_released_course(folder)
                self.grade_everybody(fill)
        self.facts = json.loads((folder / "facts.json").read_text())

    @cached_property
    def released(self) -> NotebookNode:
        return nbformat.read(self.folder / "release" / "conv1d" / "conv1d.ipynb", as_version=4)

    @cached_property
    def values(self) -> dict[str, object]:
        """What the submissions' texts may know, though a real student would not."""
        return {
            "COURSE": self.folder,
            "ROOT": ROOT,
            "MARKER": f"marker-{self.folder.name}-{os.getpid()}",
            "CANARY": self.folder.parent / f"{self.folder.name}.canary",
            "SECRET": self.folder.parent / f"{self.folder.name}.secret",
            "TMP": self.folder / "tmp",
            "PORT": 0,
            "OWN_PORT": free_port(),
            "BOMB": "\\\\( \\\\[ \\begin{a} $" * 8000,
            "NESTED": "> " * 3000 + "- " * 3000 + "[" * 5000 + "![](attachment:" * 5000,
        }

    def grade_everybody(self, fill: object) -> None:
        """Have `fill` submit, grade, write the feedback, and note what the run did beyond that."""
        values = self.values
        (self.folder / "tmp").mkdir()
        values["CANARY"].write_text("untouched")
        values["SECRET"].write_text(f"secret of {values['MARKER']}")
        with (self.folder / "nbgrader_config.py").open("a") as file:
            file.write(LIMITS)
        server = Bait()
        values["PORT"] = server.port
        right = self.answer(conv1d_forward=FORWARD, conv1d_backward=BACKWARD, derivation="By the chain rule.")
        right.cells[1].source += f"\n# secret of {values['MARKER']}"
        self.submit("ada", right)
        self.nbgrader("autograde", "conv1d", "--student", "ada")
        self.mark_by_hand("ada")
        before = self.rows("ada"), (self.folder / "nbgrader_config.py").read_text()
        fill(self)
        self.submit("zoe", right)  # the last one to be graded: whatever came before, she gets her points
        graded, peak = self.measured("autograde", "conv1d")
        feedback, feedback_peak = self.measured("generate_feedback", "conv1d", "--force")
        facts = {
            "status": graded.returncode,
            "log": graded.stderr,
            "feedback_log": feedback.stderr,
            "peak_mib": max(peak, feedback_peak) >> 10,
            "marker": values["MARKER"],
            "visits": server.close(),
            "survivors": processes_with(values["MARKER"]),
            "listening": is_listening(values["OWN_PORT"]),
            "canary": values["CANARY"].read_text(),
            "traces": sorted(map(str, self.traces(values["MARKER"]))),
            "bystander": [list(map(list, rows)) for rows in (before[0], self.rows("ada"))],
            "config_kept": before[1] == (self.folder / "nbgrader_config.py").read_text(),
        }
        (self.folder / "facts.json").write_text(json.dumps(facts, default=str))

    def measured(self, *arguments: str) -> tuple[subprocess.CompletedProcess, int]:
        """Run an nbgrader command with a secret in its environment; its peak memory in KiB."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        secret = {"GRADER_SECRET": f"secret of {self.values['MARKER']}", "TMPDIR": str(self.folder / "tmp")}
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": path} | secret,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=550,
            check=False,
        )
        return done, int((self.folder / "peak").read_text())

    def mark_by_hand(self, student: str) -> None:
        with sqlite3.connect(self.folder / "gradebook.db") as gradebook:
            gradebook.execute("UPDATE grade SET manual_score = 3.5, needs_manual_grade = 0 WHERE auto_score IS NULL")

    def rows(self, student: str) -> list[tuple]:
        """All grades and comments of a student as the gradebook has them."""
        query = """SELECT g.*, c.* FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
            JOIN submitted_assignment a ON n.assignment_id = a.id LEFT JOIN comment c ON c.notebook_id = n.id
            WHERE a.student_id = ? ORDER BY g.id, c.id"""
        with sqlite3.connect(self.folder / "gradebook.db") as gradebook:
            return gradebook.execute(query, (student,)).fetchall()

    def given_by_hand(self, student: str) -> set[tuple]:
        """The (score, extra credit) pairs that somebody entered for a student's cells."""
        query = """SELECT g.manual_score, g.extra_credit FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
            JOIN submitted_assignment a ON n.assignment_id = a.id WHERE a.student_id = ?"""
        with sqlite3.connect(self.folder / "gradebook.db") as gradebook:
            return set(gradebook.execute(query, (student,)))

    def traces(self, marker: str) -> list[Path]:
        """Files that should not be: those called `marker` outside, and what kernels left of their own folders."""
        places = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home(), Path("/"), self.folder.parent]
        found = [path for place in places for path in place.glob(f"*{marker}*")]
        found += (ROOT / ".venv-student").rglob(f"*{marker}*")
        return found + list((self.folder / "tmp").iterdir()) + list(self.folder.glob(f"*{marker}*"))

    def points(self, student: str) -> tuple[float, ...]:
        scores = self.scores(student)
        return tuple(scores.get(cell) for cell in CELLS)

    def messages(self, student: str) -> str:
        return "\n".join(self.message(student, cell) for cell in CELLS)

    def seconds(self, student: str) -> float:
        return self.graded(student).metadata.autograder["seconds"]


def copy_of_released_course(folder: Path) -> None:
    """A course of its own in `folder`; releasing one takes seconds, so it's done once for all of them."""
    template = folder.parent / "released-course"
    with FileLock(f"{template}.lock"):
        if not (template / "release").exists():
            shutil.rmtree(template, ignore_errors=True)
            Course(template)
    shutil.copytree(template, folder)


def shared_folder(tmp_path_factory: object, name: str) -> Path:
    """A folder that all workers of a test run have in common."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name


class Bait:
    """A server on loopback that no submission can reach; it counts those that do."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                self.listener.accept()[0].close()
            except OSError:
                return
            self.visits += 1

    def close(self) -> int:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        return self.visits


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def processes_with(marker: str) -> list[str]:
    """Command lines of the processes that name `marker` there or in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if marker.encode() in command + (folder / "environ").read_bytes():
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


#: Attributes that browsers follow or load, and the schemes that they may have; no scheme is a link inside the page.
URLS = {"href", "src", "action", "formaction", "data", "xlink:href", "poster", "srcset", "background", "code"}
SCHEMES = {"", "http", "https", "mailto"}
ACTIVE = {
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "meta",
    "link",
    "svg",
    # Formulas are MathML, which is as harmless as text without these.
    "annotation-xml",
    "maction",
    "malignmark",
    "mglyph",
    "applet",
    "frame",
    "style",
}


class Page(HTMLParser):
    """What a page holds that could act: its active elements, and attributes that run script."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.active: Counter[str] = Counter()
        self.alarms: Counter[str] = Counter()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE:
            self.active[f"{tag} {sorted(attributes)}"] += 1
        for name, value in attributes:
            url = "".join(character for character in value or "" if character > " ").lower()
            scheme = url.partition(":")[0] if ":" in url.split("/")[0].split("?")[0].split("#")[0] else ""
            picture = tag == "img" and url.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
            if name.startswith("on") or name == "srcdoc" or (name in URLS and scheme not in SCHEMES and not picture):
                self.alarms[f"<{tag} {name}={value!r}>"[:200]] += 1

    handle_startendtag = handle_starttag
