"""The registry: a gate condition by condition, an alias and a ledger that survive kills and rivals, and forecasts."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from conclusions import Made, make_sweep, rewrite, season, write_csv
from seqsweep import cli, package, registry
from seqsweep.errors import DataError, LockedError, StateError, UserError
from seqsweep.finals import save
from seqsweep.package.parity import Parity, save_parity
from seqsweep.registry import change, describing, ledger
from seqsweep.registry.ledger import LedgerEntry
from seqsweep.registry.registered import Registry, model_name, opened
from seqsweep.schema import TrackingConfig
from seqsweep.tasks import Audit
from seqsweep.tracking.models import log_model, parent_run
from seqsweep.tracking.ui import serve

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> SimpleNamespace:
    """Sweeps of one series whose winners are bad, good and better; one that looks further ahead; one of other data."""
    folder = tmp_path_factory.mktemp("made")
    csv, other = write_csv(folder / "shop.csv", season()), write_csv(folder / "other.csv", season(seed=5))
    directory = folder / "mlruns"
    return SimpleNamespace(
        folder=folder,
        csv=csv,
        bad=make_sweep(csv, directory, "seed=1", epochs=0),
        good=make_sweep(csv, directory, "seed=2", epochs=3),
        better=make_sweep(csv, directory, "seed=3", epochs=30),
        further=make_sweep(csv, directory, "seed=4", "task.horizon=2", epochs=1),
        other=make_sweep(other, directory, "seed=5", "registry.model=shop", epochs=1, study="window_length"),
    )


class Sweeps:
    """The sweeps, copied into a directory of a test's own, and the commands on it."""

    def __init__(self, made: SimpleNamespace, directory: Path) -> None:
        shutil.copytree(made.folder / "mlruns", directory)
        self.directory = directory
        self.tracking = TrackingConfig(kind="mlflow", directory=str(directory), uri=None)
        self.names = {name: value for name, value in vars(made).items() if isinstance(value, Made)}

    def __getattr__(self, name: str) -> Made:
        sweep = self.names[name]
        folder = self.directory / "sweeps" / sweep.fingerprint
        return dataclasses.replace(sweep, folder=folder, model=folder / "model")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli.main, [*arguments, "--directory", str(self.directory)], env={"COLUMNS": "200"})

    def promote(self, name: str, *options: str) -> Result:
        return self.run("promote", getattr(self, name).fingerprint, *options)

    def state(self) -> tuple[dict[str, str], list[LedgerEntry], int]:
        """Aliases, ledger, count of versions of the model `shop`; all empty where there is none."""
        with opened(self.tracking) as reg:
            model = reg.model("shop")
            if model is None:
                return {}, [], 0
            assert change.pending(model) is None
            aliases = {key: str(value) for key, value in model.aliases.items()}
            return aliases, ledger.read(model.tags), len(reg.versions("shop"))

    def described(self) -> tuple[str, dict[str, str]]:
        """What MLflow shows of the model `shop`, and of its versions by number."""
        with opened(self.tracking) as reg:
            return reg.existing("shop").description, {str(v.version): v.description for v in reg.versions("shop")}


@pytest.fixture
def sweeps(made, tmp_path) -> Sweeps:
    return Sweeps(made, tmp_path / "mlruns")


# The way of a user --------------------------------------------------------------------------------


def test_a_winner_is_promoted_a_worse_one_refused_a_better_one_promoted_and_rolled_back(sweeps, made, tmp_path):
    first = sweeps.promote("good")
    assert first.exit_code == 0, first.output
    assert "Version 1 is the champion of shop now" in first.output
    worse = sweeps.promote("bad")
    assert worse.exit_code == 1
    assert "worse than the champion" in worse.output
    assert "the condition 'champion' does not hold" in worse.output
    assert sweeps.state()[0] == {"champion": "1"}
    assert sweeps.state()[2] == 1
    assert "instead of version 1" in sweeps.promote("better").output
    assert sweeps.state()[0] == {"champion": "2", "previous": "1"}
    forecast = sweeps.run("predict", "shop", str(made.csv), "--output", str(tmp_path / "next.csv"))
    assert forecast.exit_code == 0, forecast.output
    assert "shop version 2" in forecast.output
    own = package.load(sweeps.better.model).model.predict(pd.read_csv(made.csv))
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "next.csv"), own, check_dtype=False)
    assert "Version 1 is the champion of shop again" in sweeps.run("rollback", "shop", "--why", "it drifted").output
    assert sweeps.state()[0] == {"champion": "1"}
    model, versions = sweeps.described()
    assert model.startswith("The champion is version 1, since ") and "| rollback | 2 → 1 |" in model
    assert versions["1"].startswith("The champion since ") and "when a rollback to version 1" in versions["2"]
    shown = sweeps.run("history", "shop").output
    for said in ("1 → 2", "2 → 1", "it drifted", "champion: version 1", sweeps.good.fingerprint[:6]):
        assert said in shown
    nothing = sweeps.run("rollback", "shop")
    assert nothing.exit_code == 2
    assert "there is no version before 1" in nothing.output


