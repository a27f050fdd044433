"""`nbgrader autograde`, made to end with a grade for every submission that came, whatever it is."""

import fnmatch
import glob
import os
import re
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import v4
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import setenv
from sqlalchemy.exc import OperationalError
from traitlets import Float, Instance, Type

from autograder.grading.completion import (
    Mark,
    assignment_digest,
    read_mark,
    saved_scores,
    settled_marks,
    submission_digest,
    write_at_once,
)
from autograder.grading.examine import NotACheckError
from autograder.grading.gradebook import KeptGradebook, kept_gradebooks
from autograder.grading.intake import Intake, UnreadableError, read_secret, read_submission, read_timestamp
from autograder.grading.notices import add_notices
from autograder.grading.sandbox import SandboxLimits, SandboxUnavailable, probe

#: Sandboxes, by what makes them different, that have been seen to work in this process.
working_sandboxes: set[tuple[str, str]] = set()
#: A student's name as gradebook, formgrader's pages and a terminal can take it.
NAME = re.compile(r"""[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff<>"&`\\]{1,128}""")


def probe_once(limits: SandboxLimits) -> None:
    """Probe the sandbox, unless this process has already done so.

    Raises:
        SandboxUnavailable: there is none.
    """
    kind = (limits.isolation, limits.python)
    if kind not in working_sandboxes:
        probe(limits)
        working_sandboxes.add(kind)


class SubmissionExporter(NotebookExporter):
    """Reads a submission through `intake`, which never fails, where nbconvert would raise."""

    def from_filename(self, filename: str, resources: dict | None = None, **kw: object) -> tuple[str, dict]:
        resources = self._init_resources(resources)
        path = Path(filename)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        intake = self.parent.read(path, resources["nbgrader"])
        add_notices(intake.notebook, [*intake.notices, *self.parent.notices])
        return self.from_notebook_node(intake.notebook, resources=resources, **kw)


