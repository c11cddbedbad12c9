"""FinishedJob sweeps side by side: which can be compared, who does better, what is said of it, how they are found."""

from __future__ import annotations

import dataclasses
import re
import shutil
import statistics
from pathlib import Path
from typing import Any

import pytest

from seqsweep import finals, report
from seqsweep.comparison import FinishedSweep, comparable_groups, finished, labels
from seqsweep.config import to_yaml
from seqsweep.errors import ConfigError, StateError, UserError
from seqsweep.events import Epoch
from seqsweep.evidence import Comparison, Interval, paired_interval
from seqsweep.finals import Conclusion, Finalist, TestEvaluation
from seqsweep.records import TrialRecord
from seqsweep.search import Identity, Outcome, SweepState, load_outcome
from seqsweep.search.outcome import save_outcome
from seqsweep.state_files import write_state
from seqsweep.tasks import make_task


def evaluation(skill: float = 0.1, low: float = -2.0, high: float = 1.0) -> TestEvaluation:
    comparison = Comparison("paired t", "error", "item", 0.0, 0.5, Interval((low + high) / 2, low, high, 0.95, 50), 50)
    scores = {"mae": 10 * (1 - skill)}
    return TestEvaluation(1, 1.0, "5eed", "0001-s1-f0", ("0001-s1-f0",), scores, {"linear": {"mae": 10.0}}, "linear",
                skill, comparison, {}, (), 0.95, 9.0)  # fmt: skip


@pytest.fixture
def make_entry(make_config, tmp_path):
    def make(
        *scores: float,
        layers: tuple[str, ...] = ("lstm",),
        overrides: tuple[str, ...] = (),
        fingerprint: str = "3f0a11",
        ended: float = 2.0,
        seen: TestEvaluation | None = None,
        **changes: Any,
    ) -> FinishedSweep:
        config = make_config("task.metrics=[mae]", *overrides)
        records = tuple(
            TrialRecord(f"{i:04d}", i, f"{i} X", "COMPLETED", {"layer": layer}, {"val_mae": 9.0}, (), 1.0, ended)
            for i, layer in enumerate(layers, 1)
        )
        folder = tmp_path / "sweeps" / fingerprint
        name = f"random-12 {fingerprint[:4]}"
        measure = make_task(config).measure
        outcome = Outcome(name, fingerprint, "shop", "sales", 300, "5eed", measure, {"linear": {"mae": 10.0}}, "linear",
                          "2 of 2 trials", 2, 75.0, 0.1, 1.0, 100, {}, "", config, folder, records)  # fmt: skip
        if not scores:
            return FinishedSweep(outcome, None)
        spread = statistics.stdev(scores) if len(scores) > 1 else None
        called = "trial 1: LSTM, 1 × 8 units"
        best = Finalist("0001", 1, called, layers[0], {"layer": layers[0]}, 30, 9.0, tuple(map(str, scores)), scores,
                        statistics.fmean(scores), spread)  # fmt: skip
        values: dict[str, Any] = {
            "study": config.study, "fingerprint": fingerprint, "name": name, "task": "forecast",
            "data": "shop", "target": "sales",
            "sha256": "5eed", "objective": "mae", "seeds": len(scores), "folds": 1, "finalists": (best,),
            "differences": (), "evaluations": (seen or evaluation(),), "audit": None,
        }  # fmt: skip
        return FinishedSweep(outcome, Conclusion(**values | changes))

    return make


def test_sweeps_of_the_same_targets_and_measure_are_compared_best_first_and_others_are_not(make_entry):
    same = [make_entry(3.0, 4.0, 5.0), make_entry(1.0, 2.0, 3.0), make_entry(2.0, 3.0, 4.0)]
    foreign = [
        make_entry(1.0, 1.0, 1.0, overrides=("task.horizon=2",)),
        make_entry(1.0, 1.0, 1.0, overrides=("windows.test=0.3",)),
        make_entry(1.0, 1.0, 1.0, overrides=("seed=9",)),  # other seeds make no pairs
        make_entry(1.0, 1.0, 1.0, sha256="another"),
        make_entry(1.0, 1.0, 1.0, objective="rmse"),
        make_entry(1.0, 1.0),
        make_entry(),
    ]
    (group,) = comparable_groups([*same, *foreign])
    assert [entry.winner.mean for entry in group.entries] == [2.0, 3.0, 4.0]
    assert comparable_groups(foreign) == []
    assert comparable_groups([]) == []