def test_the_ledger_says_when_who_which_run_which_scores_and_why(sweeps):
    sweeps.promote("good")
    entry = sweeps.state()[1][0]
    evaluation = sweeps.good.conclusion.evaluations[-1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", entry.at)
    assert entry.by
    assert (entry.sweep, entry.run) == (sweeps.good.fingerprint, evaluation.run)
    assert entry.scores["mae"] == pytest.approx(evaluation.scores["mae"])
    assert "linear" in entry.why and entry.why.startswith("On the test part") and entry.why.endswith(").")
    with opened(sweeps.tracking) as reg:
        version = reg.version("shop", "1")
        run = reg.client.get_run(version.run_id)
        gates = reg.client.list_artifacts(version.run_id, "gate")
    assert (version.tags["sweep"], version.tags["data_sha256"]) == (entry.sweep, evaluation.sha256)
    assert (run.info.status, run.data.tags["gate"]) == ("FINISHED", "passed")
    assert gates


def test_what_is_champion_already_is_not_registered_again(sweeps):
    sweeps.promote("good")
    again = sweeps.promote("good")
    assert again.exit_code == 0
    assert "champion of shop already" in again.output
    assert sweeps.state()[2] == 1


def test_a_network_that_comes_back_keeps_its_version(sweeps):
    sweeps.promote("good")
    sweeps.promote("better")
    sweeps.run("rollback", "shop")
    assert sweeps.promote("better").exit_code == 0
    aliases, entries, versions = sweeps.state()
    assert (aliases, versions) == ({"champion": "2", "previous": "1"}, 2)
    assert [entry.event for entry in entries] == ["promote", "promote", "rollback", "promote"]


# The gate -----------------------------------------------------------------------------------------


def unfinished(sweep: Made) -> None:
    (sweep.folder / "conclusion.json").unlink()


def no_winner(sweep: Made) -> None:
    failed = dataclasses.replace(sweep.conclusion.finalists[0], mean=None)
    rewrite(sweep, finalists=(failed,), evaluations=())


def no_audit(sweep: Made) -> None:
    rewrite(sweep, audit=None)


def leak(sweep: Made) -> None:
    rewrite(
        sweep,
        audit=Audit(
            False, "noise after 1 cut moves nothing before it", ("with noise from row 1 on, the scaler moved",)
        ),
    )


def no_parity(sweep: Made) -> None:
    save_parity(sweep.model, Parity(39, 3e-4))
    package.seal(sweep.model, package.load(sweep.model))


def no_package(sweep: Made) -> None:
    shutil.rmtree(sweep.model)


def skilled(skill: float | None) -> Callable[[Made], None]:
    def change_evaluation(sweep: Made) -> None:
        best = None if skill is None else "linear"
        rewrite(
            sweep, evaluations=(dataclasses.replace(sweep.conclusion.evaluations[-1], skill=skill, best_baseline=best),)
        )

    return change_evaluation


@pytest.mark.parametrize(
    ("spoil", "condition", "said"),
    [
        (unfinished, "finals", "its finals are not finished"),
        (no_winner, "finals", "none of its finalists finished"),
        (no_audit, "leak audit", "no leak audit was made"),
        (leak, "leak audit", "the scaler moved"),
        (no_parity, "parity", "3.0e-04"),
        (no_package, "package", "not packaged"),
        (skilled(-0.001), "skill", "no network of this sweep beats linear by more than 1%"),
        (skilled(0.01), "skill", "no network of this sweep beats linear"),
        (skilled(float("nan")), "skill", "no network of this sweep beats linear"),
        (skilled(None), "skill", "no baseline was scored"),
    ],
)
def test_each_condition_refuses_by_its_name_and_changes_nothing(sweeps, spoil, condition, said):
    spoil(sweeps.good)
    refused = sweeps.promote("good")
    assert refused.exit_code == 1
    assert said in " ".join(refused.output.split())
    assert f"the condition {condition!r} does not hold" in refused.output
    assert "→" in refused.output  # what would satisfy it
    assert sweeps.state() == ({}, [], 0)
    with opened(sweeps.tracking) as reg:
        run = parent_run(reg.client, "quickstart", sweeps.good.fingerprint)
    assert run.data.tags["gate"] == f"refused: {condition}"


def test_every_baseline_that_is_not_beaten_by_the_margin_is_named(sweeps):
    evaluation = sweeps.good.conclusion.evaluations[-1]
    own = evaluation.scores["mae"]
    errors = {"last_value": 2 * own, "train_mean": own * 1.001, "linear": own}
    baselines = {name: {"mae": error, "rmse": error} for name, error in errors.items()}
    rewrite(sweeps.good, evaluations=(dataclasses.replace(evaluation, baselines=baselines, skill=0.0),))
    assert "beats linear, train mean by more than 1%" in " ".join(sweeps.promote("good").output.split())


def test_skill_above_the_margin_passes(sweeps):
    skilled(0.011)(sweeps.good)
    assert sweeps.promote("good").exit_code == 0


def test_force_overrules_the_gate_and_is_recorded(sweeps):
    leak(sweeps.good)
    forced = sweeps.promote("good", "--force", "the leak is known and small")
    assert forced.exit_code == 0, forced.output
    entry = sweeps.state()[1][0]
    assert (entry.forced, entry.failed) == ("the leak is known and small", ("leak audit",))
    assert "FORCED over leak audit: the leak is known" in sweeps.run("history", "shop").output


@pytest.mark.parametrize(("spoil", "condition"), [(no_package, "package"), (unfinished, "finals")])
def test_force_cannot_promote_what_is_not_there(sweeps, spoil, condition):
    spoil(sweeps.good)
    refused = sweeps.promote("good", "--force", "please")
    assert refused.exit_code == 1
    assert f"no reason overrules {condition!r}" in refused.output


def network_of(folder: Path) -> Path:
    return folder / "artifacts" / "network.keras"


def truncated(folder: Path) -> None:
    network_of(folder).write_bytes(network_of(folder).read_bytes()[:1000])


DAMAGES = {
    "truncated": (truncated, "network.keras is not the file that was packaged"),
    "gone": (lambda folder: network_of(folder).unlink(), "network.keras is gone"),
    "described by garbage": (lambda folder: (folder / "MLmodel").write_text("{"), "MLmodel is damaged"),
    "without checksums": (lambda folder: (folder / "checksums.json").unlink(), "checksums.json: cannot read"),
    "parity by hand": (lambda folder: save_parity(folder, Parity(39, 0.0)), "parity.json is not the file"),
}


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("where", ["packaged", "logged"])
def test_a_model_that_is_not_what_was_packaged_is_refused_whatever_is_said(name, where, sweeps):
    damage, said = DAMAGES[name]
    folder = sweeps.good.model
    if where == "logged":
        folder = log(sweeps, "good")
    damage(folder)
    for options in ((), ("--force", "please")):
        refused = sweeps.promote("good", *options)
        assert refused.exit_code == 1
        assert said in " ".join(refused.output.split())
        assert "the condition 'package' does not hold" in refused.output
        assert "overrule it, and be recorded" not in refused.output
    assert sweeps.state() == ({}, [], 0)


def log(sweeps: Sweeps, name: str) -> Path:
    """Bring a package into the store, as the sweep does; the folder of its files there."""
    sweep = getattr(sweeps, name)
    with opened(sweeps.tracking) as reg:
        run = parent_run(reg.client, "quickstart", sweep.fingerprint)
        model_id = log_model(reg.client, run.info.experiment_id, run.info.run_id, sweep.model, {})
        location = reg.client.get_logged_model(model_id).artifact_location
    return Path(unquote(urlsplit(location).path))


def test_a_damaged_copy_in_the_store_is_mended_as_the_sweep_logs_it_again(sweeps):
    folder = log(sweeps, "good")
    for damage in (truncated, lambda folder: (folder / "MLmodel").write_text("{"), lambda f: shutil.rmtree(f / "code")):
        damage(folder)
        assert package.fault(folder)
        assert log(sweeps, "good") == folder
        assert package.fault(folder) == ""
    assert sweeps.promote("good").exit_code == 0


def test_a_champion_whose_files_are_damaged_is_said_to_be_and_no_rollback_leads_there(sweeps):
    assert sweeps.promote("good").exit_code == 0
    assert sweeps.promote("better").exit_code == 0
    truncated(log(sweeps, "better"))
    again = sweeps.promote("better")
    assert again.exit_code == 1
    assert "version 2 of shop" in again.output
    assert "is not the file that was packaged" in again.output
    assert sweeps.run("rollback", "shop").exit_code == 0
    truncated(log(sweeps, "good"))
    log(sweeps, "better")  # whole again
    assert sweeps.promote("better", "--replace").exit_code == 0
    truncated(log(sweeps, "good"))
    refused = sweeps.run("rollback", "shop")
    assert refused.exit_code == 1
    assert "version 1 of shop" in refused.output
    assert sweeps.state()[0] == {"champion": "2", "previous": "1"}


@pytest.mark.parametrize(("name", "said"), [("other", "is of other data"), ("further", "forecasts 1 rows ahead")])
def test_a_champion_that_cannot_be_compared_is_replaced_only_if_the_user_says_so(sweeps, name, said):
    sweeps.promote("good")
    refused = sweeps.promote(name)
    assert refused.exit_code == 1
    assert said in " ".join(refused.output.split())
    assert "--replace" in refused.output
    assert sweeps.promote(name, "--replace").exit_code == 0
    assert sweeps.state()[0] == {"champion": "2", "previous": "1"}


def test_replace_spares_no_champion_that_can_be_compared(sweeps):
    sweeps.promote("better")
    assert sweeps.promote("bad", "--replace").exit_code == 1


def test_changed_data_cannot_decide_between_two(sweeps, made):
    sweeps.promote("good")
    config = sweeps.better.folder / "config.yaml"
    moved = write_csv(sweeps.directory / "moved.csv", season(seed=7))
    config.write_text(config.read_text().replace(str(made.csv), str(moved)))
    refused = sweeps.promote("better")
    assert refused.exit_code == 1
    assert "the data has changed since the sweep" in " ".join(refused.output.split())
    moved.unlink()
    assert "the data cannot be read again" in " ".join(sweeps.promote("better").output.split())


def test_targets_that_the_champion_learned_from_do_not_count(sweeps, made):
    later = ("windows.validation=0.1", "windows.test=0.1", "seed=8")
    sweep = make_sweep(made.csv, sweeps.directory, *later, epochs=3)
    assert sweeps.run("promote", sweep.fingerprint).exit_code == 0
    answer = sweeps.promote("better")
    assert "on 26 items of the test part" in " ".join(answer.output.split())  # of 39: the last 26 rows are new to both


def test_data_with_rows_behind_is_compared_on_what_is_new_to_both(sweeps, tmp_path):
    assert sweeps.promote("good").exit_code == 0
    longer = write_csv(tmp_path / "longer.csv", np.concatenate([season(), season(320)[260:]]))
    sweep = make_sweep(longer, sweeps.directory, "seed=9", "registry.model=shop", epochs=10)
    answer = sweeps.run("promote", sweep.fingerprint)
    assert answer.exit_code == 0
    told = " ".join(answer.output.split())
    assert "on 48 items of the test part" in told  # those behind row 260 and 39 before it were not learned from
    assert "the data is the champion's with rows behind it" in told


# What a user may call a sweep ---------------------------------------------------------------------


def test_a_sweep_is_found_by_study_fingerprint_and_run_or_is_the_newest(sweeps):
    with opened(sweeps.tracking) as reg:
        run = parent_run(reg.client, "quickstart", sweeps.good.fingerprint)
    for sweep in (sweeps.good, sweeps.better, sweeps.other):
        save(sweep.folder, sweep.conclusion)  # concluded one after the other
        time.sleep(0.01)
    for target, found in [
        (sweeps.good.fingerprint[:8], sweeps.good),
        (run.info.run_id, sweeps.good),
        ("quickstart", sweeps.better),
        ("window_length", sweeps.other),
    ]:
        assert f"sweep {found.fingerprint} of study" in sweeps.run("promote", target).output
    assert f"sweep {sweeps.other.fingerprint}" in sweeps.run("promote").output


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("quickstrat", "did you mean 'quickstart'"),
        ("f" * 32, "no such run"),
        ("zzzz", "there is no sweep 'zzzz'"),
    ],
)
def test_a_sweep_that_is_not_there_is_named(sweeps, target, said):
    answer = sweeps.run("promote", target)
    assert answer.exit_code == 2
    assert said in answer.output


