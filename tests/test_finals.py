"""Finals: the best again over seeds, a winner by its mean, one counted test evaluation, all of it resumable."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import shutil
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from conclusions import scored_network
from seqsweep import finals, search, state_files
from seqsweep.errors import DataError, StateError
from seqsweep.events import CALIBRATION, Epoch
from seqsweep.evidence import diebold_mariano
from seqsweep.finals.conclusion import Conclusion, Finalist, TestEvaluation
from seqsweep.finals.count import (
    EVALUATIONS,
    Evaluated,
    EvaluationList,
    check_count,
    counted,
    evaluations_before,
    settled,
)
from seqsweep.finals.final_runs import FinalRuns
from seqsweep.finals.selection import differences, median_run, rank, scored_runs, select_finalists
from seqsweep.records import TrialRecord
from seqsweep.search.problem import build_problem
from seqsweep.tasks import Audit
from seqsweep.tasks.forecast.intervals import read_intervals
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tasks.forecast.task import Forecast
from seqsweep.tracking import NumberedEvaluation
from seqsweep.trial import Network
from seqsweep.tuner import Exhausted, Proposal

MAE = METRICS["mae"]
RUN = sys.modules["seqsweep.finals.run"]  # the module: the package exports its function under the same name


def record(number: int, score: float, layer: str = "lstm", units: int = 8, last_epoch: int = 2) -> TrialRecord:
    settings = {"layer": layer, "depth": 1, "units": units, "dropout": 0.0, "window": 6}
    name = f"{number} {layer.upper()} {units}x1"
    return TrialRecord(f"{number:04d}", number, name, "COMPLETED", settings, {"val_mae": score}, last_epoch=last_epoch)


def finalist(number: int, scores: list[float | None], layer: str = "lstm") -> Finalist:
    whole = [score for score in scores if score is not None]
    done = len(whole) == len(scores)
    return Finalist(
        trial_id=f"{number:04d}",
        number=number,
        name=f"{number} {layer.upper()} 8x1",
        layer=layer,
        params={"layer": layer, "log1p": False, "clip_quantile": None, "units": 8, "learning_rate": 1.0},
        last_epoch=30,
        searched=float(number),
        runs=tuple(f"{number:04d}-s{i}-f0" for i in range(1, len(scores) + 1)),
        scores=tuple(scores),
        mean=statistics.fmean(whole) if done else None,
        std=statistics.stdev(whole) if done and len(whole) > 1 else None,
    )


# Who is trained again, and who wins


def test_the_best_are_chosen_and_the_best_of_every_other_layer_type():
    ranked = [record(1, 1.0), record(2, 2.0, units=9), record(3, 3.0, "gru"), record(4, 4.0, "gru", 9), record(5, 5.0)]
    ranked.append(record(6, 6.0, "simple_rnn"))
    assert [chosen.number for chosen in select_finalists(ranked, 1)] == [1, 3, 6]
    assert [chosen.number for chosen in select_finalists(ranked, 2)] == [1, 2, 3, 6]
    assert [chosen.number for chosen in select_finalists(ranked, 99)] == [1, 2, 3, 4, 6]  # 5 repeats 1
    assert select_finalists([], 3) == []


def test_of_a_promoted_trial_and_its_beginning_the_better_counts_at_its_own_place():
    promoted, other, beginning = record(7, 1.0, last_epoch=9), record(2, 2.0, units=9), record(1, 3.0, last_epoch=3)
    assert [chosen.number for chosen in select_finalists([promoted, other, beginning], 1)] == [7]
    assert [chosen.number for chosen in select_finalists([promoted, other, beginning], 3)] == [7, 2]


def test_the_best_mean_wins_and_a_finalist_with_a_failed_run_comes_last_with_the_reason():
    chosen = [record(1, 1.0), record(2, 2.0, units=9), record(3, 3.0, units=10)]
    runs = {r.trial_id: [f"{r.trial_id}-s1-f0", f"{r.trial_id}-s2-f0"] for r in chosen}
    scores = {"0001-s1-f0": 9.0, "0001-s2-f0": 11.0, "0002-s1-f0": 4.0, "0002-s2-f0": 6.0, "0003-s1-f0": 1.0}
    ended = {
        run: TrialRecord(run, 1, run, "COMPLETED", {}, {"val_mae": score}, kind="final")
        for run, score in scores.items()
    }
    ended["0003-s2-f0"] = TrialRecord(
        "0003-s2-f0", 3, "3 LSTM seed 2", "FAILED", kind="final", reason="loss became nan"
    )
    best, second, failed = rank(chosen, runs, ended, MAE)
    assert (best.number, best.mean, best.std, best.searched) == (2, 5.0, pytest.approx(math.sqrt(2)), 2.0)
    assert (second.number, second.mean) == (1, 10.0)
    assert (failed.number, failed.mean, failed.std, failed.scores) == (3, None, None, (1.0, None))
    assert failed.reasons == ("3 LSTM seed 2: loss became nan",)
    assert best.reasons == ()


def test_one_run_has_a_mean_and_no_spread():
    ended = {"0001-s1-f0": TrialRecord("0001-s1-f0", 1, "x", "COMPLETED", {}, {"val_mae": 4.0}, kind="final")}
    (only,) = rank([record(1, 1.0)], {"0001": ["0001-s1-f0"]}, ended, MAE)
    assert (only.mean, only.std) == (4.0, None)


def test_the_winner_is_compared_with_the_runner_up_and_the_best_of_each_other_layer_type():
    winner, up, gru = finalist(1, [1.0, 2.0, 3.0]), finalist(2, [2.0, 2.5, 4.5]), finalist(3, [5.0, 5.5, 7.0], "gru")
    worse, broken = finalist(4, [8.0, 8.0, 9.0], "gru"), finalist(5, [None, 1.0, 1.0], "simple_rnn")
    found = differences([winner, up, gru, worse, broken], MAE, 0.9)
    assert [(d.reason, d.trial_id) for d in found] == [("runner-up", "0002"), ("best GRU", "0003")]
    # By hand: the differences 1.0, 0.5, 1.5 have the mean 1, a standard error of 0.5 / sqrt(3); t(0.95, 2) = 2.91999.
    interval = found[0].interval
    assert interval is not None
    assert (interval.mean, interval.n, interval.level) == (pytest.approx(-1.0), 3, 0.9)
    assert interval.high - interval.mean == pytest.approx(2.919986 * 0.5 / math.sqrt(3), rel=1e-6)
    assert differences([broken], MAE, 0.95) == ()
    assert differences([winner, broken], MAE, 0.95) == ()


def test_the_network_that_is_looked_at_has_the_median_score_of_the_first_fold():
    assert median_run(finalist(1, [3.0, 1.0, 2.0]), 3, MAE) == "0001-s3-f0"
    assert median_run(finalist(1, [3.0, 1.0, 2.0, 4.0]), 4, MAE) == "0001-s3-f0"  # the better one in the middle
    assert median_run(finalist(1, [3.0, 1.0, 0.0, 2.0]), 2, MAE) == "0001-s2-f0"  # what lies behind is of fold 1
    assert median_run(finalist(1, [3.0]), 1, MAE) == "0001-s1-f0"
    six = finalist(1, [3.0, 1.0, 2.0, 0.0, 0.0, 0.0])
    assert scored_runs(six, 3, MAE, ensemble=True) == ("0001-s1-f0", "0001-s2-f0", "0001-s3-f0")
    assert scored_runs(six, 3, MAE, ensemble=False) == ("0001-s3-f0",)


# The final runs as a source


def source(make_config, tmp_path, *overrides: str, ended: dict[str, TrialRecord] | None = None) -> FinalRuns:
    config = make_config("trial.epochs=2", "finals.seeds=2", *overrides)
    return FinalRuns(
        config, search.SweepState(tmp_path), [record(1, 1.0), record(2, 2.0, "gru", last_epoch=1)], ended or {}
    )


def asked(runs: FinalRuns) -> list[Proposal]:
    found = []
    while isinstance(proposal := runs.ask("slot0"), Proposal):
        assert runs.ask("slot0") == proposal  # the same until it was told
        assert runs.running() == [proposal]
        found.append(proposal)
        runs.tell(TrialRecord(proposal.trial_id, 1, "x", "FAILED", kind="final"), None)
    assert isinstance(proposal, Exhausted)
    return found


def test_every_finalist_runs_from_every_seed_on_every_fold_all_of_them_advancing_together(make_config, tmp_path):
    runs = source(make_config, tmp_path, "finals.folds=2")
    proposals = asked(runs)
    assert [p.trial_id for p in proposals] == [
        f"{trial}-s{seed}-f{fold}" for fold in (0, 1) for seed in (1, 2) for trial in ("0001", "0002")
    ]
    specs = [runs.spec(p) for p in proposals]
    seeds = {(s.trial_id.split("-")[1]): set() for s in specs}
    for spec in specs:
        seeds[spec.trial_id.split("-")[1]].add(spec.seed)
    assert {name: len(found) for name, found in seeds.items()} == {"s1": 1, "s2": 1}  # pairs share their seed
    assert seeds["s1"] != seeds["s2"]
    assert [s.fold for s in specs] == [0] * 4 + [1] * 4
    assert [s.network for s in specs] == [True] * 4 + [False] * 4  # only fold 0 forecasts the test part
    assert {s.params.layer: (s.first_epoch, s.last_epoch) for s in specs} == {"lstm": (0, 2), "gru": (0, 1)}
    assert runs.name(proposals[-1]) == "2 GRU 8x1, seed 2, fold 1"
    assert (runs.final_of(proposals[-1]), proposals[-1].origin) == ("0002", "finals")
    assert {proposal.first_epoch for proposal in proposals} == {0}


def test_only_what_is_missing_is_asked_for_and_a_network_that_is_gone_comes_back(make_config, tmp_path):
    done = {
        run: TrialRecord(run, 1, "x", "COMPLETED", kind="final")
        for run in ("0001-s1-f0", "0001-s2-f0", "0002-s1-f0", "0001-s1-f1")
    }
    done["0002-s2-f0"] = TrialRecord("0002-s2-f0", 2, "x", "FAILED", kind="final")  # a failure is a result
    for run in ("0001-s1-f0", "0002-s1-f0"):
        file = search.SweepState(tmp_path).network(run)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"weights")
    assert [p.trial_id for p in asked(source(make_config, tmp_path, ended=done))] == ["0001-s2-f0"]
    more = source(make_config, tmp_path, "finals.seeds=3", "finals.folds=2", ended=done)
    ids = {p.trial_id for p in asked(more)}
    assert ids == set(more.runs) - (set(done) - {"0001-s2-f0"})
    assert {"0001-s3-f0", "0002-s3-f0", "0002-s1-f1"} <= ids


def test_a_seed_of_a_final_run_does_not_depend_on_how_many_there_are(make_config, tmp_path):
    few, many = source(make_config, tmp_path), source(make_config, tmp_path, "finals.seeds=5", "finals.folds=3")
    for run in few.runs:
        assert few.spec_of(few.runs[run]) == many.spec_of(many.runs[run])


# What remains of them


def conclusion(**changes: Any) -> Conclusion:
    odd = np.zeros((30, 1))
    values: dict[str, Any] = {
        "study": "quickstart",
        "fingerprint": "3f0a",
        "name": "random-12 3f0a",
        "task": "forecast",
        "data": "shop",
        "target": "sales",
        "sha256": "5eed",
        "objective": "mae",
        "seeds": 3,
        "folds": 1,
        "finalists": (finalist(1, [1.0, 2.0, 3.0]), finalist(2, [math.inf, None, 2.0])),
        "differences": differences([finalist(1, [1.0, 2.0, 3.0]), finalist(3, [2.0, 2.5, 4.5], "gru")], MAE, 0.95),
        "evaluations": (
            TestEvaluation(
                number=1,
                at=1.5,
                sha256="5eed",
                run="0001-mean-of-3",
                networks=("0001-s1-f0", "0001-s2-f0", "0001-s3-f0"),
                scores={"mae": 1.0, "wape": math.inf},
                baselines={"linear": {"mae": 2.0, "wape": math.nan}},
                best_baseline="linear",
                skill=-math.inf,
                comparison=diebold_mariano(odd, odd + 1, odd, "absolute"),  # infinite
                details={
                    "intervals": [{"level": 0.95, "half_widths": [math.inf, 2.0], "coverage": 1.0, "width": math.inf}]
                },
                levels=(0.95,),
                confidence=0.95,
                validation=1.0,
            ),
        ),
        "audit": Audit(True, "noise after each of 2 cuts moves nothing before it"),
    }
    return Conclusion(**values | changes)


def test_a_conclusion_survives_the_way_to_disk_and_back_with_infinities_and_nan(tmp_path):
    whole = conclusion()
    assert whole.evaluations[0].comparison is not None
    assert math.isinf(whole.evaluations[0].comparison.statistic)
    finals.save(tmp_path, whole)
    again = finals.load(tmp_path)
    assert repr(again) == repr(whole)  # NaN does not equal itself
    assert [type(v) for v in again.finalists[0].params.values()] == [str, bool, type(None), int, float]


def test_there_is_no_conclusion_before_there_is_one_and_a_broken_one_is_named(tmp_path):
    assert finals.load(tmp_path) is None
    for content in ('{"study": "x"', '{"study": "x"}', "[]"):
        (tmp_path / finals.CONCLUSION).write_text(content)
        with pytest.raises(StateError, match=r"conclusion\.json"):
            finals.load(tmp_path)


def test_without_a_winner_there_is_no_evaluation_of_the_present_winner():
    failed = conclusion(finalists=(finalist(1, [None, 1.0]),))
    assert failed.winner is None
    assert failed.evaluation is None
    assert conclusion().evaluation is not None


def test_looks_at_the_same_data_are_counted_over_all_sweeps_of_a_directory(tmp_path):
    one = conclusion()
    for name, evaluations in {"a": one.evaluations * 2, "b": one.evaluations, "c": ()}.items():
        finals.save(tmp_path / name, conclusion(evaluations=evaluations))
    other = dataclasses.replace(one.evaluations[0], sha256="another")
    finals.save(tmp_path / "d", conclusion(evaluations=(other,)))
    assert evaluations_before(tmp_path / "a", "5eed") == 3
    assert evaluations_before(tmp_path / "new", "another") == 1
    remember(tmp_path / "e", Evaluated("0001-s1-f0", 7, 1.0, "another"))  # five others were deleted
    assert evaluations_before(tmp_path / "new", "another") == 7
    # Of a store that machines share: `a` is here and counts by its folder, two others are elsewhere.
    elsewhere = {"a": 99, "b0b": 1, "c0c": 2}
    assert evaluations_before(tmp_path / "a", "5eed", elsewhere) == 5
    assert evaluations_before(tmp_path / "a", "5eed", {"b0b": 12}) == 12


def test_sweeps_that_evaluate_at_the_same_moment_take_different_numbers_and_keep_them(tmp_path):
    folders = [tmp_path / f"s{number}" for number in range(6)]
    finals.save(tmp_path / "before", conclusion())
    with ThreadPoolExecutor(len(folders)) as threads:
        entered = list(threads.map(lambda folder: counted(folder, "0001-s1-f0", "5eed", dict), folders))
    assert sorted(one.number for one in entered) == [2, 3, 4, 5, 6, 7]
    again = [counted(folder, "0001-s1-f0", "5eed", lambda: {"b0b": 99}) for folder in folders]
    assert again == entered


def test_of_two_machines_that_took_one_number_the_later_takes_the_next_and_tells(tmp_path):
    finals.save(tmp_path / "m" / "before", conclusion())
    mine = counted(tmp_path / "m" / "mine", "0001-s1-f0", "5eed", dict)
    told: list[Evaluated] = []

    def beside(number: int, seconds: int, name: str = "b0b") -> Evaluated:
        other = {name: NumberedEvaluation(number, int(mine.at) + seconds), "mine": NumberedEvaluation(9, 0.0)}
        return settled(tmp_path / "m" / "mine", mine, lambda: other, told.append)

    assert mine.number == 2
    assert [beside(2, 1), beside(1, -1), beside(2, 0, "zed")] == [mine] * 3  # it was earlier, had another number
    assert told == []
    later = beside(2, -1)
    assert (later.number, later.run, later.at) == (3, mine.run, mine.at)
    assert told == [later]
    assert counted(tmp_path / "m" / "mine", "0001-s1-f0", "5eed", dict) == later


# A conclusion that is damaged


def remember(folder: Path, evaluation: Evaluated) -> None:
    state_files.write_state(folder / EVALUATIONS, EvaluationList((evaluation,)))


@pytest.fixture
def neighbours(make_config, tmp_path) -> Callable[..., list[str]]:
    """Two sweeps that ended beside one that is launched, or goes on; what its user is told before it trains."""
    for name in ("own", "other"):
        finals.save(tmp_path / "sweeps" / name, conclusion())
        remember(tmp_path / "sweeps" / name, Evaluated("0001-mean-of-3", 1, 1.0, "5eed"))
        state_files.write_state(tmp_path / "sweeps" / name / "sweep.json", IDENTITY)

    def told(*damaged: str, folder: str = "new", sha256: str = "5eed", finalists: int = 1) -> list[str]:
        for file in damaged:
            (tmp_path / "sweeps" / file).write_text('{"tor')
        said: list[str] = []
        config = make_config("finals.seeds=3", "finals.folds=1", "tuner.max_trials=2")
        config.finals.trials = finalists
        state = search.SweepState(tmp_path / "sweeps" / folder)
        for number in (1, 2):
            state.write(record(number, 1.0))
        problem = SimpleNamespace(data=SimpleNamespace(sha256=sha256))
        check_count(
            SimpleNamespace(config=config, state=state, problem=problem, observer=SimpleNamespace(say=said.append))
        )
        return said

    return told


IDENTITY = search.Identity("quickstart", 0, {"sha256": "5eed"}, *({} for _ in range(7)))
BOTH = ("other/conclusion.json", "other/test_evaluations.json")


def test_what_is_whole_is_not_mentioned(neighbours):
    assert neighbours() == []


@pytest.mark.parametrize(
    ("damaged", "options", "why"),
    [
        (BOTH[:1], {}, "its evaluations are counted by test_evaluations.json"),
        (BOTH, {"sha256": "another"}, "that sweep is of other data"),
        (BOTH, {"folder": "own"}, "nothing is evaluated anew"),
    ],
)
def test_a_damaged_conclusion_of_another_sweep_is_named_where_the_count_is_right_without_it(
    damaged, options, why, neighbours
):
    (said,) = neighbours(*damaged, **options)
    assert said.partition("/other/")[2].startswith("conclusion.json: this is truncated or damaged")
    assert said.endswith(f"gone on without it: {why}")


def test_a_list_of_evaluations_that_is_damaged_beside_a_whole_conclusion_does_no_harm(neighbours, tmp_path):
    assert neighbours(*BOTH[1:]) == []
    assert evaluations_before(tmp_path / "sweeps" / "new", "5eed") == 2


@pytest.mark.parametrize(
    ("damaged", "options"),
    [(BOTH, {}), (BOTH, {"folder": "own", "finalists": 2}), ((*BOTH, "other/sweep.json"), {"sha256": "another"})],
)
def test_a_sweep_whose_evaluation_could_not_be_counted_is_refused_before_it_trains(
    damaged, options, neighbours, tmp_path
):
    if options.get("finalists") == 2:
        finals.save(tmp_path / "sweeps" / "own", conclusion(seeds=2))  # more are wanted: another may win
    with pytest.raises(StateError, match=r"nobody can say how often .* run the study of that sweep again") as refused:
        neighbours(*damaged, **options)
    assert "other/conclusion.json" in str(refused.value)


def test_without_finals_nothing_is_counted(neighbours):
    assert neighbours(*BOTH, finalists=0) == []


# Whole finals with real networks

SMALL = (
    "executor=inline",
    "registry.refit=train",  # tests/test_refit.py has the other
    "tracking=none",
    "trial.epochs=2",
    "tuner.max_trials=2",
    "search_space.layer=gru",
    "search_space.units=[2,3,4,5,6]",
    "search_space.depth=1",
    "search_space.window=6",
    "finals.trials=2",
    "finals.seeds=2",
)
ONE = ("tuner.max_trials=1", "finals.trials=1", "trial.epochs=1")
"""What is enough where a test looks at one network."""
VALIDATION = "finals.calibration=validation"  # no networks without the end of train, where intervals are not looked at


class Silent:
    """An observer that counts what began and ended."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.ran: list[str] = []

    def say(self, text: str) -> None: ...

    def describe(self, facts: object) -> None: ...

    def begin(self, expected: int, finished: object, workers: int, kind: str = "trial") -> None: ...

    def stage(self, doing: str) -> None: ...

    def started(self, trial: TrialRecord) -> None: ...

    def epoch(self, trial: TrialRecord, event: Epoch) -> None: ...

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        self.ran.append(trial.trial_id)
        if trial.kind == "final" and len([run for run in self.ran if "-s" in run]) == self.stop_after:
            raise KeyboardInterrupt

    def finish(self) -> None: ...


