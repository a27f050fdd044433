"""What student code finds in its sandbox: nobody else's files, no network, no rights, and an end to every resource."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from autograder.grading import bwrap, seccomp
from autograder.grading.limits import PROJECT
from autograder.grading.sandbox import SandboxLimits, SandboxUnavailable, probe
from tests.grading.sessions import Session, X


@pytest.fixture(scope="module")
def session():
    with Session("import json, os, socket, subprocess, sys") as shared:
        yield shared


def value(session, expression):
    return json.loads(session.printed(f"print(json.dumps({expression}))"))


def error(session, statement):
    """The name of the error that a statement ends with, or None."""
    outputs = [o for o in session.run(statement).outputs if o.output_type == "error"]
    return outputs[0].ename if outputs else None


@pytest.mark.parametrize(
    "name",
    [
        *("torch", "solutions", "nbgrader", "nbclient", "scipy"),
        *("autograder.spec", "autograder.exercises", "autograder.cases", "autograder.faulty"),
    ],
)
def test_what_may_not_be_imported_is_not_there(session, name):
    assert error(session, f"import {name}") == "ModuleNotFoundError"


def test_what_may_be_imported_is_there(session):
    assert value(session, "[__import__(n).__name__ for n in ('numpy', 'matplotlib', 'autograder')]")


def test_plots_are_shown(session):
    outputs = session.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()").outputs
    assert [sorted(o.data) for o in outputs if o.output_type == "display_data"] == [["image/png", "text/plain"]]


def test_no_rights(session):
    status = dict(
        line.split(":\t", 1)
        for line in session.printed("print(open('/proc/self/status').read())").splitlines()
        if ":\t" in line
    )
    assert all(int(uid) not in (0, *({os.getuid()} if os.getuid() == 0 else ())) for uid in status["Uid"].split())
    assert status["Groups"].strip() in ("", "65534") or os.getuid() != 0
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2" or seccomp.program() is None


def test_nothing_of_the_graders_environment(session, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "in the environment")
    with Session("import os, json, glob") as fresh:
        names = value(fresh, "sorted(os.environ)")
        assert "COURSE_SECRET" not in names
        assert set(names) >= set(bwrap.variables())
        everywhere = (
            "b''.join(open(p, 'rb').read() for p in glob.glob('/proc/[0-9]*/environ') if os.access(p, os.R_OK))"
        )
        assert fresh.printed(f"print(b'COURSE_SECRET' in {everywhere})") == "False\n"


def test_nothing_of_the_graders_files(session, tmp_path):
    (tmp_path / "gradebook.db").write_text("marks")
    hidden = [
        tmp_path,
        PROJECT,
        PROJECT / "solutions",
        Path(sys.prefix),
        Path.home() / ".ssh",
        "/etc/shadow",
        "/etc/hostname",
    ]
    hidden += ["/var", "/home", "/mnt", "/sys", "/opt/wheels", "/run", session.provisioner.folder]
    assert value(session, f"[p for p in {[str(p) for p in hidden]} if os.path.exists(p)]") == []
    assert value(session, "open('/etc/passwd').read().count(chr(10))") == 1


def test_packages_of_the_interpreter_below_are_hidden(session):
    where = bwrap.environment(SandboxLimits().python)
    found = f"[p for base in ('/usr', '/usr/local', {where.base_prefix!r}) for d in ('site', 'dist') "
    found += "for p in __import__('glob').glob(f'{base}/lib*/python*/{d}-packages/*')]"
    assert value(session, found) == []


def test_only_its_own_processes_can_be_seen(session):
    assert len(value(session, "[p for p in os.listdir('/proc') if p.isdigit()]")) <= 4
    assert error(session, "os.kill(1, 9)\nos.kill(os.getppid(), 0)") in (None, "PermissionError", "ProcessLookupError")
    assert session.alive()


def test_nothing_can_be_written_but_its_own_files(session):
    places = ["/", "/usr", "/etc", "/dev", "/venv", "/inside", "/inside/autograder", "/venv/lib", "/usr/local", "/proc"]
    session.run(f"""
done = []
for place in {[*places, "/tmp", "/dev/shm", "."]}:
    try:
        open(place + "/new", "w").close()
        done.append(place)
    except OSError:
        pass