def test_an_empty_directory_says_how_to_begin(tmp_path):
    answer = CliRunner().invoke(cli.main, ["promote", "--directory", str(tmp_path / "mlruns")])
    assert answer.exit_code == 2
    assert "seqsweep sweep quickstart" in answer.output


def test_a_sweep_without_a_run_in_the_store_says_how_to_get_one(sweeps):
    with opened(sweeps.tracking) as reg:
        reg.client.delete_run(parent_run(reg.client, "quickstart", sweeps.good.fingerprint).info.run_id)
    answer = sweeps.promote("good")
    assert answer.exit_code == 2
    assert "has no run in the MLflow store" in answer.output


# A folder that cannot be written ------------------------------------------------------------------


@pytest.fixture
def read_only(sweeps, tmp_path, monkeypatch) -> Iterator[Sweeps]:
    """The sweeps, one of them champion, on a file system that refuses every write."""
    assert sweeps.promote("good").exit_code == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        shutil.copytree(sweeps.directory, disk / "mlruns")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        # Another process would have another cache of where the files of a run lie.
        monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())
        sweeps.directory = disk / "mlruns"
        yield sweeps
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_what_only_reads_works_on_a_folder_that_cannot_be_written(read_only, made, tmp_path, monkeypatch):
    for command, said in {
        ("predict", "shop", str(made.csv)): "shop version 1",
        ("history", "shop"): "champion: version 1",
    }.items():
        done = read_only.run(*command)
        assert done.exit_code == 0, done.output
        assert said in done.output
    assert "there is no finished sweep" in read_only.run("compare").output
    assert list((tmp_path / "here").iterdir()) == []
    shown: list[str] = []
    monkeypatch.setattr("seqsweep.tracking.ui.running", served_until_ctrl_c)
    monkeypatch.setattr("seqsweep.tracking.ui.refuse_taken", lambda port: None)
    serve(TrackingConfig(kind="mlflow", directory=str(read_only.directory)), 5000, shown.append)
    assert "mlflow.db cannot be written: this is a copy" in shown[0]


