"""What a person sees: the leaderboard with the baselines in it, a plain verdict, progress as lines or as a bar."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from seqsweep import report
from seqsweep.compare import FinishedSweep
from seqsweep.events import Cause, Epoch
from seqsweep.records import TrialRecord
from seqsweep.report.progress import duration
from seqsweep.sweep import Outcome


def trial(number: int, score: float | None, reason: str = "", **params: object) -> TrialRecord:
    status = "FAILED" if score is None else "COMPLETED"
    metrics = {} if score is None else {"val_mae": score, "val_rmse": 2 * score, "val_skill": 1 - score / 10}
    why = {"reason": reason, "cause": Cause.DIVERGED} if reason else {}
    settings = {"layer": "lstm", "window": 6 * number, "units": 8, "learning_rate": 0.01, **params}
    return TrialRecord(f"{number:04d}", number, f"{number} LSTM 8x1", status, settings, metrics, (), 1.0, 2.0, **why)


@pytest.fixture
def make_outcome(make_config):
    def make(*records: TrialRecord, baselines: dict[str, float] | None = None, **changes: object) -> Outcome:
        errors = {"last_value": 10.0, "linear": 12.0} if baselines is None else baselines
        values = {
            "config": make_config("task.metrics=[mae,rmse]"),
            "name": "random-12 3f0a",
            "fingerprint": "3f0a",
            "folder": Path("state"),
            "series": "shop",
            "target": "sales",
            "rows": 300,
            "sha256": "5eed",
            "records": records,
            "baselines": {name: {"mae": error, "rmse": 2 * error} for name, error in errors.items()},
            "best_baseline": min(errors, key=errors.get, default=None),
            "reason": "3 of 3 trials",
            "trained": len(records),
            "seconds": 75.0,
            "search_seconds": 0.1,
            "tracking_seconds": 1.0,
            "disk": 2_500_000,
            "lineage": {},
        }
        return Outcome(**values | changes)

    return make


def shown(what: object, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(what)
    return console.file.getvalue()


def test_trials_and_baselines_stand_in_one_order(make_outcome):
    outcome = make_outcome(trial(1, 11.0), trial(2, 9.0), trial(3, 13.0))
    said = shown(report.leaderboard(outcome, 120))
    places = [said.index(name) for name in ("2 LSTM", "last value", "1 LSTM", "linear", "3 LSTM")]
    assert places == sorted(places)
    assert "+10.0%" in said
    assert "-30.0%" in said


@pytest.mark.parametrize("width", [80, 120])
def test_what_differs_between_trials_has_a_column_and_no_line_is_broken(width, make_outcome):
    table = report.leaderboard(make_outcome(trial(1, 11.0), trial(2, 9.0)), width)
    said = shown(table, width)
    assert "window" in said
    assert "learning" not in said  # the same in all trials
    assert sum("LSTM 8x1" in line and line.rstrip().endswith("%") for line in said.splitlines()) == 2


def test_failures_are_listed_with_their_reason(make_outcome):
    said = shown(report.leaderboard(make_outcome(trial(1, 11.0), trial(2, None, "loss became nan in epoch 3")), 120))
    assert "failed: 2 LSTM 8x1: loss became nan in epoch 3" in said
    assert "state: 2.5 MB in state" in said


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([9.0], "10.0% below the best baseline, last value"),
        ([12.0], "No network beats the baselines"),
        ([10.0], "No network beats the baselines"),
        ([None], "No trial completed"),
    ],
)
def test_the_verdict_says_plainly_how_the_best_network_stands(scores, said, make_outcome):
    outcome = make_outcome(*(trial(i, score, "reason") for i, score in enumerate(scores, 1)))
    assert said in report.verdict(outcome)


def test_no_baseline_and_a_perfect_baseline_are_no_error(make_outcome):
    assert "no baseline was scored" in report.verdict(make_outcome(trial(1, 1.0), baselines={}))
    perfect = make_outcome(trial(1, 1.0), baselines={"last_value": 0.0})
    assert "No network beats" in report.verdict(perfect)
    assert "inf" not in shown(report.leaderboard(perfect, 120)) + report.verdict(perfect)


def test_the_settings_of_the_best_are_those_of_the_best(make_outcome):
    assert "window=12" in report.settings_of_best(make_outcome(trial(1, 11.0), trial(2, 9.0)))
    assert report.settings_of_best(make_outcome(trial(1, None, "x"))) == ""


def test_the_next_commands_keep_what_the_user_gave(make_outcome):
    commands = dict(
        report.next_commands(make_outcome(trial(1, 9.0)), None, ["data=csv", "data.path=my file.csv", "seed=4"])
    )
    assert "seqsweep ui" in commands
    again = [command for command in commands if "seed=1" in command]
    assert again == ["seqsweep sweep quickstart data=csv 'data.path=my file.csv' seed=1"]
    assert any("tuner.max_trials=24" in command for command in commands)


def test_the_next_commands_look_where_the_sweep_kept_its_runs(make_outcome):
    outcome = make_outcome(trial(1, 9.0))
    outcome.config.tracking.directory = "else where"
    commands = [command for command, _ in report.next_commands(outcome, None, [])]
    assert "seqsweep ui --directory 'else where'" in commands
    outcome.config.tracking.kind = "none"
    assert not any(" ui" in command for command, _ in report.next_commands(outcome, None, []))


def test_jobs_stand_side_by_side_with_what_sets_them_apart(make_outcome):
    done = make_outcome(trial(1, 9.0))
    jobs = [
        report.FinishedJob(("data=csv", "tuner=random"), FinishedSweep(done, None)),
        report.FinishedJob(("data=csv", "tuner=grid"), None, "no such file"),
    ]
    said = shown(report.jobs_table(jobs), 80)
    assert "tuner=random" in said
    assert "failed" in said
    assert "data=csv" not in said


def test_off_a_terminal_progress_is_a_plain_line_a_trial():
    console = Console(width=80, file=io.StringIO())
    terminal = report.Terminal(console, "val_mae", 5)
    terminal.begin(3, [trial(1, 9.0)], 2)
    running = trial(2, None)
    terminal.started(running)
    terminal.epoch(running, Epoch(1, {"val_mae": 12.0}, 1.0))
    terminal.ended(trial(2, 11.0), 11.0)
    terminal.ended(trial(3, None, "loss became nan"), None)
    terminal.finish()
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "resuming: 1 of 3 trials are done already"
    assert lines[2].startswith("[2/3] 2 LSTM 8x1")
    assert "best 9 (1 LSTM 8x1)" in lines[2]
    assert "failed: loss became nan" in lines[3]
    assert "\x1b" not in console.file.getvalue()


def test_on_a_terminal_a_bar_shows_what_runs_the_best_and_the_time_left():
    console = Console(width=100, file=io.StringIO(), force_terminal=True)
    terminal = report.Terminal(console, "val_mae", 5)
    terminal.begin(3, [], 2)
    running = trial(2, None)
    terminal.ended(trial(1, 11.0), 11.0)
    terminal.started(running)
    terminal.epoch(running, Epoch(4, {"val_mae": 12.0}, 1.0))
    said = shown(terminal._render(), 100)
    terminal.finish()
    assert "2 LSTM 8x1" in said
    assert "epoch 4 of at most 5" in said
    assert "best so far: val_mae 11, 1 LSTM 8x1" in said
    assert "1/3" in said
    assert "left" in said


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (75, "1 min 15 s"), (7500, "2 h 5 min")])
def test_durations_read_naturally(seconds, said):
    assert duration(seconds) == said