""")
    assert value(session, "done") == ["/tmp", "/dev/shm", "."]
    assert value(session, "os.getcwd()") == "/tmp"


def test_there_is_no_network(session):
    assert error(session, "socket.create_connection(('1.1.1.1', 53), timeout=5)") == "OSError"
    assert value(session, "[name for _, name in socket.if_nameindex()]") == ["lo"]


def test_only_harmless_socket_families(session):
    session.run("""
made = []
for family in range(1, 46):
    for kind in (1, 2, 3):
        try:
            socket.socket(family, kind).close()
            made.append(family)
        except OSError:
            pass
""")
    assert set(value(session, "made")) <= {1, 2, 10, 16}


@pytest.mark.parametrize(
    "call",
    [
        "os.memfd_create('x')",
        "ctypes.CDLL(None, use_errno=True).unshare(0x10000000) and refuse()",
        "ctypes.CDLL(None, use_errno=True).shmget(0, 4096, 0o1600) < 0 and refuse()",
        "ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0) and refuse()",
        "ctypes.CDLL(None, use_errno=True).mount(b'x', b'/tmp', b'tmpfs', 0, None) and refuse()",
        "ctypes.CDLL(None, use_errno=True).syscall(56, 0x10000011, 0, 0, 0, 0) < 0 and refuse()",
    ],
)
def test_system_calls_that_no_notebook_needs_are_refused(session, call):
    if seccomp.program() is None:
        pytest.fail("add this machine to autograder.grading.seccomp.MACHINES")
    session.run("import ctypes\ndef refuse():\n    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))")
    assert error(session, call) == "PermissionError"


def test_processes_and_threads_still_start(session):
    session.run("import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()")
    assert value(session, "subprocess.run(['/bin/echo', 'x'], capture_output=True, text=True).stdout") == "x\n"


def test_programs_with_other_rights_give_none(session):
    assert error(session, "subprocess.run(['/usr/bin/unshare', '-U', 'true'], check=True)") == "CalledProcessError"


def test_memory_of_one_process_is_limited(session):
    assert error(session, "bytearray(2 << 30)") == "MemoryError"


def test_files_are_limited_in_size_and_sum(session):
    outputs = session.run("open('/tmp/big', 'wb').truncate((64 << 20) + 1)").outputs
    assert "File too large" in outputs[-1].evalue
    fill = "for i in range(9):\n    with open(f'/dev/shm/part{i}', 'wb') as f: f.write(bytes(16 << 20))"
    assert "No space left" in session.run(fill).outputs[-1].evalue
    session.run("import glob\nfor p in ['/tmp/big', *glob.glob('/dev/shm/part*')]: os.path.exists(p) and os.remove(p)")


def test_open_files_are_limited(session):
    assert error(session, "kept = [open('/dev/null') for _ in range(1000)]") == "OSError"


def test_processes_are_limited(session):
    with Session("""
import os, time
n = 0
try:
    while n < 300:
        if os.fork() == 0:
            time.sleep(100)
        n += 1
except OSError:
    pass
""") as fresh:
        assert int(fresh.printed("print(n)")) < 64


FORKED = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(b"x" * (150 << 20))
        time.sleep(100)
time.sleep(100)
"""
SHARED = """
import mmap
kept = []
while True:
    kept.append(mmap.mmap(-1, 16 << 20))
    kept[-1].write(bytes(16 << 20))
"""


@pytest.mark.slow
@pytest.mark.parametrize("bomb", [FORKED, SHARED])
def test_memory_of_all_processes_together_is_limited(bomb):
    with Session(memory_mb=512, timeout=60) as s:
        with pytest.raises(DeadKernelError):
            s.run(bomb)
        assert s.km.reason == "it used more than 512 MiB of memory"


@pytest.mark.slow
def test_processor_time_is_limited():
    with Session(cpu_seconds=5, timeout=100) as s, pytest.raises(DeadKernelError):
        s.run("while True: pass")


