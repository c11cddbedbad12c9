"""What an AST tells of the private parts of other libraries that a file uses, and of what it changes in them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

DOCUMENTED = {"_asdict", "_exit", "_fields", "_replace"}  # of named tuples, and os._exit
BY_NAME = {"getattr", "setattr", "hasattr", "delattr"}


def private_uses(trees: Mapping[Path, ast.Module], package: str) -> set[tuple[Path, str]]:
    """Each private import (`hydra._internal.utils.x`) and attribute (`._x`) that is not the package's own.

    An attribute counts as our own where the same file, or one that it imports from, defines the name.

    Args:
        trees: every file of the package, by its path.
        package: its name.
    """
    defined = {file: set(_defined(tree)) for file, tree in trees.items()}
    found = set()
    for file, tree in trees.items():
        own = set().union(*(defined[other] for other in [file, *_imported_files(trees, tree, package)]))
        found |= {(file, name) for name in _foreign_imports(tree, package) if _is_private(name)}
        found |= {(file, f".{name}") for name in _attributes(tree) if _hidden(name) and name not in own | DOCUMENTED}
    return found


def foreign_changes(tree: ast.Module, package: str) -> set[str]:
    """What a file assigns to, or deletes from, what it imports from another library: `BaseContainer.merge`."""
    foreign = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not _is_own(node, package)
        for alias in node.names
    } - sys.stdlib_module_names
    changed = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)) and _root(node) in foreign
    }
    return changed | {
        f"{ast.unparse(node.args[0])}.{ast.unparse(node.args[1])}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in ("setattr", "delattr") and _root(node.args[0]) in foreign
    }


def _foreign_imports(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not _is_own(node, package):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import) and not _is_own(node, package):
            yield from (alias.name for alias in node.names)


def _is_own(node: ast.Import | ast.ImportFrom, package: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] == package
    return all(alias.name.split(".")[0] == package for alias in node.names)


def _imported_files(trees: Mapping[Path, ast.Module], tree: ast.Module, package: str) -> list[Path]:
    modules = [
        f"{node.module}.{alias.name}" if node.level == 0 else f"{package}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and _is_own(node, package)
        for alias in node.names
    ]
    stems = {part for module in modules for part in module.split(".")[1:]}
    return [file for file in trees if file.stem in stems]


def _is_private(dotted: str) -> bool:
    return any(part in ("src", "_internal") or _hidden(part) for part in dotted.split("."))


def _hidden(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_"


def _attributes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Call) and _called(node) in BY_NAME:
            yield from (str(name.value) for name in node.args[1:2] if isinstance(name, ast.Constant))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _root(node) == "self":
            yield node.attr


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