@contextmanager
def served_until_ctrl_c(command, environment) -> Iterator[None]:
    with closing(sqlite3.connect(environment["MLFLOW_BACKEND_STORE_URI"].removeprefix("sqlite:///"))) as store:
        assert store.execute("select count(*) from runs").fetchone()[0] > 0
    raise KeyboardInterrupt
    yield


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_what_would_change_a_folder_that_cannot_be_written_says_so(command, read_only):
    target = read_only.better.fingerprint if command == "promote" else "shop"
    refused = read_only.run(command, target)
    assert refused.exit_code == 1
    assert "Choose another tracking.directory, or make this one writable" in " ".join(refused.output.split())


def test_a_sweep_says_what_of_its_folder_cannot_be_written(read_only, made):
    arguments = ["sweep", "quickstart", "data=csv", f"data.path={made.csv}", "data.target=y", "executor=inline"]
    refused = CliRunner().invoke(cli.main, [*arguments, f"tracking.directory={read_only.directory}"])
    assert refused.exit_code == 2  # nothing was begun
    text = " ".join(refused.output.split())
    assert "cannot be made (Read-only file system)" in text
    assert "make it writable or choose another tracking.directory" in text
    assert str(read_only.directory / "sweeps") in text


# Kills and rivals ---------------------------------------------------------------------------------


class KilledError(BaseException):
    """What a kill looks like from inside."""


class Dying:
    """A client whose process dies before its n-th write."""

    def __init__(self, client: object, lives: int) -> None:
        self._client, self.lives = client, lives

    def __getattr__(self, name: str) -> object:
        method = getattr(self._client, name)
        if not name.startswith(("create_", "set_", "delete_", "update_")):
            return method

        def write(*arguments: object, **options: object) -> object:
            if self.lives == 0:
                raise KilledError
            self.lives -= 1
            return method(*arguments, **options)

        return write


