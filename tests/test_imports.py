"""Heavy libraries are imported where they are used, and without a search for garbage."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import pytest

from seqsweep.imports import quick_imports


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
