"""What a person sees: the leaderboard with the baselines in it, a plain verdict, progress as lines or as a bar."""

from __future__ import annotations

import dataclasses
import functools
import io
import sys
from types import SimpleNamespace

import pytest

from outcomes import outcome, trial
from seqsweep import report
from seqsweep.comparison import FinishedSweep
from seqsweep.events import Epoch
from seqsweep.search import Outcome
from seqsweep.tasks import Facts, FactTable
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.terminal import console as make_console


@pytest.fixture
def make_outcome(make_config):
    return functools.partial(outcome, make_config("task.metrics=[mae,rmse]"))


def shown(what: object, width: int = 120) -> str:
    console = make_console(width=width, file=io.StringIO())
    console.print(what)
    return console.file.getvalue()


def test_trials_and_baselines_stand_in_one_order(make_outcome):
    outcome = make_outcome(trial(1, 11.0), trial(2, 9.0), trial(3, 13.0))
    said = shown(report.leaderboard(outcome, 120))
    places = [said.index(name) for name in ("trial 2", "last value", "trial 1", "linear", "trial 3")]
    assert places == sorted(places)
    assert "+10.0%" in said
    assert "-30.0%" in said


@pytest.mark.parametrize("width", [80, 120])
def test_what_differs_between_trials_has_a_column_and_no_line_is_broken(width, make_outcome):
    table = report.leaderboard(make_outcome(trial(1, 11.0), trial(2, 9.0)), width)
    said = shown(table, width)
    assert "window" in said
    assert "learning" not in said  # the same in all trials
    assert sum("LSTM, 1 × 8 units" in line and line.rstrip().endswith("%") for line in said.splitlines()) == 2


def test_failures_are_listed_with_their_reason(make_outcome):
    said = shown(report.leaderboard(make_outcome(trial(1, 11.0), trial(2, None, "loss became nan in epoch 3")), 120))
    assert "failed: trial 2: LSTM, 1 × 8 units: loss became nan in epoch 3" in said
    assert "state: 2.5 MB in state" in said


def verdict(outcome: Outcome) -> str:
    return " ".join(report.headline(outcome, None))


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([9.0, 11.0], "The best of 2 trials is trial 1 (LSTM, 1 × 8 units), by mae (unit of sales)."),
        ([9.0], "On the validation part its mae is 9.000, 10.0% less than the 10.00 of last value, the best baseline."),
        ([9.0], "near scores of one seed a trial may be chance, and the test part is unread"),
        ([12.0], "20.0% more than the 10.00 of last value, the best baseline. No network beats the baselines."),
        ([10.0], "the same as the 10.00 of last value, the best baseline. No network beats the baselines."),
        ([None], "No trial completed: 1 diverged. All there is are baselines: the best, last value, has mae 10.00"),
        ([], "No trial was run."),
    ],
)
def test_the_verdict_says_plainly_how_the_best_network_stands(scores, said, make_outcome):
    text = verdict(make_outcome(*(trial(i, score, "reason") for i, score in enumerate(scores, 1))))
    assert said in text
    assert ("No network beats" in text) == (scores in ([12.0], [10.0]))


def test_causes_of_failure_are_counted_where_nothing_completed(make_outcome):
    done = make_outcome(trial(1, None, "nan"), trial(2, None, "nan"), baselines={})
    assert verdict(done).startswith("No trial completed: 2 diverged. No baseline was scored either.")


def test_no_baseline_and_a_perfect_baseline_are_no_error(make_outcome):
    assert "no baseline was scored" in verdict(make_outcome(trial(1, 1.0), baselines={}))
    perfect = make_outcome(trial(1, 1.0), baselines={"last_value": 0.0})
    assert "No network beats" in verdict(perfect)
    assert "inf" not in shown(report.leaderboard(perfect, 120)) + verdict(perfect)


def test_the_settings_of_the_best_are_those_of_the_best(make_outcome):
    assert "window=12" in report.settings_of_best(make_outcome(trial(1, 11.0), trial(2, 9.0)))
    assert report.settings_of_best(make_outcome(trial(1, None, "x"))) == ""


def test_the_next_commands_keep_what_the_user_gave(make_outcome):
    commands = dict(
        report.next_commands(
            make_outcome(trial(1, 9.0)),
            None,
            ["seqsweep", "sweep", "quickstart", "data=csv", "data.path=my file.csv", "seed=4"],
        )
    )
    assert "seqsweep ui" in commands
    again = [command for command in commands if "seed=1" in command]
    assert again == ["seqsweep sweep quickstart data=csv 'data.path=my file.csv' seed=1"]
    assert any("tuner.max_trials=24" in command for command in commands)


