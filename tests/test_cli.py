"""The commands as a user types them: help, errors, one sweep, several, a CSV of one's own, and from a wheel."""

from __future__ import annotations

import os
import re
import shlex
import socket
import sqlite3
import subprocess
import sys
import venv
import zipfile
from contextlib import closing
from io import StringIO
from pathlib import Path

import click
import hydra
import numpy as np
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from seqsweep import cli, config, terminal
from seqsweep.api.jobs import RULES
from seqsweep.arguments import FLAGS, parse
from seqsweep.cli.group import Commands
from seqsweep.errors import (
    EXIT_CODES,
    ConfigError,
    DataError,
    LockedError,
    RefusedError,
    StateError,
    TrackingError,
    UserError,
)
from seqsweep.launch import launch
from seqsweep.report.usage import EXAMPLES, usage
from seqsweep.words import pasted

ROOT = Path(__file__).parents[1]
TINY = [
    "executor=inline",
    "registry.refit=train",  # tests/test_refit.py has the other
    "trial.epochs=1",
    "tuner.max_trials=2",
    "search_space.units=[2,3]",
    "search_space.depth=1",
    "search_space.window=4",
]


@pytest.fixture
def csv(tmp_path) -> Path:
    file = tmp_path / "shop.csv"
    sales = 100 + 10 * np.sin(np.arange(150) / 3) + np.random.default_rng(0).normal(size=150)
    rows = [f"2024-01-{day % 28 + 1:02d},{value:.2f},{value / 2:.1f}" for day, value in enumerate(sales)]
    file.write_text("when,sales,visits [/day]\n" + "\n".join(rows) + "\n")
    return file


def test_help_lists_the_commands():
    answer = CliRunner().invoke(cli.main, ["--help"])
    assert answer.exit_code == 0
    assert {"sweep", "init", "ui", "promote", "rollback", "history", "predict", "serve"} <= set(answer.output.split())


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_the_help_of_sweep_lists_studies_groups_options_and_keys(arguments, capsys):
    assert launch(arguments) == 0
    said = capsys.readouterr().out
    for name in [*config.studies(), *config.options(), "hyperband", "learning_rate", "data.path=FILE"]:
        assert name in said


