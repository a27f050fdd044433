"""Calls into a student's kernel: right answers come back, and what a student writes harms nobody else."""

import os
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from autograder.grading import remote
from autograder.grading.limits import PROJECT
from tests.grading.sessions import Session, W, X

RIGHT = "def right(x, w, *, padding=0):\n    return x[::-1] + padding, np.outer(w, w)\n"


@pytest.fixture(scope="module")
def session():
    """A kernel for tests that leave it as it is."""
    with Session("import numpy as np, os, sys", RIGHT) as shared:
        yield shared


def define(session, body):
    session.run("def f(x, w, *, padding=0):\n" + "".join(f"    {line}\n" for line in body.splitlines()))


def test_a_right_function_gives_its_arrays_bit_for_bit(session):
    outcome = session.call("right", padding=2)
    np.testing.assert_array_equal(outcome.values[0], X[::-1] + 2)
    np.testing.assert_array_equal(outcome.values[1], np.outer(W, W))
    assert outcome.changed == ()
    assert 0 < outcome.seconds < 20


def test_a_function_defined_anew_is_the_one_that_is_called(session):
    define(session, "return x, w")
    np.testing.assert_array_equal(session.call().values[0], X)
    define(session, "return 2 * x, w")
    np.testing.assert_array_equal(session.call().values[0], 2 * X)


def test_arguments_of_every_kind_arrive(session):
    header = "def g(x, w, *, shape, none, mode, rate, flag):\n"
    session.run(header + "    return [shape == (1, 2), none is None], [mode == 'a', rate, flag]")
    outcome = session.call("g", shape=(1, 2), none=None, mode="a", rate=0.5, flag=True)
    assert outcome.values[0].tolist() == [True, True]
    assert outcome.values[1].tolist() == [1, 0.5, 1]


def test_an_exception_comes_with_the_students_own_lines(session):
    define(session, "y = x + 1\nreturn y[10]")
    fault = session.fault()
    assert fault.kind == "exception"
    assert fault.message == "f raised IndexError: index 10 is out of bounds for axis 0 with size 3"
    assert fault.traceback == "line 3, in f:  return y[10]"


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("raise NotImplementedError()", "stub", "still missing"),
        ("sys.exit(3)", "exception", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
        ("return f(x, w)", "exception", "RecursionError"),
        ("return np.empty(1 << 40)", "exception", "MemoryError"),
        ("return None", "container", "returned None; expected two arrays (dx, dw)"),
        ("return x", "container", "returned an ndarray of 3"),
        ("return {'dx': x}, {'dw': w}", "type", "a dict"),
        ("return np.zeros((100, 1 << 17)), w", "type", "returned 100 MiB of arrays; at most 64 MiB are read"),
        ("class Rude(Exception):\n    __str__ = None\nraise Rude", "exception", "Rude"),
        ("raise ValueError('\\x1b[31mred\\x1b[0m \\u202e')", "exception", "ValueError: red"),
    ],
)
def test_what_goes_wrong_is_said_and_the_kernel_lives_on(session, body, kind, words):
    define(session, body)
    values = session.call().values
    assert values[0].kind == kind
    assert words in values[0].message
    assert not isinstance(session.call("right").values[0], type(values[0]))


def test_names_that_are_no_functions(session):
    assert session.fault("nowhere").message == "nowhere is not defined"
    session.run("five = 5")
    assert session.fault("five").kind == "not_callable"
    session.run("def short(x):\n    return x")
    fault = session.fault("short")
    assert fault.kind == "signature"
    assert "short takes (x) but is called as short(x, w)" in fault.message


def test_what_a_function_prints_is_not_kept_and_costs_nothing(session):
    define(session, "print('y' * 10_000_000)\nsys.stderr.write('e')\nreturn x, w")
    np.testing.assert_array_equal(session.call().values[0], X)
    assert session.printed("print(1)") == "1\n"


def test_changes_of_arguments_are_reported(session):
    define(session, "x[:] = 0\nreturn x, w")
    assert session.call().changed == ("x",)


def test_the_kernel_outlives_exit_in_a_cell(session):
    session.run("kept = 1\nexit()")
    assert session.printed("print(kept)") == "1\n"


def test_the_standin_for_the_autograder_lets_students_cells_run(session):
    source = "from autograder import case, check\nc = case('f', 3)\nc.arguments['x'], c.run(len)\ncheck('f.dx', len)"
    assert "answered when the notebook is graded" in session.printed(source)