def test_where_all_trials_failed_more_of_the_same_is_not_offered(make_outcome):
    failed = dataclasses.replace(trial(1, 9.0), status="FAILED", metrics={})
    assert [command for command, _ in report.next_commands(make_outcome(failed), None, ["seqsweep", "sweep", "x"])] == [
        "seqsweep ui"
    ]


@pytest.mark.parametrize(("skill", "offered"), [(0.2, False), (0.001, True), (-0.3, True), (None, False)])
def test_the_baseline_is_offered_where_no_network_beats_it(make_outcome, skill, offered):
    seen = SimpleNamespace(skill=skill, best_baseline="seasonal_naive")
    told = report.next_commands(
        make_outcome(trial(1, 9.0)), SimpleNamespace(winner="one", task="forecast", evaluation=seen), []
    )
    (promote,) = [(command, why) for command, why in told if " promote " in command]
    assert ("--baseline seasonal_naive" in promote[0]) == ("no network beats seasonal naive" in promote[1]) == offered


def test_a_baseline_that_cannot_be_packaged_is_not_offered_and_the_refusal_told(make_outcome):
    seen = SimpleNamespace(skill=-0.3, best_baseline="drift")
    done = SimpleNamespace(winner="one", task="forecast", evaluation=seen)
    outcome = make_outcome(trial(1, 9.0))
    (offered,) = [command for command, _ in report.next_commands(outcome, done, []) if " promote " in command]
    assert "--baseline drift" in offered  # rows of the bundled series have times
    untimed = dataclasses.replace(outcome.config.data, kind="csv", time=None)
    outcome = dataclasses.replace(outcome, config=dataclasses.replace(outcome.config, data=untimed))
    told = report.next_commands(outcome, done, [])
    (promote,) = [(command, why) for command, why in told if " promote " in command]
    assert "--baseline" not in promote[0]
    assert promote[1] == "no network beats drift: the gate refuses the winner as it is"


@pytest.mark.parametrize(("skip", "offered"), [(False, True), ("ridge", False), (None, False)])
def test_where_the_ridge_is_not_beaten_networks_that_begin_with_it_are_offered(skip, offered, make_outcome):
    seen = SimpleNamespace(skill=-0.3, best_baseline="linear")
    done = SimpleNamespace(winner="one", task="forecast", evaluation=seen)
    settings = {} if skip is None else {"linear_skip": skip}
    told = report.next_commands(make_outcome(trial(1, 9.0, **settings)), done, ["seqsweep", "sweep", "x"])
    assert any("search_space.linear_skip=ridge" in command for command, _ in told) == offered


@pytest.mark.parametrize(
    ("best_epoch", "score", "settings", "offered"),
    [
        (0, 9.0, {}, True),
        (-1, 9.0, {}, False),
        (0, 9.0, {"schedule": "cosine"}, False),
        (0, 9.0, {"schedule": "constant"}, True),
        (0, 0.0, {}, False),  # there is nothing left to learn
    ],
)
def test_networks_that_learned_to_the_last_epoch_are_offered_more(best_epoch, score, settings, offered, make_outcome):
    epochs = make_outcome(trial(1, 9.0)).config.trial.epochs
    record = dataclasses.replace(trial(1, score, **settings), best_epoch=epochs + best_epoch)
    told = report.next_commands(make_outcome(record), None, ["seqsweep", "sweep", "x", "trial.epochs=7"])
    assert any(command == f"seqsweep sweep x trial.epochs={2 * epochs}" for command, _ in told) == offered


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


def test_jobs_of_several_studies_are_told_apart_by_their_names():
    jobs = [report.FinishedJob((study, "seed=3"), None, "no such file") for study in ("letters", "digits")]
    lines = shown(report.jobs_table(jobs), 80).splitlines()
    assert [line.split()[1] for line in lines if "failed" in line] == ["letters", "digits"]


