"""The code that travels with a model: what is copied, under which name, and what is refused."""

from __future__ import annotations

import importlib
import shutil
import sys

import pytest

from seqsweep.package import code
from seqsweep.package.code import found_in, importing_from, write_code

PREDICTOR = """
import numpy as np

class Doubled:
    def __init__(self, spec, network): ...
    def predict(self, frame):
        return 2 * np.asarray(frame)

class Same(Doubled): ...
"""


@pytest.fixture
def somebody(tmp_path, monkeypatch):
    """A module of somebody else's with predictors of their own."""

    def make(name, text=PREDICTOR):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.import_module(name)

    yield make
    for name in [name for name in sys.modules if name.startswith("of_somebody")]:
        del sys.modules[name]


def written(folder, predictor):
    folder.mkdir()
    return write_code(folder, predictor)


def test_a_predictor_of_somebody_else_travels_as_one_file(somebody, tmp_path):
    predictor = somebody("of_somebody").Doubled
    package = written(tmp_path / "model", predictor)
    assert (package / "of_somebody.py").read_text() == PREDICTOR
    loader = (tmp_path / "model" / "loader.py").read_text()
    assert f"from {package.name}.of_somebody import Doubled\n" in loader
    with importing_from(tmp_path / "model"):
        copy = importlib.import_module(f"{package.name}.of_somebody").Doubled
    assert copy is not predictor
    assert copy({}, None).predict([3]) == [6]


def test_what_is_imported_later_is_found_where_the_model_was_loaded_last(somebody, tmp_path):
    predictor = somebody("of_somebody_later", f"{PREDICTOR}\nclass Later(Doubled): ...\n").Later
    for folder in ("packaged", "in place"):
        written(tmp_path / folder, predictor)
        (tmp_path / folder / "code").mkdir()
        (package,) = (tmp_path / folder).glob("served_*")
        package.rename(tmp_path / folder / "code" / package.name)
    with importing_from(tmp_path / "packaged" / "code"):
        importlib.import_module(f"{package.name}.of_somebody_later")
    shutil.rmtree(tmp_path / "packaged")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{package.name}.serving.windows")
    found_in(tmp_path / "in place")
    assert importlib.import_module(f"{package.name}.serving.windows").__file__.startswith(str(tmp_path / "in place"))


def test_the_name_of_the_folder_says_its_content(somebody, tmp_path, monkeypatch):
    module = somebody("of_somebody_too")
    first = written(tmp_path / "first", module.Doubled)
    assert written(tmp_path / "again", module.Doubled).name == first.name
    assert written(tmp_path / "other", module.Same).name != first.name  # another loader
    copy = shutil.copytree(code.SERVING, tmp_path / "changed")
    with (copy / "gather.py").open("a") as file:
        file.write("# changed\n")
    monkeypatch.setattr(code, "SERVING", copy)
    assert written(tmp_path / "later", module.Doubled).name != first.name


def test_a_predictor_that_imports_seqsweep_is_refused_with_the_line(somebody, tmp_path):
    module = somebody("of_somebody_at_home", f"from seqsweep.serving import gather\n{PREDICTOR}")
    with pytest.raises(ValueError, match=r"of_somebody_at_home\.py: 'from seqsweep\.serving import gather'"):
        written(tmp_path / "model", module.Doubled)


def test_the_path_of_python_is_as_it_was_whatever_was_added_meanwhile(tmp_path):
    before = list(sys.path)
    with importing_from(tmp_path):
        assert sys.path[0] == str(tmp_path)
        sys.path = ["of MLflow", *sys.path]
    assert sys.path == before
