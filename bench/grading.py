"""Grading beside stock nbgrader on the same honest submissions: `python -m bench.grading`, or `make bench-grading`.

In the stock course the same answers stand in notebooks whose test cells import torch and judge by themselves.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parents[1]
UNIT = "conv1d"
#: Right answers in several manners, as honest submissions are.
FORWARD = (
    "out = np.zeros(len(x) + 2 * padding - len(w) + 1)\n    x_pad = np.pad(x, padding)\n"
    "    for i in range(len(out)):\n        for k in range(len(w)):\n            out[i] += w[k] * x_pad[i + k]\n"
    "    return out",
    "x_pad = np.pad(x, padding)\n"
    "    return np.array([x_pad[i:i + len(w)] @ w for i in range(len(x_pad) - len(w) + 1)])",
    "return np.correlate(np.pad(x, padding), w)",
)
BACKWARD = (
    "dx = np.convolve(dout, w)[padding:padding + len(x)]\n    return dx, np.correlate(np.pad(x, padding), dout)",
    "x_pad = np.pad(x, padding)\n    dx, dw = np.zeros(len(x_pad)), np.zeros(len(w))\n"
    "    for i in range(len(dout)):\n        for k in range(len(w)):\n            dx[i + k] += w[k] * dout[i]\n"
    "            dw[k] += dout[i] * x_pad[i + k]\n    return dx[padding:padding + len(x)], dw",
)
STOCK_TEST = """import torch
from torch.nn import functional
rng = np.random.default_rng({seed})
for length, kernel, padding in [(1, 1, 0), (5, 3, 0), (6, 2, 0), (5, 3, 1), (7, 4, 2), (6, 6, 0), (4, 3, 3)] * 3:
    x, w = (rng.integers(-8, 9, size) / 2 for size in (length, kernel))
    tx, tw = (torch.tensor(each, requires_grad=True) for each in (x, w))
    out = functional.conv1d(tx[None, None], tw[None, None], padding=padding)[0, 0]
    dout = rng.integers(-8, 9, len(out)) / 2
    out.backward(torch.tensor(dout))
    expected = {{"out": out.detach(), "dx": tx.grad, "dw": tw.grad}}["{output}"].numpy()
    got = {call}
    np.testing.assert_allclose(got, expected, atol=1e-3)
