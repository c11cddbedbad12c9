"""What a person reads of the finals: what is proven, what is not, what to mistrust; in tables that fit 80 columns."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
from rich.console import Console

from seqsweep import report
from seqsweep.audit import Audit
from seqsweep.evidence import DieboldMariano, Interval
from seqsweep.finals import Conclusion, Difference, Finalist, ForecastInterval, TestEvaluation

BASELINES = {"linear": {"mae": 10.0, "rmse": 13.0}, "train_mean": {"mae": 40.0, "rmse": 50.0}}


def comparison(low: float, high: float, p: float = 0.01) -> DieboldMariano:
    return DieboldMariano(-2.0, p, Interval((low + high) / 2, low, high, 0.95, 60), 60)


def finalist(
    number: int, mean: float | None, name: str = "LSTM 32x1", std: float | None = 0.5, **more: Any
) -> Finalist:
    scores = (mean, mean, mean)
    runs = ("a", "b", "c")
    return Finalist(f"{number:04d}", number, f"{number} {name}", "lstm", {}, 30, 8.0, runs, scores, mean, std, **more)


SEEN = TestEvaluation(
    number=1,
    at=1.0,
    sha256="5eed",
    run="b",
    scores={"mae": 8.0, "rmse": 11.0},
    baselines=BASELINES,
    best_baseline="linear",
    skill=0.2,
    loss="absolute",
    comparison=comparison(-3.0, -1.0, 0.00004),
    intervals=(ForecastInterval(0.8, (12.0,), 0.86, 24.0), ForecastInterval(0.995, (30.0,), 0.99, 60.0)),
    validation=8.1,
    baseline_validation=8.0,
)


def concluded(evaluation: TestEvaluation | None = SEEN, **changes: Any) -> Conclusion:
    values: dict[str, Any] = {
        "study": "quickstart", "fingerprint": "3f0a", "name": "random-12 3f0a", "series": "shop", "target": "sales",
        "sha256": "5eed", "objective": "mae", "seeds": 3, "folds": 1,
        "finalists": (finalist(5, 8.8), finalist(2, 9.5, "RNN 32x1")), "differences": (),
        "evaluations": () if evaluation is None else (evaluation,), "audit": Audit(True, (1, 2, 3, 4, 5), ()),
    }  # fmt: skip
    return Conclusion(**values | changes)


def said(conclusion: Conclusion) -> str:
    return "\n".join(report.sentences(conclusion))


def shown(table: object, width: int = 80) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_network_that_is_better_beyond_chance_is_called_better():
    text = said(concluded())
    assert "Winner: 5 LSTM 32x1, mae 8.8 ± 0.5 on validation over 3 runs." in text
    assert "Test part: mae 8, and linear, the best baseline, 10. The network is better by 20.0%: 95% interval" in text
    assert "of absolute errors -3 to -1, p < 0.001." in text
    assert "Optimism: the search saw 8, other seeds 8.8 (+10.0%), the test part 8 (+0.0%, linear there +25.0%)." in text
    assert "80% hold 86% of the test part (mean width 24), those of 99.5% hold 99%" in text
    assert "Leak audit passed: noise after each of 5 cuts" in text
    assert "hardly any signal" not in text
    assert "evaluation 2" not in text


@pytest.mark.parametrize(
    ("evaluation", "verdict"),
    [
        (dataclasses.replace(SEEN, comparison=comparison(-3.0, 0.5, 0.3)), "not shown to be better or worse"),
        (dataclasses.replace(SEEN, comparison=comparison(0.5, 3.0), skill=-0.1), "The network is WORSE than linear"),
        # The interval is of absolute errors. Where the objective (a median, say) disagrees, neither is proven.
        (dataclasses.replace(SEEN, skill=-0.1), "not shown to be better or worse"),
        (dataclasses.replace(SEEN, comparison=comparison(0.5, 3.0)), "not shown to be better or worse"),
        (dataclasses.replace(SEEN, comparison=None), "too few targets for a test"),
        (
            dataclasses.replace(SEEN, comparison=None, scores={"mae": float("inf")}, skill=-float("inf")),
            "the network's forecasts leave all bounds there",
        ),
        (
            dataclasses.replace(SEEN, comparison=None, baselines={}, best_baseline=None, skill=None),
            "Test part: mae 8; no baseline was scored.",
        ),
    ],
)
def test_nothing_else_is_called_better(evaluation, verdict):
    text = said(concluded(evaluation))
    assert verdict in text
    assert "is better by" not in text
    assert not report.beats_baselines(evaluation)


@pytest.mark.parametrize(
    ("mean", "claim"),
    [
        (8.1, "the best forecast of all is 1.2% better than the same number every time"),
        (7.9, "the best forecast of all is no better than the same number every time"),
        (9.0, None),
    ],
)
def test_hardly_any_signal_is_said_in_a_plain_sentence(mean, claim):
    evaluation = dataclasses.replace(SEEN, baselines={"linear": {"mae": 9.0}, "train_mean": {"mae": mean}})
    text = said(concluded(evaluation))
    assert ("hardly any signal" in text) == (claim is not None)
    assert claim is None or claim in text


def test_a_lead_that_may_be_chance_is_called_so_and_one_rival_is_named_once():
    wide, narrow = Interval(-0.7, -2.0, 0.6, 0.95, 3), Interval(-0.7, -0.9, -0.5, 0.95, 3)
    both = tuple(Difference("0002", "2 RNN 32x1", reason, wide) for reason in ("runner-up", "best simple_rnn"))
    text = said(concluded(differences=both))
    assert text.count("2 RNN 32x1") == 1
    assert "Against the runner-up and best simple_rnn, 2 RNN 32x1, its lead of 0.7 (-0.6 to 2) may be chance." in text
    text = said(concluded(differences=(Difference("0002", "2 RNN 32x1", "runner-up", narrow),)))
    assert "it is better by 0.7 (0.5 to 0.9)" in text
    text = said(concluded(differences=(Difference("0002", "2 RNN 32x1", "runner-up", None),)))
    assert "nothing is shown: one run each" in text


def test_a_second_look_is_said_in_the_sentences_and_over_the_table():
    second = concluded(dataclasses.replace(SEEN, number=2))
    assert "This was evaluation 2 on the test part of this data" in said(second)
    assert shown(report.test_table(second, second.evaluation, ["mae", "rmse"]))[0] == "Test part, evaluation 2"
    assert shown(report.test_table(concluded(), SEEN, ["mae", "rmse"]))[0] == "Test part, read once"


def test_a_failed_audit_takes_all_figures_back():
    text = said(concluded(audit=Audit(False, (7,), ("with noise from row 7 on, the split moved",))))
    assert "LEAK AUDIT FAILED, so believe none of these figures: with noise from row 7 on" in text
    assert "passed" not in text


def test_without_a_winner_the_reasons_are_shown_and_nothing_is_claimed():
    failed = concluded(
        finalists=(finalist(5, None, std=None, reasons=("5 LSTM 32x1 seed 1: loss became nan in epoch 3",)),)
    )
    assert report.sentences(failed) == [
        "No finalist finished all its runs, so there is no winner and no test evaluation; the reasons are above."
    ]
    lines = shown(report.finals_table(failed))
    assert "failed: 5 LSTM 32x1 seed 1: loss became nan in epoch 3" in lines
    assert any("failed" in line and "5 LSTM 32x1" in line for line in lines)


def test_tables_fit_80_columns_with_every_figure_whole():
    lead = Interval(-0.6441, -12.34, 11.05, 0.95, 3)
    four = concluded(differences=(Difference("0002", "2 RNN 32x1", "runner-up", lead),))
    lines = shown(report.finals_table(four))
    assert any("0.644 (-11.1 to 12.3)" in line for line in lines)
    scores = dict.fromkeys(("mae", "rmse", "mase", "smape"), 1234.5678)
    evaluation = dataclasses.replace(
        SEEN, scores=scores, baselines={"moving_average": scores}, best_baseline="moving_average"
    )
    lines += shown(report.test_table(four, evaluation, list(scores)))
    assert not any("…" in line or len(line) > 80 for line in lines)
    assert sum(line.count("1235") for line in lines) == 8
