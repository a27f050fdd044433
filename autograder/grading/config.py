"""The settings that plug trusted grading into stock nbgrader, for a course's `nbgrader_config.py`."""

import os
import warnings

from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.device import device

NBGRADER = "nbgrader.preprocessors."
GRADING = "autograder.grading."


def use_trusted_grading(c: Config) -> None:
    """Make every `nbgrader autograde` of this configuration, formgrader's included, run trusted and sandboxed."""
    if os.environ.get("AUTOGRADER_DEVICE", "auto") != "auto":
        device()  # one that is not there would fail every submission with tensors: better nothing is done at all
    use_trusted_converter()
    # nbgrader 0.9.6 makes its rows in an order that SQLAlchemy 2.1 remarks on at every first submission; none is lost.
    warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)
    c.Autograde.sanitize_preprocessors = [
        NBGRADER + "ClearOutput",
        GRADING + "restore.RestoreCells",
        NBGRADER + "OverwriteKernelspec",
        NBGRADER + "OverwriteCells",
        GRADING + "sanitise.SanitiseSubmission",
        NBGRADER + "CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        GRADING + "execute.TrustedExecute",
        NBGRADER + "IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        NBGRADER + "LimitOutput",
        GRADING + "save.SaveGrades",
        NBGRADER + "AssignLatePenalties",
    ]
    c.TrustedExecute.shutdown_kernel = "immediate"
    use_mathml(c)


def use_mathml(c: Config) -> None:
    """Show formulas in formgrader and in the feedback without MathJax, which nbgrader loads from another host."""
    from autograder.grading.formulas import TEMPLATES

    c.HTMLExporter.extra_template_basedirs = TEMPLATES
    c.HTMLExporter.filters = {"markdown2html": GRADING + "formulas.markdown2html"}


def use_trusted_converter() -> None:
    """Put `TrustedAutograde` where nbgrader's command and its API look up `Autograde`; they offer no setting for it."""
    from nbgrader.apps import api, autogradeapp

    from autograder.grading.autograde import TrustedAutograde

    api.Autograde = autogradeapp.Autograde = TrustedAutograde
