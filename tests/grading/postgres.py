"""A PostgreSQL of its own for a test: Debian's package, an unprivileged user, a folder that goes away."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Debian keeps the server's programs off PATH.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
#: The server refuses to run as root.
UNPRIVILEGED = "postgres"


def program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path / name) for path in reversed(PROGRAMS) if (path / name).exists()), None
    )
    assert found, f"{name} is missing: `make setup-test` installs Debian's package postgresql"
    return found


@contextmanager
def postgresql() -> Iterator[str]:
    """A running server, reached through a unix socket in its own folder; the URL of an empty database."""
    root = os.geteuid() == 0
    user = UNPRIVILEGED if root else getpass.getuser()
    as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if root else {}
    # Short, as a unix socket's path may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if root:
        shutil.chown(folder, user)
    data = folder / "data"
    settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "max_connections": 60}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    subprocess.run(
        [program("initdb"), "-D", data, "-A", "trust", "-U", "grader", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=folder, **as_user,
    )  # fmt: skip
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen([program("postgres"), "-D", data, *options], stderr=log, cwd=folder, **as_user)
    try:
        wait_for(server, folder)
        subprocess.run([program("createdb"), "-h", folder, "-U", "grader", "grades"], check=True, capture_output=True)
        yield f"postgresql+psycopg://grader@/grades?host={folder}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder)


def wait_for(server: subprocess.Popen, folder: Path) -> None:
    """Until the server answers."""
    for _ in range(300):
        assert server.poll() is None, (folder / "log").read_text(encoding="utf-8", errors="replace")
        if subprocess.run([program("pg_isready"), "-q", "-h", folder], check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise AssertionError("PostgreSQL did not start within a minute")
