"""nbgrader's settings for this course. Run nbgrader inside this folder: `nbgrader autograde conv1d`."""

import os
import sys

c = get_config()  # noqa: F821 - nbgrader defines it

try:
    from autograder.grading.config import use_trusted_grading

    use_trusted_grading(c)
except Exception as error:
    # nbgrader only logs what goes wrong in this file and would go on with its own, unprotected grading.
    sys.exit(f"Trusted grading could not be set up, so nothing is done: {type(error).__name__}: {error}")

c.CourseDirectory.course_id = "convolution-backprop"
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.ClearSolutions.text_stub = "*Your answer here.*"

# Set this to a phrase of your own before a class is graded, and keep it out of a public repository: hidden cases are
# drawn from it.
c.TrustedExecute.secret = os.environ.get("COURSE_SECRET", "")

# What students' code may use up; autograder/grading/limits.py lists all limits and their defaults.
c.SandboxLimits.call_seconds = 5.0
c.SandboxLimits.cell_seconds = 10.0

# Whose file is it, in an archive downloaded from Moodle ("Ada Lovelace_48151_assignsubmission_file_/conv1d.ipynb") or
# Canvas ("lovelaceada_LATE_48151_162342_conv1d-1.ipynb")? Names may be shared: the number is the student's id.
c.FileNameCollectorPlugin.named_regexp = (
    r".*[/_](?P<student_id>\d+)_(?:assignsubmission_file_?/|\d+_)(?P<file_id>[A-Za-z]\w*?)(?:(?:-| ?\()\d+\)?)?\.ipynb$"
)