Launched = tuple[Conclusion, search.SweepContext, list[str], search.Outcome]


@pytest.fixture(scope="module")
def launch_in(make_config) -> Callable[..., Launched]:
    def launched(directory: Path, *overrides: str, stop_after: int | None = None) -> Launched:
        observer = Silent(stop_after)
        small = [given for given in SMALL if "finals=none" not in overrides or not given.startswith("finals.")]
        given = [*small, f"tracking.directory={directory}", *overrides]
        if "tuner=hyperband" in overrides:  # it plans its own count of trials
            given = [override for override in given if not override.startswith("tuner.max_trials=")]
        config = make_config(*given)
        with search.open_sweep(config, observer) as context:
            outcome = search.search(context)
            concluded = finals.run(context, outcome)
        return concluded, context, observer.ran, outcome

    return launched


@pytest.fixture
def launch(launch_in, tmp_path) -> Callable[..., Launched]:
    def launched(*overrides: str, directory: Path = tmp_path, stop_after: int | None = None) -> Launched:
        return launch_in(directory, *overrides, stop_after=stop_after)

    return launched


@pytest.fixture(scope="module")
def whole(launch_in, tmp_path_factory) -> Launched:
    """A sweep with finals that nothing happened to: look at it, and launch copies of it alone."""
    return launch_in(tmp_path_factory.mktemp("whole"))


