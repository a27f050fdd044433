"""A page's cells run by the Python of a browser (Pyodide): what they show, and what stands in for what is not there.

IPython is not loaded: `IPython.display` is the few classes below. PyTorch does not exist there. `torch` is a stand-in
that computes nothing: what comes from it is an `Absent`, and a statement that needs its value is skipped and said to
be, so that no comparison with PyTorch can pass. book/_static/pyodide_worker.js calls `start` and `run_cell`.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import logging
import sys
import time
import traceback
import types

REASON = "PyTorch is not available in the browser"
TEXT_LIMIT = 200_000  # characters that one cell may print: more would only slow the page down


class NoPyTorch(Exception):  # noqa: N818, it is no error: the statement is skipped
    """The value of something that only PyTorch could have computed was needed."""

    def __init__(self):
        super().__init__(REASON)


def _absorb(*_, **__):
    return Absent()


def _refuse(*_, **__):
    raise NoPyTorch


class Absent:
    """What PyTorch would have computed: it can be handed on, not looked into."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent()

    def __repr__(self):
        return f"({REASON})"

    def __format__(self, spec):
        return repr(self)

    __hash__ = object.__hash__
    __call__ = __getitem__ = __array_ufunc__ = __array_function__ = __neg__ = __pos__ = __abs__ = __invert__ = _absorb
    __lt__ = __le__ = __eq__ = __ne__ = __gt__ = __ge__ = _absorb
    for _name in ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor"):
        vars()[f"__{_name}__"] = vars()[f"__r{_name}__"] = _absorb
    __bool__ = __len__ = __iter__ = __next__ = __contains__ = __float__ = __int__ = __index__ = __complex__ = _refuse
    __array__ = __array_namespace__ = __enter__ = __exit__ = __setitem__ = __mro_entries__ = __round__ = _refuse
    __instancecheck__ = __subclasscheck__ = lambda self, other: False