def test_each_pair_of_few_is_compared_over_pairs_of_runs_and_of_many_the_best_with_each(make_entry):
    scores = [(1.0, 2.0, 3.5), (2.0, 3.0, 4.0), (3.0, 4.0, 5.5)]
    (group,) = comparable_groups([make_entry(*row) for row in scores])
    means = [(comparison.better.winner.mean, comparison.other.winner.mean) for comparison in group.comparisons]
    assert means == [(pytest.approx(13 / 6), 3.0), (pytest.approx(13 / 6), pytest.approx(25 / 6)),
                     (3.0, pytest.approx(25 / 6))]  # fmt: skip
    assert group.comparisons[0].interval == paired_interval(scores[0], scores[1], 0.95)
    assert group.comparisons[0].interval.mean < 0


@pytest.mark.parametrize(("sweeps", "pairs"), [(2, 1), (4, 6), (5, 4), (6, 5)])
def test_up_to_four_sweeps_are_all_compared_with_each_other(sweeps, pairs, make_entry):
    (group,) = comparable_groups([make_entry(float(i), float(i) + 1) for i in range(sweeps)])
    assert len(group.comparisons) == pairs
    if sweeps > 4:
        assert [comparison.better for comparison in group.comparisons] == [group.entries[0]] * pairs


def test_sweeps_that_differ_in_confidence_are_compared_by_that_of_the_best(make_entry):
    levels = ("finals.confidence=0.8", "finals.confidence=0.9")
    entries = [make_entry(mean, mean + 1, overrides=(level,)) for mean, level in zip((2.0, 1.0), levels, strict=True)]
    (group,) = comparable_groups(entries)
    assert [comparison.interval.level for comparison in group.comparisons] == [0.9]


def test_a_difference_is_claimed_only_where_its_interval_leaves_zero_out(make_entry):
    far, near = make_entry(5.0, 5.1, 5.2, layers=("gru",)), make_entry(1.0, 1.2, 1.1)
    (group,) = comparable_groups([far, near])
    said = report.verdicts(group)
    assert said[0].startswith("lstm does better than gru: its mae is less by 4.00 (")
    assert said[0].endswith(", over 3 pairs of runs.")
    (group,) = comparable_groups([make_entry(1.0, 9.0, 2.0, layers=("gru",)), make_entry(1.1, 3.0, 3.0)])
    assert report.verdicts(group)[0].startswith("lstm is not shown to do better than gru: its lead in mae of 1.63 (")
    (group,) = comparable_groups([make_entry(1.0, layers=("gru",)), make_entry(2.0)])
    assert "shows nothing" in report.verdicts(group)[0]


def test_only_what_the_test_evaluation_proves_beats_the_baselines(make_entry):
    def said(*evaluations: TestEvaluation) -> str:
        (group,) = comparable_groups(
            [
                make_entry(1.0, 2.0, seen=seen, layers=(name,))
                for seen, name in zip(evaluations, ("lstm", "gru"), strict=True)
            ]
        )
        return report.verdicts(group)[-1]

    assert (
        said(evaluation(), evaluation())
        == "None of them is shown to be better than the best baseline on the test part."
    )
    proven = evaluation(0.2, -3.0, -1.0)
    assert said(evaluation(), proven) == "Better than the best baseline on the test part, beyond chance: gru."
    # The interval is of absolute errors: where the objective says otherwise nothing is proven.
    assert said(dataclasses.replace(proven, skill=-0.1), evaluation()).startswith("None")