def copied(whole: Launched, directory: Path) -> Path:
    """Its directory, copied."""
    shutil.copytree(whole[1].state.folder.parents[1], directory, dirs_exist_ok=True)
    return directory


def alone(context: search.SweepContext, found: Conclusion, run: str) -> Network:
    """The network of one final run."""
    evaluation = dataclasses.replace(found.evaluation, networks=(run,))
    return scored_network(context, dataclasses.replace(found, evaluations=(evaluation,)))


def figures(found: Conclusion) -> str:
    """All of a conclusion but the moments of its evaluations."""
    evaluations = tuple(dataclasses.replace(evaluation, at=0.0) for evaluation in found.evaluations)
    return repr(dataclasses.replace(found, evaluations=evaluations))


@pytest.mark.slow
@pytest.mark.keras
def test_finals_end_in_a_winner_one_evaluation_and_an_audit_that_a_second_launch_leaves_alone(
    whole, launch, tmp_path, monkeypatch
):
    first, context, ran, outcome = whole
    assert len(first.finalists) == len(select_finalists(outcome.ranked, 2))
    assert first.winner is first.finalists[0]
    assert first.winner.mean == min(f.mean for f in first.finalists)
    assert (len(first.evaluations), first.evaluation.number, first.audit.passed) == (1, 1, True)
    assert len([run for run in ran if "-s" in run]) == 2 * len(first.finalists) + 2
    calibration = tuple(f"{first.winner.trial_id}-s{seed}-c" for seed in (1, 2))
    assert first.evaluation.calibration == calibration
    assert {file.stem for file in (context.state.folder / "networks").iterdir()} == {
        *calibration,
        *(run for f in first.finalists for run in f.runs),
    }
    monkeypatch.setattr(RUN, "judge", lambda *_: pytest.fail("it evaluated again"))
    monkeypatch.setattr(Forecast, "audit", lambda *_: pytest.fail("it audited again"))
    again, _, ran, _ = launch(directory=copied(whole, tmp_path))
    assert (repr(again), ran) == (repr(first), [])


