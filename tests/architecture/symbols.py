"""What a Python file defines, by name."""

import ast
from pathlib import Path

from tests.architecture.project import tree


def defined(path: Path) -> set[str]:
    """Functions, classes and constants of a file, and `Class.method`; nothing for other files."""
    if path.suffix != ".py":
        return set()
    found: set[str] = set()
    for node in tree(path).body:
        found |= _names(node)
    return found


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.ClassDef):
        return {node.name} | {f"{node.name}.{name}" for part in node.body for name in _names(part)}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