def test_the_composed_config_is_shown_and_nothing_runs(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert launch(["quickstart", "--cfg", "job", "seed=3", "seed=7"]) == 0
    shown = capfd.readouterr()
    assert "seed: 7\n" in shown.out
    assert "the last one counts" in shown.err
    assert "counts" not in shown.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["quickstrat"], "did you mean 'quickstart'?"),
        (["quickstart", "--fast"], "no such flag"),
        (["tuner=grid"], "name a study first"),
        (["quickstart", "--config-dir", "nowhere"], "no such folder"),
        (["quickstart", "data=csv"], "data.path"),
    ],
)
def test_a_users_mistake_is_one_clear_error_and_exit_code_2(arguments, said):
    answer = CliRunner().invoke(cli.main, ["sweep", *arguments])
    assert answer.exit_code == 2
    assert said in answer.output
    assert "Traceback" not in answer.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(["x"]), 2),
        (UserError("x"), 2),
        (DataError("x"), 2),
        (RefusedError("x"), 1),
        (StateError("x"), 1),
        (TrackingError("x"), 1),
        (LockedError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_ends_a_command_decides_its_exit_code(error, code, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr("seqsweep.launch.launch", fail)
    answer = CliRunner().invoke(cli.main, ["sweep", "quickstart"])
    assert answer.exit_code == code
    stopped = "stopped; finished trials are kept. To go on: seqsweep sweep quickstart\n"
    assert answer.output in ("error: x\n", stopped)


def test_the_examples_of_the_help_can_be_copied_from_a_narrow_terminal():
    said = StringIO()
    usage(terminal.console(file=said, width=40, force_terminal=True, color_system="standard"), None, {})
    for command, purpose in EXAMPLES:
        assert f"  {command}\n      {purpose}\n" in said.getvalue()  # whole, without colours, brackets as they are


@pytest.mark.keras
def test_a_store_that_is_away_to_the_end_costs_no_result_and_gets_them_by_the_same_command(
    tmp_path, monkeypatch, capsys
):
    directory = tmp_path / "runs"
    typed = ["quickstart", *TINY, "tracking=mlflow", f"tracking.directory={directory}", "finals=default",
             "finals.trials=1", "finals.seeds=1", "executor=inline"]  # fmt: skip
    with monkeypatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as gone:
        patch.setattr("seqsweep.tracking.ping", lambda config: None)  # it answered a moment ago
        away = [*typed, f"tracking.uri=http://127.0.0.1:{gone.getsockname()[1]}"]
        gone.close()
        assert launch(away) == 1
    said = capsys.readouterr().out
    for expected in ("the sweep goes on, its results are kept", "mae", " won", "Report: ", "seqsweep promote"):
        assert expected in said, said
    last = said.partition("error: ")[2]
    assert "takes no writes" in last
    assert "run the same command again when the store is back:\n  seqsweep sweep quickstart" in last
    assert last.rstrip().endswith(away[-1])

    def results() -> list[bytes]:
        kinds = ("trials", "finals", "refits")
        return [file.read_bytes() for kind in kinds for file in sorted(directory.glob(f"sweeps/*/{kind}/*.json"))]

    records = results()
    assert launch(typed) == 0  # the store that is back
    assert results() == records
    with closing(sqlite3.connect(directory / "mlflow.db")) as store:
        found = store.execute("select status, count(*) from runs group by status").fetchall()
    assert found == [("FINISHED", 1 + len(records))]


def test_exit_codes_are_told_by_the_help_and_the_readme(capsys):
    launch(["--help"])
    helps = [capsys.readouterr().out, CliRunner().invoke(cli.main, ["--help"]).output, (ROOT / "README.md").read_text()]
    for text in helps:
        assert EXIT_CODES.rstrip(".").split("; 1")[0] in " ".join(text.split())
        assert "130 Ctrl-C" in " ".join(text.split())


@pytest.mark.keras
def test_a_multirun_of_which_no_job_could_begin_is_refused_as_a_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    swept = ["data=csv", "data.path=no.csv,none.csv", "data.target=y"]
    assert launch(["-m", "quickstart", *swept, *TINY]) == 2
    assert capsys.readouterr().out.count("there is no such file") == 4  # as it ran, and in the end


def run_in(folder: Path, *arguments: str) -> str:
    answer = CliRunner().invoke(cli.main, arguments)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_init_writes_a_study_that_composes_as_it_is(csv, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run_in(tmp_path, "init", "mine", "--data", csv.name, "--target", "visits [/day]")
    assert "  seqsweep sweep mine --config-dir ." in said
    (job,) = config.compose("mine", (), RULES, tmp_path).jobs
    assert (job.data.path, job.data.target) == (csv.name, "visits [/day]")
    assert job.question == "Which network forecasts visits [/day] of shop.csv best?"
    assert "# columns of the file: when, sales, visits [/day]" in Path("mine.yaml").read_text()
    run_in(tmp_path, "init", "blank")
    (job,) = config.compose("blank", ["data.time=day", "finals=none"], RULES, tmp_path).jobs
    assert (job.data.time, job.finals.trials) == ("day", 0)  # what is said on the command line is not overruled


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["quickstart"], "a study of this name is shipped"),
        (["a/b"], "a/b: a study is called by"),
        (["mine", "--data", "shop.csv", "--target", "sale"], "did you mean 'sales'?"),
        (["mine", "--data", "no.csv"], "there is no such file"),
        (["there"], "this file is there already"),
    ],
)
def test_init_refuses_what_would_be_no_study_and_writes_nothing(arguments, said, csv, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there.yaml").write_text("mine")
    answer = CliRunner().invoke(cli.main, ["init", *arguments])
    assert answer.exit_code == 2
    assert said in answer.output
    assert sorted(file.name for file in tmp_path.iterdir()) == ["shop.csv", "there.yaml"]
    assert Path("there.yaml").read_text() == "mine"


def test_a_command_to_paste_has_the_path_of_a_program_that_the_shell_would_not_find(monkeypatch):
    assert pasted(["seqsweep", "data", "my study"]) == "seqsweep data 'my study'"
    monkeypatch.setenv("PATH", "")
    program = Path(sys.executable).with_name("seqsweep")
    shown = str(program) if program.is_file() else f"{sys.executable} -m seqsweep"
    assert pasted(["seqsweep", "ui"]) == f"{shown} ui"


@pytest.mark.parametrize(
    ("words", "begun", "expected"),
    [
        ([], "pro", ["promote"]),
        (["sweep"], "quick", ["quickstart"]),
        (["data"], "fore", ["forecast"]),
        (["sweep", "quickstart"], "tuner.max_t", ["tuner.max_trials="]),
    ],
)
def test_a_shell_completes_commands_studies_and_keys(words, begun, expected):
    completion = ShellComplete(cli.main, {}, "seqsweep", "_SEQSWEEP_COMPLETE")
    assert [item.value for item in completion.get_completions(words, begun)] == expected


def test_a_command_that_is_misspelt_gets_the_nearest():
    answer = CliRunner().invoke(cli.main, ["swep", "quickstart"])
    assert (answer.exit_code, answer.output) == (2, "error: swep: there is no such command; did you mean 'sweep'?\n")


def test_flags_and_overrides_and_the_study_are_told_apart():
    request = parse(["-m", "quickstart", "tuner=random,grid", "--config-dir", str(ROOT / "sweeps"), "seed=1"])
    assert (request.study, request.overrides, request.multirun) == ("quickstart", ["tuner=random,grid", "seed=1"], True)
    assert request.own == ROOT / "sweeps"
    assert parse(["seed=1", "--cfg", "job"]).informs
    with pytest.raises(ConfigError, match="--nonsense"):
        parse(["quickstart", "--nonsense"])


def test_the_flags_are_those_of_hydra():
    hydra = "import hydra; hydra.main(version_base='1.3')(lambda _: None)()"
    said = subprocess.run(
        [sys.executable, "-c", hydra, "--hydra-help"], capture_output=True, text=True, check=True
    ).stdout
    told = {(name, short) for name, short in re.findall(r"^(--[a-z-]+),(-[a-z]+)", said, re.MULTILINE)}
    assert set(FLAGS) <= told
    for flag in ("--version", "--config-path", "--config-name", "--experimental-rerun", "--hydra-help", "--resolve"):
        with pytest.raises(ConfigError, match=f"{flag}: there is no such flag"):
            parse(["quickstart", flag])


def test_several_values_are_no_hindrance_to_being_told_what_is_composed(capfd):
    assert launch(["-m", "quickstart", "seed=1,2", "--cfg", "job", "-p", "seed"]) == 0
    assert capfd.readouterr().out == "seed: 1\n---\nseed: 2\n"
    command = [sys.executable, "-m", "seqsweep.cli", "sweep", "-m", "quickstart", "seed=1,2", "--info", "defaults"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "registry/default" in said


def test_a_part_of_the_composed_config_is_shown(capfd):
    assert launch(["quickstart", "--cfg", "job", "--package", "trial"]) == 0
    assert capfd.readouterr().out == "epochs: 40\nmax_samples: null\npatience: 10\ndivergence_factor: 100.0\n"
    assert (
        launch(["quickstart", "search_space.window={low: 4, high: 8}", "-c", "job", "-p", "search_space.window"]) == 0
    )
    assert capfd.readouterr().out == "low: 4\nhigh: 8\n"
    with pytest.raises(ConfigError, match=r"there is no such key; did you mean 'trial\.epochs'"):
        launch(["quickstart", "--cfg", "job", "--package", "trial.epoch"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["quickstart", "search_space.window={low: 4, high: 8}"],
        ["-m", "quickstart", "seed=range(0,2)", "search_space.window={low: 4, high: 8},7", "windows.scaler=none"],
        ["-m", "quickstart", "tuner=glob([r*,b*])", "seed=3"],
        ["airbnb_rnn_vs_lstm", "data.path=x.csv"],
        ["airbnb_rnn_vs_lstm", "data.path=x.csv", "search_space.layer={low: 1}"],
        ["mine", "search_space.window=3", "--config-dir", "OWN"],
        ["mine", "--config-dir", "OWN"],
        ["mine", "++seed=7,8", "search_space.window=3", "--config-dir", "OWN"],
    ],
)
def test_the_jobs_that_run_are_those_that_hydra_would_launch(arguments, tmp_path, monkeypatch):
    ran, told = [], []

    def run(cfg):
        OmegaConf.set_struct(cfg, True)
        ran.append(config.to_object(cfg))
        given = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False)
        told.append(tuple(config.shown(override) for override in given if not override.startswith("study=")))

    ways = "{low: 2, high: 5},[7,8]"
    (tmp_path / "mine.yaml").write_text(
        "defaults: [config, {override search_space: own}, _self_]\nquestion: q\n"
        "search_space: {units: {low: 3, high: 4}}\n"
        f"hydra: {{mode: MULTIRUN, sweeper: {{params: {{search_space.window: '{ways}', seed: '1,2'}}}}}}\n"
    )
    (tmp_path / "search_space").mkdir()
    (tmp_path / "search_space" / "own.yaml").write_text("units: [8, 9]\nlearning_rate: {low: 0.1, high: 0.2}\n")
    monkeypatch.chdir(tmp_path)
    request = parse([str(tmp_path) if argument == "OWN" else argument for argument in arguments])
    checked = config.compose(request.study, request.overrides, (), request.own, request.multirun)
    config.register(request.own)
    monkeypatch.setattr("sys.argv", ["seqsweep", *request.flags, *checked.arguments])
    hydra.main(version_base="1.3", config_path=str(config.CONF), config_name=request.study)(run)()
    assert ran == list(checked.jobs)
    assert told == list(checked.overrides)


@pytest.mark.keras
def test_a_csv_of_ones_own_works_without_editing_a_file(csv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    few = ("search_space.layer=gru", "finals.seeds=2", "finals.calibration=validation")
    assert launch(["quickstart", "data=csv", f"data.path={csv.name}", "data.target=sales", *TINY, *few]) == 0
    said = capsys.readouterr().out
    assert "shop, column 'sales'" in said
    for name in ("linear", "last value", "train mean", "moving average"):
        assert name in said
    assert " won: mae " in said
    for begin in ("On the test part its mae is ", "The search saw mae ", "Leak audit passed", "Settings of"):
        assert f"\n{begin}" in said
    assert "\nForecast intervals, from " in said
    assert "Test part, read once" in said
    assert "data.path=shop.csv data.target=sales" in said  # the next commands keep the user's overrides
    assert (tmp_path / "mlruns" / "mlflow.db").exists()


@pytest.mark.keras
def test_a_multirun_ends_with_a_table_and_names_the_job_that_failed(csv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    swept = [
        "data=csv",
        f"data.path={csv},{tmp_path / 'none.csv'}",
        "data.target='visits [/day]'",
        "tracking=memory",
        "finals=none",
    ]
    assert launch(["-m", "quickstart", *swept, *TINY]) == 1
    said = capsys.readouterr().out
    assert "All jobs" in said
    assert "failed:" in said
    assert "none.csv" in said.split("All jobs")[1]
    assert "column 'visits [/day]'" in said  # brackets are no markup
    assert "linear" in said  # the sound job ran


@pytest.mark.keras
def test_bad_data_is_a_clear_error_without_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("y\n1\n2\nthree\n4\n")
    with pytest.raises(DataError, match=r"bad\.csv.*three"):
        launch(["quickstart", "data=csv", "data.path=bad.csv", "data.target=y", *TINY])
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError("Unable to allocate 74 GiB"), True),
        (ImportError("libx.so.2: failed to map segment from shared object"), True),
        (ImportError("no module named x"), False),
    ],
)
def test_too_little_memory_is_one_sentence_and_no_traceback(error, is_memory):
    @click.command()
    def thirsty():
        raise RuntimeError("while it loaded") from error

    ended = CliRunner().invoke(Commands(commands={"thirsty": thirsty}), ["thirsty"])
    assert ended.exit_code == 1
    assert ("Traceback" not in ended.output) is is_memory
    assert ended.output.startswith(f"error: memory ran out ({error}). Trials that finished") is is_memory