def test_an_endless_loop_is_interrupted_and_named(monkeypatch):
    monkeypatch.setattr(remote, "GRACE", 60)
    with Session("import numpy as np", RIGHT, "def f(x, w):\n    while True:\n        x = x + 1") as s:
        fault = s.fault(timeout=1)
        assert fault.kind == "timeout"
        assert "longer than 1 seconds" in fault.message
        assert "in f:" in fault.traceback
        np.testing.assert_array_equal(s.call("right").values[0], X[::-1])


@pytest.mark.slow
def test_a_loop_that_cannot_be_interrupted_is_killed():
    with Session(
        "import signal\ndef f(x, w):\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    while True: pass"
    ) as s:
        assert s.fault(timeout=1).kind == "timeout"
        assert not s.alive()


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)"])
def test_a_dead_kernel_is_noticed_long_before_the_time_is_up(end):
    with Session(f"import os\ndef f(x, w):\n    {end}") as s:
        start = time.monotonic()
        fault = s.fault(timeout=60)
        assert fault.kind == "dead"
        assert time.monotonic() - start < 30
        assert not s.alive()
        assert s.fault(timeout=60).kind == "dead"


def test_forked_processes_end_with_the_kernel():
    fork = (
        "import os, time\ndef f(x, w):\n    for _ in range(3):\n        if os.fork() == 0:\n            os.setsid()\n"
    )
    with Session(fork + "            time.sleep(1000)\n    return x, w") as s:
        np.testing.assert_array_equal(s.call().values[0], X)
        assert len(s.pids) >= 6


@pytest.mark.slow
def test_a_thread_left_behind_does_not_disturb_the_next_call():
    loop = "import threading\nthreading.Thread(target=lambda: [i for i in iter(int, 1)], daemon=True).start()"
    with Session("import numpy as np", loop, RIGHT) as s:
        np.testing.assert_array_equal(s.call("right").values[0], X[::-1])


def test_a_dead_kernel_ends_a_cell():
    with Session() as s:
        with pytest.raises(DeadKernelError):
            s.run("import os\nos._exit(1)")
        assert s.km.reason == ""


HANDLER = """
import numpy as np
from autograder.grading import wire
kernel = get_ipython().kernel
session = kernel.session
seen = []
def answer(stream, ident, parent):
    seen.append((stream, ident, parent))
    token = parent["content"]["token"]
    good = {"token": token, "values": [0, 1], "seconds": 0, "changed": []}
    array = wire.npy_bytes(np.ones(3))
    def send(content=good, buffers=(array, array), kind=wire.REPLY, parent=parent):
        session.send(stream, kind, content, parent, ident=ident, buffers=list(buffers))
    BODY
kernel.shell_handlers[wire.REQUEST] = answer
"""


def forging(body):
    return HANDLER.replace("BODY", body.replace("\n", "\n    "))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("pass", {"timeout"}),
        ("send(good | {'token': 'guess'})", {"protocol"}),
        ("send(good | {'values': [0]}, [array])", {"protocol"}),
        ("send(good, [array[:-1], array])", {"protocol"}),
        ("send(good, [array] * 5)", {"protocol"}),
        ("send(good | {'values': [0, 10**9]})", {"protocol"}),
        ("send(good | {'values': 'x' * 2_000_000})", {"timeout"}),
        ("send([1, 2, 3])", {"protocol", "timeout"}),
        ("send(kind='other_reply')", {"timeout"}),
        ("send(parent={})", {"timeout"}),
        ("stream.send_multipart([*ident, b'junk'])", {"timeout"}),
        ("session.key = b'other'\nsend()", {"timeout"}),
        ("send(good, [wire.npy_bytes(np.zeros(10 << 20)), array])", {"dead", "timeout"}),
        ("__import__('pickle')\nsend(good, [__import__('pickle').dumps(print), array])", {"protocol"}),
    ],
)
def test_forged_answers_become_faults(monkeypatch, body, kinds):
    monkeypatch.setattr(remote, "GRACE", 0.1)
    with Session(forging(body)) as s:
        assert s.fault(timeout=1).kind in kinds
        assert not s.alive()


def test_a_second_answer_to_the_same_call_is_ignored():
    with Session(forging("send(); send()")) as s:
        assert s.call().values[0].tolist() == [1, 1, 1]
        assert s.call().values[0].tolist() == [1, 1, 1]


@pytest.mark.slow
def test_an_answer_prepared_in_advance_belongs_to_no_call(monkeypatch):
    monkeypatch.setattr(remote, "GRACE", 0.1)
    with Session(forging("send(parent=seen[0][2])")) as s:
        assert s.call().values[0].tolist() == [1, 1, 1]
        assert s.fault(timeout=1).kind == "timeout"