"""
CALLS = {
    "conv1d_forward_out": "conv1d_forward(x, w, padding=padding)",
    "conv1d_backward_dx": "conv1d_backward(dout, x, w, padding=padding)[0]",
    "conv1d_backward_dw": "conv1d_backward(dout, x, w, padding=padding)[1]",
}


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def run(*command: str, cwd: Path) -> dict[str, float]:
    """Run a command to its end; its seconds, and the processor seconds of it and of all that it started."""
    start = time.time()
    process = subprocess.Popen(command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    spent: dict[tuple, float] = {}

    def look() -> None:
        # The sandbox ends its processes in a way that leaves their time on no parent's account.
        while process.poll() is None:
            try:
                family = [root := psutil.Process(process.pid), *root.children(recursive=True)]
            except psutil.Error:
                return
            for each in family:
                try:
                    times = each.cpu_times()
                    spent[each.pid, each.create_time()] = times.user + times.system
                except psutil.Error:
                    continue
            time.sleep(0.03)

    watcher = threading.Thread(target=look)
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{output.decode()[-2000:]}")
    return {"seconds": time.time() - start, "processor": sum(spent.values())}


def make_course(folder: Path, size: int, *, stock: bool) -> list[str]:
    """A course with `size` submissions; the students' names."""
    from autograder.release import build_notebook

    notebook = build_notebook(ROOT / "assignments" / "src" / f"{UNIT}.md")
    if stock:
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in CALLS:
                cell.source = STOCK_TEST.format(seed=1, output=grade_id.rpartition("_")[2], call=CALLS[grade_id])
            if grade_id == "setup":
                cell.source = "import numpy as np"
    (folder / "source" / UNIT).mkdir(parents=True)
    nbformat.write(notebook, folder / "source" / UNIT / f"{UNIT}.ipynb")
    if stock:
        (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'stock'\n")
    else:
        shutil.copy(ROOT / "assignments" / "nbgrader_config.py", folder)
    run(sys.executable, "-m", "nbgrader", "generate_assignment", UNIT, cwd=folder)
    students = [f"student{number:02}" for number in range(size)]
    for number, student in enumerate(students):
        submit(folder, student, number)
    return students


def submit(folder: Path, student: str, number: int) -> None:
    notebook = nbformat.read(folder / "release" / UNIT / f"{UNIT}.ipynb", as_version=4)
    bodies = {"conv1d_forward": FORWARD, "conv1d_backward": BACKWARD}
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in bodies:
            body = bodies[grade_id][number % len(bodies[grade_id])]
            cell.source = cell.source.replace("raise NotImplementedError()", body)
    (folder / "submitted" / student / UNIT).mkdir(parents=True)
    nbformat.write(notebook, folder / "submitted" / student / UNIT / f"{UNIT}.ipynb")


def time_class(name: str, folder: Path, students: list[str], command: list[str], workers: int) -> dict:
    """Grade the class anew. `steady` leaves out starting the programs and every worker's first submission."""
    shutil.rmtree(folder / "autograded", ignore_errors=True)
    spent = run(*command, cwd=folder)
    ends = sorted((folder / "autograded" / s / UNIT / f"{UNIT}.ipynb").stat().st_mtime for s in students)
    size = len(students)
    steady = (ends[-1] - ends[workers - 1]) / (size - workers)
    check_marks(folder, students)
    return {"name": name, "whole": spent["seconds"] / size, "steady": steady, "processor": spent["processor"] / size}


def check_marks(folder: Path, students: list[str]) -> None:
    """All answers are right: a grader that is fast and wrong is not measured."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        for student in students:
            score = gradebook.find_submission(UNIT, student).score
            if score != 12:
                sys.exit(f"{folder.name}: {student} has {score} points, not 12")


def split(folder: Path, kind: str, students: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.grading_split", str(folder), kind, *students]
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def plot(rows: list[dict], parts: dict[str, dict[str, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2), layout="constrained", width_ratios=(1, 1.5))
    bars = left.bar([row["name"].replace(", ", "\n") for row in rows], [row["steady"] for row in rows], color="#0072B2")
    left.bar_label(bars, fmt="%.2f s")
    left.set(ylabel="seconds a submission", title="Wall time, programs already started")
    names = list(dict.fromkeys(part for each in parts.values() for part in each))
    names.sort(key=lambda part: part == "everything else")
    colours = dict(zip(names, plt.get_cmap("tab10").colors, strict=False))
    for kind, seconds in parts.items():
        start = 0.0
        for part in names:
            right.barh(kind, seconds.get(part, 0), left=start, color=colours[part], edgecolor="white")
            start += seconds.get(part, 0)
    right.legend([plt.Rectangle((0, 0), 1, 1, color=colours[part]) for part in names], names, fontsize=8)
    right.set(xlabel="seconds a submission", title="Where it goes, one worker")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def table(rows: list[dict]) -> str:
    lines = [f"{'seconds a submission':<22} {'steady':>8} {'whole run':>10} {'processor':>10} {'of stock':>9}"]
    lines += [
        f"{row['name']:<22} {row['steady']:8.2f} {row['whole']:10.2f} {row['processor']:10.2f} "
        f"{row['steady'] / rows[0]['steady']:9.2f}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.grading", description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path("_build/bench"), help="folder (default: _build/bench)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        stock, ours = Path(place, "stock"), Path(place, "ours")
        students = make_course(stock, options.submissions, stock=True)
        make_course(ours, options.submissions, stock=False)
        nbgrader = [sys.executable, "-m", "nbgrader", "autograde", UNIT, "--force"]
        grade = [sys.executable, "-m", "autograder", "grade", UNIT, "--force", "--course", str(ours), "--workers"]
        rows = [
            time_class("stock, autograde", stock, students, nbgrader, 1),
            time_class("ours, autograde", ours, students, nbgrader, 1),
            time_class("ours, 1 worker", ours, students, [*grade, "1"], 1),
            time_class("ours, 2 workers", ours, students, [*grade, "2"], 2),
        ]
        parts = {kind: split(folder, kind, students[:9]) for kind, folder in (("stock", stock), ("ours", ours))}
    print(table(rows))
    print(
        f"two workers: {rows[2]['steady'] / rows[3]['steady']:.2f} times one; load {os.getloadavg()[0]:.1f} at the end"
    )
    for kind, seconds in parts.items():
        print(f"\n{kind}: {sum(seconds.values()):.2f} s")
        for part, each in sorted(seconds.items(), key=lambda item: -item[1]):
            print(f"  {part:<30} {each:6.3f}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "grading.json").write_text(json.dumps({"rows": rows, "parts": parts}, indent=1) + "\n")
    plot(rows, parts, options.out / "grading.png")
    print(f"\n{options.out / 'grading.png'}")


if __name__ == "__main__":
    main()
