"""A course folder and its gradebook, looked at before anything is done: what is wrong is said in one line."""

import os
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, SQLAlchemyError

CONFIGURATION = "nbgrader_config.py"
#: How long to wait for a database that does not answer or is locked.
PATIENCE = 5


class CourseError(Exception):
    """Why a command can't do its work on this course, in one line."""


@dataclass(frozen=True)
class Course:
    """An nbgrader course whose configuration has been read."""

    folder: Path
    app: NbGrader

    @property
    def directory(self) -> CourseDirectory:
        return self.app.coursedir

    def gradebook(self) -> Gradebook:
        return Gradebook(self.directory.db_url, self.directory.course_id)

    def place(self, step: str, student: str, unit: str) -> Path:
        return Path(self.directory.format_path(step, student, unit))


def open_course(folder: Path) -> Course:
    """Read the course's configuration as the nbgrader commands do.

    Raises:
        CourseError: there is none, or it does not work.
    """
    folder = folder.absolute()
    if not (folder / CONFIGURATION).is_file():
        raise CourseError(f"{folder} is no course folder: it has no {CONFIGURATION}")
    here = os.getcwd()
    try:
        os.chdir(folder)
        app = NbGrader()
        app.log_level = "ERROR"
        app.initialize([], root=str(folder))
    except SystemExit as error:
        raise CourseError(first_line(error.code) or f"{folder / CONFIGURATION} could not be read") from None
    except OSError as error:
        raise CourseError(f"{folder} can't be read: {error.strerror}") from None
    finally:
        os.chdir(here)
    return Course(folder, app)


def check_gradebook(course: Course, *, writing: bool = False) -> None:
    """Look at the gradebook without changing it.

    Raises:
        CourseError: it is missing, not reachable, locked, no gradebook, or another version's.
    """
    try:
        url = make_url(course.directory.db_url)
    except ArgumentError:
        raise CourseError("CourseDirectory.db_url is not a database URL") from None
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and not Path(url.database or "").is_file():
        raise CourseError(f"there is no gradebook at {url.database}; nothing has been released yet")
    try:
        engine = create_engine(url, connect_args={"timeout" if sqlite else "connect_timeout": PATIENCE})
    except (NoSuchModuleError, ImportError) as error:
        raise CourseError(f"no driver for the gradebook {visible(url)}: {first_line(error)}") from None
    try:
        with engine.connect() as connection:
            check_version(connection, url)
            if writing and sqlite:
                connection.rollback()
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.rollback()
    except DatabaseError as error:
        raise CourseError(f"the gradebook {visible(url)} can't be used: {first_line(error.orig)}") from None
    except SQLAlchemyError as error:
        raise CourseError(f"the gradebook {visible(url)} can't be used: {first_line(error)}") from None
    finally:
        engine.dispose()


def check_version(connection: object, url: URL) -> None:
    tables = set(inspect(connection).get_table_names())
    if "assignment" not in tables or "alembic_version" not in tables:
        raise CourseError(f"{visible(url)} is no complete nbgrader gradebook; nothing has been released into it yet")
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    expected = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    if found != expected:
        raise CourseError(
            f"the gradebook {visible(url)} has version {found}, this nbgrader has {expected}: back it up, "
            "then run `nbgrader db upgrade`"
        )


def check_unit(course: Course, unit: str) -> None:
    """Raises CourseError if the gradebook has no assignment of that name."""
    with course.gradebook() as gradebook:
        known = [assignment.name for assignment in gradebook.assignments]
    if unit not in known:
        there_are = f"it has {', '.join(known)}" if known else "it has none; release one first"
        raise CourseError(f"the gradebook has no assignment {unit!r}; {there_are}")


def submitters(course: Course, unit: str, wanted: list[str] | None = None) -> list[str]:
    """The students who submitted `unit`, in order; only `wanted` ones, if given.

    Raises:
        CourseError: nobody did, the folder can't be read, or a wanted student did not submit.
    """
    top = Path(str(course.place(course.directory.submitted_directory, "\0", unit)).split("\0")[0])
    try:
        names = sorted(entry.name for entry in os.scandir(top) if entry.is_dir() or entry.is_symlink())
    except OSError as error:
        raise CourseError(f"submissions can't be read from {top}: {error.strerror}") from None
    excluded = course.directory.student_id_exclude.split(",")
    found = [
        name
        for name in names
        if name not in excluded and os.path.lexists(course.place(course.directory.submitted_directory, name, unit))
    ]
    if wanted is not None:
        missing = sorted(set(wanted) - set(found))
        if missing:
            raise CourseError(f"no submission of {unit} by {', '.join(missing)} in {top}")
        found = [name for name in found if name in set(wanted)]
    if not found:
        raise CourseError(f"there are no submissions of {unit} in {top}")
    return found


def visible(url: URL) -> str:
    """The address of a database without its password."""
    return url.render_as_string(hide_password=True)


def first_line(error: object) -> str:
    lines = [line.strip() for line in str(error or "").splitlines() if line.strip()]
    return lines[0] if lines else ""
