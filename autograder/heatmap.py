"""Small heat maps as HTML tables: numbers first, shade second, wrong entries outlined.

Plain tables need no script, no image and no library, are read by a screen reader cell by cell, and survive both
JupyterLab's and nbgrader's sanitising.
"""

from html import escape

import numpy as np

#: One hue from light to dark; text turns white on the dark end. Readable in print and without colour.
LIGHT, DARK = np.array([255, 255, 255]), np.array([8, 81, 156])
WRONG_BORDER = "3px solid #b30000"


def heat_maps(panels: dict[str, np.ndarray], wrong: np.ndarray | None = None) -> str:
    """Tables side by side, one per named array of at most two dimensions, entries of `wrong` outlined.

    Arrays of more dimensions are shown as the plane that holds the first wrong entry.
    """
    wrong_plane = None
    if wrong is not None:
        index = first_plane(wrong)
        wrong_plane = as_plane(wrong[index])
        panels = {f"{title}{plane_name(index)}": array[index] for title, array in panels.items()}
    tables = "".join(table(title, as_plane(array), wrong_plane) for title, array in panels.items())
    return f'<div style="display:flex;flex-wrap:wrap;gap:1.5em;margin:.5em 0">{tables}</div>'


def first_plane(wrong: np.ndarray) -> tuple[int, ...]:
    """Indices of all axes but the last two at the first wrong entry."""
    if wrong.ndim <= 2:
        return ()
    return tuple(int(i) for i in np.argwhere(wrong)[0][: wrong.ndim - 2])


def plane_name(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def as_plane(array: np.ndarray) -> np.ndarray:
    return np.asarray(array).reshape((1,) * (2 - np.ndim(array)) + np.shape(array))


def table(title: str, plane: np.ndarray, wrong: np.ndarray | None) -> str:
    finite = plane[np.isfinite(plane)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    rows = "".join(
        "<tr>"
        + "".join(cell(plane[i, j], low, high, wrong is not None and wrong[i, j]) for j in range(plane.shape[1]))
        + "</tr>"
        for i in range(plane.shape[0])
    )
    caption = f'<caption style="caption-side:top;text-align:left;font-weight:bold">{escape(title)}</caption>'
    return f'<table style="border-collapse:collapse;font-family:monospace">{caption}{rows}</table>'


def cell(value: float, low: float, high: float, wrong: bool) -> str:
    share = (value - low) / (high - low) if np.isfinite(value) and high > low else 0.0
    background = "#{:02x}{:02x}{:02x}".format(*(LIGHT + (DARK - LIGHT) * share).round().astype(int))
    style = (
        f"background:{background};color:{'#fff' if share > 0.45 else '#000'};padding:.2em .5em;text-align:right;"
        f"border:{WRONG_BORDER if wrong else '1px solid #999'}"
    )
    mark = '<span title="wrong">✗</span> ' if wrong else ""
    return f'<td style="{style}">{mark}{number(value)}</td>'


def number(value: float) -> str:
    """Three significant digits, without trailing zeros or a decimal point that says nothing."""
    return f"{float(value):.4g}"
