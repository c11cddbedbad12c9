"""The architecture: modules import only those above them and keep to import boundaries; a group has its module."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

import seqsweep
from seqsweep import config
from seqsweep.schema import groups
from seqsweep.tasks import TASKS

SOURCE = Path(seqsweep.__file__).parent
ROOT = SOURCE.parents[1]

# From the top down; docs/ARCHITECTURE.md says what each module is for.
ORDER = [
    "redaction",
    "errors",
    "interrupts",
    "imports",
    "memory",
    "terminal",
    "files",
    "state_files",
    "serving",
    "spelling",
    "hyperparameters",
    "catalog",
    "metrics",
    "evidence",
    "words",
    "html",
    "schema",
    "events",
    "records",
    "objectives",
    "data",
    "layers",
    "tasks",
    "model",
    "search_space",
    "config",
    "explanation",
    "trial",
    "executor",
    "tracking",
    "tuner",
    "search",
    "finals",
    "package",
    "registry",
    "comparison",
    "reproduce",
    "report",
    "study",
    "api",
    "arguments",
    "launch",
    "describe",
    "watch",
    "cli",
    "__main__",
]

IMPORT_BOUNDARIES = {
    "hydra": {"config", "launch"},
    "omegaconf": {"schema", "config", "explanation"},
    "tensorflow": {"serving", "layers", "model", "trial", "package"},
    "keras": {"serving", "tasks", "layers", "model", "trial", "package"},
    "keras_tuner": {"search_space", "tuner"},
    "mlflow": {"serving", "tasks", "tracking", "package", "registry"},
    "pydantic": {"state_files"},
    "rich": {"terminal", "registry", "report", "api", "launch", "describe"},
    "click": {"cli"},
    "statsmodels": {"data", "tasks"},
    "sqlalchemy": {"data", "tracking"},
    "kagglehub": {"data"},
    "pandas": {"serving", "data", "tasks", "package", "registry", "api"},
    "plotly": {"html"},
    "jinja2": {"html"},
    "starlette": {"watch"},
    "uvicorn": {"watch"},
    "sklearn": {"data", "tasks", "report"},
    "scipy": {"evidence", "tuner", "report"},
    "joblib": {"executor"},
    "ray": {"executor"},
    "sentencepiece": {"serving"},
    "holidays": {"serving"},
    "tf2onnx": {"package"},
    "onnx": {"package"},
    "onnxruntime": {"package"},
}

FILES = sorted(SOURCE.rglob("*.py"))


def module_of(file: Path) -> str:
    """The package or module of `seqsweep` that a file belongs to."""
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


@functools.cache
def imports(file: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it; `from seqsweep import x` counts as `seqsweep.x`."""
    return {name for node in ast.walk(ast.parse(file.read_text())) for name in imports_of(node)}


def imports_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {f"{node.module}.{alias.name}" for alias in node.names}
    return set()


def test_every_module_has_its_place_in_the_order():
    assert {module_of(file) for file in FILES} - {"__init__"} == set(ORDER)


def test_the_page_on_the_architecture_says_the_same():
    page = (Path(__file__).parents[1] / "docs" / "ARCHITECTURE.md").read_text()
    table = page.split("| module | does | import boundary |\n|---|---|---|\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    assert [module for module, _, _ in rows] == ORDER
    for module, _, libraries in rows:
        allowed = {library for library, modules in IMPORT_BOUNDARIES.items() if module in modules}
        assert set(libraries.split(", ")) - {""} == allowed, module


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_module_imports_only_what_stands_above_it(file):
    own = module_of(file)
    if own == "__init__":
        return
    used = {name.split(".")[1] for name in imports(file) if name.startswith("seqsweep.")} - {own, "__version__"}
    below = {name for name in used if ORDER.index(name) > ORDER.index(own)}
    assert not below


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_heavy_library_is_imported_within_its_boundary(file):
    used = {name.split(".")[0] for name in imports(file)} & set(IMPORT_BOUNDARIES)
    strangers = {library for library in used if module_of(file) not in IMPORT_BOUNDARIES[library]}
    assert not strangers


def test_group_and_module_and_field_have_one_name():
    folders = {folder.name for folder in config.CONF.iterdir() if folder.is_dir()}
    assert folders == set(groups())
    read_by = {"task": "tasks", "windows": "tasks"}  # of any task, and of those that cut a series into windows
    assert {read_by.get(folder, folder) for folder in folders} <= set(ORDER)


def test_a_task_is_named_in_its_own_folder_alone():
    """Whoever asks which task runs would have to learn of every other one."""
    for file in FILES:
        if module_of(file) == "tasks":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword):
                continue  # a parameter of what is called: a table of rich has a caption
            said = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
            said = node.value if isinstance(node, ast.Constant) else said
            assert said not in TASKS, f"{file.relative_to(SOURCE)}, line {node.lineno}: {said}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {part for name in imports_of(node) for part in name.split(".")}
                assert not names & set(TASKS), f"{file.relative_to(SOURCE)}, line {node.lineno}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_file_stays_short_enough_to_read(file):
    assert len(file.read_text().splitlines()) <= 320


SERVING = [*sorted((SOURCE / "serving").rglob("*.py")), *sorted((SOURCE / "tasks").glob("*/predictor.py"))]
TRAVELS_WITH = {"numpy", "pandas", "keras", "tensorflow", "mlflow", "sentencepiece", "holidays"}


@pytest.mark.parametrize("file", SERVING, ids=lambda file: str(file.relative_to(SOURCE)))
def test_what_travels_with_a_model_imports_a_few_libraries_and_its_own_folder(file):
    absolute: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            absolute |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            absolute.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            target = (file.parents[node.level - 1] / (node.module or "").replace(".", "/")).relative_to(SOURCE)
            assert target.parts[0] == "serving", f"{ast.unparse(node)}: it would leave the folder"
    assert absolute <= TRAVELS_WITH | sys.stdlib_module_names


PREPROCESSING = {"sliding_window_view", "log1p", "expm1", "convolve", "gather"}
"""Functions of NumPy and TensorFlow that windows, transforms and anchors are made with."""


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if module_of(file) not in {"serving", "layers"}],  # layers sort steps, inside a network
    ids=lambda file: file.name,
)
def test_windows_transforms_and_anchors_are_written_in_serving_alone(file):
    called = {
        node.attr
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[0] in {"np", "numpy", "tf"}
    }
    named = {name.split(".")[-1] for name in imports(file) if name.startswith(("numpy", "tensorflow"))}
    assert not (called | named) & PREPROCESSING


def test_the_top_level_holds_no_data_and_no_file_is_too_large_to_read():
    """What was tried by hand in a checkout is no part of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    files = [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]
    known = {".gitignore", "LICENSE", "Makefile", "pyproject.toml", "requirements.lock"}
    assert {file.name for file in files if len(file.parts) == 1 and file.suffix != ".md"} == known
    assert not [file for file in files if (ROOT / file).stat().st_size > 2**20]
