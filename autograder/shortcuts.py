"""Calls that leave nothing to do in a task, found by reading code, never by running it.

`np.convolve` in a task that asks for a convolution is such a call. Names are followed through imports, assignments
and the helper functions of the same notebook. Who hides a call from this, with eval say, hides it from no reader.
"""

import ast
from collections.abc import Iterable, Sequence

#: Whole libraries that do the task; where notebooks are graded they are not even installed.
LIBRARIES = ("scipy", "torch", "tensorflow", "jax")
Definitions = dict[str, list[ast.AST]]


def shortcuts(
    sources: Iterable[str], function: str, pointless: Sequence[str], libraries: Sequence[str] = LIBRARIES
) -> list[str]:
    """The names among `pointless` that `function`, or what it calls in the same cells, uses; as dotted names.

    Args:
        sources: the code of the cells, in order; those that are no Python are skipped.
        function: the name of the task's function.
        pointless: "numpy.convolve" for this function and all in it, "as_strided" for whatever ends in this name.
        libraries: modules of which nothing is to be used.
    """
    definitions, aliases = read(sources)
    used = {resolve(name, aliases) for name in names_used(function, definitions)}
    found = {name for name in used if any(fits(name, each) for each in (*pointless, *libraries))}
    return sorted(name for name in found if not any(other.startswith(f"{name}.") for other in found))


def libraries(tensors: bool) -> tuple[str, ...]:
    """The modules of which nothing is to be used in a task, whether it is on arrays or on PyTorch's tensors."""
    return tuple(name for name in LIBRARIES if not (tensors and name == "torch"))


def fits(name: str, pointless: str) -> bool:
    if name == pointless or name.startswith(f"{pointless}."):
        return True
    return "." not in pointless and pointless not in LIBRARIES and name.rpartition(".")[2] == pointless


def read(sources: Iterable[str]) -> tuple[Definitions, dict[str, str]]:
    """What is defined under which name, the last definition counting, and what each imported name stands for."""
    definitions: Definitions = {}
    aliases = {"np": "numpy"}
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                aliases |= imported(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                definitions[node.name] = [*node.body, *node.decorator_list]
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        definitions[target.id] = [node.value]
    return definitions, aliases


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """`import numpy as np` makes np stand for numpy; `from numpy import convolve` makes convolve for numpy.convolve."""
    if isinstance(node, ast.Import):
        return {a.asname or top(a.name): a.name if a.asname else top(a.name) for a in node.names}
    return {a.asname or a.name: f"{node.module or ''}.{a.name}".lstrip(".") for a in node.names}


def top(module: str) -> str:
    return module.partition(".")[0]


def names_used(function: str, definitions: Definitions) -> set[str]:
    """Dotted names in the definition of `function` and of everything it uses that is defined beside it."""
    used: set[str] = set()
    waiting, seen = [function], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for node in definitions.get(name, ()):
            for part in ast.walk(node):
                if isinstance(part, ast.Import | ast.ImportFrom):
                    used |= set(imported(part).values())
                elif text := dotted(part):
                    used.add(text)
                    waiting.append(top(text))
    return used


def dotted(node: ast.AST) -> str | None:
    """`np.lib.convolve` of an attribute or name; `getattr(np, "convolve")` counts as np.convolve."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            inner = dotted(value)
            return f"{inner}.{name}" if inner else name
        case ast.Call(ast.Name("getattr"), [value, ast.Constant(str(name)), *_]):
            inner = dotted(value)
            return f"{inner}.{name}" if inner else name
    return None


def resolve(name: str, aliases: dict[str, str]) -> str:
    first, dot, rest = name.partition(".")
    return aliases.get(first, first) + dot + rest