WRITES = 8  # intent, version, alias previous, alias champion, ledger, two descriptions, intent taken back


@pytest.fixture(scope="module")
def logged(made, tmp_path_factory) -> tuple[Sweeps, dict[str, tuple[str, str]]]:
    """Sweeps whose models good and better are in the store: (model id, run id) of each."""
    sweeps = Sweeps(made, tmp_path_factory.mktemp("logged") / "mlruns")
    with opened(sweeps.tracking) as reg:
        found = {}
        for name in ("good", "better"):
            sweep = getattr(sweeps, name)
            run = parent_run(reg.client, "quickstart", sweep.fingerprint)
            found[name] = (
                log_model(reg.client, run.info.experiment_id, run.info.run_id, sweep.model, {}),
                run.info.run_id,
            )
    return sweeps, found


def promotion(logged: tuple[Sweeps, dict[str, tuple[str, str]]], name: str, before: str | None) -> change.Intent:
    model_id, parent = logged[1][name]
    number = 1 if before is None else int(before) + 1
    entry = LedgerEntry(
        number, "promote", "2026-01-01T00:00:00+00:00", "ana", "", before, before, name, "run", {"mae": 1.0}
    )
    return change.intend(entry, model_id, parent, {"sweep": name, "run": "run"})


@pytest.mark.parametrize(
    ("before", "lives"), [(b, n) for b, more in ((None, 1), ("1", 2)) for n in range(WRITES + more)]
)
def test_a_kill_at_any_step_is_mended_by_the_next_command(logged, lives, before):
    said: list[str] = []
    name = f"killed-{lives}-{before}"
    writes = WRITES + (before is not None)  # the version before is described too
    with opened(logged[0].tracking) as reg:
        if before:
            change.carry_out(reg, name, promotion(logged, "good", None))
        dying = Registry(reg.place, Dying(reg.client, lives), True)
        if lives < writes:
            with pytest.raises(KilledError):
                change.carry_out(dying, name, promotion(logged, "better", before))
        else:
            change.carry_out(dying, name, promotion(logged, "better", before))
            assert dying.client.lives == 0
        change.mend(reg, name, said.append)
        model = reg.model(name)
        if lives == 0:
            assert (model.aliases if model else None) == ({"champion": 1} if before else None)
            return
        assert bool(said) == (lives < writes)
        new = "2" if before else "1"
        assert {key: str(value) for key, value in model.aliases.items()} == {
            "champion": new,
            **({"previous": before} if before else {}),
        }
        assert [entry.version for entry in ledger.read(model.tags)] == (["1", "2"] if before else ["1"])
        assert len(reg.versions(name)) == int(new)  # none is registered twice
        assert change.pending(model) is None
        assert model.description.startswith(f"The champion is version {new}, ")
        change.mend(reg, name, pytest.fail)  # there is no more to say


@pytest.mark.parametrize("lives", range(9))
def test_a_kill_in_a_rollback_is_mended_too(logged, lives):
    name = f"rolled-{lives}"
    with opened(logged[0].tracking) as reg:
        for winner, before in (("good", None), ("better", "1")):
            change.carry_out(reg, name, promotion(logged, winner, before))
        back = LedgerEntry(3, "rollback", "2026-01-02T00:00:00+00:00", "ana", "1", "2", None, "good", "run")
        try:
            change.carry_out(Registry(reg.place, Dying(reg.client, lives), True), name, change.intend(back))
        except KilledError:
            change.mend(reg, name, lambda text: None)
        model = reg.model(name)
        rolled = lives > 0
        assert str(model.aliases["champion"]) == ("1" if rolled else "2")
        assert model.aliases.get("previous") == (None if rolled else "1") or not rolled
        assert len(ledger.read(model.tags)) == (3 if rolled else 2)


def test_a_half_done_promotion_whose_model_is_gone_is_taken_back(logged):
    said: list[str] = []
    with opened(logged[0].tracking) as reg:
        change.carry_out(reg, "gone", promotion(logged, "good", None))
        with pytest.raises(KilledError):
            change.carry_out(Registry(reg.place, Dying(reg.client, 1), True), "gone", promotion(logged, "better", "1"))
        text = json.loads(reg.model("gone").tags[change.INTENT])
        lost = json.dumps({**text, "model_id": "m-" + "0" * 32})
        reg.client.set_registered_model_tag("gone", change.INTENT, lost)
        change.mend(reg, "gone", said.append)
        model = reg.model("gone")
        assert "is taken back" in said[0]
        assert {key: str(value) for key, value in model.aliases.items()} == {"champion": "1"}
        assert change.pending(model) is None


def test_a_command_mends_what_it_finds(sweeps):
    sweeps.promote("good")
    with opened(sweeps.tracking) as reg:
        back = LedgerEntry(2, "promote", "2026-01-02T00:00:00+00:00", "ana", "1", "1", None, "s", "r")
        with pytest.raises(KilledError):
            change.carry_out(Registry(reg.place, Dying(reg.client, 1), True), "shop", change.intend(back))
    shown = sweeps.run("history", "shop").output
    assert "that ana began" in shown
    assert "is finished now" in shown
    assert len(sweeps.state()[1]) == 2


