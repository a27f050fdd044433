"""The command line that shuts a student's kernel in: bubblewrap, then setpriv if root grades, then prlimit."""

import functools
import glob
import importlib.util
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from autograder.device import device
from autograder.grading import seccomp
from autograder.grading.limits import PROJECT, SandboxLimits, SandboxUnavailable

HERE = Path(__file__).parent
#: Where the student environment lies inside, so that no path of this machine shows in tracebacks.
VENV, INSIDE = "/venv", "/inside"
START = f"{INSIDE}/autograder/start.py"
#: PyTorch's package and those it imports.
TORCH = ("torch", "torchgen", "functorch", "typing_extensions", "sympy", "mpmath", "networkx", "jinja2", "markupsafe")
TORCH += ("filelock", "fsspec", "nvidia", "triton")
ETC = ("ld.so.cache", "alternatives", "fonts", "localtime")
MIB = 1 << 20


@dataclass(frozen=True)
class Environment:
    """A student environment: its folder and that of the interpreter it is made of."""

    prefix: str
    base_prefix: str


@functools.cache
def environment(python: str) -> Environment:
    """Ask the interpreter `python` where it lives.

    Raises:
        SandboxUnavailable: it can't be run.
    """
    question = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix]))"
    try:
        done = subprocess.run([python, "-I", "-c", question], capture_output=True, text=True, check=True, timeout=60)
        return Environment(*json.loads(done.stdout))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SandboxUnavailable(f"The students' Python {python} does not run ({error}). Run `make setup`.") from None


def inside_files() -> dict[str, bytes]:
    """What of this project lies in the sandbox, by path inside."""
    return {
        START: (HERE / "inside" / "start.py").read_bytes(),
        f"{INSIDE}/autograder/__init__.py": (HERE / "inside" / "standin.py").read_bytes(),
        f"{INSIDE}/autograder/calls.py": (HERE.parent / "calls.py").read_bytes(),
        f"{INSIDE}/autograder/grading/__init__.py": b"",
        f"{INSIDE}/autograder/grading/wire.py": (HERE / "wire.py").read_bytes(),
    }


def variables() -> dict[str, str]:
    """The whole environment of student code. One thread each, or NumPy alone comes near the limits."""
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    home = {"HOME": "/tmp", "IPYTHONDIR": "/tmp/.ipython", "MPLCONFIGDIR": "/tmp/.matplotlib", "TMPDIR": "/tmp"}
    return single | home | {"PATH": "/usr/bin:/bin", "USER": "student", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


def limiting(limits: SandboxLimits, all_of_user: bool = True) -> list[str]:
    """prlimit with the limits of each single process, and, if its user is not shared, of all processes of the user."""
    size = limits.file_mb * MIB
    return [
        need("prlimit"),
        *([f"--nproc={limits.processes}"] if all_of_user else []),
        f"--data={limits.memory_mb * MIB}",
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 5}",
        f"--fsize={size}",
        "--core=0",
        "--nofile=256",
        "--msgqueue=0",
        "--",
    ]