def test_labels_are_the_fewest_settings_that_tell_all_sweeps_apart(make_entry):
    def called(*entries: FinishedSweep) -> list[str]:
        named = labels(entries)
        return [named[entry] for entry in entries]

    both = ("gru", "lstm")
    assert called(make_entry(layers=("gru",)), make_entry(layers=("lstm",))) == ["gru", "lstm"]
    tuners = [make_entry(layers=both, overrides=(f"tuner={name}", "seed=3")) for name in ("random", "grid")]
    assert called(*tuners) == ["random", "grid"]  # which differ in max_trials too
    assert labels(tuners).kind == "tuner"
    four = [make_entry(layers=(x,), overrides=(f"seed={seed}",)) for x in both for seed in (1, 2)]
    assert called(*four) == ["gru seed=1", "gru seed=2", "lstm seed=1", "lstm seed=2"]
    assert labels(four).kind == "sweep"
    points = ("tuner=bayesian", "tuner.initial_points=3")
    assert called(make_entry(overrides=points[:1]), make_entry(overrides=points)) == [
        "initial_points=none",
        "initial_points=3",
    ]
    assert called(make_entry(), make_entry(fingerprint="beef22")) == ["3f0a11", "beef22"]
    assert called(make_entry()) == ["random-12 3f0a"]
    assert called() == []


def test_where_no_pair_differs_beyond_chance_this_is_said_of_all(make_entry):
    scores = {"lstm": (1.0, 9.0, 2.0), "gru": (1.1, 3.0, 9.0), "simple_rnn": (1.0, 9.0, 2.0)}
    (group,) = comparable_groups([make_entry(*found, layers=(layer,)) for layer, found in scores.items()])
    said = report.verdicts(group)
    assert "So no layer type is shown to be better." in said
    assert "lstm and simple_rnn have the same scores: neither does better." in said
    assert not any("-0 " in sentence for sentence in said)


def test_two_searches_that_found_the_same_network_are_told_as_that(make_entry):
    same = [make_entry(1.0, 2.0, overrides=(f"tuner={name}",)) for name in ("random", "grid")]
    (group,) = comparable_groups(same)
    assert report.verdicts(group)[:2] == [
        "random and grid found the same network (LSTM, 1 × 8 units): neither does better.",
        "So no tuner is shown to be better; the same network won both times.",
    ]


def test_unequal_budgets_are_told_and_equal_ones_are_not(make_entry):
    def said(*epochs: int, ended: tuple[float, float] = (2.0, 2.0)) -> str:
        entries = [
            made(make_entry(1.0, 2.0, layers=(layer,), ended=end), trained)
            for layer, trained, end in zip(("gru", "lstm"), epochs, ended, strict=True)
        ]
        return " ".join(report.verdicts(comparable_groups(entries)[0]))

    def made(entry: FinishedSweep, epochs: int) -> FinishedSweep:
        curve = tuple(Epoch(number, {}, 1.0) for number in range(epochs))
        records = tuple(dataclasses.replace(record, curve=curve) for record in entry.outcome.records)
        return FinishedSweep(dataclasses.replace(entry.outcome, records=records), entry.conclusion)

    assert "not train equally many epochs: gru 30 epochs in 1 trial and 1 s; lstm 60 epochs" in said(30, 60)
    assert "tuner.max_epochs" in said(30, 60)
    assert "The searches" not in said(30, 31)
    longer = said(30, 31, ended=(21.0, 81.0))
    assert "but not equally long: gru 30 epochs in 1 trial and 20 s; lstm 31 epochs in 1 trial and 1 min" in longer
    assert "tuner.time_limit" in longer
    assert "The searches" not in said(30, 30, ended=(2.0, 9.0))  # seconds in which workers start
    assert "The searches" not in said(30, 30, ended=(601.0, 1001.0))


def kept(entry: FinishedSweep) -> FinishedSweep:
    """The sweep, as files in its folder."""
    folder = entry.outcome.folder
    for record in entry.outcome.records:
        SweepState(folder).write(record)
    save_outcome(entry.outcome)
    (folder / "config.yaml").write_text(to_yaml(entry.outcome.config))
    write_state(folder / "sweep.json", Identity("quickstart", 0, *({} for _ in range(8))))
    return entry