def test_on_a_server_a_fresh_intent_belongs_to_another_machine_and_an_old_one_is_mended(logged):
    with opened(logged[0].tracking) as reg:
        server = dataclasses.replace(reg, alone=False)
        with pytest.raises(KilledError):
            dying = dataclasses.replace(server, client=Dying(reg.client, 1))
            change.carry_out(dying, "shared", promotion(logged, "good", None))
        with pytest.raises(LockedError, match="ana began to change the champion"):
            change.mend(server, "shared", pytest.fail)
        text = json.loads(reg.model("shared").tags[change.INTENT])
        reg.client.set_registered_model_tag("shared", change.INTENT, json.dumps({**text, "at": text["at"] - 3600}))
        change.mend(server, "shared", lambda said: None)
        assert str(reg.model("shared").aliases["champion"]) == "1"


def test_on_a_server_the_slower_of_two_is_told(logged):
    with opened(logged[0].tracking) as reg:

        class Rival(Dying):
            """Another machine writes its intent right after ours."""

            def __getattr__(self, name: str) -> object:
                method = getattr(self._client, name)
                if name != "create_registered_model":
                    return method

                def create(model: str, tags: dict[str, str]) -> object:
                    made = method(model, tags)
                    theirs = {**json.loads(tags[change.INTENT]), "id": "theirs"}
                    self._client.set_registered_model_tag(model, change.INTENT, json.dumps(theirs))
                    return made

                return create

        slow = Registry(reg.place, Rival(reg.client, 9), False)
        with pytest.raises(LockedError, match="was quicker"):
            change.carry_out(slow, "raced", promotion(logged, "good", None))
        assert not reg.model("raced").aliases


def test_on_a_server_a_whole_change_that_comes_between_stands_and_the_slower_one_is_told(logged):
    with opened(logged[0].tracking) as reg:
        quick = dataclasses.replace(reg, alone=False)
        first = change.carry_out(quick, "between", promotion(logged, "good", None))
        assert first.version == "1"

        class Slow(Dying):
            """Between our look and our alias another machine makes its whole change."""

            def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
                if alias == "champion":
                    change.carry_out(quick, "between", promotion(logged, "better", "1"))
                self._client.set_registered_model_alias(name, alias, version)

        slow = Registry(reg.place, Slow(reg.client, 99), False)
        ours = dataclasses.replace(promotion(logged, "good", "1").entry, number=2, version="1", previous="1")
        with pytest.raises(LockedError, match="was quicker; look at it by `seqsweep history between`"):
            change.carry_out(slow, "between", change.intend(ours))
        model = reg.model("between")
        assert change.pending(model) is None
        assert [(entry.sweep, entry.version) for entry in ledger.read(model.tags)] == [("good", "1"), ("better", "2")]
        assert {name: str(version) for name, version in model.aliases.items()} == {"champion": "2", "previous": "1"}


def test_a_second_promotion_waits_says_so_and_meets_the_first_ones_winner(sweeps, monkeypatch):
    entered, say = threading.Event(), []
    slow = package.load

    def load(folder: Path) -> package.Loaded:
        entered.set()
        time.sleep(0.5)
        return slow(folder)

    sweeps.promote("good")
    monkeypatch.setattr("seqsweep.package.load", load)
    results: dict[str, object] = {}

    def race(name: str) -> None:
        target = getattr(sweeps, name).fingerprint
        try:
            results[name] = registry.promote(target, sweeps.tracking, say.append, lambda conditions: None)
        except UserError as error:
            results[name] = error

    threads = [threading.Thread(target=race, args=(name,)) for name in ("better", "bad")]
    threads[0].start()
    assert entered.wait(30)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert results["better"].version == "2"
    assert "'champion' does not hold" in str(results["bad"])
    assert any("waiting for it" in text for text in say)
    aliases, entries, versions = sweeps.state()
    assert (aliases["champion"], len(entries), versions) == ("2", 2, 2)


