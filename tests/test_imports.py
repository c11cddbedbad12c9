"""Heavy libraries are imported where they are used, and without a search for garbage."""

from __future__ import annotations

import gc
import importlib
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from seqsweep import imports
from seqsweep.imports import own_process, quick_imports, without_unused


@pytest.fixture(autouse=True)
def as_it_was():
    """Leave the collector of this process alone."""
    collecting = gc.isenabled()
    yield
    gc.unfreeze()
    (gc.enable if collecting else gc.disable)()


@pytest.mark.parametrize("collecting", [True, False])
@pytest.mark.parametrize("fault", [None, ImportError])
def test_the_collector_rests_meanwhile_and_is_then_as_it_was(collecting: bool, fault: type[Exception] | None) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        with quick_imports():
            assert not gc.isenabled()
            if fault:
                raise fault
    except ImportError:
        pass
    assert gc.isenabled() == collecting


def test_what_was_imported_is_searched_no_more() -> None:
    gc.unfreeze()
    with quick_imports():
        kept = [[]]
    assert gc.get_freeze_count() > 0
    assert not any(entry is kept for entry in gc.get_objects())


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("fault", [None, ValueError])
def test_a_process_of_ours_does_without_what_keras_would_import_for_nothing(
    ours: bool, fault: type[Exception] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pictures_of_keras.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(imports, "UNUSED", ("pictures_of_keras",))
    monkeypatch.setattr(imports, "_ours", [])
    if ours:
        own_process()
    found = None
    try:
        with without_unused():
            with suppress(ImportError):
                found = importlib.import_module("pictures_of_keras")
            if fault:
                raise fault
    except ValueError:
        pass
    assert (found is None) == ours
    if found is None:
        importlib.import_module("pictures_of_keras")
    del sys.modules["pictures_of_keras"]


WITHOUT = {  # in this order: what one may import, those after it may too
    "seqsweep.serving.windows": ["pandas", "tensorflow", "keras", "mlflow"],
    "seqsweep.evidence": ["pandas", "tensorflow", "scipy", "mlflow"],
    "seqsweep.data": ["pandas", "pyarrow", "sqlalchemy", "statsmodels", "kagglehub", "tensorflow"],
    "seqsweep.layers": ["tensorflow", "keras"],
    "seqsweep.search_space": ["tensorflow", "keras", "keras_tuner"],
    "seqsweep.tuner": ["tensorflow", "keras_tuner", "scipy"],
    "seqsweep.tracking.ui": ["mlflow", "sqlalchemy", "pandas"],
}


def test_importing_a_package_imports_no_heavy_library() -> None:
    code = (
        "import importlib, json, sys\n"
        f"for package, without in {WITHOUT}.items():\n"
        "    importlib.import_module(package)\n"
        "    print(json.dumps([package, [name for name in without if name in sys.modules]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert dict(map(json.loads, done.stdout.splitlines())) == {package: [] for package in WITHOUT}
