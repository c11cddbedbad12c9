"""A packaged winner: forecasts as its trial did, from raw values, in an environment that knows nothing of seqsweep."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conclusions import ALL_AT_ONCE, Made, make_sweep, season, write_csv
from seqsweep import package
from seqsweep.errors import StateError
from seqsweep.finals import Conclusion
from seqsweep.package.card import card
from seqsweep.package.code import SERVING
from seqsweep.package.integrity import _same
from seqsweep.package.parity import SAMPLE, Parity, compare, sample, save_parity
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import ForecastInterval, finite_half_widths, read_intervals
from seqsweep.words import significant

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    write_csv(folder / "shop.csv", season(), np.round(season(seed=1)))
    return folder


@pytest.fixture(scope="module")
def plain(folder) -> Made:
    return make_sweep(folder / "shop.csv", folder / "mlruns", epochs=3)


@pytest.fixture(scope="module")
def full(folder) -> Made:
    return make_sweep(folder / "shop.csv", folder / "mlruns", *ALL_AT_ONCE, "windows.anchor=mean", epochs=2)


def rows(made: Made, origin: int, **extra: object) -> pd.DataFrame:
    """All raw rows up to an origin."""
    series = made.job.data.series
    return pd.DataFrame(series.values[: origin + 1], columns=list(series.columns)).assign(**extra)


def asked(made: Made, frame: pd.DataFrame) -> pd.DataFrame:
    return package.load(made.model).model.predict(frame)


@pytest.mark.parametrize("which", ["plain", "full"])
def test_raw_rows_give_the_forecast_of_the_trial_in_the_unit_of_the_data(which, request):
    made = request.getfixturevalue(which)
    origin = int(made.job.data.split().test[5])
    answer = asked(made, rows(made, origin))
    own = made.network.predict(np.array([origin]))[0]
    np.testing.assert_allclose(answer["forecast"], own, rtol=1e-5)
    assert list(answer["step"]) == list(range(1, len(own) + 1))
    width = read_intervals(made.conclusion.evaluation.details)[0].half_widths
    np.testing.assert_allclose(answer["upper_80"] - answer["forecast"], width)
    np.testing.assert_allclose(answer["forecast"] - answer["lower_80"], width)


ROLLED = ("search_space.head=recursive", "task.horizon=3")


@pytest.mark.parametrize(("anchor", "others"), [("none", ()), ("last", ()), ("standard", ROLLED)])
def test_every_anchor_is_inside(folder, anchor, others):
    given = (f"windows.anchor={anchor}", "data.difference=1", *others)
    made = make_sweep(folder / "shop.csv", folder / "mlruns", *given, epochs=0)
    assert package.load_parity(made.model).passed


def test_forecasts_and_intervals_are_clipped_where_the_target_never_is(folder):
    write_csv(folder / "sold.csv", np.maximum(season() - 60, 0))
    made = make_sweep(folder / "sold.csv", folder / "mlruns", "task.lower=0", epochs=0)
    loaded = package.load(made.model)
    low = np.full((3, 1), -9, np.float32)
    assert (made.network.view.inverse_transform(made.job.data.split().test[:3], low) == 0).all()
    loaded.served.predictor._network = lambda *arrays: low[: len(arrays[0])]
    answer = loaded.ask(loaded.example)
    assert answer["forecast"].tolist() == answer["lower_95"].tolist() == [0]
    assert (answer["upper_95"] > 0).all()
    assert min(forecast.min() for forecast in made.job.data.baselines(made.job.data.split().test).values()) == 0
    assert "clipped at 0" in (made.model / "model_card.md").read_text()


def test_parity_of_texts_asks_for_the_same_words_and_for_nats_but_for_the_rounding_of_a_probability():
    kind = [("text", "U5"), ("nll", "f8")]
    own = np.array([("one", 2e-6), ("two", 30.0)], kind)
    assert compare(np.array([("one", 4e-6), ("two", 30.0001)], kind), own).passed
    assert not compare(np.array([("one", 2e-6), ("two", 30.01)], kind), own).passed
    assert not compare(np.array([("one", 2e-6), ("tow", 30.0)], kind), own).passed
    assert not compare(np.array([("one", np.nan), ("two", 30.0)], kind), own).passed


def test_parity_covers_every_origin_of_the_test_part(full):
    parity = package.load_parity(full.model)
    assert parity.passed
    assert parity.items == len(full.job.data.split().test)
    assert parity.largest > 0  # two ways of computing, not one compared with itself


@pytest.mark.parametrize("count", [1, 2, SAMPLE - 1, SAMPLE, SAMPLE + 1, 29_977])
def test_of_a_long_test_part_parity_asks_a_sample_from_its_first_item_to_its_last(count):
    asked = sample(np.arange(count) + 7)
    assert len(asked) == min(count, SAMPLE)
    assert (asked[0], asked[-1]) == (0, count - 1)
    assert np.diff(asked).max(initial=1) - np.diff(asked).min(initial=count) <= 1  # evenly


def test_parity_says_where_it_asked_a_sample():
    assert Parity(1, 0.0).asked == "1 test prediction"
    assert Parity(2000, 0.0, 29_977).asked == "2,000 of 29,977 test predictions, evenly spread,"


@pytest.mark.parametrize(
    ("served", "largest"),
    [([[100.0]], 0.0), ([[100.01]], 1e-4), ([[np.nan]], np.inf), ([[np.inf]], np.inf)],
)
def test_parity_fails_on_what_is_more_than_rounding(served, largest):
    parity = compare(np.array(served), np.array([[100.0]]))
    assert parity.largest == pytest.approx(largest)
    assert parity.passed == (largest == 0)


def test_a_forecast_near_zero_is_judged_by_the_size_of_the_others():
    own = np.array([[1e-9], [100.0]])
    assert compare(own + 1e-5, own).passed
    assert not compare(own + 1e-3, own).passed
    assert not Parity(3, float("nan")).passed


def test_several_series_are_told_apart_and_keep_their_own_order(plain):
    first, second = rows(plain, 100), rows(plain, 150)
    both = pd.concat([second.assign(series_id="b"), first.assign(series_id="a")])
    answer = asked(plain, both.iloc[np.argsort(np.r_[np.arange(151) * 2, np.arange(101) * 2 + 1])])  # interleaved
    assert list(answer["series_id"]) == ["b", "a"]
    alone = [asked(plain, frame)["forecast"].iloc[0] for frame in (second, first)]
    np.testing.assert_allclose(answer["forecast"], alone, rtol=1e-6)


def test_whole_numbers_and_further_columns_are_welcome(plain):
    whole = pd.DataFrame({"y": np.arange(40, 60), "other": "text"})
    decimal = pd.DataFrame({"y": np.arange(40.0, 60.0)})
    np.testing.assert_allclose(asked(plain, whole)["forecast"], asked(plain, decimal)["forecast"])


def test_only_the_last_rows_count(plain):
    frame = rows(plain, 100)
    needed = frame.iloc[-plain.network.view.window :]
    assert len(needed) < len(frame)
    pd.testing.assert_frame_equal(asked(plain, needed), asked(plain, frame))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.rename(columns={"y": "Y1"}), r"no column 'y'.*rename 'Y1'"),
        (lambda f: f.iloc[:3], r"there are 3 rows, and a forecast needs 6; give more"),
        (lambda f: f.assign(series_id=["a"] * 18 + ["b"] * 2), "series 'b' has 2 rows"),
        (lambda f: f.assign(series_id=["a", None] * 10), "row 2: the series has no name; give one"),
        (
            lambda f: f.assign(y=[*f["y"][:-1], np.nan]),
            r"column 'y', row 20: no value .*; fill it in",
        ),
        (
            lambda f: f.assign(y=[*map(str, f["y"][:-2]), "many", "3"]),
            "column 'y', row 19: 'many' is not a number; give one",
        ),
        (lambda f: f.assign(y=[*f["y"][:-1], np.inf]), "row 20: the value is infinite, .*; give a smaller one"),
        (
            lambda f: f.assign(y=pd.date_range("2020", periods=20)),
            "'2020-01-01 00:00:00' is a time, no number; give numbers",
        ),
    ],
)
def test_what_cannot_be_used_is_named(plain, spoil, said):
    from mlflow.exceptions import MlflowException

    served = package.load(plain.model).served
    with pytest.raises(MlflowException, match=said):
        served.predict(None, spoil(pd.DataFrame({"y": np.arange(20.0)})))


def test_what_has_no_logarithm_is_named(folder):
    from mlflow.exceptions import MlflowException

    made = make_sweep(folder / "shop.csv", folder / "mlruns", "data.log1p=true", "seed=9", epochs=0)
    with pytest.raises(MlflowException, match=r"-3 has no log\(1 \+ y\).*; give values above -1"):
        package.load(made.model).served.predict(None, pd.DataFrame({"y": np.arange(-3.0, 3)}))
    with pytest.raises(MlflowException, match=r"-1 has no log\(1 \+ y\)"):
        package.load(made.model).served.predict(None, pd.DataFrame({"y": np.arange(-1.0, 5)}))


@pytest.fixture(scope="module")
def dated(folder) -> Made:
    days = pd.date_range("2024-01-01", periods=260)
    pd.DataFrame({"day": days, "y": season()}).to_csv(folder / "dated.csv", index=False)
    return make_sweep(folder / "dated.csv", folder / "mlruns", "data.time=day", "task.horizon=2", epochs=0)


def test_a_column_of_times_gives_the_time_of_each_step_and_checks_their_order(dated):
    from mlflow.exceptions import MlflowException

    frame = pd.read_csv(dated.config.data.path).iloc[:50]
    served = package.load(dated.model).served
    assert list(served.predict(None, frame)["time"]) == list(pd.date_range("2024-02-20", periods=2))
    with pytest.raises(MlflowException, match=r"row 2: 2024-02-18 follows 2024-02-19; sort the rows"):
        served.predict(None, frame.iloc[::-1])
    assert "time" not in served.predict(None, frame.drop(columns="day"))


def test_the_package_holds_what_a_stranger_needs_and_no_pickle(plain):
    files = {str(file.relative_to(plain.model)) for file in plain.model.rglob("*") if file.is_file()}
    assert {"MLmodel", "loader.py", "artifacts/network.keras", "artifacts/spec.json"} <= files
    assert {"requirements.txt", "input_example.json", "model_card.md", "parity.json"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".pickle"))]
    pins = (plain.model / "requirements.txt").read_text().split()
    assert {pin.split("==")[0] for pin in pins} == {"mlflow", "keras", "tensorflow", "numpy", "pandas"}
    assert all("==" in pin for pin in pins)
    assert not list(plain.folder.glob(".model-*"))


def test_the_code_that_travels_is_the_code_that_training_used(plain):
    (code,) = (plain.model / "code").iterdir()
    ours = {path.name: path.read_text() for path in SERVING.glob("*.py")}
    assert {path.name: path.read_text() for path in (code / "serving").glob("*.py")} == ours
    assert {"gather.py", "transforms.py", "windows.py", "model.py"} < set(ours)
    predictor = Path("tasks/forecast/predictor.py")
    assert (code / predictor).read_text() == (SERVING.parent / predictor).read_text()
    assert not [path for path in plain.model.rglob("*.py") if "import seqsweep" in path.read_text()]


def carded(made: Made, data: SeriesDataset, conclusion: Conclusion) -> str:
    served = made.job.task.served(data, made.network.view, made.spec.params, conclusion.evaluation.details)
    return card(served.card, data, conclusion, {"run": "0001-s0-f0", "seeds": [0]})


def test_the_card_says_what_a_reader_must_know(plain):
    text = (plain.model / "model_card.md").read_text()
    evaluation = plain.conclusion.evaluations[-1]
    for said in (
        f"its mae is {significant(evaluation.scores['mae'])}",
        "linear",
        evaluation.sha256,
        "leak audit passed",
        "Limits",
        plain.fingerprint,
    ):
        assert said in text
    leaking = dataclasses.replace(plain.conclusion.audit, passed=False, findings=("the scaler moved",))
    assert "leak audit FAILED, so believe none of these figures: the scaler moved" in carded(
        plain, plain.job.data, dataclasses.replace(plain.conclusion, audit=leaking)
    )


def test_the_card_is_markdown_whatever_the_data_are_called(plain):
    known = plain.job.data.series
    reader = dataclasses.replace(known.reader, settings=dataclasses.replace(known.reader.settings, target="a`b<i>"))
    series = dataclasses.replace(known, name="shop <b>&", columns=("a`b<i>",), reader=reader)
    text = carded(plain, dataclasses.replace(plain.job.data, series=series), plain.conclusion)
    assert text.startswith("# shop &lt;b&gt;&amp;: ")
    assert "of `` a`b<i> ``, in its own unit" in text  # what stands in a code span is no markup
    assert "<b>" not in text.replace("`shop <b>&`", "")
    (head, line, *rows) = [row for row in text.splitlines() if row.startswith("|")][:4]
    assert head.count("|") == line.count("|") == rows[0].count("|") == 2 + len(plain.conclusion.evaluation.scores) + 1


def test_a_level_without_a_finite_interval_is_left_out(plain):
    endless = ForecastInterval(0.99, (float("inf"),), 1.0, float("inf"))
    known = read_intervals(plain.conclusion.evaluation.details)
    assert list(finite_half_widths([*known, endless])) == ["0.8", "0.95"]
    partly = ForecastInterval(0.99, (1.0, float("inf")), 1.0, float("inf"))  # two steps, the second without an end
    whole = ForecastInterval(0.5, (1.0, 2.0), 1.0, 3.0)
    assert finite_half_widths([partly, whole]) == {"0.5": [1.0, 2.0]}


def test_packaging_again_replaces_the_whole_folder(plain, folder):
    (plain.model / "stray.txt").write_text("old")
    model = package.build(plain.folder, plain.problem, plain.network, plain.conclusion)
    assert model == plain.model
    assert not (model / "stray.txt").exists()


def test_a_model_is_trusted_where_its_files_and_its_answers_are_those_of_its_packaging(plain, tmp_path):
    model = Path(shutil.copytree(plain.model, tmp_path / "model"))
    assert package.fault(model) == ""
    known = json.loads((model / package.CHECKSUMS).read_text())
    assert {"artifacts/network.keras", "artifacts/spec.json", "parity.json", "loader.py"} < known["files"].keys()
    rounded = {**known["answers"], "forecast": [value * (1 + 1e-7) for value in known["answers"]["forecast"]]}
    (model / package.CHECKSUMS).write_text(json.dumps({**known, "answers": rounded}))
    assert package.fault(model) == ""
    other = {**known["answers"], "forecast": [value * 1.001 for value in known["answers"]["forecast"]]}
    (model / package.CHECKSUMS).write_text(json.dumps({**known, "answers": other}))
    assert "answers its input example otherwise" in package.fault(model)
    for damage in (b"a: [1\n", b"\xff\xfe\x00", b"[]", b""):
        (model / "MLmodel").write_bytes(damage)
        assert package.fault(model) == f"{model / 'MLmodel'} is damaged"


@pytest.mark.parametrize(("largest", "said"), [(0.0, "passed"), (1e-3, "failed")])
def test_the_run_of_the_sweep_says_whether_parity_holds(plain, largest, said, tmp_path):
    model = Path(shutil.copytree(plain.model, tmp_path / "model"))
    (model / package.CHECKSUMS).write_text(json.dumps({"files": {}, "answers": {}}))  # packaged, so not packaged again
    save_parity(model, Parity(3, largest))
    tags: dict[str, str] = {}
    tracker = SimpleNamespace(log_sweep=lambda metrics, more: tags.update(more), log_model=lambda folder, params: None)
    config = dataclasses.replace(plain.config, registry=dataclasses.replace(plain.config.registry, refit="train"))
    parts = {"state": SimpleNamespace(folder=tmp_path), "tracker": tracker, "config": config, "problem": plain.problem}
    package.keep(SimpleNamespace(**parts), plain.conclusion)
    assert tags == {"parity": said, "refit": "train"}


@pytest.mark.parametrize(
    ("answers", "known", "same"),
    [
        ((1.0, 2.0), (1.0, 2.0 * (1 + 1e-7)), True),
        ((1.0, 2.0), (1.0, 2.1), False),
        ((1.0,), (1.0, 2.0), False),
        ((1.0, float("nan")), (1.0, float("nan")), True),
        ((1.0, float("inf")), (1.0, float("-inf")), False),
        (("a", 1.0), ("a", 1.0), True),
        ((1, 2), (1, 3), False),
    ],
)
def test_answers_are_the_same_but_for_rounding(answers, known, same):
    assert _same(answers, known) == same


def test_what_is_no_model_is_named_with_what_mends_it(tmp_path):
    (tmp_path / "MLmodel").write_text("{")
    with pytest.raises(StateError, match=r"this packaged model cannot be loaded: .*; run its sweep again"):
        package.load(tmp_path)


STRANGER = """
import sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("seqsweep", "keras_tuner", "hydra"):
            raise ImportError(f"{name} must not be needed")