class TrustedAutograde(Autograde):
    """nbgrader's converter, with the places mended where a submission could end without a grade.

    nbgrader skips a submission without a notebook, gives up on one that it can't read, and copies whatever else
    lies beside the notebook into the folder that is graded.
    """

    exporter_class = Type(SubmissionExporter, klass=NotebookExporter).tag(config=True)
    largest_notebook_mib = Float(10.0, help="Notebooks larger than this many MiB are not read.").tag(config=True)
    limits = Instance(SandboxLimits)

    def _limits_default(self) -> SandboxLimits:
        return SandboxLimits(parent=self)

    def start(self) -> None:
        # Before anything is written: without a sandbox nothing is graded, and nobody gets a zero for it.
        try:
            probe_once(self.limits)
        except SandboxUnavailable as error:
            self.log.error("%s", error)
            raise SystemExit(1) from None
        if self.limits.notice:
            self.log.warning("%s", self.limits.notice)
        self.refusal = ""
        #: The students whose submissions were graded, not skipped, by this converter.
        self.graded: list[str] = []
        #: Folders that are not graded because of their names, shown so that a terminal can't be commanded by them.
        self.unnamed: list[str] = []
        with kept_gradebooks():
            super().start()
        if self.unnamed:
            raise NbGraderException(f"not graded: {', '.join(self.unnamed)}")

    def init_notebooks(self) -> None:
        """Every submitted folder counts, with the notebooks that were released, whether or not they came."""
        released = self.released_notebooks()
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        folders = sorted(folder for folder in glob.glob(pattern) if os.path.isdir(folder))
        if not released or not folders:
            super().init_notebooks()  # for its messages
            return
        self.notebooks = []
        folders = [folder for folder in folders if self.is_named(folder)]
        self.assignments = {folder: [os.path.join(folder, f"{name}.ipynb") for name in released] for folder in folders}

    def is_named(self, folder: str) -> bool:
        """Whether a submission's folder is called like a student. Formgrader shows names as they are, HTML and all."""
        expression = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        found = re.fullmatch(expression, folder, re.DOTALL)
        student = found["student_id"] if found else folder
        if NAME.fullmatch(student):
            return True
        self.unnamed.append(ascii(student))
        self.log.error("%s is not graded: its name can't be a student's. Rename the folder.", ascii(student))
        return False

    def released_notebooks(self) -> list[str]:
        """The names of the assignment's notebooks that were asked to be graded."""
        try:
            with KeptGradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                names = [
                    notebook.name for notebook in gradebook.find_assignment(self.coursedir.assignment_id).notebooks
                ]
        except MissingEntry:
            return []
        return sorted(fnmatch.filter(names, self.coursedir.notebook_id))

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        # What else lies in the submission is not copied: a module there would be imported before the real one.
        folder = Path(self._format_source(assignment_id, student_id))
        self.notices: list[str] = []
        try:
            timestamp = read_timestamp(folder)
        except UnreadableError as error:
            timestamp = None
            self.notices.append(f"When this was handed in is not known: {error}")
            self.log.warning("The time of %s's submission is not known: %s", student_id, error)
        ignore, self.coursedir.ignore = self.coursedir.ignore, ["*"]
        try:
            # nbgrader's own reading waits for pipes, follows links, and ends the run at what is no date.
            with patch.object(type(self.coursedir), "get_existing_timestamp", lambda coursedir, path: timestamp):
                super().init_assignment(assignment_id, student_id)
        finally:
            self.coursedir.ignore = ignore
        dest = Path(self._format_dest(assignment_id, student_id))
        if timestamp:
            write_at_once(dest / "timestamp.txt", f"{timestamp.isoformat(sep=' ')} UTC\n")
        if secret := self.secret_of(folder, student_id):
            write_at_once(dest / "submission_secret.txt", secret)

    def secret_of(self, folder: Path, student_id: str) -> str | None:
        """The name of the feedback in the exchange, if the submission came through it.

        A spoilt one is replaced by a new one: `nbgrader release_feedback` would end for the whole class without any.
        """
        try:
            return read_secret(folder)
        except UnreadableError as error:
            self.log.warning("%s can't fetch the feedback through the exchange: %s", student_id, error)
            return secrets.token_hex(64)

    def read(self, path: Path, names: dict) -> Intake:
        """The notebook at `path`, or an empty one if it has already made the grader fail."""
        if self.refusal:
            return Intake(v4.new_notebook(), (self.refusal,))
        with KeptGradebook(names["db_url"]) as gradebook:
            released = gradebook.find_notebook(names["notebook"], names["assignment"])
            grade_ids = {cell.name for cell in released.source_cells}
        return read_submission(path, grade_ids, self.largest_notebook_mib)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether the submission has to be graded: not if it is excluded, nor if it is complete and unchanged."""
        self.started = time.monotonic()
        if student_id in self.coursedir.student_id_exclude.split(","):
            return False
        folder = Path(self._format_source(assignment_id, student_id))
        dest = Path(self._format_dest(assignment_id, student_id))
        names = [Path(notebook).stem for notebook in self.notebooks]
        marks = [read_mark(dest / f"{name}.ipynb") for name in names]
        with KeptGradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            self.digests = submission_digest(folder), assignment_digest(gradebook, assignment_id)
            same = all(mark and (mark.submission, mark.assignment) == self.digests for mark in marks)
            scores = saved_scores(gradebook, assignment_id, student_id)
            self.settled = settled_marks(gradebook, assignment_id, student_id) if same else set()
        if (
            same
            and not self.force
            and all(mark.scores == scores.get(name) for name, mark in zip(names, marks, strict=True))
        ):
            self.log.info("Skipping %s of %s: it is graded, and has not changed", assignment_id, student_id)
            return False
        self.graded.append(student_id)
        return True

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            self.grade_notebook(notebook_filename)
        except (OperationalError, SandboxUnavailable, NotACheckError):
            raise  # nothing that the submission did
        except Exception as error:
            self.log.exception("The grader failed on %s; it is graded as an empty notebook.", notebook_filename)
            self.refusal = (
                f"The grader could not process this notebook ({type(error).__name__}). It was graded as an empty one "
                "and set aside for the instructor to look at."
            )
            try:
                self.grade_notebook(notebook_filename)
            finally:
                self.refusal = ""

    def grade_notebook(self, path: str) -> None:
        """Clean the notebook, grade it, save the points, and then, in one step, write the graded notebook.

        nbgrader writes the cleaned notebook first, and a submission whose grading was cut short there looks graded.
        """
        resources = self.init_single_notebook_resources(path)
        try:
            self._sanitizing = True
            self._init_preprocessors()
            text, _ = self.exporter.from_filename(path, resources=resources)
            self._sanitizing = False
            self._init_preprocessors()
            names = resources["nbgrader"]
            names["settled"] = {cell for notebook, cell in self.settled if notebook == names["notebook"]}
            names["human"] = bool(self.refusal)
            resources["metadata"] = {"name": names["notebook"], "path": str(Path(path).parent)}
            with setenv(NBGRADER_EXECUTION="autograde"):
                text, resources = self.exporter.from_notebook_node(nbformat.reads(text, as_version=4), resources)
        finally:
            self._sanitizing = True
        self.write_single_notebook(text, resources)

    def write_single_notebook(self, output: str, resources: dict) -> None:
        names = resources["nbgrader"]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        seconds = round(time.monotonic() - self.started, 3)
        mark = Mark(*self.digests, names["scores"], now, seconds, human=names["human"])
        folder = Path(self._format_dest(names["assignment"], names["student"]))
        write_at_once(folder / f"{names['notebook']}.ipynb", mark.put(output))