@pytest.mark.slow
def test_a_flood_of_unsolicited_messages_does_not_hold_up_the_grader():
    body = "while True: send(parent={})"
    with Session(forging(body)) as s:
        start = time.monotonic()
        assert s.fault(timeout=1).kind in {"timeout", "dead"}
        assert time.monotonic() - start < 30


def memory_mb():
    return psutil.Process().memory_info().rss >> 20


@pytest.mark.slow
@pytest.mark.parametrize(
    "flood",
    [
        "while True: print('x' * 1000)",
        "while True: display('x')",
        "import os\nwhile True: os.write(1, b'x' * 100_000)",
        "k = get_ipython().kernel\nwhile True: k.session.send(k.iopub_socket, 'status', {'execution_state': 'busy'})",
    ],
)
def test_a_flood_of_output_is_cut_off_and_the_time_limit_holds(flood):
    before = memory_mb()
    with Session(timeout=2, output_bytes=100_000) as s:
        with pytest.raises((CellTimeoutError, DeadKernelError)):
            s.run(flood)
        assert sum(len(str(output)) for output in s.nb.cells[0].outputs) < 200_000
        assert memory_mb() - before < 100


FRAMES = """
import os, socket, struct, threading
part = b"\\x03" + struct.pack(">Q", 1 << 20) + bytes(1 << 20)
def pour(end):
    try:
        while True: end.sendall(part)
    except OSError: pass
for name in os.listdir("/proc/self/fd"):
    try:
        end = socket.socket(fileno=os.dup(int(name)))
        end.getpeername(); end.setblocking(True)
    except OSError: continue
    threading.Thread(target=pour, args=(end,)).start()
"""


@pytest.mark.slow
def test_a_message_without_end_is_cut_off_by_the_relay():
    before = memory_mb()
    with Session(traffic_mb=64) as s:
        with pytest.raises(DeadKernelError):
            s.run(FRAMES + "threading.Event().wait()")
        assert s.km.reason == "it sent too much output or data"
        assert not s.alive()
        assert memory_mb() - before < 100


def test_output_is_cut_where_the_limit_says_and_later_cells_have_theirs():
    with Session(output_bytes=10_000) as s:
        text = s.run("print('x' * 50_000)").outputs[-1].text
        assert "Cut off" in text
        assert len(text) < 11_000
        assert s.printed("print(2)") == "2\n"
        outputs = s.run("from IPython.display import HTML\ndisplay(1)\ndisplay(HTML('y' * 50_000))\nprint(3)").outputs
        assert [o.output_type for o in outputs] == ["display_data", "stream"]


@pytest.mark.slow
def test_kernels_leave_no_threads_and_no_open_files():
    def count():
        return psutil.Process().num_fds(), psutil.Process().num_threads()

    def settled(limit):
        deadline = time.monotonic() + 10
        while any(a > b for a, b in zip(count(), limit, strict=True)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return count()

    with Session() as s:
        s.run("1")
    before = count()
    for _ in range(3):
        with Session() as s:
            s.run("1")
    fds, threads = settled(before)
    assert fds <= before[0]
    assert threads <= before[1]


def test_kernels_can_run_side_by_side():
    with Session("import numpy as np", RIGHT) as one, Session("import numpy as np", RIGHT) as two:
        assert one.provisioner.folder != two.provisioner.folder
        one.run("secret = 1")
        assert two.run("secret").outputs[0].ename == "NameError"
        np.testing.assert_array_equal(one.call("right").values[0], two.call("right").values[0])


def test_the_private_folder_is_private(session):
    assert session.provisioner.folder.stat().st_mode & 0o777 == 0o700
    assert session.provisioner.folder.stat().st_uid == os.getuid()


GRADER = """
import sys, time
from tests.grading.sessions import Session
with Session(isolation=sys.argv[1]) as s:
    print(*s.pids or s.remember() or s.pids, flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["bubblewrap", "none"])
def test_kernels_end_with_a_grader_that_is_killed(isolation, tmp_path):
    command, env = [sys.executable, "-c", GRADER, isolation], os.environ | {"TMPDIR": str(tmp_path)}
    grader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=env)
    with grader:
        processes = [psutil.Process(int(pid)) for pid in grader.stdout.readline().split()]
        assert processes
        grader.kill()
    _, left = psutil.wait_procs(processes, timeout=30)
    assert not left