def sandboxed(
    command: list[str], limits: SandboxLimits, files: dict[str, bytes], uid: int
) -> tuple[list[str], list[int]]:
    """`command` in the sandbox as user `uid`, and the file descriptors that must be passed with it, and then closed.

    `files` are put inside by path, with these contents.
    """
    where = environment(limits.python)
    argv = [need("bwrap"), "--die-with-parent", "--clearenv", "--hostname", "sandbox", "--chdir", "/tmp"]
    argv += [f"--unshare-{name}" for name in ("pid", "ipc", "uts", "net", "cgroup-try")]
    as_root = os.getuid() == 0
    if not as_root:
        argv += ["--unshare-user", "--uid", str(uid), "--gid", str(uid)]
        argv += ["--disable-userns"] if "--disable-userns" in bwrap_options() else []
    for name, value in variables().items():
        argv += ["--setenv", name, value]
    masks = hidden(where)
    argv += system() + interpreter(where) + [part for mask in masks for part in empty(mask)]
    argv += ["--ro-bind", where.prefix, VENV]
    tmpfs = ["--perms", "1777", "--size", str(limits.file_mb * MIB), "--tmpfs"]
    argv += ["--proc", "/proc", "--dev", "/dev", *tmpfs, "/dev/shm", "--remount-ro", "/dev", *tmpfs, "/tmp"]
    argv += readable(limits) + (pytorch() if limits.torch else [])
    passwd = f"student:x:{uid}:{uid}::/tmp:/bin/sh\n".encode()
    fds = []
    for path, content in (files | {"/etc/passwd": passwd}).items():
        fds.append(in_memory(content))
        argv += [*parents(path), "--perms", "0444", "--ro-bind-data", str(fds[-1]), path]
    if filter_program := seccomp.program():
        fds.append(in_memory(filter_program))
        argv += ["--seccomp", str(fds[-1])]
    argv += [part for mask in [*masks, "/"] for part in ("--remount-ro", mask)] + ["--"]
    if as_root:
        argv += [need("setpriv"), f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all"]
        argv += ["--bounding-set=-all", "--no-new-privs", "--"]
    return argv + limiting(limits) + command, fds


def system() -> list[str]:
    """The operating system, without what was installed beside it by hand and for its own Python."""
    argv = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            argv += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            argv += ["--ro-bind", str(path), str(path)]
    argv += ["--perms", "0755", "--dir", "/etc"]
    for name in ETC:
        argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return argv


def interpreter(where: Environment) -> list[str]:
    """The installation that the student environment is made of, at the path it was built for."""
    if is_inside(where.base_prefix, "/usr"):
        return []
    return [*parents(where.base_prefix), "--ro-bind", where.base_prefix, where.base_prefix]


def readable(limits: SandboxLimits) -> list[str]:
    argv = []
    for path in limits.readable:
        argv += [*parents(path), "--ro-bind", path, path]
    return argv


def pytorch() -> list[str]:
    """PyTorch and what it imports, from the environment that grades; with a GPU, its device files too."""
    argv = []
    for name in TORCH:
        found = importlib.util.find_spec(name)
        if found:
            origin = Path(found.origin or found.submodule_search_locations[0])  # "nvidia" is a folder without a module
            source = origin.parent if origin.name == "__init__.py" else origin
            argv += ["--ro-bind", str(source), f"/torch/{source.name}"]
    if argv and device() == "cuda":
        argv += [part for path in glob.glob("/dev/nvidia*") for part in ("--dev-bind", path, path)]
    return ["--perms", "0755", "--dir", "/torch", *argv]


def hidden(where: Environment) -> list[str]:
    """The folders not to be seen in those that are shown: packages, conda's environments, this project."""
    bases = {"/usr", "/usr/lib", "/usr/local", where.base_prefix}
    folders = {f for base in bases for f in glob.glob(f"{glob.escape(base)}/lib*/python*/*-packages")}
    folders |= {os.path.join(where.base_prefix, name) for name in ("envs", "pkgs")}
    folders |= {"/usr/src"} | (set() if is_inside(where.base_prefix, "/usr/local") else {"/usr/local"})
    if any(is_inside(str(PROJECT), path) for path in ("/usr", where.base_prefix)):
        folders.add(str(PROJECT))
    folders = {folder for folder in folders if os.path.isdir(folder)}
    return sorted(f for f in folders if not any(is_inside(f, other) for other in folders - {f}))


def empty(folder: str) -> list[str]:
    return ["--perms", "0755", "--size", "4096", "--tmpfs", folder]


def is_inside(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def parents(path: str) -> list[str]:
    """Make the folders above `path`, which bubblewrap would make readable to nobody."""
    argv = []
    for parent in reversed(Path(path).parents[:-1]):
        argv += ["--perms", "0755", "--dir", str(parent)]
    return argv


def in_memory(content: bytes) -> int:
    """A file descriptor from which `content` can be read."""
    fd = os.memfd_create("sandbox")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


@functools.cache
def bwrap_options() -> str:
    done = subprocess.run([need("bwrap"), "--help"], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def need(program: str) -> str:
    """The path of a program.

    Raises:
        SandboxUnavailable: it isn't installed.
    """
    found = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin:/sbin:/bin")
    if not found:
        package = {"bwrap": "bubblewrap"}.get(program, "util-linux")
        raise SandboxUnavailable(
            f"The program {program} is missing, without which student code can't be shut in. On Debian or Ubuntu type "
            f"`apt-get install {package}`. On macOS and Windows grade in a Linux container or virtual machine. "
            "To grade without isolation, only code that you trust, set c.SandboxLimits.isolation = 'none'."
        )
    return found
