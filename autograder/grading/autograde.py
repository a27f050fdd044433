"""`nbgrader autograde`, made to end with a grade for every submission that came, whatever it is."""

import fnmatch
import glob
import os
import shutil
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbformat import v4
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from sqlalchemy.exc import OperationalError
from traitlets import Float, Instance, Type

from autograder.grading.bwrap import SandboxUnavailable, probe
from autograder.grading.examine import NotACheckError
from autograder.grading.intake import Intake, read_submission
from autograder.grading.limits import SandboxLimits
from autograder.grading.notices import add_notices


class SubmissionExporter(NotebookExporter):
    """Reads a submission through `intake`, which never fails, where nbconvert would raise."""

    def from_filename(self, filename: str, resources: dict | None = None, **kw: object) -> tuple[str, dict]:
        resources = self._init_resources(resources)
        path = Path(filename)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        if not self.parent.sanitising:
            return super().from_filename(filename, resources=resources, **kw)
        intake = self.parent.read(path, resources["nbgrader"])
        add_notices(intake.notebook, list(intake.notices))
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

    @property
    def sanitising(self) -> bool:
        """Whether the file being converted is the student's, not yet the cleaned copy."""
        return self._sanitizing

    def start(self) -> None:
        # Before anything is written: without a sandbox nothing is graded, and nobody gets a zero for it.
        try:
            probe(self.limits)
        except SandboxUnavailable as error:
            self.log.error("%s", error)
            raise SystemExit(1) from None
        if self.limits.notice:
            self.log.warning("%s", self.limits.notice)
        self.refusal = ""
        super().start()

    def init_notebooks(self) -> None:
        """Every submitted folder counts, with the notebooks that were released, whether or not they came."""
        released = self.released_notebooks()
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        folders = sorted(folder for folder in glob.glob(pattern) if os.path.isdir(folder))
        if not released or not folders:
            super().init_notebooks()  # for its messages
            return
        self.notebooks = []
        self.assignments = {folder: [os.path.join(folder, f"{name}.ipynb") for name in released] for folder in folders}

    def released_notebooks(self) -> list[str]:
        """The names of the assignment's notebooks that were asked to be graded."""
        try:
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                names = [
                    notebook.name for notebook in gradebook.find_assignment(self.coursedir.assignment_id).notebooks
                ]
        except MissingEntry:
            return []
        return sorted(fnmatch.filter(names, self.coursedir.notebook_id))

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        # What else lies in the submission is not copied: a module there would be imported before the real one.
        ignore, self.coursedir.ignore = self.coursedir.ignore, ["*"]
        try:
            super().init_assignment(assignment_id, student_id)
        finally:
            self.coursedir.ignore = ignore
        source = Path(self._format_source(assignment_id, student_id)) / "timestamp.txt"
        if source.is_file() and not source.is_symlink():
            dest = Path(self._format_dest(assignment_id, student_id))
            dest.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, dest / source.name)

    def read(self, path: Path, names: dict) -> Intake:
        """The notebook at `path`, or an empty one if it has already made the grader fail."""
        if self.refusal:
            return Intake(v4.new_notebook(), (self.refusal,))
        with Gradebook(names["db_url"]) as gradebook:
            released = gradebook.find_notebook(names["notebook"], names["assignment"])
            grade_ids = {cell.name for cell in released.source_cells}
        return read_submission(path, grade_ids, self.largest_notebook_mib)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except (OperationalError, SandboxUnavailable, NotACheckError):
            raise  # nothing that the submission did
        except Exception as error:
            self._sanitizing = True  # nbgrader leaves it as it was at the moment of the failure
            self.log.exception("The grader failed on %s; it is graded as an empty notebook.", notebook_filename)
            self.refusal = (
                f"The grader could not process this notebook ({type(error).__name__}). It was graded as an empty one "
                "and set aside for the instructor to look at."
            )
            try:
                super().convert_single_notebook(notebook_filename)
            finally:
                self.refusal = ""
            self.ask_for_a_human(notebook_filename)

    def ask_for_a_human(self, notebook_filename: str) -> None:
        """Mark every grade of the submission as needing manual grading."""
        names = self.init_single_notebook_resources(notebook_filename)["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            submission = gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
            for grade in submission.grades:
                grade.needs_manual_grade = True
            gradebook.db.commit()
