"""`import seqsweep`: a sweep over a table in memory, from a script; its result, and what is asked without a sweep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import seqsweep
from seqsweep import interrupts
from seqsweep.api import frames, jobs
from seqsweep.words import in_prose, sentence

ROOT = Path(__file__).parents[1]
TINY = [
    "data.target=sales",
    "trial.epochs=1",
    "tuner.max_trials=2",
    "search_space.units=[2,3]",
    "search_space.depth=1",
    "search_space.window=4",
    "finals.trials=1",
    "finals.seeds=1",
    "finals.calibration=validation",
    "registry.refit=train",
]

# No `if __name__ == "__main__"`: workers do not run the caller's program again.
SCRIPT = """
import os, signal, sys
import pandas as pd
import seqsweep

class Interrupting(seqsweep.Silent):
    def begin(self, *_):  # while workers import TensorFlow
        os.kill(os.getpid(), signal.SIGINT)

tiny, data = {overrides}, pd.read_parquet("{rows}").set_index("day")
try:
    seqsweep.sweep("quickstart", [*tiny, "executor.workers=1"], data=data, observer=Interrupting())
except KeyboardInterrupt:
    print("goes on,", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
result = seqsweep.sweep("quickstart", [*tiny, "executor.workers=1"], data=data)
print("TensorFlow was imported:", "tensorflow" in sys.modules)
print(result.fingerprint)
print(result)
"""


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    noise = np.random.default_rng(0).normal(size=150)
    days = pd.date_range("2024-01-01", periods=150, name="day")
    return pd.DataFrame({"sales": 100 + 10 * np.sin(np.arange(150) / 3) + noise, "visits": noise}, index=days)


@pytest.fixture(scope="module")
def script(rows, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A script that is interrupted, goes on, and sweeps: what it leaves behind, and what it said."""
    folder = tmp_path_factory.mktemp("script")
    rows.reset_index().to_parquet(folder / "rows.parquet")
    program = SCRIPT.format(overrides=TINY, rows="rows.parquet")
    (folder / "program.py").write_text(program)
    ran = subprocess.run([sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, check=False)
    return folder, ran


def test_the_import_brings_nothing_heavy_and_handles_no_signal():
    program = textwrap.dedent("""
        import signal, sys, time
        before = signal.getsignal(signal.SIGINT)
        began = time.perf_counter()
        import seqsweep
        took = time.perf_counter() - began
        assert took < 0.3, took
        assert signal.getsignal(signal.SIGINT) is before
        assert {"sweep", "Result", "load"} <= set(dir(seqsweep))
        heavy = {"numpy", "pandas", "hydra", "mlflow", "tensorflow", "rich"} & set(sys.modules)
        assert not heavy, heavy
    """)
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_name_that_is_offered_is_there():
    assert all(getattr(seqsweep, name) is not None for name in seqsweep.__all__)
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        seqsweep.swep  # noqa: B018
    placed = [name for names in seqsweep._PLACES.values() for name in names]
    assert {*placed, "__version__"} | {name for name in seqsweep.__all__ if name.endswith("Error")} == set(
        seqsweep.__all__
    )


@pytest.mark.slow
@pytest.mark.keras
def test_a_script_without_a_main_guard_is_interrupted_and_goes_on_to_a_winner(script):
    folder, ran = script
    assert ran.returncode == 0, ran.stderr
    interrupted, imported, fingerprint, *verdict = ran.stdout.splitlines()
    assert interrupted == "goes on, True"
    assert imported == "TensorFlow was imported: False"  # searched, scored and packaged: all of it was done elsewhere
    assert " won: mae " in verdict[0]
    assert (folder / "mlruns" / "sweeps" / fingerprint / "report.html").exists()
    assert "[2/2] trial 2: " in ran.stderr  # progress stands beside what the script prints


@pytest.mark.slow
@pytest.mark.keras
def test_a_table_is_kept_beside_the_sweep_with_its_times(script, rows):
    folder, _ = script
    (kept,) = (folder / "mlruns" / "data").iterdir()
    assert kept.name.startswith("sales-")
    assert pd.read_parquet(kept).equals(rows.reset_index())
    config = seqsweep.result(directory=folder / "mlruns").outcome.config
    assert (config.data.path, config.data.time, config.data.name) == (str(kept), "day", "sales")


@pytest.mark.slow
@pytest.mark.keras
def test_a_result_is_tables_settings_and_a_model(script, rows):
    folder, _ = script
    result = seqsweep.result("quickstart", directory=folder / "mlruns")
    board = result.leaderboard
    assert list(board["mae"]) == sorted(board["mae"])
    assert list(board.columns[:7]) == ["name", "kind", "trial", "mae", "rmse", "mase", "smape"]
    assert board.set_index("name").loc["linear", "mae"] == result.baselines.loc["linear", "mae"]
    assert list(result.trials["trial"]) == [1, 2]
    assert set(result.trials["status"]) == {"COMPLETED"}
    assert list(result.curves["epoch"]) == [1, 1]
    assert result.winner["layer"] in ("simple_rnn", "lstm", "gru")
    assert sentence(in_prose(result.finals.loc[0, "name"])) in result.verdict[0]
    assert dict(zip(result.test["name"], result.test["mae"], strict=True))["linear"] > 0
    assert result.evaluation.scores["mae"] == float(result.test.set_index("kind").loc["winner", "mae"])
    assert result.finals.loc[0, "name"] in result._repr_html_()
    answer = result.forecast(rows)
    assert answer["time"].iloc[0] == pd.Timestamp("2024-05-30")
    pd.testing.assert_frame_equal(result.forecast(), answer)  # of its own data, read again
    page = result.report()
    assert page == folder / "mlruns" / "sweeps" / result.fingerprint / "report.html"
    assert "<iframe srcdoc=" in page._repr_html_()
    with pytest.raises(seqsweep.DataError, match=r"the table.*sales"):
        result.predict(rows[["visits"]])


@pytest.mark.slow
@pytest.mark.keras
def test_a_champion_is_loaded_by_name_and_says_the_same(script, rows):
    folder, _ = script
    result = seqsweep.result(directory=folder / "mlruns")
    done = result.promote(force="a test")
    model = seqsweep.load("sales@champion", directory=folder / "mlruns")
    assert (done.model, repr(model)) == ("sales", "<seqsweep.Model sales version 1>")
    assert model.predict(rows).equals(result.forecast(rows))
    with pytest.raises(seqsweep.UserError, match="no alias 'chamption'"):
        seqsweep.load("sales@chamption", directory=folder / "mlruns")


@pytest.mark.slow
@pytest.mark.keras
def test_sweeps_are_compared_by_result_or_name(script):
    folder, _ = script
    result = seqsweep.result(directory=folder / "mlruns")
    compared = seqsweep.compare([result, "quickstart"], directory=folder / "mlruns")
    assert list(compared.table["winner"]) == [result.finals.loc[0, "name"]]
    assert compared.table.loc[0, "test"] == result.evaluation.scores["mae"]
    with pytest.raises(seqsweep.ConfigError, match="did you mean 'quickstart'"):
        seqsweep.compare(["quickstrat"], directory=folder / "mlruns")


def test_what_needs_no_sweep_is_answered():
    assert "sunspots" in seqsweep.studies()["quickstart"]
    assert seqsweep.explain("tuner.factor").startswith("tuner.factor: ")
    assert "tuner.factor" in seqsweep.explain()
    with pytest.raises(seqsweep.UserError, match=r"did you mean 'tuner\.factor'"):
        seqsweep.explain("tuner.facter")


def a_table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"y": [1.0, 2.0], **columns})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: seqsweep.sweep("quickstrat"), "did you mean 'quickstart'"),
        (lambda: seqsweep.sweep("quickstart", "seed=1"), r"a list is needed; write \['seed=1'\]"),
        (lambda: seqsweep.sweep("quickstart", config_dir="nowhere"), "no such folder"),
        (lambda: seqsweep.sweep("airbnb_rnn_vs_lstm", ["data.path=x.csv"]), r"3 sweeps; seqsweep\.multirun runs"),
        (lambda: seqsweep.sweep("quickstart", ["data=csv"], data=a_table()), "leave one of them out"),
        (lambda: seqsweep.sweep("quickstart", data=[1.0, 2.0]), "this is a list"),
        (lambda: seqsweep.sweep("quickstart", data=a_table(x=[1, "two"])), "column 'x': its values are of several"),
        (lambda: seqsweep.sweep("quickstart", data="sunspot"), "no such file"),
        (lambda: seqsweep.load("sunspots", directory="nowhere"), "there is no MLflow store"),
        (lambda: seqsweep.result(directory="nowhere"), "no finished sweep"),
    ],
)
def test_a_mistake_is_one_sentence_of_an_error_for_the_user(call, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(seqsweep.UserError, match=said) as raised:
        call()
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_file_a_folder_and_an_option_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shop.csv").write_text("day,sales\n1,2\n")
    a_table().to_parquet("shop.parquet")
    Path("texts").mkdir()
    named = {data: frames.given(data, [], None).overrides for data in ("shop.csv", "shop.parquet", "texts", "co2")}
    assert named == {
        "shop.csv": ("data=csv", "data.path=shop.csv"),
        "shop.parquet": ("data=parquet", "data.path=shop.parquet"),
        "texts": ("data=folder", "data.path=texts"),
        "co2": ("data=co2",),
    }


def test_a_series_brings_its_name_and_its_times(tmp_path):
    days = pd.period_range("2024-01", periods=3, freq="M")
    series = pd.Series([1.0, 2.0, 4.0], index=days, name="it's 1st")
    overrides = ["search_space.window=4", f"tracking.directory={tmp_path}"]
    (job,) = jobs.composed("quickstart", overrides, series).jobs
    assert (job.data.target, job.data.time, job.data.name) == ("it's 1st", "time", "it-s-1st")
    kept = pd.read_parquet(job.data.path)
    assert list(kept.columns) == ["time", "it's 1st"]
    assert kept["time"].iloc[0] == pd.Timestamp("2024-01-01")


def test_an_interrupt_waits_for_what_must_not_be_torn_and_is_raised():
    with pytest.raises(KeyboardInterrupt), interrupts.raised():
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGINT)
            waited = True
        raise AssertionError("the signal was lost")
    assert waited
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_ended_one_call_does_not_end_the_next():
    with interrupts.something_open():  # for as long as the process lives, as a copy of a store that is only read
        with pytest.raises(KeyboardInterrupt), interrupts.raised():
            os.kill(os.getpid(), signal.SIGINT)
        with interrupts.raised():
            interrupts.check()


QUICKER = {
    '"tuner.max_trials=4"': '"tuner.max_trials=2", "executor.workers=1", "registry.refit=train"',
    '"trial.epochs=10"': '"trial.epochs=1", "finals.calibration=validation"',
    '"finals.seeds=2"': '"finals.seeds=1"',
}
"""What the notebook asks for, and what asks the same for less."""


@pytest.mark.slow
@pytest.mark.keras
def test_the_notebook_of_the_docs_runs_from_its_first_cell_to_its_last(tmp_path, monkeypatch):
    import nbclient
    import nbformat

    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(ROOT / "docs" / "quickstart.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    (sweep,) = (cell for cell in code if "seqsweep.sweep(" in cell.source)
    for shown, quicker in QUICKER.items():
        assert shown in sweep.source
        sweep.source = sweep.source.replace(shown, quicker)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # kept without: they would age
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = [str(cell.outputs) for cell in code]
    assert any(" won: mae " in text for text in said)
    assert "2009" in said[-1] or "forecast" in said[-1]
