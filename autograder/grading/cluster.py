"""Grading a class with many processes, on one machine or several: each takes one submission at a time."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dask
from dask.distributed import Client, LocalCluster, as_completed

from autograder.grading.course import CourseError, first_line
from autograder.grading.worker import FAILED, Result, grade_submission

#: How long to wait for a scheduler, and for its first worker.
PATIENCE = 15
#: A worker that dies takes one submission with it, which is given to another worker this many times.
RETRIES = 3


def grade_class(
    folder: Path,
    unit: str,
    students: Sequence[str],
    client: Client,
    *,
    force: bool = False,
    done: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Grade the students' submissions on the client's workers; a result for each, in the order they end.

    Only as many submissions are under way as there are workers, and one more for each, so a class of any size
    costs the scheduler nothing, and an interruption leaves little behind.
    """
    waiting = iter(students)
    underway = as_completed([], loop=client.loop)
    names, results = {}, []

    def submit_next() -> None:
        for student in waiting:
            future = client.submit(grade_submission, folder, unit, student, force, pure=False, retries=0)
            names[future] = student
            underway.add(future)
            return

    for _ in range(2 * max(1, len(client.nthreads()))):
        submit_next()
    for future in underway:
        results.append(result_of(future, names.pop(future)))
        done(results[-1])
        submit_next()
    return results


def result_of(future: object, student: str) -> Result:
    """The result that the worker sent, or a failure if it couldn't."""
    try:
        return future.result()
    except Exception as error:
        reason = first_line(error) or type(error).__name__
        if type(error).__name__ == "KilledWorker":
            reason = f"{RETRIES + 1} worker processes died while they graded it"
        return Result(student, FAILED, 0.0, reason)


@contextmanager
def local_cluster(workers: int | None) -> Iterator[Client]:
    """A client of worker processes on this machine, as many as it has processors unless told."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as scratch,
        dask.config.set(
            {"distributed.scheduler.allowed-failures": RETRIES, "distributed.scheduler.worker-saturation": 1.0}
        ),
        LocalCluster(
            n_workers=workers or len(os.sched_getaffinity(0)),
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            local_directory=scratch,
            preload=["autograder.grading.worker"],
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote_cluster(address: str) -> Iterator[Client]:
    """A client of the scheduler at `address`, which must have workers.

    Raises:
        CourseError: it can't be reached, or has no workers.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CourseError(f"the scheduler {address} can't be reached: {first_line(error)}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise CourseError(f"the scheduler {address} has no workers: start some with `dask worker`") from None
        yield client