@pytest.mark.slow
@pytest.mark.keras
def test_the_test_evaluation_agrees_with_an_independent_computation(launch):
    found, context, *_ = launch(*ONE, "finals.levels=[0.8]", "task.metrics=[mae,rmse]", "task.horizon=2")
    evaluation, problem = found.evaluation, context.problem
    arrays = np.load(context.state.folder / finals.ARRAYS)
    rows, horizon = problem.data.rows, 2
    target = problem.data.series.values[:, 0]
    origins = np.arange(rows - round(rows * problem.config.windows.test) - 1, rows - horizon)
    assert np.array_equal(arrays["test_items"], origins)
    actual = np.column_stack([target[origins + 1], target[origins + 2]])
    assert np.array_equal(arrays["test_actual"], actual)
    assert (evaluation.run, evaluation.networks) == (f"{found.winner.trial_id}-mean-of-2", found.winner.runs)
    each = [alone(context, found, run) for run in evaluation.networks]
    forecast = np.mean([[network.predict(origins[i : i + 1])[0] for i in range(len(origins))] for network in each], 0)
    assert np.allclose(arrays["test_predicted"], forecast, rtol=1e-5)
    assert evaluation.scores["mae"] == pytest.approx(np.abs(actual - forecast).mean(), rel=1e-5)
    assert evaluation.scores["rmse"] == pytest.approx(np.sqrt(((actual - forecast) ** 2).mean()), rel=1e-5)
    assert evaluation.baselines["last_value"]["mae"] == pytest.approx(np.abs(actual - target[origins][:, None]).mean())
    best = min(evaluation.baselines, key=lambda name: evaluation.baselines[name]["mae"])
    assert evaluation.best_baseline == best
    assert evaluation.skill == pytest.approx(1 - evaluation.scores["mae"] / evaluation.baselines[best]["mae"])
    assert np.abs(actual - arrays["test_baseline"]).mean() == pytest.approx(evaluation.baselines[best]["mae"])
    gap = np.abs(actual - forecast).mean(axis=1) - np.abs(actual - arrays["test_baseline"]).mean(axis=1)
    assert evaluation.comparison.difference.mean == pytest.approx(gap.mean(), rel=1e-4)
    end = problem.data.split().train_end
    held = np.arange(end - round(rows * problem.config.windows.validation) - 1, end - horizon)
    happened = np.column_stack([target[held + 1], target[held + 2]])
    assert np.array_equal(arrays["calibration_actual"], happened)
    residuals = np.sort(np.abs(happened - arrays["calibration_predicted"]), axis=0)
    widths = residuals[math.ceil((len(residuals) + 1) * 0.8) - 1]
    (interval,) = read_intervals(evaluation.details)
    assert interval.half_widths == pytest.approx(widths)
    assert interval.coverage == pytest.approx((np.abs(actual - forecast) <= widths).mean())
    assert interval.width == pytest.approx(2 * widths.mean())


