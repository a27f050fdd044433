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


def row(label, values, *, at=0, size=None, read=(), write=(), padding=0, index=None):
    """One array as a row of cells.

    Values start at column `at` of `size` columns; the other columns stay empty. `read` and `write` hold indices into
    values; the first and last `padding` values are drawn as padding. The small index numbers do not count padding;
    `index` replaces them.
    """
    values = np.asarray(values)
    cells = [None] * (size or at + len(values))
    for i, value in enumerate(values):
        inside = padding <= i < len(values) - padding
        marks = [("read", i in read), ("write", i in write), ("padding", not inside)]
        marked = " ".join(mark for mark, on in marks if on)
        small = index[i] if index else i - padding
        cells[at + i] = [number(value), marked, str(small) if inside else ""]
    return {"label": label, "rows": [cells]}


def grid(label, values, *, at=(0, 0), size=None, read=(), write=(), padding=(0, 0, 0, 0), blank=()):
    """A matrix as rows of cells, with the index i,j in each.

    Values start in row and column `at` of `size` rows and columns; the other cells stay empty. `read`, `write` and
    `blank` (drawn empty, though they have a place) hold index pairs into values; the outer rows and columns that
    `padding` (top, bottom, left, right) counts are drawn as padding and not counted by the index.
    """
    values = np.asarray(values)
    height, width = values.shape
    top, bottom, left, right = padding
    rows = [[None] * (size or (at[0] + height, at[1] + width))[1] for _ in range((size or (at[0] + height,))[0])]
    for i, j in np.ndindex(values.shape):
        if (i, j) in blank:
            continue
        inside = top <= i < height - bottom and left <= j < width - right
        marks = [("read", (i, j) in read), ("write", (i, j) in write), ("padding", not inside)]
        marked = " ".join(mark for mark, on in marks if on)
        rows[at[0] + i][at[1] + j] = [number(values[i, j]), marked, f"{i - top},{j - left}" if inside else ""]
    return {"label": label, "rows": rows}


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


def matrices(named):
    """Matrices side by side, each with its title and its numbers; entries that are not 0 have a frame."""
    import matplotlib.pyplot as plt

    widths = [array.shape[1] for array in named.values()]
    tallest = max(array.shape[0] for array in named.values())
    size = (0.55 * (sum(widths) + 2), 0.55 * (tallest + 1))
    axes = plt.subplots(1, len(named), figsize=size, width_ratios=widths, squeeze=False)[1]
    for axis, (title, array) in zip(axes[0], named.items(), strict=True):
        for (i, j), value in np.ndenumerate(array):
            if value:
                axis.add_patch(plt.Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor="#d6e6f2", edgecolor="black"))
            axis.text(j, i, number(value), ha="center", va="center", color="black" if value else "#767676")
        axis.set(title=title, xlim=(-0.6, array.shape[1] - 0.4), ylim=(tallest - 0.4, -0.6), aspect="equal")
        axis.axis("off")
    plt.show()
