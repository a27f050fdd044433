"""Small wrong changes of a reference function, made in its syntax tree: what a slip of the pen would do.

Each mutant differs from the reference in one place. The names of variables tell which ones are easily mixed up.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType

#: Names that stand for the same thing along two axes.
TWINS = (("H", "W"), ("KH", "KW"), ("H_out", "W_out"), ("SH", "SW"), ("DH", "DW"), ("PH", "PW"), ("i", "j"), ("C", "F"))
PARTNER = {a: b for one, other in TWINS for a, b in ((one, other), (other, one))}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
#: Checks of arguments: students' functions have none, and no case of an exercise is wrong input.
CHECKS = ("check_", "require_")


@dataclass(frozen=True)
class Mutant:
    """One change: the function it is made in, the line as it was and as it is, and the changed function."""

    function: str
    before: str
    after: str
    make: Callable[[], Callable]

    def __str__(self) -> str:
        return f"{self.function}: {self.before}  →  {self.after}"


def mutants(function: FunctionType) -> Iterator[Mutant]:
    """All mutants of `function` and of the helpers in its module that it reaches."""
    for part in reachable(function):
        tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
        for path in places(tree):
            for changed in changes(node_at(tree, path)):
                other = copy.deepcopy(tree)
                replace(other, path, changed)
                before, after = different_lines(tree, other)
                if before != after:
                    yield Mutant(part.__name__, before, after, lambda p=part, o=other: rebuilt(function, p, o))


def reachable(function: FunctionType) -> list[FunctionType]:
    """The function and the helpers it calls that stand in the same module and check no arguments."""
    found, waiting = [], [function]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        for name in one.__code__.co_names:
            helper = one.__globals__.get(name)
            near = isinstance(helper, FunctionType) and helper.__module__ == function.__module__
            if near and not name.lstrip("_").startswith(CHECKS):
                waiting.append(helper)
    return found


def places(tree: ast.AST, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all nodes in the function's body; calls that check arguments and the docstring are left out."""
    for field, value in ast.iter_fields(tree):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            signature = field in {"args", "decorator_list", "returns"} and not path[1:]
            if not isinstance(child, ast.AST) or signature or is_check(child) or is_text(child):
                continue
            here = (*path, (field, index))
            yield here
            yield from places(child, here)


def is_check(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return False
    calls = [n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    raises = any(isinstance(n, ast.Raise) for n in ast.walk(node)) and isinstance(node, ast.If)
    return raises or (isinstance(node, ast.stmt) and any(c.lstrip("_").startswith(CHECKS) for c in calls))


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may stand in the place of `node`."""
    match node:
        case ast.Name(name, ctx=ast.Load()) if name in PARTNER:
            yield ast.Name(PARTNER[name], ast.Load())
        case ast.FunctionDef() if any(a.arg == "dout" for a in node.args.args):
            ones = copy.deepcopy(node)
            ones.body.insert(0, ast.parse("dout = dout * 0 + 1").body[0])
            yield ones
        case ast.AugAssign(target, ast.Add(), value):
            yield ast.Assign([target], value)
            yield ast.AugAssign(target, ast.Sub(), value)
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
            yield ast.Compare(left, [COMPARISONS[type(operator)]()], [right])
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Constant(bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(int()):
            yield ast.Constant(node.value + 1)
        case ast.Slice(lower, upper, step) if lower or upper or step:
            yield ast.Slice()  # the crop is forgotten
        case ast.Tuple(elements, ast.Load()) if len(elements) >= 2 and not any(map(is_ellipsis, elements)):
            yield ast.Tuple([elements[1], elements[0], *elements[2:]], ast.Load())
            if all(isinstance(e, ast.Constant) for e in elements):
                yield ast.Tuple(elements[1:], ast.Load())  # an axis too few in a sum
        case ast.Call(function, arguments, keywords) if keywords:
            for i in (i for i, keyword in enumerate(keywords) if keyword.arg != "dtype"):
                yield ast.Call(function, arguments, keywords[:i] + keywords[i + 1 :])


def is_ellipsis(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def node_at(tree: ast.AST, path: tuple) -> ast.AST:
    for field, index in path:
        tree = getattr(tree, field) if index is None else getattr(tree, field)[index]
    return tree


def replace(tree: ast.AST, path: tuple, new: ast.AST) -> None:
    parent, (field, index) = node_at(tree, path[:-1]), path[-1]
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new


def different_lines(tree: ast.AST, other: ast.AST) -> tuple[str, str]:
    before, after = (ast.unparse(ast.fix_missing_locations(t)).splitlines() for t in (tree, other))
    pairs = [(a.strip(), b.strip()) for a, b in zip(before, after, strict=False) if a != b]
    return pairs[0] if pairs else ("", "")


def rebuilt(function: FunctionType, part: FunctionType, tree: ast.AST) -> Callable:
    """`function` in a copy of its module's names in which `part` is the changed one."""
    names = dict(function.__globals__)
    reached = [p for p in reachable(function) if p is not part]
    for each in reached:  # helpers must see the changed part, too
        names[each.__name__] = FunctionType(each.__code__, names, each.__name__, each.__defaults__, each.__closure__)
        names[each.__name__].__kwdefaults__ = each.__kwdefaults__
    exec(compile(ast.fix_missing_locations(tree), f"<mutant of {part.__name__}>", "exec"), names)
    return names[function.__name__]
