"""Step-through figures: a page's cell computes the frames from its arrays, book/_static/stepper.js shows them.

Without JavaScript (print, a notebook) a figure is its last frame and the list of all steps in words.
"""

import json
from html import escape

import numpy as np
from IPython.display import HTML


def number(value):
    """A number as people write it, with a true minus sign."""
    return f"{value:g}".replace("-", "−")


def products(a, b):
    """Sum of products in words: 2·1 + (−1)·2."""

    def factor(value):
        return f"({number(value)})" if value < 0 else number(value)

    return " + ".join(f"{factor(p)}·{factor(q)}" for p, q in zip(a, b, strict=True))


def row(label, values, *, at=0, size=None, read=(), write=(), padding=0):
    """One array as a row of cells.

    Values start at column `at` of `size` columns; the other columns stay empty. `read` and `write` hold indices into
    values; the first and last `padding` values are drawn as padding. The small index numbers do not count padding.
    """
    values = np.asarray(values)
    cells = [None] * (size or at + len(values))
    for i, value in enumerate(values):
        inside = padding <= i < len(values) - padding
        marks = [("read", i in read), ("write", i in write), ("padding", not inside)]
        marked = " ".join(mark for mark, on in marks if on)
        cells[at + i] = [number(value), marked, str(i - padding) if inside else ""]
    return {"label": label, "rows": [cells]}


def frame(text, *panels):
    """One step: what happens, in words, and the arrays after it."""
    return {"text": text, "panels": panels}


def frame_html(panels):
    """The same HTML as `draw` in stepper.js makes."""
    parts = []
    for panel in panels:
        parts.append(f'<div class="stepper-panel"><span class="stepper-label">{escape(panel["label"])}</span><div>')
        for cells in panel["rows"]:
            parts.append('<div class="stepper-row">')
            for text, marks, index in (cell or ["", "empty", ""] for cell in cells):
                parts.append(f'<span class="stepper-cell {marks}" data-index="{index}">{escape(text)}</span>')
            parts.append("</div>")
        parts.append("</div></div>")
    return "".join(parts)


def steps(title, alt, frames):
    """A figure that steps through the frames; `alt` says in words what there is to see."""
    frames = list(frames)
    data = json.dumps({"frames": frames}, ensure_ascii=False).replace("<", "\\u003c")
    texts = "".join(f"<li>{escape(one['text'])}</li>" for one in frames)
    return HTML(
        f'<figure class="stepper" aria-label="{escape(title)}">'
        f'<p class="stepper-title">{escape(title)}</p>'
        f'<div class="stepper-stage" role="img" aria-label="{escape(alt)}">{frame_html(frames[-1]["panels"])}</div>'
        f'<ol class="stepper-texts">{texts}</ol>'
        f'<script type="application/json">{data}</script></figure>'
    )
