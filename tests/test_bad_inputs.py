"""Whatever is typed, and whatever lies in a folder: one message, an exit code by the rule, and nothing is changed."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import bad_inputs
from bad_inputs import DATA, FINISHED, LIGHT, SERIES, SWEEP, Answer, Bad, answer, put, standing_in
from seqsweep import cli, config
from seqsweep.api.jobs import RULES
from seqsweep.arguments import parse

ALL_LIGHT = {f"{group} {number}": bad for group, listed in LIGHT.items() for number, bad in enumerate(listed)}


def listed(cases):
    return [pytest.param(bad, id=f"{number} {bad.command[:60]}") for number, bad in enumerate(cases)]


def check(bad: Bad, told: Answer) -> None:
    """That an answer is what it must be."""
    assert "Traceback" not in told.output
    assert told.code == bad.code, told.output
    errors = re.findall(r"^(?:error: |(\d+) errors:$|Error: )", told.output, re.MULTILINE)
    assert len(errors) == 1, told.output  # one message
    assert int(errors[0] or 1) == bad.faults, told.output
    words = " ".join(told.output.split())
    for said in (bad.where, bad.what, bad.mend):
        assert said in words, told.output
    assert told.changed == []


def test_there_are_enough_of_them_over_all_commands_and_none_twice():
    cases = [*ALL_LIGHT.values(), *DATA, *FINISHED]
    assert len(cases) >= 280
    assert len({(bad.command, str(bad.files)) for bad in cases}) == len(cases)
    assert {bad.command.split()[0] for bad in cases} >= set(cli.main.commands)
    assert all(bad.where and bad.mend for bad in cases)


# Configs and commands: in a process of their own ---------------------------------------------------


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, Answer]:
    folder = tmp_path_factory.mktemp("light")
    command = [sys.executable, bad_inputs.__file__, str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: Answer(**told) for name, told in json.loads(ran.stdout).items()}


@pytest.mark.parametrize("name", ALL_LIGHT)
def test_a_config_or_a_command_line_is_refused_before_anything_is_imported(name, answers):
    check(ALL_LIGHT[name], answers[name])
    assert answers[name].imported == []


MENDED = [bad for bad in ALL_LIGHT.values() if bad.mended]


@pytest.mark.parametrize("bad", listed(MENDED))
def test_what_a_message_advises_is_taken(bad):
    request = parse(["quickstart", *shlex.split(bad.mended)])
    assert config.compose("quickstart", request.overrides, RULES).jobs


NEAR = {name: bad for name, bad in ALL_LIGHT.items() if bad.faults == 1 and " --" not in bad.command}


def test_every_name_that_a_message_takes_for_the_one_that_was_meant_is_taken(answers):
    tried = 0
    for name, bad in NEAR.items():
        found = re.search(r"did you mean '([^']+)'", answers[name].output)
        key, _, value = bad.where.partition("=")
        wrong = value or key
        begins = bad.command.startswith(("sweep quickstart ", "sweep -m quickstart "))
        if found is None or not begins or wrong not in bad.command or "${" in bad.command:
            continue
        request = parse(shlex.split(bad.command.replace(wrong, found[1]))[1:])
        assert config.compose("quickstart", request.overrides, RULES, None, request.multirun).jobs
        tried += 1
    assert tried >= 17


# Data ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name, content in SERIES.items():
        put(tmp_path / name, content)
    import sqlite3

    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE s (sales REAL)")
    connection.close()
    return tmp_path


@pytest.mark.parametrize("bad", listed(DATA))
def test_data_that_cannot_be_used_are_refused(bad, folder):
    check(bad, answer(bad, folder))


@pytest.mark.parametrize("bad", listed([bad for bad in DATA if bad.mended]))
def test_what_a_message_on_data_advises_is_taken(bad, folder):
    for name, content in bad.files.items():
        put(folder / name, content)
    with standing_in(folder):
        mended = CliRunner().invoke(cli.main, shlex.split(bad.mended))
    assert mended.exit_code == 0, mended.output


# What a sweep left behind --------------------------------------------------------------------------

TINY = (
    "sweep quickstart data=csv data.path=shop.csv data.target=sales data.time=date executor=inline trial.epochs=1 "
    "tuner.max_trials=2 search_space.layer=gru search_space.units=[2,3] search_space.depth=1 search_space.window=4 "
    "finals.seeds=2 finals.trials=1 finals.calibration=validation registry.refit=train"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder with a sweep that finished, whose winner is the champion."""
    folder = tmp_path_factory.mktemp("finished")
    put(folder / "shop.csv", SERIES["shop.csv"])
    (folder / "own").mkdir()
    with standing_in(folder):
        for command in (TINY, "promote --force 'for the tests'"):
            done = CliRunner().invoke(cli.main, shlex.split(command))
            assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """A copy of it that a command has opened: whatever moves with it was moved."""
    folder = Path(shutil.copytree(finished, tmp_path / "copy"))
    with standing_in(folder):
        assert CliRunner().invoke(cli.main, ["history", "shop"]).exit_code == 0
    return folder


def there(bad: Bad, folder: Path) -> Bad:
    """The case with the name of the only sweep in its place."""
    (sweep,) = (folder / "mlruns" / "sweeps").glob("[!.]*")
    files = {name.replace(SWEEP, f"sweeps/{sweep.name}"): content for name, content in bad.files.items()}
    return dataclasses.replace(bad, files=files)


@pytest.mark.keras
@pytest.mark.parametrize("bad", listed(FINISHED))
def test_what_a_sweep_left_behind_is_told_where_it_is_damaged_or_not_there(bad, copied):
    check(bad, answer(there(bad, copied), copied))


@pytest.mark.keras
def test_a_database_that_was_moved_away_as_advised_is_made_anew_by_the_same_commands(finished, tmp_path):
    folder = Path(shutil.copytree(finished, tmp_path / "copy"))
    for file in (folder / "mlruns").glob("mlflow.db*"):
        file.unlink()
    with standing_in(folder):
        again = CliRunner().invoke(cli.main, shlex.split(TINY))
        assert "trials to run" not in again.output
        for command in ("promote --force 'for the tests'", "predict shop shop.csv"):
            done = CliRunner().invoke(cli.main, shlex.split(command))
            assert done.exit_code == 0, done.output


@pytest.mark.keras
@pytest.mark.parametrize("bad", listed([bad for bad in FINISHED if bad.mended]))
def test_what_a_message_on_a_sweep_advises_is_taken(bad, copied):
    with standing_in(copied):
        mended = CliRunner().invoke(cli.main, shlex.split(bad.mended))
    assert mended.exit_code == 0, mended.output