@pytest.mark.slow
@pytest.mark.keras
def test_a_network_from_disk_forecasts_what_its_run_scored(whole):
    found, context, *_ = whole
    origins = context.problem.data.split().validation
    actual = context.problem.data.actual(origins)
    forecasts = [alone(context, found, run).predict(origins) for run in found.winner.runs]
    errors = [np.abs(actual - forecast).mean() for forecast in forecasts]
    assert errors == pytest.approx(found.winner.scores, rel=1e-6)
    assert found.evaluation.validation == pytest.approx(np.abs(actual - np.mean(forecasts, 0)).mean(), rel=1e-6)


@pytest.mark.slow
@pytest.mark.keras
def test_intervals_are_of_errors_on_what_their_networks_have_not_learned_from(whole, launch, tmp_path):
    found, context, *_ = whole
    seen = finals.load_test_predictions(context.state.folder)
    held = context.problem.data.split(CALIBRATION)
    assert held.train.max() + 1 + held.horizon <= held.held.min() + 1  # no target of train is forecast there
    assert held.validation.tolist() == context.problem.data.split().validation.tolist()
    assert context.problem.data.view(found_params(context, found), CALIBRATION).split.train_end == held.train_end
    assert np.abs(seen.calibration_actual - seen.calibration_predicted).mean() > 0
    narrow, _, ran, _ = launch("finals.calibration=validation", directory=copied(whole, tmp_path))
    assert ran == []
    assert [i.calibrated_on for i in read_intervals(narrow.evaluation.details)] == ["validation"] * 2
    assert [i.calibrated_on for i in read_intervals(found.evaluation.details)] == ["train"] * 2
    assert (narrow.evaluation.number, narrow.evaluation.scores) == (1, found.evaluation.scores)
    moving, _, ran, _ = launch("finals.adaptation=0.05", directory=copied(whole, tmp_path / "again"))
    assert ran == []
    assert {i.adaptation for i in read_intervals(moving.evaluation.details)} == {0.05}


