"""The command line that runs a program in bubblewrap: what it sees, who it is there, and how much it may use."""

import os
import platform
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.grading.limits import SandboxLimits

INSIDE = Path(__file__).parent / "inside"
CALLS = Path(__file__).parents[1] / "calls.py"
#: Where the grader's own part lies in the sandbox.
MOUNT = "/opt/grading"
MIB = 2**20


class SandboxUnavailable(RuntimeError):  # noqa: N818 - reads as what it is in messages and except clauses
    """There is no sandbox here. The message says what was tried and what to do."""


def sandbox_user() -> int:
    """A user id for one sandbox. Ids of their own keep the process limits of two sandboxes apart."""
    return 200_000 + secrets.randbelow(60_000) if os.geteuid() == 0 else 1000


def sandbox_argv(limits: SandboxLimits, command: list[str], user: int, shared: Path | None = None) -> list[str]:
    """`command` in a sandbox in which only `shared` can be written to, besides a private /tmp.

    Raises:
        SandboxUnavailable: bubblewrap or the students' interpreter is not installed.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxUnavailable(advice("bubblewrap (bwrap) is not installed."))
    if not os.access(limits.python, os.X_OK):
        raise SandboxUnavailable(
            f"The students' Python {limits.python} does not exist. Run `make setup`, or set SandboxLimits.python."
        )
    private = [
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try"),
        *("--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"),
    ]
    return [bwrap, *private, *user_flags(user), *environment(), *filesystem(limits, shared), "--", *become(user),
            *resource_limits(limits), *command]  # fmt: skip


def user_flags(user: int) -> list[str]:
    if os.geteuid() == 0:
        return []
    return ["--unshare-user", "--disable-userns", "--uid", str(user), "--gid", str(user)]


def become(user: int) -> list[str]:
    """When the grader is root: give it all up inside, or limits would not bind and root's rights would remain."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv") or "/usr/bin/setpriv"
    ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return [setpriv, *ids, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]


def resource_limits(limits: SandboxLimits) -> list[str]:
    prlimit = shutil.which("prlimit") or "/usr/bin/prlimit"
    return [
        prlimit,
        f"--data={limits.memory_mb * MIB}",
        f"--cpu={limits.cpu_seconds}",
        f"--nproc={limits.processes}",
        f"--fsize={limits.file_mb * MIB}",
        "--core=0",
        "--nofile=256",
        "--",
    ]


def environment() -> list[str]:
    """A small environment of its own; one thread for BLAS, or importing NumPy alone can meet the limits."""
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "USER": "student",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": "/tmp/ipython",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]


def filesystem(limits: SandboxLimits, shared: Path | None) -> list[str]:
    """The system's programs and libraries, the students' environment and the kernel's part, all read-only."""
    flags = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    flags += ["--size", str(16 * MIB), "--tmpfs", "/dev/shm", "--perms", "1777"]
    flags += ["--size", str(4 * limits.file_mb * MIB), "--tmpfs", "/tmp"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            flags += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            flags += ["--ro-bind", str(path), str(path)]
    flags += ["--dir", "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    made = {Path("/"), Path("/usr"), Path("/tmp")}
    for folder in python_folders(Path(limits.python)):
        if not folder.is_relative_to("/usr"):
            flags += [*parents(folder, made), "--ro-bind", str(folder), str(folder)]
    flags += parents(Path(MOUNT, "calls.py"), made)
    for source in (INSIDE / "kernel.py", INSIDE / "autograder", CALLS):
        flags += ["--ro-bind", str(source), f"{MOUNT}/{source.name}"]
    if shared is not None:
        flags += [*parents(shared, made), "--bind", str(shared), str(shared)]
    return [*flags, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", "/tmp"]


def python_folders(python: Path) -> list[Path]:
    """The virtual environment of `python` and the installation it was made from."""
    environment = python.parent.parent
    configuration = environment / "pyvenv.cfg"
    folders = [environment]
    if configuration.exists():
        for line in configuration.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home":
                folders.append(Path(value.strip()).resolve().parent)
    return folders


def parents(path: Path, made: set[Path]) -> list[str]:
    """Flags that make the folders above `path`; bubblewrap's own would be closed to everyone but root."""
    flags = []
    for parent in reversed(path.parents):
        if parent not in made and not parent.is_relative_to("/usr"):
            made.add(parent)
            flags += ["--perms", "0755", "--dir", str(parent)]
    return flags


def probe(limits: SandboxLimits) -> None:
    """Run the students' Python in the real sandbox once.

    Raises:
        SandboxUnavailable: it does not run; with bubblewrap's own words.
    """
    if limits.isolation == "none":
        return
    if sys.platform != "linux":
        raise SandboxUnavailable(advice(f"bubblewrap needs Linux, this is {platform.system()}."))
    argv = sandbox_argv(limits, [limits.python, "-I", "-c", "import ipykernel, numpy"], sandbox_user())
    done = subprocess.run(argv, env={}, cwd="/", capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        words = done.stderr.strip()[-1000:] or f"exit status {done.returncode}"
        raise SandboxUnavailable(advice(f"The sandbox does not start here: {words}"))


def advice(problem: str) -> str:
    return (
        f"{problem}\nNothing was graded: students' code runs in a sandbox or not at all.\n"
        "On Debian or Ubuntu: sudo apt-get install bubblewrap (on Ubuntu 24.04 its AppArmor profile, too). On macOS or "
        "Windows: grade in a Linux virtual machine or container.\nTo run the code unprotected all the same, set "
        'c.SandboxLimits.isolation = "none" in nbgrader_config.py; every log and every feedback will say so.'
    )