@pytest.mark.slow
def test_a_wheel_brings_conf_and_sweeps_and_runs_from_any_folder(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("conf", "sweeps"):
        shipped = {str(file.relative_to(ROOT)) for file in (ROOT / folder).rglob("*.yaml")}
        assert {f"seqsweep/{name}" for name in shipped} <= set(names)
    assert "seqsweep/serving/model.py" in names  # copied into every packaged model
    templates = {"html/blocks.html.j2", "html/document.html.j2", "html/style.css", "html/page.js"}
    assert {f"seqsweep/{name}" for name in templates | {"package/model_card.md.j2"}} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    empty = tmp_path / "empty"
    venv.create(empty, with_pip=False)
    packages = next(empty.glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(packages)
    # The libraries come from this environment; a path in a .pth file brings no further .pth, so not the checkout.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "libraries.pth").write_text("\n".join(libraries))
    ran = subprocess.run(
        [str(empty / "bin" / "python"), "-m", "seqsweep.cli", "sweep", "quickstart", "--cfg", "job"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert ran.returncode == 0, ran.stderr
    assert "study: quickstart" in ran.stdout


def documented_commands() -> list[str]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
    text = "".join(page.read_text() for page in pages).replace("\\\n", " ")  # a line that goes on
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return list(dict.fromkeys(line for line in lines if line.startswith("seqsweep ")))


def test_the_docs_show_commands():
    assert len(documented_commands()) >= 25


@pytest.mark.parametrize("command", documented_commands())
def test_every_command_of_the_docs_is_understood(command, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")  # of Slurm, where there is none
    _, name, *arguments = shlex.split(command)
    if name != "sweep":
        assert CliRunner().invoke(cli.main, [name, "--help"]).exit_code == 0
        return
    arguments = [str(tmp_path) if argument == "FOLDER" else argument for argument in arguments]
    (tmp_path / "mine.yaml").write_text("defaults: [config, _self_]\nquestion: q\n")
    request = parse(arguments)
    assert request.help or config.compose(request.study, request.overrides, RULES, request.own, request.multirun).jobs


def test_the_guide_for_contributors_names_what_there_is():
    """Each row: files of the source, their catalogs or functions, test files, and the tests in them."""
    said = re.findall(r"`([^`\n]+)`", (ROOT / "CONTRIBUTING.md").read_text())
    tests = "".join(file.read_text() for file in (ROOT / "tests").rglob("*.py"))
    source = "".join(file.read_text() for file in (ROOT / "src").rglob("*.py"))
    for word in said:
        if word.endswith(".py"):
            assert (ROOT / word).is_file() or (ROOT / "src" / "seqsweep" / word).is_file(), word
        elif word.startswith("test_"):
            assert f"def {word}(" in tests, word
        elif word.startswith("@"):
            assert re.search(rf"^{re.escape(word.split('(')[0])}\b", source, re.MULTILINE), word
        elif re.fullmatch(r"_?[A-Z][A-Z_]+", word) and word != "NAME":
            assert re.search(rf"^{word}\b", source + "\n" + tests, re.MULTILINE), word
        elif word.startswith("conf/"):
            assert (ROOT / word).parent.is_dir(), word


def test_the_readme_is_short_and_the_pages_that_docs_name_are_there():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"
