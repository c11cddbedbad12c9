"""What a person reads of the finals: what is proven, what is not, what to mistrust; in tables that fit 80 columns."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest

from outcomes import outcome, trial
from seqsweep import report, terminal
from seqsweep.evidence import Comparison, Interval
from seqsweep.finals import Conclusion, Difference, Finalist, TestEvaluation
from seqsweep.tasks import Audit

BASELINES = {"linear": {"mae": 10.0, "rmse": 13.0}, "train_mean": {"mae": 40.0, "rmse": 50.0}}


def comparison(low: float, high: float, p: float = 0.01) -> Comparison:
    return Comparison(
        "Diebold-Mariano", "absolute error", "forecast", -2.0, p, Interval((low + high) / 2, low, high, 0.95, 60), 60
    )


def finalist(
    number: int, mean: float | None, name: str = "LSTM, 1 × 32 units", std: float | None = 0.5, **more: Any
) -> Finalist:
    scores = (mean, mean, mean)
    runs = ("a", "b", "c")
    called = f"trial {number}: {name}"
    return Finalist(f"{number:04d}", number, called, "lstm", {}, 30, 8.0, runs, scores, mean, std, **more)


SEEN = TestEvaluation(
    number=1,
    at=1.0,
    sha256="5eed",
    run="b",
    networks=("b",),
    scores={"mae": 8.0, "rmse": 11.0},
    baselines=BASELINES,
    best_baseline="linear",
    skill=0.2,
    comparison=comparison(-3.0, -1.0, 0.00004),
    details={
        "intervals": [
            {"level": 0.8, "half_widths": [12.0], "coverage": 0.86, "width": 24.0},
            {"level": 0.995, "half_widths": [30.0], "coverage": 0.99, "width": 60.0},
        ]
    },
    levels=(0.8, 0.995),
    confidence=0.95,
    validation=8.1,
    baseline_validation=8.0,
)


def concluded(evaluation: TestEvaluation | None = SEEN, **changes: Any) -> Conclusion:
    values: dict[str, Any] = {
        "study": "quickstart", "fingerprint": "3f0a", "name": "random-12 3f0a", "task": "forecast",
        "data": "shop", "target": "sales",
        "sha256": "5eed", "objective": "mae", "seeds": 3, "folds": 1,
        "finalists": (finalist(5, 8.8), finalist(2, 9.5, "SimpleRNN, 1 × 32 units")), "differences": (),
        "evaluations": () if evaluation is None else (evaluation,),
        "audit": Audit(True, "noise after each of 5 cuts moves nothing before it"),
    }  # fmt: skip
    return Conclusion(**values | changes)


@pytest.fixture
def said(make_config):
    searched = outcome(make_config(), trial(5, 8.0))

    def sentences(conclusion: Conclusion) -> str:
        return "\n".join([*report.headline(searched, conclusion), *report.details(conclusion)])

    return sentences


def shown(table: object, width: int = 80) -> list[str]:
    console = terminal.console(width=width, file=io.StringIO())
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_network_that_is_better_beyond_chance_is_called_better(said):
    text = said(concluded())
    assert (
        "Trial 5 (LSTM, 1 × 32 units) won: mae 8.800 ± 0.50 on validation (unit of sales), mean and standard "
        "deviation of 3 runs" in text
    )
    assert "On the test part its mae is 8.000, 20.0% less than the 10.00 of linear, the best baseline." in text
    assert (
        "The network is shown to be better than linear: the mean absolute error differs by -2.00 (95% interval -3.00"
        in text
    )
    assert "first evaluation on the test part" in text
    assert "mae 8.000 for the winner; new seeds gave 8.800 (+10.0%), and the test part 8.000 (+0.0%; there" in text
    assert "there linear changes by +25.0%)." in text
    assert "80% hold 86% of the test part (mean width 24.00), those of 99.5% hold 99%" in text
    assert "Leak audit passed: noise after each of 5 cuts" in text
    assert "hardly any signal" not in text
    assert "evaluation 2" not in text


@pytest.mark.parametrize(
    ("mean", "claim"),
    [
        (8.1, "the best forecast of all is 1.2% better than the same number every time"),
        (7.9, "the best forecast of all is no better than the same number every time"),
        (9.0, None),
    ],
)
def test_hardly_any_signal_is_said_in_a_plain_sentence(mean, claim, said):
    evaluation = dataclasses.replace(SEEN, baselines={"linear": {"mae": 9.0}, "train_mean": {"mae": mean}})
    text = said(concluded(evaluation))
    assert ("hardly any signal" in text) == (claim is not None)
    assert claim is None or claim in text


def test_the_signal_is_judged_by_the_best_of_the_constants(said):
    baselines = {"linear": {"mae": 9.0}, "train_mean": {"mae": 8.1}, "train_median": {"mae": 20.0}}
    for first, second in (("train_mean", "train_median"), ("train_median", "train_mean")):
        swapped = baselines | {"train_mean": baselines[first], "train_median": baselines[second]}
        assert "is 1.2% better than the same number" in said(concluded(dataclasses.replace(SEEN, baselines=swapped)))


@pytest.mark.parametrize(("mean", "hardly"), [(8.0 / 0.98, False), (8.0 / 0.9801, True), (8.0, True)])
def test_two_per_cent_below_a_constant_are_a_signal(mean, hardly, said):
    text = said(concluded(dataclasses.replace(SEEN, baselines={"linear": {"mae": 9.0}, "train_mean": {"mae": mean}})))
    assert ("hardly any signal" in text) is hardly
    assert ("no better than the same number" in text) is (mean == 8.0)


def test_a_rival_is_named_once_with_all_that_makes_it_one(said):
    wide = Interval(-0.7, -2.0, 0.6, 0.95, 3)
    name = "trial 2: SimpleRNN, 1 × 32 units"
    both = tuple(Difference("0002", name, reason, wide) for reason in ("runner-up", "best SimpleRNN"))
    text = said(concluded(differences=both))
    assert text.count("trial 2 (") == 1
    assert "Trial 5 (LSTM, 1 × 32 units) is not shown to do better than the runner-up and best SimpleRNN, " in text
    assert "trial 2 (SimpleRNN, 1 × 32 units): its lead" in text


def test_a_second_evaluation_is_said_in_the_sentences_and_over_the_table(said):
    second = concluded(dataclasses.replace(SEEN, number=2))
    assert "This was evaluation 2 on the test part of this data" in said(second)
    assert shown(report.test_table(second, second.evaluation))[0] == "Test part, evaluation 2"
    assert shown(report.test_table(concluded(), SEEN))[0] == "Test part, read once"


def test_a_failed_audit_takes_all_figures_back(said):
    text = said(
        concluded(
            audit=Audit(
                False, "noise after 1 cut moves nothing before it", ("with noise from row 7 on, the split moved",)
            )
        )
    )
    assert text.startswith("Leak audit FAILED, so believe none of these figures: with noise from row 7 on")
    assert "passed" not in text


def test_without_a_winner_the_reasons_are_shown_and_nothing_is_claimed(said):
    failed = concluded(
        finalists=(finalist(5, None, std=None, reasons=("trial 5: LSTM, seed 1: loss became nan in epoch 3",)),)
    )
    text = said(failed)
    assert "No finalist finished all its runs, so there is no winner and no test evaluation." in text
    assert "won" not in text
    lines = shown(report.finals_table(failed))
    assert "failed: trial 5: LSTM, seed 1: loss became nan in epoch 3" in lines
    assert any("failed" in line and "trial 5: LSTM" in line for line in lines)


def test_tables_fit_80_columns_with_every_figure_whole():
    lead = Interval(-0.6441, -12.34, 11.05, 0.95, 3)
    four = concluded(differences=(Difference("0002", "trial 2: SimpleRNN, 1 × 32 units", "runner-up", lead),))
    lines = shown(report.finals_table(four))
    assert any("0.644 (-11.1 to 12.3)" in line for line in lines)
    scores = dict.fromkeys(("mae", "rmse", "mase", "smape"), 1234.5678)
    evaluation = dataclasses.replace(
        SEEN, scores=scores, baselines={"moving_average": scores}, best_baseline="moving_average"
    )
    lines += shown(report.test_table(four, evaluation))
    assert not any("…" in line or len(line) > 80 for line in lines)
    assert sum(line.count("1,235") for line in lines) == 8


def test_more_finalists_than_asked_for_are_explained():
    finalists = (finalist(5, 8.8), finalist(12, 9.5))
    more = " ".join(shown(report.finals_table(concluded(finalists=finalists), 1)))
    assert "finals.trials=1, and beside them the best of each other layer type" in more
    assert "beside them" not in " ".join(shown(report.finals_table(concluded(finalists=finalists), 2)))


def test_a_long_name_wraps_before_a_figure_is_cut():
    lead = Interval(-0.6441, -12.34, 11.05, 0.95, 3)
    finalists = (finalist(5, 8.8, "causal convolution 32x1"), finalist(12, 9.5, "causal convolution 16x1"))
    long = concluded(finalists=finalists, differences=(Difference("0012", "12 causal", "runner-up", lead),))
    text = "\n".join(shown(report.finals_table(long)))
    assert "winner's lead, 95% interval" in text
    assert "0.644 (-11.1 to 12.3)" in text
    assert not any(len(line) > 80 for line in text.splitlines())