def found_params(context: search.SweepContext, found: Conclusion) -> Any:
    return scored_network(context, found).params


@pytest.mark.slow
@pytest.mark.keras
def test_the_test_part_is_never_read_before_the_evaluation(whole, launch, monkeypatch):
    sound, *_ = whole
    module = sys.modules["seqsweep.search.context"]
    build_problem = module.build_problem

    def poisoned(*arguments: Any) -> search.Problem:
        """The same series but for its test rows, which no float32 can hold: whoever touches them gets infinities."""
        problem = build_problem(*arguments)
        data = problem.data
        values = data.series.values.copy()
        values[data.split().validation_end :] = 1e60
        series = dataclasses.replace(data.series, values=values)
        return dataclasses.replace(problem, data=dataclasses.replace(data, series=series))

    monkeypatch.setattr(module, "build_problem", poisoned)
    monkeypatch.setattr(RUN, "_judge", lambda context, runs, winner, evaluations, verdict: (evaluations, verdict))
    with np.errstate(over="ignore"):
        blind, *_ = launch()
    assert blind.finalists == sound.finalists
    assert blind.differences == sound.differences


@pytest.mark.slow
@pytest.mark.keras
def test_more_seeds_train_the_new_alone_and_only_another_network_has_another_evaluation(launch, monkeypatch):
    first, *_ = launch("finals.seeds=1", VALIDATION)
    more, _, ran, _ = launch("finals.seeds=2", VALIDATION)
    assert all("-s2-" in run for run in ran)
    assert [f.scores[0] for f in sorted(more.finalists, key=lambda f: f.number)] == [
        f.scores[0] for f in sorted(first.finalists, key=lambda f: f.number)
    ]
    changed = more.evaluation.run != first.evaluation.run
    assert len(more.evaluations) == (2 if changed else 1)
    levels, _, ran, _ = launch(
        "finals.seeds=2", "finals.levels=[0.5]", VALIDATION
    )  # the same network: no further evaluation
    assert ran == []
    assert [i.level for i in read_intervals(levels.evaluation.details)] == [0.5]
    assert (len(levels.evaluations), levels.evaluation.number, levels.evaluation.at) == (
        len(more.evaluations),
        more.evaluation.number,
        more.evaluation.at,
    )
    other = next(
        run for f in more.finalists for run in f.runs if run not in {evaluation.run for evaluation in more.evaluations}
    )
    monkeypatch.setattr(RUN, "scored_runs", lambda *_: (other,))
    second, *_ = launch("finals.seeds=2", VALIDATION)
    assert [evaluation.run for evaluation in second.evaluations] == [
        *(evaluation.run for evaluation in more.evaluations),
        other,
    ]
    assert second.evaluation.number == len(more.evaluations) + 1
    monkeypatch.undo()
    back, *_ = launch("finals.seeds=2", VALIDATION)
    assert (back.evaluation.run, back.evaluation.number) == (more.evaluation.run, more.evaluation.number)
    assert len(back.evaluations) == len(second.evaluations)
    single, _, ran, _ = launch("finals.seeds=2", "finals.ensemble=false", VALIDATION)
    assert ran == []
    assert single.evaluation.run == median_run(single.winner, 2, MAE)
    assert single.evaluation.validation in [pytest.approx(score, rel=1e-6) for score in single.winner.scores]


