"""nbgrader's settings for this course. Run nbgrader inside this folder: `nbgrader autograde conv1d`."""

import os

from autograder.grading.config import use_trusted_grading

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "convolution-backprop"
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))

# Only notebooks are released: nbgrader would copy every other file beside them to the students.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.ClearSolutions.text_stub = "*Your answer here.*"

use_trusted_grading(c)

# Set this to a phrase of your own before a class is graded, and keep it out of a public repository: hidden cases are
# drawn from it. The limits of the sandbox (memory, seconds, processes) are listed by `nbgrader autograde --help-all`.
c.TrustedExecute.secret = os.environ.get("COURSE_SECRET", "")
