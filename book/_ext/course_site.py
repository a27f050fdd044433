"""What the site needs beyond Jupyter Book's settings: nothing from other hosts, and no stale results."""

import hashlib
import shutil
from pathlib import Path

from sphinx.util.fileutil import copy_asset


def copy_scripts(app, exception):
    """Put our scripts and style sheets into the site again: Sphinx does so only when it writes a page."""
    if not exception and app.builder.format == "html":
        copy_asset(Path(app.srcdir) / "book/_static", Path(app.outdir) / "_static")


def code_digest(root: Path) -> str:
    """A digest of all code that pages import; Jupyter's cache looks at the pages' own cells only."""
    files = sorted(
        [
            *root.glob("solutions/**/*.py"),
            *root.glob("autograder/**/*.py"),
            *root.glob("book/*.py"),
            *root.glob("book/*.json"),
        ]
    )
    content = b"".join(str(file.relative_to(root)).encode() + file.read_bytes() for file in files)
    return hashlib.sha256(content).hexdigest()[:16]


def configure(app, config):
    """Keep results for one state of the code only, and mend three defaults of the theme."""
    results = Path(app.outdir).parent / "executed"
    current = results / code_digest(Path(app.srcdir))
    for old in set(results.glob("*")) - {current}:
        shutil.rmtree(old)
    config.nb_execution_cache_path = str(current)
    config.html_theme_options["navbar_persistent"] = []  # a second search button
    config.html_context.setdefault("default_mode", "auto")  # an empty one is reported as an error on each page
    # Jupyter Book always loads sphinx-thebe, which writes a script with an outside address into each page, twice.
    listeners = app.events.listeners["env-before-read-docs"]
    listeners[:] = [one for one in listeners if one.handler.__name__ != "init_thebe_core"]


def setup(app):
    app.connect("config-inited", configure)
    app.connect("build-finished", copy_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
