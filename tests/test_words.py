"""How numbers, names and verdicts read, wherever they are printed; and that no phrase assumes that less is better."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import seqsweep
from seqsweep import metrics, words
from seqsweep.evidence import Comparison, Interval

SOURCE = Path(seqsweep.__file__).parent


def compared(low: float, high: float, p: float = 0.01) -> Comparison:
    return Comparison(
        "Diebold-Mariano", "absolute error", "forecast", -2.0, p, Interval((low + high) / 2, low, high, 0.95, 60), 60
    )


MAE = metrics.Metric("mae", lambda *_: 0.0, unit="data")
RMSE = metrics.Metric("rmse", lambda *_: 0.0, unit="data")
SMAPE = metrics.Metric("smape", lambda *_: 0.0, unit="%", highest=200)
MASE = metrics.Metric("mase", lambda *_: 0.0)
ACCURACY = metrics.Metric("accuracy", lambda *_: 0.0, higher_is_better=True, highest=1.0)
STANDING = words.Standing(MAE, 8.0, "last_value", 10.0, 0.2, compared(-3.0, -1.0, 0.00004))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (13.0, "13.00"),
        (0.35449, "0.3545"),
        (12345.6, "12,346"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (999.96, "1,000"),
        (math.inf, "inf"),
        (math.nan, "none"),
    ],
)
def test_figures_of_a_column_have_the_same_digits(value, said):
    assert words.significant(value) == said


def test_fewer_digits_where_fewer_count():
    assert words.significant(12345.6, 3) == "12,346"
    assert words.significant(2.0, 3) == "2.00"
    assert words.significant(152.0, 2) == "152"
    assert words.plus_minus(11.318, 0.2154) == "11.32 ± 0.22"
    assert words.plus_minus(11.318, None) == "11.32"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        *((0.053, "+5.3%"), (-0.999, "-99.9%"), (1.0, "+100%"), (-1.0, "-100%"), (1.534, "+153%"), (-2.134, "-213%")),
        *((-math.inf, "none"), (math.nan, "none"), (0.0, "+0.0%"), (-1e-9, "+0.0%")),
    ],
)
def test_a_skill_has_its_sign(part, said):
    assert words.percent(part) == said


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("trial 5: LSTM, 1 × 32 units", "5: LSTM 1 × 32"),
        ("trial 20: SimpleRNN, 1 × 64 units", "20: SimpleRNN 1 × 64"),
        ("trial 8: Bi-GRU, 16, 32 and 64 units", "8: Bi-GRU 16, 32, 64"),
        ("trial 5: LSTM, 1 × 32 units, seed 2", "5, seed 2: LSTM 1 × 32"),
        ("trial 5: LSTM, 1 × 32 units, seed 2, for intervals", "5, seed 2, for intervals: LSTM 1 × 32"),
        ("random-12 abcd", "random-12 abcd"),
    ],
)
def test_what_tells_runs_apart_stands_where_a_narrow_table_shows_it(name, short):
    assert words.short_name(name) == short


@pytest.mark.parametrize(("part", "said"), [(0.78261, "78.26%"), (0.95, "95%"), (0.995, "99.5%"), (1.0, "100%")])
def test_a_share_is_as_long_as_it_was_written(part, said):
    assert words.share(part) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (0.566, "56.6%"),
        (0.5079, "50.8%"),
        (0.6, "60.0%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.0002, "<0.1%"),
        (0.9996, ">99.9%"),
    ],
)
def test_measured_shares_have_one_digit_each_and_only_all_is_said_to_be_all(part, said):
    assert words.counted_share(part) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (75, "1 min 15 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_read_naturally(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("1700-01-01T00:00:00.000000000", "1700-01-01"),
        ("2024-05-01T12:00:00.000000000", "2024-05-01T12:00:00"),
        ("2024-05-01T00:00:00.500000000", "2024-05-01T00:00:00.500000000"),
        ("100", "100"),
    ],
)
def test_times_have_no_zeros_behind_them(time, said):
    assert words.moment(time) == said


def test_a_table_ranks_the_network_among_the_baselines():
    baselines = {"last_value": {"mae": 10.0, "rmse": 9.0}, "linear": {"mae": 4.0, "rmse": 5.0}}
    rows = words.ranking("GRU", {"mae": 5.0, "rmse": 6.0}, baselines, "linear", MAE, [RMSE, MAE])
    assert [(who, own) for who, own, _ in rows] == [("linear", False), ("GRU", True), ("last value", False)]
    assert rows[1][2] == ["6.000", "5.000", "-25.0%"]
    assert words.ranking("GRU", {"mae": 5.0}, {}, None, MAE, [MAE]) == [("GRU", True, ["5.000", ""])]


def test_one_thing_is_not_many():
    assert [words.counted(n, "trial") for n in (0, 1, 2, 1200)] == ["0 trials", "1 trial", "2 trials", "1,200 trials"]
    assert [words.counted(n, "series") for n in (1, 3)] == ["1 series", "3 series"]


@pytest.mark.parametrize(
    ("name", "said"), [("last_value", "last value"), ("learning_rate", "learning rate"), ("last_epoch", "epochs")]
)
def test_names_are_said_in_words(name, said):
    assert words.in_words(name) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0051656, "0.00517"), (True, "yes"), (False, "no"), (None, "none"), ("simple_rnn", "simple rnn"), (12, "12")],
)
def test_values_of_settings_are_said_in_words(value, said):
    assert words.setting(value) == said


def test_metrics_name_their_unit():
    assert [words.unit_in_words(metric, "sales") for metric in (MAE, SMAPE, MASE)] == ["unit of sales", "%", ""]
    assert [words.column_title(metric) for metric in (MAE, SMAPE)] == ["mae", "smape %"]


@pytest.mark.parametrize(
    ("score", "reference", "said"),
    [
        (8.0, 10.0, "20.0% less than the 10.00 of last value"),
        (15.0, 10.0, "50.0% more than the 10.00"),
        (10.000001, 10.0, "the same as the 10.00 of"),
        (9.999, 10.0, "under 0.1% less than the 10.00"),
        (10.0, 10.0, "the same as the 10.00"),
        (1.0, 0.0, "more than the 0.000"),
        (math.inf, 10.0, "more than the 10.00"),
    ],
)
def test_a_score_stands_beside_that_of_the_best_baseline(score, reference, said):
    text = words.scored(replace(STANDING, score=score, reference=reference), "test")
    assert text.startswith("On the test part its mae is ")
    assert said in text
    assert "inf%" not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "The network is shown to be better than last value: the mean absolute error differs by -2.00 (95%",
        ),
        ({"test": compared(-3.0, 0.5, 0.3)}, "not shown to be better or worse than last value"),
        ({"test": compared(0.5, 3.0), "skill": -0.1}, "The network is shown to be WORSE than last value"),
        # The interval is of absolute errors. Where the metric (a median, say) disagrees, neither is proven.
        ({"skill": -0.1}, "not shown to be better or worse"),
        ({"test": compared(0.5, 3.0)}, "not shown to be better or worse"),
        ({"test": None}, "cannot be said: there are too few items for a test"),
        ({"test": None, "score": math.inf, "skill": -math.inf}, "the network leaves all bounds there"),
        ({"test": None, "baseline": None, "reference": None, "skill": None}, "Without a baseline nothing is shown"),
        (
            {"test": replace(compared(-3.0, -1.0), measure="squared error", item="sentence")},
            "the mean squared error differs by -2.00 (95% interval -3.00 to -1.00, p = 0.01, 60 sentences)",
        ),
    ],
)
def test_nothing_is_called_proven_that_is_not(changes, said):
    standing = replace(STANDING, **changes)
    assert said in words.how_sure(standing)
    assert (standing.verdict == "better") == words.how_sure(standing).startswith("The network is shown to be better")


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(-0.7, -2.0, 0.6, 0.95, 3), "A is not shown to do better than B: its lead in mae of 0.700 (-0.600 to"),
        (
            Interval(-0.7, -0.9, -0.5, 0.95, 3),
            "A does better than B: its mae is less by 0.700 (0.500 to 0.900), over 3 pairs",
        ),
        (None, "A against B: one run each shows nothing"),
        (Interval(0.0, -0.0, 0.0, 0.95, 3), "A and B have the same scores: neither does better."),
    ],
)
def test_a_lead_that_may_be_chance_is_called_so(interval, said):
    assert words.lead("A", "B", MAE, interval).startswith(said)


def test_a_later_evaluation_says_what_it_is_worth():
    assert words.nth_evaluation(1) == "This was the first evaluation on the test part of this data."
    assert words.nth_evaluation(3).startswith("This was evaluation 3 on the test part of this data: whatever")


def test_where_more_is_better_every_phrase_says_so():
    interval = Interval(-0.7, -0.9, -0.5, 0.95, 3)  # of costs
    assert words.lead("A", "B", ACCURACY, interval).startswith(
        "A does better than B: its accuracy is more by 0.700 (0.500 to 0.900)"
    )
    assert words.better_is(ACCURACY) == "higher is better"
    assert words.about_skill(ACCURACY).endswith("accuracy to 1, the best")


def test_names_and_directions_are_phrased_nowhere_else():
    others = {file: file.read_text() for file in SOURCE.rglob("*.py") if file.parent.name != "words"}
    assert not [file for file, text in others.items() if re.search(r"""replace\(['"]_['"], ['"] ['"]\)""", text)]
    shown = {file: text for file, text in others.items() if {"report", "package", "registry"} & set(file.parts)}
    assert shown
    assert not [file for file, text in shown.items() if re.search(r"\b(low|high)er is better", text)]


def test_a_score_whose_best_is_not_0_is_told_by_its_difference():
    standing = words.Standing(ACCURACY, 0.8958, "most_frequent", 0.6042, 0.737)
    assert "0.8958, 0.292 more than the 0.6042 of most frequent" in words.scored(standing, "test")
    assert words.change(0.87, 0.9, ACCURACY) == "-0.0300"
    assert words.change(11.0, 10.0, MAE) == "+10.0%"
    below = words.Standing(replace(ACCURACY, lowest=-math.inf), 0.1, "mean", -0.2, 0.25)
    assert "0.300 more than the -0.2000" in words.scored(below, "test")


def test_bytes_are_told_in_megabytes():
    assert words.megabytes(2_500_000) == "2.5 MB"
