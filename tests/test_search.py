"""A sweep: asks, trains, records, tells; resumes where it was, and says what changed when it starts anew."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from points import POINT
from seqsweep import search
from seqsweep.errors import DivergedError, LockedError, StateError
from seqsweep.events import Cause, Done, Epoch, Event, Failed, Lost, Note, Started, TrialResult, TrialSpec
from seqsweep.executor import InlineExecutor
from seqsweep.search.loop import Loop
from seqsweep.search.owner import read_owner
from seqsweep.search.source import Search, network_name
from seqsweep.state_files import to_json
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tracking import MemoryTracker
from seqsweep.trial import derive_seed
from seqsweep.tuner import make_tuner

SMALL = (
    "executor=inline",
    "tracking=memory",
    "trial.epochs=2",
    "tuner.max_trials=3",
    "search_space.units=[2,3,4]",
    "search_space.depth=1",
    "search_space.window=6",
)


class Quiet:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.begun: tuple[int, int, int] | None = None
        self.scores: list[float | None] = []
        self.epochs = 0

    def say(self, text: str) -> None:
        self.said.append(text)

    def describe(self, facts: object) -> None:
        self.facts = facts

    def begin(self, expected: int, finished: Sequence[object], workers: int, kind: str = "trial") -> None:
        self.begun = (expected, len(finished), workers)

    def stage(self, doing: str) -> None: ...

    def started(self, trial: object) -> None: ...

    def epoch(self, trial: object, event: Epoch) -> None:
        self.epochs += 1

    def ended(self, trial: object, score: float | None) -> None:
        self.scores.append(score)

    def finish(self) -> None: ...


def loop_over(
    make_config, tmp_path, job, *overrides: str, executor: object = None
) -> tuple[Loop, Quiet, MemoryTracker]:
    """A loop with a stand-in for training."""
    config = make_config(*SMALL, *overrides)
    state = search.SweepState(tmp_path / "state")
    tuner = make_tuner(config, state.tuner)
    executor = executor or InlineExecutor(lambda threads: None, 1, None)
    executor.open(job)
    observer, tracker = Quiet(), MemoryTracker()
    tracker.open(record())
    mae = METRICS["mae"]
    source = Search(config, state, tuner, mae)
    loop = Loop(config, state, source, executor, tracker, observer, state.records(), mae, 10.0)
    return loop, observer, tracker


def record():
    from seqsweep.tracking import SweepRecord

    return SweepRecord("study", "question", "name", "fingerprint", "config: 1\n")


RESULT = TrialResult({}, 1, 1, 10, seed=0)


def good(spec: TrialSpec) -> Iterator[Event]:
    """A trial whose score is its width."""
    yield Started(1, 100.0)
    yield Epoch(1, {"loss": 1.0, "val_loss": 2.0, "val_mae": 3.0}, 101.0)
    yield Done(TrialResult({"val_mae": float(spec.params.units[0])}, 1, 1, 10, spec.seed, {"training": 0.5}, "fast"))


@pytest.mark.keras
def test_every_trial_is_kept_tracked_and_told(make_config, tmp_path):
    loop, observer, tracker = loop_over(make_config, tmp_path, good)
    assert loop.run() == "3 of 3 trials"
    records = loop.state.records()
    assert [r.number for r in records.values()] == [1, 2, 3]
    assert tracker.recorded() == set(records)
    first = next(iter(records.values()))
    assert first.metrics["val_skill"] == pytest.approx(1 - first.metrics["val_mae"] / 10)
    assert first.params["units"] in (2, 3, 4)
    assert (first.curve[0].epoch, first.curve[0].metrics["val_loss"], first.kernels) == (1, 2.0, "fast")
    assert (first.epochs, first.parameter_count, first.seconds) == (1, 10, {"training": 0.5})
    assert (first.seed, first.last_epoch, first.origin) == (derive_seed(0, "0001"), 2, "oracle")
    assert sorted(observer.scores) == sorted(r.metrics["val_mae"] for r in records.values())


@pytest.mark.keras
def test_what_runs_is_kept_for_whoever_watches_and_nothing_is_left_of_it(make_config, tmp_path):
    seen = []

    def job(spec: TrialSpec) -> Iterator[Event]:
        seen.extend(trial.name for trial in search.running_trials(loop.state.folder))
        yield from good(spec)

    loop, _, _ = loop_over(make_config, tmp_path, job)
    with loop.state.locked():
        loop.run()
        assert seen and seen[0].startswith("trial 1: ")
        assert search.running_trials(loop.state.folder) == ()


@pytest.mark.keras
def test_a_failed_and_a_diverged_trial_do_not_stop_the_sweep_and_keep_their_reason(make_config, tmp_path):
    def job(spec: TrialSpec) -> Iterator[Event]:
        if spec.trial_id.endswith("1"):
            raise ZeroDivisionError("by nothing")
        if spec.trial_id.endswith("2"):
            raise DivergedError("loss became nan in epoch 1")
        yield from good(spec)

    loop, observer, _ = loop_over(make_config, tmp_path, job)
    loop.run()
    first, second, third = loop.state.records().values()
    assert (first.status, first.cause, first.reason) == ("FAILED", Cause.ERROR, "ZeroDivisionError: by nothing")
    assert "by nothing" in first.detail
    assert (second.cause, second.reason) == (Cause.DIVERGED, "loss became nan in epoch 1")
    assert third.status == "COMPLETED"
    assert observer.scores[:2] == [None, None]


@pytest.mark.keras
def test_a_disk_that_refuses_a_trials_state_stops_the_sweep_and_the_trial_runs_again(make_config, tmp_path):
    def job(spec: TrialSpec) -> Iterator[Event]:
        if spec.trial_id == "0002":
            raise StateError("cannot write its checkpoint")
        yield from good(spec)

    loop, observer, tracker = loop_over(make_config, tmp_path, job)
    with pytest.raises(StateError, match="trial 2: cannot write its checkpoint"):
        loop.run()
    assert set(loop.state.records()) == tracker.recorded() == {"0001"}
    assert len(observer.scores) == 1
    loop, *_ = loop_over(make_config, tmp_path, good)
    assert [proposal.trial_id for proposal in loop.source.running()] == ["0002"]
    loop.run()
    assert [record.status for record in loop.state.records().values()] == ["COMPLETED"] * 3


def test_what_comes_with_a_trials_last_event_is_kept_before_its_record(tmp_path):
    state = search.SweepState(tmp_path)
    state.keep("0001", Done(RESULT, b"checkpoint", b"weights"))
    state.keep("0002", Done(RESULT))
    assert state.read_checkpoint("0001") == b"checkpoint"
    assert state.network("0001").read_bytes() == b"weights"
    assert state.read_checkpoint("0002") is None
    assert not state.network("0002").exists()


@pytest.mark.keras
@pytest.mark.parametrize("folder", ["checkpoints", "trials"])
def test_a_disk_that_refuses_what_a_trial_left_stops_the_sweep_and_the_trial_runs_again(folder, make_config, tmp_path):
    def job(spec: TrialSpec) -> Iterator[Event]:
        *before, done = good(spec)
        yield from before
        yield Done(done.result, b"checkpoint")

    loop, observer, tracker = loop_over(make_config, tmp_path, job)
    (tmp_path / "state" / folder).write_text("in the way")
    with pytest.raises(StateError, match=rf"cannot write the state of the sweep .*/{folder}/0001"):
        loop.run()
    (tmp_path / "state" / folder).unlink()
    assert not loop.state.records()
    assert not tracker.recorded()
    assert not observer.scores
    loop, *_ = loop_over(make_config, tmp_path, job)
    assert [proposal.trial_id for proposal in loop.source.running()] == ["0001"]
    loop.run()
    assert [record.status for record in loop.state.records().values()] == ["COMPLETED"] * 3


@pytest.mark.keras
def test_what_a_trial_has_to_say_is_told_and_kept(make_config, tmp_path):
    def job(spec: TrialSpec) -> Iterator[Event]:
        started, *rest = good(spec)
        yield started
        if spec.trial_id == "0002":
            yield Note("the checkpoint is damaged")
        yield from rest

    loop, observer, _ = loop_over(make_config, tmp_path, job)
    loop.run()
    assert observer.said == ["trial 2: the checkpoint is damaged"]
    assert [r.note for r in loop.state.records().values()] == ["", "the checkpoint is damaged", ""]


class Losing:
    """An executor whose worker dies under a trial as often as it is told to."""

    capacity = 1

    def __init__(self, losses: int) -> None:
        self.left, self.events = losses, []

    def open(self, job) -> None:
        self.job = job

    def submit(self, spec: TrialSpec) -> None:
        events = [Started(1, 1.0), Lost("worker 7 was killed by SIGKILL")] if self.left > 0 else list(self.job(spec))
        self.left -= 1
        self.events += [(spec.trial_id, event) for event in events]

    def next_event(self, timeout: float):
        return self.events.pop(0) if self.events else None

    def waits(self) -> str:
        return ""


@pytest.mark.keras
@pytest.mark.parametrize(("losses", "status"), [(2, "COMPLETED"), (3, "FAILED")])
def test_a_lost_trial_runs_again_at_most_max_losses_times(losses, status, make_config, tmp_path):
    loop, observer, _ = loop_over(make_config, tmp_path, good, "executor.max_retries=2", executor=Losing(losses))
    loop.run()
    first = loop.state.records()["0001"]
    assert first.status == status
    assert sum("runs again" in text for text in observer.said) == 2
    if status == "FAILED":
        assert (first.cause, first.retries) == (Cause.LOST, 2)


@pytest.mark.keras
def test_five_crashes_in_a_row_end_the_sweep_but_divergences_do_not(make_config, tmp_path):
    def crash(spec: TrialSpec) -> Iterator[Event]:
        yield Failed(Cause.ERROR, "no disk")

    def diverge(spec: TrialSpec) -> Iterator[Event]:
        yield Failed(Cause.DIVERGED, "loss became inf")

    space = ("search_space.units=[1,2,3,4,5,6,7,8,9]", "tuner.max_trials=8")
    loop, *_ = loop_over(make_config, tmp_path / "a", crash, *space)
    assert loop.run().startswith("5 failures in a row")
    loop, *_ = loop_over(make_config, tmp_path / "b", diverge, *space)
    assert loop.run() == "8 of 8 trials"


@pytest.mark.keras
def test_what_ended_before_a_kill_is_told_and_not_trained_again(make_config, tmp_path):
    loop, *_ = loop_over(make_config, tmp_path, good)
    proposal = loop.source.ask("slot0")  # killed after the record was written, before the tuner was told
    kept = dataclasses.replace(_record_of(proposal), metrics={"val_mae": 1.25})
    loop.state.write(kept)
    trained: list[str] = []

    def job(spec: TrialSpec) -> Iterator[Event]:
        trained.append(spec.trial_id)
        yield from good(spec)

    loop, _, tracker = loop_over(make_config, tmp_path, job)
    loop.run()
    assert proposal.trial_id not in trained
    assert len(trained) == 2
    assert tracker.recorded() == {"0001", "0002", "0003"}
    assert loop.state.records()[proposal.trial_id].metrics["val_mae"] == 1.25


def _record_of(proposal):
    from seqsweep.records import TrialRecord

    return TrialRecord(proposal.trial_id, proposal.number, "name", "COMPLETED", started=1.0, ended=2.0)


@pytest.mark.keras
def test_a_whole_sweep_with_real_networks_then_resumed_then_extended(make_config, tmp_path, monkeypatch):
    def launch(*overrides: str) -> tuple[search.Outcome, Quiet]:
        observer = Quiet()
        config = make_config(*SMALL, f"tracking.directory={tmp_path}", *overrides)
        return search.run(config, observer), observer

    begun = []
    with monkeypatch.context() as patch:
        run = sys.modules["seqsweep.search.run"]
        patch.setattr(MemoryTracker, "poll", lambda tracker: begun.append("store"))
        patch.setattr(run, "open_tuner", lambda *given, made=run.open_tuner: (begun.append("tuner"), made(*given))[1])
        first, observer = launch()
    assert begun[:2] == ["store", "tuner"]  # while TensorFlow is imported, which the tuner waits for
    assert (first.trained, first.reason, observer.begun) == (3, "3 of 3 trials", (3, 0, 1))
    assert set(first.baselines) == set(first.config.task.baselines)
    assert first.best_baseline == min(first.baselines, key=lambda name: first.baselines[name]["mae"])
    assert [r.metrics["val_mae"] for r in first.ranked] == sorted(r.metrics["val_mae"] for r in first.records)
    assert search.SweepState(first.folder).facts() == observer.facts  # the page of an old folder needs no data
    assert observer.facts.name == "sunspots"

    polled = []  # which begins to open a store: without a trial, nothing else does before the end
    with monkeypatch.context() as patch:
        patch.setattr(MemoryTracker, "poll", lambda tracker: polled.append(id(tracker)))
        again, observer = launch()
    assert (again.trained, again.records, observer.begun) == (0, first.records, (3, 3, 1))
    assert len(polled) == 1

    more, _ = launch("tuner.max_trials=4")
    assert (more.trained, more.records[:3]) == (1, first.records)

    for file in tmp_path.glob("sweeps/*/sweep.json"):
        os.utime(file, (1, 1))  # as if an earlier process had made it: jobs of one multirun are no news
    other, observer = launch("seed=1", "tuner.max_trials=1")
    assert other.trained == 1
    assert other.fingerprint != first.fingerprint
    assert observer.said[-1].endswith("seed changed since the last one of study 'quickstart'")


def test_a_range_that_became_a_value_is_named_once_and_without_its_bounds(tmp_path):
    groups = {group.name: {} for group in dataclasses.fields(search.Identity)} | {"study": "s", "seed": 0}
    now = search.Identity(**groups | {"search_space": {"rate": 0.1}})
    then = dataclasses.replace(now, search_space={"rate": {"low": 0.1, "high": 1}})
    (tmp_path / "old").mkdir()
    file = tmp_path / "old" / "sweep.json"
    file.write_text(to_json(then))
    os.utime(file, (1, 1))
    assert search.differences(tmp_path / "new", now) == ["search_space.rate"]


@pytest.mark.keras
@pytest.mark.slow
def test_one_worker_and_two_give_the_same_figures_to_the_bit(make_config, tmp_path):
    def launch(workers: int) -> list[dict[str, float]]:
        config = make_config(
            *SMALL[1:],
            *("executor=processes", f"executor.workers={workers}", "tuner.max_trials=2", "trial.epochs=1"),
            f"tracking.directory={tmp_path}/{workers}",
        )
        outcome = search.run(config, Quiet())
        return [record.metrics for record in outcome.records]

    assert launch(1) == launch(2)


@pytest.mark.keras
def test_a_sweep_that_runs_already_is_refused_with_the_process_id(tmp_path):
    state = search.SweepState(tmp_path)
    code = (
        "import sys; from pathlib import Path; from seqsweep.search import SweepState\n"
        "with SweepState(Path(sys.argv[1])).locked():\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid}"), state.locked():
            pass
        holder.kill()  # a killed owner leaves no lock behind
    with state.locked():
        assert read_owner(tmp_path / "owner").pid == os.getpid()


def test_the_identity_follows_the_data_not_its_path_and_not_where_trials_run(make_config, make_series):
    def print_of(*overrides: str, values: object = None) -> str:
        return search.fingerprint(search.identity(make_config(*overrides), make_series(values)))

    base = print_of()
    same = ["executor.workers=7", "tracking=memory", "tuner.max_trials=99"]
    assert {print_of(override) for override in same} == {base}
    assert print_of("data=csv", "data.path=here.csv") == print_of("data=csv", "data.path=elsewhere.csv")
    other = ["seed=1", "trial.epochs=3", "search_space.window=5", "windows.scaler=minmax", "executor.threads=2",
             "data.season=7", "task.horizon=2", "tuner=bayesian", "model.kernels=keras"]  # fmt: skip
    assert len({base, *(print_of(override) for override in other)}) == len(other) + 1
    assert print_of(values=range(240)) != base


RECORD = '{"trial_id": "1", "number": 1, "name": "1 GRU 8x1", "status": "COMPLETED"'


@pytest.mark.parametrize("content", ['{"study": "x"', "[]", '{"trial_id": "1"}', RECORD, f'{RECORD}, "foreign": 1}}'])
def test_a_truncated_or_foreign_record_is_reported_and_left_alone(content, tmp_path):
    state = search.SweepState(tmp_path)
    file = tmp_path / "trials" / "0001.json"
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(StateError, match=r"0001\.json"):
        state.records()
    assert file.read_text() == content


def test_the_folder_of_another_sweep_is_refused(make_config, make_series, tmp_path):
    state = search.SweepState(tmp_path)
    one = search.identity(make_config(), make_series())
    state.begin(one)
    state.begin(one)
    assert search.read_identity(tmp_path) == one
    with pytest.raises(StateError, match="state of another sweep"):
        state.begin(dataclasses.replace(one, study="b"))


def test_what_changed_since_the_last_sweep_is_told_without_pydantic_and_whatever_lies_beside(
    make_config, make_series, monkeypatch, tmp_path
):
    data = make_series()
    for name, overrides in {"old": ["seed=2"], "new": ["data.season=7"], "other": ["study=b"]}.items():
        search.SweepState(tmp_path / name).folder.mkdir()
        search.SweepState(tmp_path / name).begin(search.identity(make_config(*overrides), data))
    for age, name in enumerate(["truncated", "foreign", "other", "new", "old"]):
        file = tmp_path / name / "sweep.json"
        if not file.exists():
            file.parent.mkdir()
            file.write_text({"truncated": '{"study', "foreign": "[1]"}[name])
        os.utime(file, (1000 - age, 1000 - age))
    monkeypatch.setitem(sys.modules, "pydantic", None)  # importing it is an ImportError
    assert search.differences(tmp_path / "mine", search.identity(make_config(), data)) == ["data.season"]


def test_records_survive_the_way_to_disk_and_back(tmp_path):
    from seqsweep.records import TrialRecord

    state = search.SweepState(tmp_path)
    whole = TrialRecord(
        "0001", 1, "1 GRU 8x2", "FAILED", {"units": 8, "clip": None}, {"val_mae": 0.3}, (Epoch(1, {"loss": 1.5}, 3.0),),
        1.0, 2.0, seed=5, cause=Cause.TIME_LIMIT,
    )  # fmt: skip
    state.write(whole)
    assert state.records() == {"0001": whole}
    assert not list(tmp_path.rglob("*.tmp"))


def test_checkpoints_that_nobody_can_continue_are_deleted(tmp_path):
    state = search.SweepState(tmp_path)
    for name in ("0001", "0002", "0003"):
        state.checkpoint(name).parent.mkdir(exist_ok=True)
        state.checkpoint(name).write_bytes(b"x")
        state.checkpoint(name).with_suffix(".77.tmp").write_bytes(b"x")  # of a process that was killed
    state.forget_checkpoints({"0002"})
    assert {file.name for file in (tmp_path / "checkpoints").iterdir()} == {"0002.npz", "0002.77.tmp"}


def test_a_disk_that_refuses_is_a_clear_error(tmp_path):
    state = search.SweepState(tmp_path / "file")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        StateError, match=r"cannot write the state of the sweep .*same command again: .*file/trials/1.json"
    ):
        state.write(_record_of(SimpleNamespace(trial_id="1", number=1)))


def test_lineage_names_versions_and_commit():
    from seqsweep.search.lineage import lineage

    tags = lineage()
    assert tags["version_tensorflow"].count(".") == 2
    assert json.dumps(tags)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"layer": "simple_rnn", "units": (50, 50)}, "SimpleRNN, 2 × 50 units"),
        ({"layer": "gru", "units": (32, 16), "bidirectional": False}, "GRU, 32 and 16 units"),
        ({"layer": "lstm", "units": (8,), "bidirectional": True}, "Bi-LSTM, 1 × 8 units"),
        ({"layer": "causal_conv", "units": (8,)}, "causal conv, 1 × 8 units"),
    ],
)
def test_a_trial_is_called_by_the_kind_and_the_widths_of_its_layers(params, name):
    assert network_name(POINT.replace(dropout=(0.0,) * len(params["units"]), **params)) == name
