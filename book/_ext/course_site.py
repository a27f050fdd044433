"""What the site needs beyond Jupyter Book's settings: nothing from other hosts, and no stale results."""

import hashlib
import importlib.util
import shutil
from pathlib import Path

from sphinx.util.fileutil import copy_asset

MATHJAX = "sphinx-mathjax-offline"  # MathJax 3.2.2 as a Python package; its name has hyphens, so it is not imported
MATHJAX_SHA256 = "300480069078b5892d2363a2b65e2dfbbf30fe5c80f83edbfecf4610fd093862"  # of tex-mml-chtml.js
MATHJAX_PARTS = ("output/chtml/fonts/woff-v2", "input/tex/extensions")


def mathjax_source() -> Path:
    """The folder of the installed MathJax.

    Raises:
        FileNotFoundError: it is not installed, or is not the version whose checksum is pinned here.
    """
    spec = importlib.util.find_spec(MATHJAX)
    folder = Path(spec.origin).parent / "static/mathjax" if spec else None
    script = folder and folder / "tex-mml-chtml.js"
    if not script or hashlib.sha256(script.read_bytes()).hexdigest() != MATHJAX_SHA256:
        raise FileNotFoundError(f"expected MathJax 3.2.2 from the package {MATHJAX} of requirements.txt, got {script}")
    return folder


def copy_mathjax(app, exception):
    """Put the parts of MathJax that pages load into the site."""
    target = Path(app.outdir) / "_static/mathjax"
    if exception or app.builder.format != "html" or (target / MATHJAX_PARTS[-1]).is_dir():
        return
    source = mathjax_source()
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "tex-mml-chtml.js", target)
    for part in MATHJAX_PARTS:
        copy_asset(source / part, target / part)


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
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
