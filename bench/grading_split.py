"""Where the time of grading goes: run by `bench.grading` in a process of its own, prints seconds by part as JSON.

Usage: python -m bench.grading_split COURSE (ours|stock) STUDENT ...
"""

import functools
import json
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

#: Methods by part. Time in a part within another counts for the inner one only.
COMMON = {
    "kernel start": ["nbclient.client.NotebookClient.start_new_kernel",
                     "nbclient.client.NotebookClient.start_new_kernel_client"],
    "kernel end": ["nbclient.client.NotebookClient._cleanup_kernel"],
    "cleaning and checking cells": ["nbgrader.preprocessors.CheckCellMetadata.preprocess",
                                    "nbgrader.preprocessors.OverwriteCells.preprocess"],
    "gradebook": ["nbgrader.api.Gradebook.__init__", "nbgrader.preprocessors.SaveAutoGrades.preprocess",
                  "nbgrader.preprocessors.AssignLatePenalties.preprocess",
                  "nbgrader.converters.Autograde.init_assignment"],
}  # fmt: skip
OURS = {
    "student's cells": ["autograder.grading.execute.TrustedExecute.run_student_cell"],
    "calls into the kernel": ["autograder.grading.execute.TrustedExecute.call_student"],
    "cases, reference, judging": ["autograder.grading.execute.TrustedExecute.grade"],
    "gradebook": [*COMMON["gradebook"], "autograder.grading.save.SaveGrades.preprocess",
                  "autograder.grading.gradebook.KeptGradebook.__init__",
                  "autograder.grading.autograde.TrustedAutograde.init_destination"],
    "cleaning and checking cells": [*COMMON["cleaning and checking cells"],
                                    "autograder.grading.restore.RestoreCells.preprocess",
                                    "autograder.grading.sanitise.SanitiseSubmission.preprocess"],
}  # fmt: skip
STOCK = {"cells, tests and their imports": ["nbgrader.preprocessors.Execute.preprocess_cell"]}


class Stopwatch:
    """Seconds by part; at any moment one part only is running."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.running = ["everything else"]
        self.since = time.perf_counter()

    def switch(self) -> None:
        now = time.perf_counter()
        part = self.running[-1]
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self.since
        self.since = now

    def timed(self, part: str, function: object) -> object:
        @functools.wraps(function)
        def timed(*args: object, **kwargs: object) -> object:
            self.switch()
            self.running.append(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.switch()
                self.running.pop()

        return timed


def main(course: str, kind: str, *students: str) -> None:
    os.chdir(course)
    if kind == "ours":
        from autograder.grading.worker import grade_submission

        def grade(student: str) -> None:
            result = grade_submission(Path(course), "conv1d", student, True)
            assert result.state == "graded", result
    else:
        from nbgrader.apps import NbGrader, NbGraderAPI

        app = NbGrader()
        app.initialize([], root=course)
        api = NbGraderAPI(app.coursedir, parent=app)

        def grade(student: str) -> None:
            result = api.autograde("conv1d", student, force=True)
            assert result["success"], result

    grade(students[0])  # so that imports and first openings are not counted
    watch = Stopwatch()
    with ExitStack() as patches:
        for part, methods in (COMMON | (OURS if kind == "ours" else STOCK)).items():
            for method in methods:
                owner, _, name = method.rpartition(".")
                module, _, holder = owner.rpartition(".")
                target = getattr(__import__(module, fromlist=["x"]), holder)
                patches.enter_context(patch.object(target, name, watch.timed(part, getattr(target, name))))
        for student in students[1:]:
            grade(student)
        watch.switch()
    print(json.dumps({part: seconds / len(students[1:]) for part, seconds in watch.seconds.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