sys.meta_path.insert(0, Wall())
import json, mlflow, pandas
rows = pandas.read_csv(sys.argv[1])
models = [mlflow.pyfunc.load_model(model) for model in sys.argv[2:]]
print(json.dumps([model.predict(rows).to_dict("list") for model in models]))
"""


@pytest.fixture
def later(plain, tmp_path, monkeypatch) -> Path:
    """The model of `plain` packaged by a later version of the code that travels: its forecasts are higher by 1,000."""
    serving = Path(shutil.copytree(SERVING, tmp_path / "later"))
    text = (serving / "transforms.py").read_text()
    changed = text.replace("np.expm1(level) if self.log1p else level", "level + 1000")
    assert changed != text
    (serving / "transforms.py").write_text(changed)
    monkeypatch.setattr("seqsweep.package.code.SERVING", serving)
    return package.build(tmp_path, plain.problem, plain.network, plain.conclusion)


@pytest.mark.parametrize("first", ["plain", "later"])
def test_models_packaged_by_two_versions_of_the_code_live_in_one_process(first, plain, later):
    models = {"plain": plain.model, "later": later}
    loaded = {name: package.load(models[name]) for name in sorted(models, reverse=first == "plain")}
    frame = rows(plain, 100)
    answers = {name: model.model.predict(frame)["forecast"] for name, model in loaded.items()}
    np.testing.assert_allclose(answers["later"], answers["plain"] + 1000)
    assert not [path for path in sys.path if str(later) in path]


@pytest.mark.slow
def test_it_forecasts_where_seqsweep_keras_tuner_and_hydra_cannot_be_imported_and_pickles_are_refused(
    full, plain, later, tmp_path
):
    origin = int(full.job.data.split().test[-1])
    rows(full, origin).to_csv(tmp_path / "rows.csv", index=False)
    stranger = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    models = [str(model) for model in (full.model, later, plain.model)]
    ran = subprocess.run(
        [sys.executable, "-c", STRANGER, str(tmp_path / "rows.csv"), *models],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**stranger, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
    )
    assert ran.returncode == 0, ran.stderr
    answers = [answer["forecast"] for answer in json.loads(ran.stdout.splitlines()[-1])]
    own = [made.network.predict(np.array([origin]))[0] for made in (full, plain)]
    for answer, expected in zip(answers, [own[0], own[1] + 1000, own[1]], strict=True):
        np.testing.assert_allclose(answer, expected, rtol=1e-5)