def test_data_named_in_the_configuration_can_be_read(tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data" / "x.txt").write_text("42")
    (tmp_path / "data" / "x.txt").chmod(0o644)
    with Session("import os", readable=[str(tmp_path / "data")]) as s:
        assert s.printed(f"print(open('{tmp_path}/data/x.txt').read(), os.listdir('{tmp_path}'))") == "42 ['data']\n"
        assert s.run(f"open('{tmp_path}/data/y', 'w')").outputs[0].ename == "OSError"


def test_probe_passes_here():
    probe(SandboxLimits())


def test_without_bubblewrap_nothing_is_graded_and_it_is_said_what_to_type(monkeypatch, tmp_path):
    monkeypatch.setattr(bwrap.shutil, "which", lambda *a, **k: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SandboxUnavailable) as caught:
        probe(SandboxLimits())
    with pytest.raises(SandboxUnavailable), Session():
        pass
    assert list(tmp_path.iterdir()) == []
    for words in (
        "bwrap is missing",
        "apt-get install bubblewrap",
        "virtual machine",
        "SandboxLimits.isolation = 'none'",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("bwrap: setting up uid map: Permission denied", "AppArmor"),
        ("bwrap: Creating new namespace failed: No space left on device", "max_user_namespaces"),
        ("bwrap: execvp /venv/bin/python: Permission denied", "chmod -R a+rX"),
    ],
)
def test_a_sandbox_that_fails_is_quoted_with_advice(monkeypatch, tmp_path, complaint, advice):
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxUnavailable) as caught:
        probe(SandboxLimits())
    for words in (complaint, advice, str(fake), "SandboxLimits.isolation = 'none'"):
        assert words in str(caught.value)


def test_a_missing_student_environment_is_said_with_what_to_type(monkeypatch, tmp_path):
    monkeypatch.setattr("autograder.grading.limits.PROJECT", tmp_path)
    with pytest.raises(SandboxUnavailable, match="make setup"):
        probe(SandboxLimits())
    with pytest.raises(SandboxUnavailable, match="make setup"):
        probe(SandboxLimits(python="/nowhere/python"))


def test_grading_without_isolation_works_and_says_so():
    limits = SandboxLimits(isolation="none")
    assert "WITHOUT isolation" in limits.notice
    assert SandboxLimits().notice == ""
    probe(limits)
    with Session("import os\ndef f(x, w):\n    return x, w", isolation="none") as s:
        np.testing.assert_array_equal(s.call().values[0], X)
        assert int(s.printed("print(os.getuid())")) == os.getuid()
        assert s.run("os._exit").outputs


@pytest.mark.slow
def test_without_isolation_too_an_endless_loop_is_stopped():
    with Session(isolation="none", timeout=2) as s, pytest.raises(CellTimeoutError):
        s.run("while True: pass")


AS_USER = """
import numpy as np, os, sys
from tests.grading.sessions import Session, X
assert os.getuid() == 4321
with Session("import os\\ndef f(x, w):\\n    return x, w\\ndef g(x, w):\\n    os._exit(1)") as s:
    np.testing.assert_array_equal(s.call().values[0], X)
    assert s.printed("print(os.getuid(), os.path.exists('/proc/sys/user'))").startswith("1000 ")
    s.run("import ctypes\\nwritten = []")
    for place in ("/", "/usr/local", "/usr/src", "/dev", "/inside", "/venv"):
        s.run(f"open('{place}/new', 'w')\\nwritten.append('{place}')")
    assert s.printed("print(written)") == "[]\\n"
    assert s.printed("print(ctypes.CDLL(None).unshare(0x10000000))") == "-1\\n"
    assert s.fault("g").kind == "dead"
print("done")
"""


def mounts_that_show(paths, folder):
    """Shell lines that show `paths` below closed folders, and nothing else there, in a mount namespace of its own."""
    closed = {path: next((p for p in reversed(path.parents) if not p.stat().st_mode & 1), None) for path in paths}
    closed = {path: parent for path, parent in closed.items() if parent}
    kept = {path: folder / str(number) for number, path in enumerate(closed)}
    lines = [f"mkdir '{place}' && mount --bind '{path}' '{place}'" for path, place in kept.items()]
    lines += [f"mount -t tmpfs -o mode=755 tmpfs '{parent}'" for parent in sorted(set(closed.values()))]
    return lines + [f"mkdir -p '{path}' && mount --bind '{place}' '{path}'" for path, place in kept.items()]


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user runs every other test of this file like this")
def test_an_ordinary_user_can_grade(tmp_path):
    bases = (sys.base_prefix, bwrap.environment(SandboxLimits().python).base_prefix)
    lines = mounts_that_show({PROJECT, *map(Path, bases)}, tmp_path)
    user = "exec setpriv --reuid=4321 --regid=4321 --clear-groups env -i HOME=/tmp PATH=/usr/bin:/bin"
    script = "\n".join(["set -e", *lines, f"cd '{PROJECT}'", f'{user} "{sys.executable}" -B -c "$SCRIPT"'])
    env = os.environ | {"SCRIPT": AS_USER}
    done = subprocess.run(
        ["unshare", "--mount", "bash", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout == "done\n", done.stderr
