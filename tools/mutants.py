"""Change the reference in every small way and see that a test fails: `make mutants`, or `tools/mutants.py im2col`.

mutmut writes the changed functions, called mutants, into mutants/. It would start pytest anew for each of them, seconds
before the first test runs. Here pytest collects the tests once, and each mutant is a forked child that runs the
tests which reach its function, those first that found most for their time.

A mutant that no test finds has survived. Survivors have to stand in survivors.toml, in the folder of the tests, each
with the reason why nothing is wrong with it: in the table of its function, or in the table "*" of all, under its
change, "old -> new", as much of the line as it takes to know it.

Functions with decorators are not changed, nor is what stands outside of functions. A function that no test calls, such
as one that runs only while its module is imported, has one entry, "not reached".
"""

import argparse
import gc
import json
import os
import re
import resource
import shutil
import signal
import sys
import time
import tomllib
from collections import Counter, defaultdict
from contextlib import redirect_stdout, suppress
from fnmatch import fnmatch
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path

import pytest
from mutmut.__main__ import create_mutants
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

UNREACHED = "not reached"  # in the list of reasons, for all mutants of a function that no test calls
MEMORY = 4 * 1024**3  # a mutant may ask for arrays of any size


def write_mutants(children):
    """Copy sources and tests into mutants/; returns the mutants' names, by the source they are of."""
    shutil.rmtree("mutants/tests", ignore_errors=True)
    Path("mutants").mkdir(exist_ok=True)
    with redirect_stdout(None):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(children)
    setup_source_paths()
    names = {}
    for path in walk_mutatable_files():
        source = SourceFileMutationData(path=path)
        source.load()
        names[path] = list(source.exit_code_by_key)
    return names


def readable(mangled):
    """`module.function` or `module.Class.method`, without the package, of the name that mutmut gives a function."""
    module, _, name = mangled.rpartition(".")
    name = ".".join(name.split("ǁ")[1:]) if "ǁ" in name else name.removeprefix("x_")
    return f"{module.partition('.')[2]}.{name}".removeprefix(".")


class Campaign:
    """A pytest plugin: in place of running the tests once, it runs them for each mutant. Results are in `verdicts`."""

    def __init__(self, mutants, children):
        self.mutants, self.children = mutants, children
        self.verdicts, self.failed = {}, False
        self.seconds, self.reach = [], {}
        self.spent, self.found = defaultdict(Counter), defaultdict(Counter)  # of a function's tests: seconds, mutants

    def pytest_runtest_logreport(self, report):
        self.failed |= report.failed

    def pytest_runtestloop(self, session):
        if session.testsfailed:
            raise session.Interrupted("tests could not be collected")
        self.measure(session)
        gc.freeze()  # children would copy every page of memory that the collector marks
        running = {}
        try:
            for count, mutant in enumerate(self.mutants):
                if sys.stdout.isatty():
                    print(f"\r{count} of {len(self.mutants)}", end="", flush=True)
                while len(running) >= self.children:
                    self.collect(running)
                tests = self.order(mangled_name_from_mutant_name(mutant))
                if tests:
                    limit = time.monotonic() + 30 + 5 * sum(self.seconds[test] for test in tests)
                    end, pid = self.child(lambda m=mutant, t=tests: self.find(session, m, t))
                    running[end] = (pid, mutant, tests, limit)
                else:
                    self.verdicts[mutant] = "unreached"
            while running:
                self.collect(running)
        finally:
            for pid, *_ in running.values():
                os.kill(pid, signal.SIGKILL)
        return True

    def order(self, function):
        """The tests that reach `function`, those first that take the least time for each mutant they find.

        To begin with, each is taken to find a mutant every second time.
        """

        def price(test):
            return (self.seconds[test] + self.spent[function][test]) / (0.5 + self.found[function][test])

        return sorted(self.reach.get(function, ()), key=price)

    def child(self, work):
        """Fork; the child writes what `work` returns, as JSON. Returns the end to read it from, and the child's id."""
        end, theirs = os.pipe()
        pid = os.fork()
        if pid:
            os.close(theirs)
            return end, pid
        status = 1
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            answer = json.dumps(work()).encode()
            while answer:
                answer = answer[os.write(theirs, answer) :]
            status = 0
        finally:
            os._exit(status)

    def measure(self, session):
        """Run all tests without a mutant: how long does each take, and which functions does it reach?"""

        def work():
            set_mutant_under_test("stats")
            found = []
            for test in range(len(session.items)):
                start = time.process_time()
                self.run(session, test)
                found.append((time.process_time() - start, sorted(state()._stats)))
                state()._stats.clear()
                if self.failed:
                    return session.items[test].nodeid
            return found, sorted(sys.modules)

        end, pid = self.child(work)
        with open(end, "rb") as answer:
            found = json.loads(answer.read() or "null")
        os.waitpid(pid, 0)
        if not isinstance(found, list):
            raise session.Interrupted(f"a test fails without any mutant: {found}")
        tests, modules = found
        for module in modules:  # what the tests import on their way, such as SymPy by torch, is imported once
            with suppress(Exception):
                import_module(module)
        self.seconds = [seconds for seconds, _ in tests]
        for test, (_, functions) in enumerate(tests):
            for function in functions:
                self.reach.setdefault(function, []).append(test)

    def run(self, session, test):
        item = session.items[test]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    def find(self, session, mutant, tests):
        """How many of `tests` pass before one fails, and what that takes; all, and None, if none fails."""
        set_mutant_under_test(mutant)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.RLIM_INFINITY))
        for count, test in enumerate(tests):
            start = time.process_time()
            limit = start + 3 + 5 * self.seconds[test]
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit), resource.RLIM_INFINITY))
            self.run(session, test)
            if self.failed:
                return count, time.process_time() - start
        return len(tests), None

    def collect(self, running):
        """Wait until a child ends, or its time is over."""
        now = time.monotonic()
        ready = wait(list(running), min(limit for *_, limit in running.values()) - now)
        for end in ready or [end for end, (*_, limit) in running.items() if limit <= time.monotonic()]:
            pid, mutant, tests, _ = running.pop(end)
            if not ready:
                os.kill(pid, signal.SIGKILL)
            with open(end, "rb") as answer:
                found = answer.read()
            _, status = os.waitpid(pid, 0)
            if found:
                self.verdicts[mutant] = self.judge(mangled_name_from_mutant_name(mutant), tests, *json.loads(found))
            elif os.WIFSIGNALED(status):  # it took too long, or has crashed
                self.verdicts[mutant] = (
                    "timeout" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "killed"
                )
            else:
                raise RuntimeError(f"{mutant}: the process that tests it has failed")

    def judge(self, function, tests, passed, seconds):
        """The verdict; what the tests have taken is kept for `order`."""
        for test in tests[:passed]:
            self.spent[function][test] += self.seconds[test]
        if passed == len(tests):
            return "survived"
        self.spent[function][tests[passed]] += seconds
        self.found[function][tests[passed]] += 1
        return "killed"