def test_the_order_is_that_of_the_last_trials_to_end(make_entry, tmp_path):
    ends = {"aaaa11": (9.0, 1.0), "bbbb22": (5.0, 6.0), "cccc33": (0.5,), "dddd44": (None,), "eeee55": ()}
    for fingerprint, each in ends.items():
        outcome = make_entry(layers=("gru",) * max(1, len(each)), fingerprint=fingerprint).outcome
        records = tuple(
            dataclasses.replace(record, ended=ended) for record, ended in zip(outcome.records, each, strict=False)
        )
        kept(FinishedSweep(dataclasses.replace(outcome, records=records), None))
    order = [entry.outcome.fingerprint for entry in finished(tmp_path, [], print)]
    assert set(order[:2]) == {"dddd44", "eeee55"}  # none of their trials has an end
    assert order[2:] == ["cccc33", "bbbb22", "aaaa11"]


def test_finished_sweeps_are_found_by_study_run_or_fingerprint_in_the_order_of_their_ends(make_entry, tmp_path):
    late, early = kept(make_entry(1.0, 2.0, ended=9.0)), kept(make_entry(ended=3.0, fingerprint="beef22"))
    finals.save(late.outcome.folder, late.conclusion)
    (tmp_path / "sweeps" / "unfinished").mkdir()
    assert finished(tmp_path, [], print) == [early, late]
    assert finished(tmp_path, ["quickstart"], print) == [early, late]
    assert finished(tmp_path, ["random-12 beef"], print) == [early]
    assert finished(tmp_path, ["3f0a"], print) == [late]
    assert finished(tmp_path, ["3f0a", "beef"], print) == [early, late]
    with pytest.raises(ConfigError, match=r"quickstrat: there is no such finished sweep.*did you mean 'quickstart'"):
        finished(tmp_path, ["quickstrat"], print)
    with pytest.raises(ConfigError, match="3f0: there is no such"):  # too short to be meant as a fingerprint
        finished(tmp_path, ["3f0"], print)
    with pytest.raises(UserError, match=r"there is no finished sweep under .*empty; seqsweep sweep quickstart"):
        finished(Path(tmp_path, "empty"), [], print)


@pytest.mark.parametrize("file", ["conclusion.json", "outcome.json", "trials/0001.json", "sweep.json", "config.yaml"])
def test_a_damaged_sweep_is_named_and_the_others_are_compared_without_it(file, make_entry, tmp_path):
    whole, damaged = make_entry(1.0, fingerprint="beef00"), make_entry(2.0, fingerprint="3f0a11")
    for entry in (whole, damaged):
        kept(entry)
        finals.save(entry.outcome.folder, entry.conclusion)
    (damaged.outcome.folder / file).write_text('{"tor')
    told: list[str] = []
    assert finished(tmp_path, [], told.append) == [whole]
    (said,) = told
    assert re.search(rf"3f0a11/{file}: this is truncated(,| or) damaged.*; run its sweep again.*left out", said)
    assert finished(tmp_path, ["beef"], told.append) == [whole]
    with pytest.raises(StateError, match=r"truncated(,| or) damaged"):
        finished(tmp_path, ["3f0a"], told.append)
    shutil.rmtree(whole.outcome.folder)
    with pytest.raises(StateError, match=f"3f0a11/{file}"):  # it is not that there is none
        finished(tmp_path, [], told.append)


@pytest.mark.parametrize("left", [0, 0.5, 0.98, 0.999])
def test_a_config_of_which_a_part_is_gone_is_not_taken_for_another_one(left, make_entry):
    entry = kept(make_entry())
    file = entry.outcome.folder / "config.yaml"
    text = file.read_text()
    file.write_text(text[: int(len(text) * left)])
    with pytest.raises(StateError, match=r"config\.yaml: this is truncated, damaged or of another version; run"):
        load_outcome(entry.outcome.folder)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(StateError, match="truncated"):
        load_outcome(entry.outcome.folder)


def test_records_whose_folder_is_a_file_are_not_taken_for_none(make_entry):
    entry = kept(make_entry())
    shutil.rmtree(entry.outcome.folder / "trials")
    (entry.outcome.folder / "trials").write_text("x")
    with pytest.raises(StateError, match="trials: this is a file, and a folder of records is needed"):
        load_outcome(entry.outcome.folder)
