"""The gradebook, opened once in each process: nbgrader opens it some twelve times for every submission."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from nbgrader.api import Gradebook
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

#: Where nbgrader's converter and its preprocessors look up the class.
USERS = ("converters.autograde", "preprocessors.overwritecells", "preprocessors.latesubmissions")


@cache
def kept_engine(db_url: str) -> Engine:
    """An engine for the rest of this process, with the statements it has compiled; tables are looked for only now.

    A SQLite file is opened anew each time, as it may be replaced by another while a worker lives on.
    """
    Gradebook(db_url).close()
    if make_url(db_url).get_backend_name() == "sqlite":
        return create_engine(db_url, poolclass=NullPool)
    return create_engine(db_url, pool_size=1, max_overflow=4, pool_pre_ping=True)


class KeptGradebook(Gradebook):
    """nbgrader's gradebook on the engine that is kept."""

    def __init__(self, db_url: str, course_id: str = "default_course", authenticator: object = None) -> None:
        self.engine = kept_engine(db_url)
        self.db = scoped_session(sessionmaker(autoflush=True, bind=self.engine))
        self.check_course(course_id=course_id)
        self.course_id = course_id
        self.authenticator = authenticator

    def close(self) -> None:
        self.db.remove()


@contextmanager
def kept_gradebooks() -> Iterator[None]:
    """Have nbgrader use `KeptGradebook` while it grades."""
    patches = [patch(f"nbgrader.{module}.Gradebook", KeptGradebook) for module in USERS]
    try:
        for each in patches:
            each.start()
        yield
    finally:
        for each in patches:
            each.stop()