def test_off_a_terminal_progress_is_a_plain_line_a_trial():
    console = make_console(width=80, file=io.StringIO())
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(3, [trial(1, 9.0)], 2)
    running = trial(2, None)
    terminal.started(running)
    terminal.epoch(running, Epoch(1, {"val_mae": 12.0}, 1.0))
    terminal.ended(trial(2, 11.0), 11.0)
    terminal.ended(trial(3, None, "loss became nan"), None)
    terminal.finish()
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "resuming: 1 of 3 trials are done already"
    assert lines[2].startswith("[2/3] trial 2: LSTM, 1 × 8 units")
    assert "best 9.000 (trial 1)" in lines[2]
    assert "failed: loss became nan" in lines[3]
    assert "\x1b" not in console.file.getvalue()


def test_more_trials_than_were_expected_are_counted_as_what_they_are():
    console = make_console(width=80, file=io.StringIO())
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(1, [], 2)
    terminal.ended(trial(1, 11.0), 11.0)
    terminal.ended(trial(2, 11.0), 11.0)
    assert console.file.getvalue().splitlines()[-1].startswith("[2/2] trial 2")


def final_run(number: int, seed: int, score: float):
    record = trial(number, score)
    return dataclasses.replace(record, kind="final", final_of=record.trial_id, name=f"{record.name}, seed {seed}")


def test_in_finals_the_best_is_a_mean_over_seeds_and_not_the_luckiest_run():
    console = make_console(width=120, file=io.StringIO())
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(4, [], 2, "final")
    for number, seed, score in ((1, 1, 9.0), (2, 1, 5.0), (1, 2, 9.0), (2, 2, 15.0)):
        terminal.ended(final_run(number, seed, score), score)
    terminal.finish()
    terminal.begin(1, [], 2, "calibration")  # of these errors intervals are made; they rank nothing
    terminal.ended(final_run(1, 1, 1.0), 1.0)
    lines = console.file.getvalue().splitlines()
    assert "best 5.000 (trial 2, mean of 1 run)" in lines[-4]
    assert lines[-2].endswith("best 9.000 (trial 1, mean of 2 runs)")
    assert lines[-1].endswith("best 9.000 (trial 1, mean of 2 runs)")


def test_prose_is_wrapped_at_words_on_a_terminal_and_whole_in_a_file():
    sentence = "several words " * 8
    for force, lines in ((True, 4), (False, 1)):
        console = make_console(width=40, file=io.StringIO(), force_terminal=force, color_system=None)
        report.Terminal(console, METRICS["mae"]).say(sentence.strip())
        said = console.file.getvalue().splitlines()
        assert len(said) == lines
        assert all(line.rstrip().endswith(("several", "words")) for line in said)


def test_of_its_data_a_sweep_shows_two_lines_at_most_as_they_are():
    console = make_console(width=80, file=io.StringIO())
    summary = ("shop: rows of [sales]", "rows: train 1", "a third")
    facts = Facts("shop", summary, (FactTable("a", "A", ()),), notes=("told before",))
    report.Terminal(console, METRICS["mae"]).describe(facts)
    assert console.file.getvalue() == "shop: rows of [sales]\nrows: train 1\n"


def test_on_a_terminal_a_bar_shows_what_runs_the_best_and_the_time_left():
    console = make_console(width=100, file=io.StringIO(), force_terminal=True)
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(3, [], 2)
    running = dataclasses.replace(trial(2, None), last_epoch=5)
    terminal.ended(trial(1, 11.0), 11.0)
    terminal.started(running)
    terminal.epoch(running, Epoch(4, {"val_mae": 12.0}, 1.0))
    said = shown(terminal._render(), 100)
    terminal.finish()
    assert "trial 2: LSTM, 1 × 8 units" in said
    assert "epoch 4 of at most 5" in said
    assert "best so far: val_mae 11.00, trial 1" in said
    assert "1/3" in said
    assert "left" in said


def test_of_equal_trials_the_first_is_the_best_so_far():
    console = make_console(width=80, file=io.StringIO())
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(2, [], 1)
    terminal.ended(trial(1, 9.0), 9.0)
    terminal.ended(trial(2, 9.0), 9.0)
    assert console.file.getvalue().splitlines()[-1].endswith("best 9.000 (trial 1)")


@pytest.mark.parametrize(
    ("expected", "done", "lines"),
    [
        (2, 0, ["trials to run: 2, 3 at a time; workers take some seconds to start"]),
        (
            2,
            1,
            ["resuming: 1 of 2 trials are done already", "trials to run: 1, 3 at a time; workers take"],
        ),
        (2, 2, ["resuming: 2 of 2 trials are done already"]),
        (1, 2, ["resuming: 2 of 2 trials are done already"]),  # the limit was lowered
    ],
)
def test_what_is_done_and_what_is_to_run_is_said_as_a_sweep_begins(expected, done, lines):
    console = make_console(width=120, file=io.StringIO())
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(expected, [trial(number, 9.0) for number in range(1, done + 1)], 3)
    said = console.file.getvalue().splitlines()
    assert len(said) == len(lines)
    assert all(line.startswith(start) for line, start in zip(said, lines, strict=True))