@pytest.mark.slow
def test_of_two_processes_that_promote_at_once_the_better_wins_and_the_ledger_is_whole(sweeps):
    code = """
        import sys
        import mlflow, tensorflow
        from seqsweep.cli import main
        print("ready", flush=True)
        sys.stdin.readline()
        main(["promote", "--directory", *sys.argv[1:]], prog_name="seqsweep")
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(sweeps.directory), sweeps.bad.fingerprint]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("now\n")
        other.stdin.flush()
        better = sweeps.promote("better")
        other.communicate()
    assert better.exit_code == 0, better.output
    aliases, entries, versions = sweeps.state()
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) == versions == (2 if other.returncode == 0 else 1)
    assert entries[-1].sweep == sweeps.better.fingerprint
    assert aliases["champion"] == entries[-1].version


# Ledger -------------------------------------------------------------------------------------------


def entry(event: str, version: str) -> LedgerEntry:
    return LedgerEntry(1, event, "2026-01-01T00:00:00+00:00", "ana", version, None, None, "sweep", "run")


@pytest.mark.parametrize(
    ("events", "stack"),
    [
        ("p1", ["1"]),
        ("p1 p2 p3", ["1", "2", "3"]),
        ("p1 p2 r1", ["1"]),
        ("p1 p2 r1 p3", ["1", "3"]),
        ("p1 p2 p3 r1", ["1"]),  # version 2 was deleted and passed over
        ("p1 p2 p1 r2", ["1", "2"]),
    ],
)
def test_a_rollback_takes_back_the_last_promotion_that_stands(events, stack):
    named = {"p": "promote", "r": "rollback"}
    assert ledger.champions(entry(named[e[0]], e[1:]) for e in events.split()) == stack


def test_an_entry_fits_a_tag_however_long_its_reasons():
    long = dataclasses.replace(entry("promote", "1"), why='ü"' * 9000, forced="x" * 9000)
    intent = change.intend(long, "m-" + "0" * 32, "0" * 32, {"study": "s" * 100, "data_sha256": "0" * 64})
    assert len(long.text()) <= len(intent.text()) <= 5000
    assert ledger.parse(f"{ledger.ENTRY}0001", long.text()).forced.startswith("xxx")


def test_a_description_has_room_for_the_newest_changes_and_breaks_no_row():
    entries = [dataclasses.replace(entry("promote", str(n)), number=n, by="a|b" * 90) for n in range(1, 40)]
    text = describing.of_model("shop", entries)
    assert len(text) <= 5000
    assert "| 39 |" in text and "| 1 |" not in text
    assert all(line.count("|") == 7 for line in text.splitlines() if line.startswith("|"))


def test_a_tag_that_was_changed_by_hand_is_named():
    with pytest.raises(StateError, match=r"ledger\.0001"):
        ledger.read({f"{ledger.ENTRY}0001": "{}"})


def test_a_rollback_passes_over_a_version_that_was_deleted(sweeps):
    for name in ("bad", "good", "better"):
        sweeps.promote(name)
    with opened(sweeps.tracking) as reg:
        reg.client.delete_model_version("shop", "2")
    assert "Version 1 is the champion" in sweeps.run("rollback", "shop").output


def test_an_alias_that_was_moved_by_hand_is_noticed(sweeps):
    sweeps.promote("good")
    sweeps.promote("better")
    with opened(sweeps.tracking) as reg:
        reg.client.set_registered_model_alias("shop", "champion", "1")
    assert "moved by other means" in sweeps.run("history", "shop").output


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sunspots", "sunspots"),
        ("my/shop:2", "my-shop-2"),
        ("a@b c", "a-b-c"),
        ('"><script>', "script"),
        ("//", "model"),
        ("..", "model"),
    ],
)
def test_a_name_is_one_that_mlflow_takes(text, name):
    assert model_name(text) == name


# Use ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(made, tmp_path_factory) -> Sweeps:
    sweeps = Sweeps(made, tmp_path_factory.mktemp("served") / "mlruns")
    assert sweeps.promote("good").exit_code == 0
    return sweeps


@pytest.mark.parametrize("name", ["shop", "shop@champion", "shop/1", "models:/shop@champion"])
def test_a_model_is_named_by_alias_or_version(served, made, name):
    answer = served.run("predict", name, str(made.csv))
    assert answer.exit_code == 0, answer.output
    own = package.load(served.good.model).model.predict(pd.read_csv(made.csv))["forecast"].iloc[0]
    assert f"{own:.5g}" in answer.output
    assert "lower 80" in answer.output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shp", "did you mean 'shop'"),
        ("shop@chmpion", "did you mean 'champion'"),
        ("shop/7", "no version 7; it has 1"),
        ("a/b/c", "write NAME, NAME@ALIAS or NAME/VERSION"),
    ],
)
def test_a_model_that_is_not_there_is_named(served, made, name, said):
    answer = served.run("predict", name, str(made.csv))
    assert answer.exit_code == 2
    assert said in answer.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Y\n1\n", "no column 'y'; the model reads y: rename 'Y'"),
        ("y\n1\n2\n", "there are 2 rows, and a forecast needs 6"),
        ("y\n" + "1\n" * 9 + '""\n', "rows.csv, line 11, column 'y': no value (1 of 10 are missing); fill it in"),
        (
            "y\n" + "1\n" * 9 + "many\n",
            "rows.csv, line 11, column 'y': 'many' is not a number; give one, such as 234.5",
        ),
        ("", "rows.csv: the file is empty"),
        ("y,z\n" + "1,2,\n" * 9, "rows.csv, line 2: 3 fields, where the header has 2"),
        ("y,y\n" + "1,2\n" * 9, "there are several columns 'y'; leave one"),
        (
            "y\n" + "1\n" * 9 + "1e300\n",
            "column 'y': the value 1e+300 is beyond 1e+100: so much nothing can be learned from; give a smaller one",
        ),
        ("y\n" + "1\n" * 9 + "True\n", "rows.csv, line 11, column 'y': 'True' is not a number; give one, such as"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(served, tmp_path, content, said):
    (tmp_path / "rows.csv").write_text(content)
    answer = served.run("predict", "shop", str(tmp_path / "rows.csv"))
    assert answer.exit_code == 2
    assert "rows.csv" in answer.output
    assert said in " ".join(answer.output.split())
    assert "Traceback" not in answer.output


def test_half_a_packed_file_is_named_as_such(served, tmp_path):
    import gzip

    content = gzip.compress("".join(f"{n}\n" for n in ["y", *range(5000)]).encode())
    (tmp_path / "rows.csv.gz").write_bytes(content[: len(content) // 2])
    answer = served.run("predict", "shop", str(tmp_path / "rows.csv.gz"))
    assert answer.exit_code == 2
    assert "rows.csv.gz: the archive is damaged" in answer.output


def test_days_are_shown_as_days_and_times_as_times():
    from seqsweep.registry.show import answers_table

    days = pd.date_range("2024-01-01", periods=2)
    for times, shown in (
        (days, "2024-01-02"),
        (days.tz_localize("Europe/Berlin") + pd.Timedelta("1h"), "2024-01-02 01:00:00+01:00"),
    ):
        table = answers_table("", pd.DataFrame({"time": times, "forecast": [1.0, 2.0]}))
        assert str(list(table.columns[0].cells)[1]) == shown


def test_a_file_that_is_not_there_is_named_with_the_nearest(served, made):
    answer = served.run("predict", "shop", str(made.csv.with_name("shp.csv")))
    assert answer.exit_code == 2
    assert "did you mean 'shop.csv'" in answer.output


def test_parquet_is_read_too(served, made, tmp_path):
    pd.read_csv(made.csv).to_parquet(tmp_path / "rows.parquet")
    assert served.run("predict", "shop", str(tmp_path / "rows.parquet")).exit_code == 0


@pytest.fixture
def server(served, tmp_path) -> Iterator[str]:
    """`mlflow models serve` on the champion."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["models", "serve", "-m", "models:/shop@champion", "--env-manager", "local", "--port", str(port)]
    stranger = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    binaries = Path(sys.executable).parent
    environment = {
        **stranger,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": f"sqlite:///{served.directory / 'mlflow.db'}",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [str(binaries / "mlflow"), *command],
            env=environment,
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)


