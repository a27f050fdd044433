"""What functions are made of, to look for it where it should not be."""

import ast
import inspect
import textwrap
from collections.abc import Callable


def telling_lines(function: Callable) -> set[str]:
    """The lines of a function's body that compute something: `return out` says nothing, and argument checks neither."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    statements = [node for node in tree.body[0].body if not isinstance(node, ast.Expr)]
    lines = {line.strip() for node in statements for line in ast.unparse(node).splitlines()}
    return {line for line in lines if len(line) > 24 and "check_" not in line and not line.startswith("raise ")}
