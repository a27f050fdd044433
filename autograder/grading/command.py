"""`python -m autograder grade`: a class graded, with a progress bar, a table of what failed, and an exit status."""

import fcntl
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from autograder.grading.autograde import probe_once
from autograder.grading.cluster import grade_class, local_cluster, remote_cluster
from autograder.grading.course import Course, CourseError, check_gradebook, check_unit, open_course, submitters
from autograder.grading.limits import SandboxLimits, SandboxUnavailable
from autograder.grading.worker import FAILED, GRADED, UNCHANGED, Result

#: Exit statuses: all graded; some failed; nothing was done; interrupted.
DONE, SOME_FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def grade(
    folder: Path,
    unit: str,
    *,
    students: list[str] | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    force: bool = False,
) -> int:
    """Grade what is not graded yet, or has changed; the exit status. Whatever was done stays done when interrupted."""
    results: list[Result] = []
    chosen: list[str] = []
    try:
        course = open_course(folder)
        check_gradebook(course, writing=True)
        check_unit(course, unit)
        chosen = submitters(course, unit, students)
        if scheduler is None:
            probe_once(SandboxLimits(parent=course.app))
        connect = remote_cluster(scheduler) if scheduler else local_cluster(workers and min(workers, len(chosen)))
        with only_one(course), connect as client, tqdm(total=len(chosen), unit="submission", disable=None) as bar:

            def done(result: Result) -> None:
                results.append(result)
                bar.update()

            grade_class(course.folder, unit, chosen, client, force=force, done=done)
    except (CourseError, SandboxUnavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        left = len(chosen) - len(results)
        print(f"Interrupted: {tally(results)}, {left} left. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    failed = [result for result in results if result.state == FAILED]
    print(tally(results))
    if failed:
        print(failures(failed), file=sys.stderr)
    return SOME_FAILED if failed else DONE


@contextmanager
def only_one(course: Course) -> Iterator[None]:
    """Keep a second grader away from the same course; the lock ends with this process, however that ends.

    Raises:
        CourseError: somebody else is grading.
    """
    handle = os.open(course.folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(f"another `grade` is at work in {course.folder}") from None
        yield
    finally:
        os.close(handle)


def tally(results: list[Result]) -> str:
    """How many submissions ended how, in words."""
    counts = Counter(result.state for result in results)
    seconds = sum(result.seconds for result in results if result.state == GRADED)
    mean = f" ({seconds / counts[GRADED]:.2f} s each)" if counts[GRADED] else ""
    return f"{counts[GRADED]} graded{mean}, {counts[UNCHANGED]} unchanged, {counts[FAILED]} failed"


def failures(failed: list[Result]) -> str:
    """A table that names every failure."""
    rows = [(result.student, result.reason) for result in sorted(failed, key=lambda result: result.student)]
    width = max(len("student"), *(len(student) for student, _ in rows))
    return "\n".join(f"{student:<{width}}  {reason}" for student, reason in [("student", "not graded because"), *rows])