@pytest.mark.slow
@pytest.mark.keras
def test_interrupted_finals_go_on_to_the_same_figures_and_a_lost_network_is_trained_again(whole, launch, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        launch(directory=tmp_path / "broken", stop_after=2)
    resumed, context, ran, _ = launch(directory=tmp_path / "broken")
    assert len(ran) == 2 * len(whole[0].finalists) - 2 + 2
    assert figures(resumed) == figures(whole[0])
    lost = resumed.evaluation.networks[1]
    context.state.network(lost).unlink()
    (context.state.folder / finals.ARRAYS).unlink()
    again, _, ran, _ = launch(directory=tmp_path / "broken")
    assert ran == [lost]
    assert repr(again) == repr(resumed)
    context.state.network(lost).write_bytes(b"PK\x03\x04 torn")
    (context.state.folder / finals.ARRAYS).write_bytes(b"torn")
    again, _, ran, _ = launch(directory=tmp_path / "broken")
    assert ran == [lost]
    assert repr(again) == repr(resumed)
    finals.load_test_predictions(context.state.folder)


@pytest.mark.slow
@pytest.mark.keras
def test_damaged_files_of_finals_are_made_again_and_no_evaluation_counts_twice(whole, launch, tmp_path, monkeypatch):
    first, run = whole[0], whole[0].evaluation.networks[0]
    folder = copied(whole, tmp_path) / "sweeps" / first.fingerprint
    finals.save(folder.parent / "later", conclusion(sha256=first.sha256, evaluations=(
        dataclasses.replace(first.evaluation, number=2),)))  # fmt: skip
    said: list[str] = []
    monkeypatch.setattr(Silent, "say", lambda self, text: said.append(text))
    (folder / "finals" / f"{run}.json").write_text('{"tor')
    again, _, ran, _ = launch()
    assert (ran, repr(again)) == ([run], repr(first))
    assert said.pop().startswith(
        f"final run {run.lstrip('0')} is trained again, from the same seed to the same figures"
    )
    (folder / finals.CONCLUSION).write_text('{"tor')
    again, _, ran, _ = launch()
    assert (ran, repr(again)) == ([], repr(first))
    assert "truncated or damaged (kept as conclusion.json.damaged): it is made again" in said.pop()
    assert said == []
    (folder / "finals" / f"{run}.json").unlink()
    launch()
    assert "its record is gone" in said.pop()


@pytest.mark.slow
@pytest.mark.keras
def test_finals_that_all_fail_end_without_winner_or_evaluation(launch, monkeypatch):
    original = FinalRuns.spec_of
    monkeypatch.setattr(
        FinalRuns,
        "spec_of",
        lambda self, run: dataclasses.replace(
            original(self, run), params=original(self, run).params.replace(learning_rate=1e30)
        ),
    )
    found, *_ = launch(*ONE)
    assert (found.winner, found.evaluation, found.audit, found.differences) == (None, None, None, ())
    assert all("loss" in reason for f in found.finalists for reason in f.reasons)
    assert all(len(f.reasons) == 2 for f in found.finalists)


@pytest.mark.slow
@pytest.mark.keras
def test_no_finals_are_run_where_none_are_wanted_or_none_can_be(launch):
    found, context, ran, _ = launch("finals=none", "tuner.max_trials=1", "trial.epochs=1")
    assert found is None
    assert not (context.state.folder / finals.CONCLUSION).exists()
    assert not any("-s" in run for run in ran)
    failing, *_ = launch(
        "search_space.learning_rate=1e30", "seed=1", "trial.divergence_factor=1.0001", "tuner.max_trials=1"
    )
    assert failing is None


@pytest.mark.slow
@pytest.mark.keras
def test_mlflow_shows_a_nested_run_a_final_run_and_the_evaluation_on_the_parent(launch):
    found, context, _, outcome = launch("tracking=mlflow", "finals.trials=1", "finals.seeds=1", "trial.epochs=1")
    from seqsweep.tracking.store import open_store

    _, client = open_store(context.config.tracking)
    (experiment,) = [e for e in client.search_experiments() if e.name.startswith("quickstart: ")]
    runs = client.search_runs([experiment.experiment_id], max_results=100)
    (parent,) = [run for run in runs if run.data.tags["kind"] == "sweep"]
    nested = [run for run in runs if run.data.tags["kind"] == "final"]
    trained = [*(run for finalist in found.finalists for run in finalist.runs), *found.evaluation.calibration]
    assert sorted(run.data.tags["trial_id"] for run in nested) == sorted(trained)
    assert {run.data.tags["mlflow.parentRunId"] for run in nested} == {parent.info.run_id}
    assert {run.info.status for run in nested} == {"FINISHED"}
    assert len([run for run in runs if run.data.tags["kind"] == "trial"]) == 2
    tags, metrics = parent.data.tags, parent.data.metrics
    assert (tags["winner"], tags["test_evaluation_run"], tags["test_evaluation_number"], tags["audit"]) == (
        found.winner.name,
        found.evaluation.run,
        "1",
        "passed",
    )
    assert tags["test_evaluation_data"] == found.sha256
    assert metrics["test_mae"] == float(f"{found.evaluation.scores['mae']:.5g}")
    assert metrics["final_mean"] == pytest.approx(found.winner.mean, rel=1e-4)
    assert len(metrics) <= 12
    best = outcome.ranked[0].metrics["val_mae"]  # of the search, whatever the finals had
    assert metrics["best_val_mae"] == pytest.approx(best, rel=1e-4)
    assert [entry.tags[0].value for entry in parent.inputs.dataset_inputs] == ["train", "validation", "test"]
    assert "trials: 2 finished, 0 failed" in tags["mlflow.note.content"]
    artifact = client.download_artifacts(parent.info.run_id, "metrics.json")
    figures = json.loads(Path(artifact).read_text())
    assert figures["test_mae"] == found.evaluation.scores["mae"]
    assert figures["test_coverage_95"] == read_intervals(found.evaluation.details)[-1].coverage
    artifact = client.download_artifacts(parent.info.run_id, finals.CONCLUSION)
    assert json.loads(Path(artifact).read_text())["fingerprint"] == found.fingerprint


COMBINATIONS = {
    "synchronous, a single network": ("executor.order=synchronous", "finals.ensemble=false"),
    "hyperband": ("tuner=hyperband", "trial.epochs=3", "tuner.factor=3", "finals.seeds=1", VALIDATION),
    "outside the space": (
        "search_space.warm_start=[{layer: gru, units: [5, 2], window: 9, dropout: 0.1}]",
        "tuner.max_trials=2",
        "finals.trials=9",
        "finals.seeds=1",
        VALIDATION,
        "tracking=memory",
    ),
    "a ridge, horizon": ("finals.seeds=1", "search_space.linear_skip=ridge", "task.horizon=5", "task.objective=smape"),
    "folds alone, no season": ("finals.seeds=1", "finals.folds=3", "data.season=null"),
    "one run each, no baselines": ("finals.seeds=1", "task.baselines=[]"),
    "constants alone": (
        "finals.seeds=1",
        "task.baselines=[train_mean]",
        "task.metrics=[rmse,wape]",
        "task.objective=wape",
    ),
    "transforms, layers differ": (
        *("finals.seeds=1", VALIDATION),
        *("data.log1p=true", "data.difference=1", "data.clip_quantile=0.98", "windows.anchor=mean"),
        *("search_space.depth=2", "search_space.per_layer=[units]", "search_space.layer=[gru,simple_rnn]"),
    ),
}


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("name", COMBINATIONS)
def test_finals_hold_under(name, launch):
    found, context, *_ = launch(*ONE, *COMBINATIONS[name])
    assert found.winner is not None
    assert found.audit.passed
    assert len(found.winner.scores) == found.seeds * found.folds
    assert (found.evaluation.best_baseline is None) == (not context.config.task.baselines)
    from seqsweep import report

    said = report.details(found)
    assert said[-1].startswith("Leak audit passed")
    report.test_table(found, found.evaluation)
    assert len(found.evaluation.networks) == (found.seeds if context.config.finals.ensemble else 1)
    assert (f"mean of {found.seeds} networks" in " ".join(said)) == (len(found.evaluation.networks) > 1)
    network = scored_network(context, found)
    original = context.state.records()[found.winner.trial_id].params
    assert (network.params.layer, network.params.window) == (original["layer"], original["window"])


@pytest.mark.slow
@pytest.mark.keras
def test_finals_hold_with_further_columns(launch, tmp_path):
    rng = np.random.default_rng(1)
    lines = [f"{50 + 10 * math.sin(i / 2) + rng.normal():.3f},{rng.normal():.3f}" for i in range(150)]
    (tmp_path / "two.csv").write_text("y,x\n" + "\n".join(lines) + "\n")
    found, *_ = launch(
        "data=csv", f"data.path={tmp_path}/two.csv", "data.target=y", "data.features=[x]", "finals.folds=2",
        "finals.seeds=1", VALIDATION, *ONE,
    )  # fmt: skip
    assert found.audit.passed


@pytest.mark.slow
@pytest.mark.keras
def test_a_larger_search_brings_new_finalists_and_keeps_what_was_trained(launch):
    small = ("finals.trials=1", "finals.seeds=1", VALIDATION, "trial.epochs=1")
    first, context, *_ = launch(*small)
    more, _, ran, outcome = launch(*small, "tuner.max_trials=5")
    trained = {run for run in ran if "-s" in run}
    chosen = {r.trial_id for r in select_finalists(outcome.ranked, 1)}
    known = {f.trial_id for f in first.finalists}
    assert chosen - known
    assert {run.split("-")[0] for run in trained} == chosen - known
    kept = {file.stem.split("-")[0] for file in (context.state.folder / "networks").iterdir()}
    assert kept == chosen
    assert more.evaluation.number == len(more.evaluations)


def test_folds_are_refused_before_the_search_exactly_where_the_last_does_not_fit(make_config):
    data = build_problem(make_config(), print).data

    def fits(fold: int) -> bool:
        try:
            return bool(len(data.split(fold).train))
        except DataError:
            return False

    most = next(fold for fold in itertools.count() if not fits(fold))
    build_problem(make_config(f"finals.folds={most}"), print)
    with pytest.raises(DataError, match=r"finals\.folds"):
        build_problem(make_config(f"finals.folds={most + 1}"), print)