def change(mutant, path):
    """The lines that the mutant changes, as they are in the source and as they are in the mutant."""
    lines = get_diff_for_mutant(mutant, path=path).splitlines()[2:]
    return tuple(" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")


def explains(words, old, new):
    """Whether `words`, "this -> that", turn the line `old` into `new` at one of its places; … is any name."""
    this, that = (re.escape(part).replace("…", "[\\w{}]*") for part in words.split(" -> ", 1))
    for i in range(len(old)):
        if found := re.compile(this).match(old, i):
            before, after = old[:i], old[found.end() :]
            if re.fullmatch(re.escape(before) + that + re.escape(after), new):
                return True
    return False


def report(names, verdicts, reasons, only):
    """Print the counts of every module and the survivors; returns whether all is explained."""
    print(f"{'module':<28}{'mutants':>8}{'killed':>8}{'timeout':>8}{'explained':>10}{'survived':>9}")
    total, unexplained, used = Counter(), [], set()
    for path, mutants in names.items():
        mutants = [mutant for mutant in mutants if mutant in verdicts]
        count = Counter(verdicts[mutant] for mutant in mutants)
        for mutant in mutants:
            function = readable(mangled_name_from_mutant_name(mutant))
            if verdicts[mutant] == "unreached":
                explaining = [(function, UNREACHED)] if UNREACHED in reasons.get(function, {}) else []
                line = f"{function}  {UNREACHED}"
            elif verdicts[mutant] == "survived":
                old, new = change(mutant, path)
                entries = [(table, words) for table in (function, "*") for words in reasons.get(table, {})]
                explaining = [(table, words) for table, words in entries if explains(words, old, new)]
                line = f"{function}  {old} -> {new}  [{mutant}]"
            else:
                continue
            used.update(explaining)
            count["explained" if explaining else "unexplained"] += 1
            if not explaining and line not in unexplained:
                unexplained.append(line)
        count["mutants"] = len(mutants)
        total += count
        if mutants:
            row(path.stem, count)
    row("all", total)
    for line in unexplained:
        print(f"survivor  {line}")
    stale = [
        (function, words)
        for function, entries in reasons.items()
        for words in entries
        if (function, words) not in used and (not only if function == "*" else wanted(function, only))
    ]
    for function, words in stale:
        print(f"reason without a survivor  {function}  {words}")
    return not unexplained and not stale


def row(name, count):
    numbers = "".join(f"{count[column]:>8}" for column in ("mutants", "killed", "timeout"))
    print(f"{name:<28}{numbers}{count['explained']:>10}{count['unexplained']:>9}")


def wanted(function, only):
    return not only or any(fnmatch(function, pattern) or fnmatch(function, f"{pattern}.*") for pattern in only)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("only", nargs="*", help="modules or functions, such as im2col or 'conv2d.check_*'; all if none")
    parser.add_argument("--children", type=int, default=os.cpu_count(), help="mutants at a time")
    options = parser.parse_args()
    folder = Path(config().pytest_add_cli_args_test_selection[0])
    reasons = tomllib.loads((folder / "survivors.toml").read_text(encoding="utf-8"))
    os.environ["MUTANT_UNDER_TEST"] = "none"  # tests/conftest.py asks for it
    os.environ["OPENBLAS_NUM_THREADS"] = "2"  # the same verdicts on every machine, and threads to be found out by
    names = write_mutants(options.children)
    mutants = [name for of_source in names.values() for name in of_source]
    mutants = [name for name in mutants if wanted(readable(mangled_name_from_mutant_name(name)), options.only)]
    if not mutants:
        parser.error(f"expected modules or functions, such as im2col or 'conv2d.check_*', got {' '.join(options.only)}")
    campaign = Campaign(mutants, options.children)
    arguments = ["--rootdir=.", "--tb=native", "-s", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    os.chdir("mutants")
    status = pytest.main(
        arguments + config().pytest_add_cli_args + config().pytest_add_cli_args_test_selection, plugins=[campaign]
    )
    os.chdir("..")
    if len(campaign.verdicts) < len(mutants):
        return int(status) or 1
    return 0 if report(names, campaign.verdicts, reasons, options.only) else 1


if __name__ == "__main__":
    sys.exit(main())
