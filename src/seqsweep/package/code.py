"""The code that travels with a model: copies of the files that training used, and a few lines that load them."""

from __future__ import annotations

import ast
import hashlib
import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import seqsweep

SERVING = Path(seqsweep.__file__).parent / "serving"

LOADER = "loader.py"

_LOADER = '''"""Loads this model: MLflow runs this file, with the folder of code beside it on Python's path."""

import mlflow
from {code}.serving.model import ServedModel
from {code}.{module} import {predictor}

mlflow.models.set_model(ServedModel({predictor}))
'''


def write_code(folder: Path, predictor: type[Any]) -> Path:
    """Write the code of a model: `loader.py`, for MLflow to run, and a package that the loader imports.

    The package mirrors ours: `serving`, and the file of the predictor where it has its place, so that their relative
    imports find the same files. Its name carries a hash of its content, as models that are loaded into one process
    share modules of one name.

    Args:
        folder: to write into.
        predictor: `serving.model.Predictor` of the task: a class of `seqsweep`, or of a single file of somebody else's.

    Returns:
        The folder of the package.

    Raises:
        ValueError: the predictor's file imports seqsweep, which is not there where a model is served.
    """
    module, file = _place(predictor)
    names = sorted(path.relative_to(SERVING).as_posix() for path in SERVING.rglob("*.py"))
    files = {f"serving/{name}": (SERVING / name).read_text(encoding="utf-8") for name in names}
    files[f"{module.replace('.', '/')}.py"] = _standing_alone(file)
    parents = {str(parent) for name in files for parent in Path(name).parents}
    files = {f"{parent}/__init__.py".removeprefix("./"): "" for parent in sorted(parents)} | files
    package = folder / f"served_{_digest(files, predictor)}"
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    loader = _LOADER.format(code=package.name, module=module, predictor=predictor.__name__)
    (folder / LOADER).write_text(loader, encoding="utf-8")
    return package


@contextmanager
def importing_from(*folders: Path) -> Iterator[None]:
    """These folders first on Python's path; afterwards the path as it was, whatever MLflow has added to it."""
    before = sys.path
    sys.path = [*map(str, folders), *before]
    importlib.invalidate_caches()  # folders appear, and are replaced, while this process runs
    try:
        yield
    finally:
        sys.path = before


def found_in(model: Path) -> None:
    """Have the code of a packaged model found in its folder, where this process has loaded the same code from another.

    What is imported first as it is needed, such as layers, would be looked for in the folder that was first: a model
    that was packaged, renamed and replaced is loaded from several.

    Args:
        model: its folder.
    """
    for package in (model / "code").glob("served_*"):
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == package.name and hasattr(module, "__path__"):
                module.__path__ = [str(package.parent.joinpath(*name.split(".")))]


def _place(predictor: type[Any]) -> tuple[str, Path]:
    """The module of a predictor as the package names it, and its file."""
    module = sys.modules[predictor.__module__]
    assert module.__file__ is not None  # it was read from a file
    file = Path(module.__file__)
    ours = predictor.__module__.startswith(f"{seqsweep.__name__}.")
    return predictor.__module__.removeprefix(f"{seqsweep.__name__}.") if ours else file.stem, file


def _standing_alone(file: Path) -> str:
    """The text of a file that imports nothing of ours by its full name."""
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        if any(name.split(".")[0] == seqsweep.__name__ for name in names):
            raise ValueError(f"{file}: {ast.unparse(node)!r}: what travels with a model cannot import seqsweep")
    return text


def _digest(files: Mapping[str, str], predictor: type[Any]) -> str:
    content = "\0".join([predictor.__name__, *(part for item in sorted(files.items()) for part in item)])
    return hashlib.sha256(content.encode()).hexdigest()[:12]