class _Torch(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent if name == "Tensor" else Absent()  # the class is what array_api_compat asks for


class _TorchFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds torch and all that is in it."""

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.partition(".")[0] == "torch" else None

    def create_module(self, spec):
        return _Torch(spec.name)

    def exec_module(self, module):
        pass


def is_absent(value):
    """Whether it is, or holds, something that only PyTorch could have computed."""
    return isinstance(value, Absent) or (isinstance(value, (list, tuple)) and any(map(is_absent, value)))


def attempt(compute):
    """What a call's argument `torch=` is turned into: computed, or absent."""
    try:
        return compute()
    except NoPyTorch:
        return Absent()


def autograd(forward, dout, *inputs):
    """verify.autograd without PyTorch: as many gradients, all absent."""
    return [Absent() for _ in inputs]


def verify(label, ours, *, atol=0.0, **others):
    """verify.verify with whatever there is to compare with, saying what was skipped."""
    import verify as module

    if is_absent(ours):
        raise NoPyTorch
    present = {name: other for name, other in others.items() if not is_absent(other)}
    if len(present) == len(others):
        return module.verify_all(label, ours, atol=atol, **others)
    if not present:
        return print(f"– {label}: skipped, {REASON}")
    module.agree(label, ours, atol, present, " (PyTorch: skipped, it is not available in the browser)")


class HTML:
    """What IPython.display.HTML is to a page."""

    def __init__(self, data):
        self.data = data

    def _repr_html_(self):
        return self.data


class Markdown:
    """What IPython.display.Markdown is to a page: text."""

    def __init__(self, data):
        self.data = data

    def __repr__(self):
        return self.data


def display(*values):
    for value in values:
        if hasattr(value, "_repr_html_"):
            _show({"kind": "html", "html": value._repr_html_()})
        else:
            _show({"kind": "text", "text": repr(value)})


class Stream:
    """Standard output or error: text goes to the page a few times a second, not once a line."""

    encoding = "utf-8"

    def __init__(self, name):
        self.name, self.waiting, self.count, self.sent = name, "", 0, 0.0

    def write(self, text):
        room = TEXT_LIMIT - self.count
        self.count += len(text)
        if len(text) > room >= 0:
            text = f"{text[:room]}\n… more than {TEXT_LIMIT:,} characters; the rest is left out\n"
        self.waiting += text if room >= 0 else ""
        if "\n" in text and time.monotonic() - self.sent > 0.1:
            self.flush()
        return len(text)

    def flush(self):
        if self.waiting:
            _send({"kind": "stream", "name": self.name, "text": self.waiting})
        self.waiting, self.sent = "", time.monotonic()

    def isatty(self):
        return False


_send = None  # where all that a cell shows goes: a function of a dict
_names = {}


def _show(what):
    """Show something after all that was printed before it."""
    sys.stdout.flush()
    sys.stderr.flush()
    _send(what)


def show_figures():
    """Show and close all figures of Matplotlib, if a cell has drawn one."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].show()  # see browser_figures.py


def vecmat(vectors, matrices, out=None):
    """np.vecmat for real arrays; Pyodide's NumPy is 2.0, which does not have it."""
    import numpy as np

    return np.einsum("...i,...ij->...j", vectors, matrices, out=out)


def _prepare_comparisons():
    import numpy as np
    import verify as module

    if not hasattr(np, "vecmat"):
        np.vecmat = vecmat
    module.verify_all = module.verify
    module.verify, module.autograd = verify, autograd


def start(send):
    """Prepare for cells; `send` gets what they show, as dicts with `kind`, which live.js displays."""
    global _send
    _send = send
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    sys.meta_path.insert(0, _TorchFinder())
    package, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    vars(module).update(HTML=HTML, Markdown=Markdown, display=display)
    # The last two are what Matplotlib asks IPython, once there is one.
    vars(package).update(display=module, __path__=(), version_info=(9, 0), get_ipython=lambda: None)
    sys.modules |= {"IPython": package, "IPython.display": module}
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it says that it looks for fonts
    if importlib.util.find_spec("numpy"):
        _prepare_comparisons()
    _names.update(__name__="__main__", display=display, __builtins__=__builtins__)


def imports_to_load(source):
    """The imports of a cell that find nothing here, as code; Pyodide may have packages for them."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return ""
    names = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module.partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return "\n".join(f"import {n}" for n in sorted(names) if n not in sys.modules and not importlib.util.find_spec(n))


class _LaterTorch(ast.NodeTransformer):
    """`torch=value` becomes `torch=attempt(lambda: value)`, in calls and in dicts: the other comparisons remain."""

    def later(self, value):
        code = "__import__('in_browser').attempt(lambda: None)"
        call = ast.parse(code, mode="eval").body
        call.args[0].body = value
        return ast.fix_missing_locations(ast.copy_location(call, value))

    def visit_keyword(self, node):
        self.generic_visit(node)
        if node.arg == "torch":
            node.value = self.later(node.value)
        return node

    def visit_Dict(self, node):
        self.generic_visit(node)
        for i, key in enumerate(node.keys):
            if isinstance(key, ast.Constant) and key.value == "torch":
                node.values[i] = self.later(node.values[i])
        return node


def _bound(statement):
    """The names that a statement at the top of a cell would have given a value, or would have changed."""
    nodes = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            yield node.value.id
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            nodes += ast.iter_child_nodes(node)


def _execute(statement, name, is_result):
    """Run one statement; show the value of a cell's last one. False: it was skipped."""
    later = _LaterTorch().visit(statement)
    try:
        if not isinstance(later, ast.Expr):
            exec(compile(ast.Module([later], []), name, "exec"), _names)
            return True
        value = eval(compile(ast.Expression(later.value), name, "eval"), _names)
        if is_result and value is not None and not is_absent(value):
            display(value)
        return not is_absent(value)
    except NoPyTorch:
        _names.update((bound, Absent()) for bound in _bound(statement))
        return False


def _explain(error, name):
    """The traceback of an error as a reader needs it: the frames of cells and what they call, not this module's."""
    told = traceback.TracebackException.from_exception(error)
    cells = [i for i, frame in enumerate(told.stack) if frame.filename.startswith("Cell ")]
    told.stack = traceback.StackSummary.from_list(told.stack[cells[0] :] if cells else [])
    return "".join(told.format())


def run_cell(source, number):
    """Run a page's cell. Returns "ok" or "error"; all else goes to `send`."""
    name = f"Cell {number}"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    for stream in (sys.stdout, sys.stderr):
        stream.count = 0
    outcome, skipped = "ok", []
    try:
        statements = ast.parse(source, name).body
        for i, statement in enumerate(statements):
            last = i == len(statements) - 1 and isinstance(statement, ast.Expr) and not source.rstrip().endswith(";")
            if not _execute(statement, name, last):
                text = ast.get_source_segment(source, statement)
                skipped.append(f"line {statement.lineno}: {text.splitlines()[0]}")
        show_figures()
    except BaseException as error:  # also SystemExit: a cell must not end the page's Python
        _show({"kind": "error", "text": _explain(error, name)})
        outcome = "error"
    if skipped:
        lines = "\n".join(f"    {one}" for one in skipped)
        _show({"kind": "notice", "text": f"Skipped, because {REASON}:\n{lines}"})
    sys.stdout.flush()
    sys.stderr.flush()
    return outcome
