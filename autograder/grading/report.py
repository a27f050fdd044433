"""The instructor's picture of a class, as one page of HTML that asks no other file or host for anything."""

from collections import Counter
from collections.abc import Iterable
from html import escape
from statistics import median

from autograder.grading.charts import bars, histogram
from autograder.grading.picture import Check, Picture, share
from autograder.units import UNITS, page_link

STYLE = """
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: #555; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ccc; }
td.number, th.number { text-align: right; }
"""


def page(picture: Picture, *, names: bool = False) -> str:
    """The whole page. Students are named only if asked for, and only where their work needs a human."""
    title = f"{UNITS[picture.unit].title if picture.unit in UNITS else picture.unit}: how the class did"
    parts = [f"<h1>{escape(title)}</h1>", overview(picture)]
    if picture.scores:
        parts += [marks(picture), outputs(picture), groups(picture), misconceptions(picture), humans(picture, names)]
        parts += [times(picture)]
    else:
        parts += ["<p>Nothing has been graded yet.</p>"]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def overview(picture: Picture) -> str:
    graded = len(picture.scores)
    missing = picture.enrolled - graded - picture.ungraded
    words = f"{graded} of {picture.enrolled} students have been graded; {missing} handed in nothing"
    words += f"; the grading of {picture.ungraded} was not finished" if picture.ungraded else ""
    return f"<p>{words}. {len(picture.human)} submissions need a human.</p>"


def marks(picture: Picture) -> str:
    words = (
        f"Median {median(picture.scores):g} of {picture.max_score:g} points, mean "
        f"{sum(picture.scores) / len(picture.scores):.1f}. Points that still have to be given by hand count as none."
    )
    chart = histogram(picture.scores, picture.max_score, title="Distribution of marks", axis="points")
    return f"<h2>Marks</h2><p>{words}</p>{chart}"


def outputs(picture: Picture) -> str:
    rows = [(check.name, check.full / len(check.points)) for check in picture.checks.values()]
    table = rows_of(
        ("output", "all points", "mean", "of", "what else went wrong"),
        [
            (check.name, str(check.full), f"{sum(check.points) / len(check.points):.2f}", f"{check.max_points:g}",
             faults(check))
            for check in picture.checks.values()
        ],
    )  # fmt: skip
    chart = bars(rows, title="Submissions with all points, by graded output", axis="of submissions", percent=True)
    return f"<h2>Graded outputs</h2>{chart}{table}" if rows else ""


def faults(check: Check) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in check.faults.most_common())


def groups(picture: Picture) -> str:
    """The case groups of each output, in the order in which students see them."""
    charts = [
        bars(
            [(group, share(passed)) for group, passed in check.groups.items()],
            title=f"Pass rate of each case group of {check.name}",
            axis="of submissions",
            percent=True,
        )
        for check in picture.checks.values()
        if check.groups
    ]
    headed = [f"<h3>{escape(c.name)}</h3>{chart}" for c, chart in zip(picture.checks.values(), charts, strict=False)]
    return f"<h2>Case groups</h2>{''.join(headed)}"


def misconceptions(picture: Picture) -> str:
    if not picture.ideas:
        return "<h2>What to teach again</h2><p>No known misconception was found.</p>"
    chart = bars(
        [(idea.name, idea.holders) for idea in picture.ideas],
        title="Students who hold each misconception",
        axis="students",
    )
    table = rows_of(
        ("misconception", "students", "what they were told", "equation"),
        [(i.name, str(i.holders), i.sentence, f"{i.reread} ({page_link(i.reread)})" if i.reread else "")
         for i in picture.ideas],
    )  # fmt: skip
    return f"<h2>What to teach again</h2>{chart}{table}"


def humans(picture: Picture, names: bool) -> str:
    """Which submissions somebody has to look at; only the reasons are counted unless names are wanted."""
    reasons = Counter(reason for each in picture.human.values() for reason in each)
    counted = rows_of(("why", "submissions"), [(reason, str(n)) for reason, n in reasons.most_common()])
    if not picture.human:
        return "<h2>For a human</h2><p>Nothing is left to be marked or looked at.</p>"
    listed = rows_of(("student", "why"), [(s, ", ".join(w)) for s, w in picture.human.items()]) if names else ""
    return f"<h2>For a human</h2>{counted}{listed}"


def times(picture: Picture) -> str:
    seconds, most = picture.seconds, max(picture.seconds)
    words = f"{sum(seconds):.0f} s in all, {median(seconds):.2f} s for the median submission, {most:.2f} s at most."
    chart = histogram(seconds, most or 1.0, title="Time that grading took", axis="seconds for one submission")
    return f"<h2>Time</h2><p>{words}</p>{chart}"


def rows_of(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table, with everything in it escaped."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
