"""The report's charts, as SVG that needs nothing from outside and has its meaning in words as well."""

import io
import re
from collections.abc import Sequence
from html import escape
from itertools import count

import matplotlib
from matplotlib.figure import Figure

#: Okabe and Ito's palette, which colour-blind readers can tell apart.
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#999999"
WIDTH = 7.5
numbers = count()


def histogram(values: Sequence[float], most: float, *, title: str, axis: str) -> str:
    """How many have how much, from 0 to `most`."""
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.subplots()
    bins = [most * i / 16 for i in range(17)]
    heights, _, _ = axes.hist(values, bins=bins, color=BLUE, edgecolor="white")
    axes.set(xlabel=axis, ylabel="submissions", xlim=(0, most))
    axes.yaxis.get_major_locator().set_params(integer=True)
    fullest = int(heights.argmax())
    words = (
        f"{title}. {len(values)} values from {min(values):g} to {max(values):g}; the most frequent range is "
        f"{bins[fullest]:.3g} to {bins[fullest + 1]:.3g}, with {heights[fullest]:.0f}."
    )
    return svg(figure, title, words)


def bars(rows: Sequence[tuple[str, float]], *, title: str, axis: str, percent: bool = False) -> str:
    """One horizontal bar for each (label, value), from above; percentages are fractions drawn to 100 %."""
    figure = Figure(figsize=(WIDTH, 0.7 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    labels, values = [label for label, _ in rows], [value for _, value in rows]
    colours = [ORANGE if percent and value < 0.5 else BLUE for value in values]
    drawn = axes.barh(range(len(rows)), values, color=colours)
    written = [f"{value:.0%}" if percent else f"{value:g}" for value in values]
    axes.bar_label(drawn, written, padding=3)
    axes.set_yticks(range(len(rows)), [label.replace("$", r"\$") for label in labels])
    axes.set(xlabel=axis, xlim=(0, 1.1 if percent else max([*values, 1]) * 1.1))
    axes.invert_yaxis()
    if percent:
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    else:
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    return svg(figure, title, f"{title}: {'; '.join(f'{a} {b}' for a, b in zip(labels, written, strict=True))}.")


def svg(figure: Figure, title: str, words: str) -> str:
    """The figure as an element of a page. Text is drawn as text, in the page's fonts."""
    file, number = io.StringIO(), next(numbers)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawing = file.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r' xmlns(:xlink)?="[^"]*"|<metadata>.*?</metadata>', "", drawing, flags=re.DOTALL)
    # Ids must differ between the charts of one page, or one would be drawn with another's marks.
    drawing = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>c{number}-", drawing)
    label = f'role="img" aria-labelledby="c{number}t c{number}d"'
    meaning = f'<title id="c{number}t">{escape(title)}</title><desc id="c{number}d">{escape(words)}</desc>'
    return re.sub(r"<svg([^>]*)>", lambda tag: f"<svg{tag[1]} {label}>{meaning}", drawing, count=1)