def ask(url: str, content: object = None) -> tuple[int, str]:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_serve_starts_mlflow_here_and_prints_a_request_that_it_can_answer(served, monkeypatch):
    started = {}

    @contextmanager
    def running(command, environment):
        started.update(environment, command=command)
        yield None

    def until_ctrl_c(server):
        raise KeyboardInterrupt

    monkeypatch.setattr("seqsweep.registry.serving.running", running)
    monkeypatch.setattr("seqsweep.registry.serving.wait_until_healthy", lambda server, port: None)
    monkeypatch.setattr("seqsweep.registry.serving.wait_for_end", until_ctrl_c)
    done = served.run("serve", "shop", "--port", "5017")
    assert done.exit_code == 0, done.output
    words = shlex.split(next(line for line in done.output.splitlines() if line.startswith("  curl")))
    request = json.loads(Path(words[-1].removeprefix("@")).read_text())
    assert words[2] == "http://127.0.0.1:5017/invocations" and request["dataframe_split"]["columns"]
    store = TrackingConfig(kind="mlflow", directory=str(served.directory))
    assert words[-1] == f"@{registry.request_of('shop', store)}"  # as `promote` prints it
    assert started["command"][-4:] == ["--host", "127.0.0.1", "--port", "5017"]
    assert started["MLFLOW_TRACKING_URI"] == f"sqlite:///{served.directory / 'mlflow.db'}"  # or it makes a database
    assert started["PATH"].startswith(str(Path(sys.executable).parent))  # where MLflow finds its server


def test_answers_and_history_are_json_for_other_programs(served, made):
    rows = json.loads(served.run("predict", "shop", str(made.csv), "--json").stdout)
    assert rows[0]["step"] == 1 and isinstance(rows[0]["forecast"], float)
    told = json.loads(served.run("history", "shop", "--json").stdout)
    assert told["aliases"]["champion"] == told["entries"][-1]["version"]


@pytest.mark.slow
def test_mlflow_serves_the_champion(served, made, server):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if ask(f"{server}/ping")[0] == 200:
                break
        except OSError:
            time.sleep(0.5)
    rows = np.round(season(40)).astype(int)
    frame = {"columns": ["y"], "data": [[int(value)] for value in rows]}
    status, text = ask(f"{server}/invocations", {"dataframe_split": frame})
    assert status == 200, text
    answer = json.loads(text)["predictions"]
    own = package.load(served.good.model).model.predict(pd.DataFrame({"y": rows}))
    assert answer[0]["forecast"] == pytest.approx(own["forecast"].iloc[0], rel=1e-5)
    assert answer[0]["upper_95"] > answer[0]["upper_80"] > answer[0]["forecast"]
    status, text = ask(f"{server}/invocations", {"dataframe_split": {**frame, "data": frame["data"][:2]}})
    assert status == 400
    assert "a forecast needs 6" in text


def test_a_file_of_plain_text_is_answered_with_the_way_that_reads_it(tmp_path):
    from seqsweep.registry.use import ask

    def answer(_, frame):
        return pd.DataFrame({"completion": frame["text"] + "!"})

    loaded = package.Loaded(None, SimpleNamespace(spec={"line": "text"}, predict=answer))
    file = tmp_path / "text.txt"
    for content, told in (
        ("artificia\nart\n", r"no column 'text', .*: the columns are artificia; rename one"),
        ("art\na, b, c\n", "line 2"),
    ):
        file.write_text(content)
        with pytest.raises(DataError, match=rf"{told}.*seqsweep predict MODEL - < \S+text\.txt"):
            ask(loaded, file)
        assert len(ask(loaded, file.read_bytes())) == 2
    file.write_text("text\nart\n")
    assert list(ask(loaded, file)["completion"]) == ["art!"]


def test_ends_of_lines_in_an_answer_are_shown_as_signs():
    from seqsweep.registry.show import answers_table

    table = answers_table("", pd.DataFrame({"completion": ["it is\nso ", "a\tb"], "probability": [0.5, 0.25]}))
    assert [cell.plain for cell in table.columns[0].cells] == ["it is⏎so␣", "a⇥b"]