def test_the_time_left_is_told_at_the_pace_of_the_trials_that_this_launch_finished():
    now = 0.0
    console = make_console(width=100, file=io.StringIO(), force_terminal=True, get_time=lambda: now)
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(5, [trial(1, 9.0)], 2)
    assert "left" not in shown(terminal._render(), 100)
    now = 100.0
    terminal.ended(trial(2, 11.0), 11.0)
    assert "about 5 min 0 s left" in shown(terminal._render(), 100)  # 3 more at 100 s each
    now = 150.0
    terminal.ended(trial(3, 11.0), 11.0)
    assert "about 2 min 30 s left" in shown(terminal._render(), 100)  # 2 more at 75 s each
    terminal.finish()


def test_the_time_left_is_that_of_the_whole_command():
    now = 0.0
    console = make_console(width=100, file=io.StringIO(), force_terminal=True, get_time=lambda: now)
    terminal = report.Terminal(console, METRICS["mae"], {"final": 4, "calibration": 2})
    terminal.begin(2, [], 1)
    now = 10.0
    terminal.ended(trial(1, 9.0), 9.0)
    assert "about 1 min 18 s left" in shown(terminal._render(), 100)  # 7 more at 10 s each, and 8 s for what follows
    terminal.ended(trial(2, 9.0), 9.0)
    terminal.finish()
    terminal.begin(6, [], 1, "final")  # of another layer type too: more than was known before the search
    now = 12.0
    terminal.ended(final_run(1, 1, 9.0), 9.0)
    said = shown(terminal._render(), 100)
    assert "final runs 1/6" in said
    assert "about 22 s left" in said  # 7 more at 2 s each
    terminal.stage("packaging the winner")
    assert "packaging the winner" in shown(terminal._render(), 100)
    terminal.finish()


def test_before_anything_is_trained_the_terminal_is_left_as_it_is():
    console = make_console(width=100, file=io.StringIO(), force_terminal=True, color_system=None)
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.stage("loading TensorFlow")  # Ctrl-C may end the process here, with no chance to show the cursor again
    terminal.finish()
    assert console.file.getvalue() == "loading TensorFlow …\n"


def test_a_notebook_shows_a_sweep_in_one_output_that_is_updated(monkeypatch):
    drawn = []
    handle = SimpleNamespace(update=drawn.append)
    display = SimpleNamespace(HTML=lambda text: text, display=lambda text, display_id: drawn.append(text) or handle)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=display))
    notebook = report.Notebook(METRICS["mae"])
    notebook.say("[data] <read>")
    notebook.begin(2, [], 1)
    notebook.started(trial(1, None))
    assert "trial 1: LSTM, 1 × 8 units" in drawn[-1] or "trials 0/2" in drawn[-1]
    notebook.ended(trial(1, 9.0), 9.0)
    assert "trials 1/2" in drawn[-1]
    notebook.finish()
    assert "[data] &lt;read&gt;" in drawn[-1]
    assert "best 9.000 (trial 1)" in drawn[-1]
    assert "trials 1/2" not in drawn[-1]


def test_a_trial_that_has_just_started_has_trained_no_epoch():
    console = make_console(width=100, file=io.StringIO(), force_terminal=True)
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(1, [], 1)
    terminal.started(dataclasses.replace(trial(1, None), last_epoch=5))
    assert "epoch 0 of at most 5" in shown(terminal._render(), 100)
    terminal.finish()


def test_lines_are_shown_as_they_are_and_whole():
    console = make_console(width=40, file=io.StringIO())
    terminal = report.Terminal(console, METRICS["mae"])
    terminal.begin(1, [], 1)
    terminal.say("[bold]data.csv[/bold]")
    terminal.ended(trial(1, None, "[red] is no colour, and a long reason is not broken into lines"), None)
    lines = console.file.getvalue().splitlines()
    assert "[bold]data.csv[/bold]" in lines
    assert "failed: [red] is no colour, and a long reason is not broken into lines" in lines[-1]
