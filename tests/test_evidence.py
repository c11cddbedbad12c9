"""Evidence: intervals, tests and coverages against published figures, other libraries and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.fft
from scipy import stats

from seqsweep.evidence import (
    Interval,
    adapted,
    compare_losses,
    coverage,
    diebold_mariano,
    half_widths,
    losses,
    paired_interval,
    seldom_below,
)


def rng(*seed):
    return np.random.default_rng(seed)


def losses_of(differentials, horizon=1):
    """actual, forecast and reference (n, horizon) whose absolute loss differentials are those given."""
    column = np.asarray(differentials, float)[:, None]
    better = np.repeat(np.maximum(column, 0.0), horizon, axis=1)
    worse = np.repeat(np.maximum(-column, 0.0), horizon, axis=1)
    return np.zeros_like(better), better, worse


# Paired intervals


@pytest.mark.parametrize("n", [2, 3, 30])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_paired_interval_is_students_t_of_the_differences(n, level):
    a, b = rng(n).normal(1.0, 2.0, size=n), rng(n, 1).normal(size=n)
    made = paired_interval(list(a), list(b), level)
    mean = sum(a - b) / n
    error = math.sqrt(sum((a - b - mean) ** 2) / (n - 1) / n)
    half = stats.t.ppf(0.5 + level / 2, n - 1) * error
    assert (made.mean, made.low, made.high) == pytest.approx((mean, mean - half, mean + half))
    assert (made.level, made.n) == (level, n)


def test_the_interval_of_students_own_sleep_data():
    # Source: Student (1908), Biometrika 6(1), hours of sleep gained by two drugs in ten patients; interval as printed
    # by R's t.test(extra ~ group, data = sleep, paired = TRUE) in Meys & de Vries, R for Dummies.
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    made = paired_interval(one, two)
    assert (made.mean, made.low, made.high) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=1e-7)
    assert not made.holds_zero


def test_pairs_that_are_not_finite_are_left_out_together():
    a, b = [1.0, math.nan, 3.0, 5.0, math.inf], [0.5, 1.0, 1.0, math.nan, 2.0]
    assert paired_interval(a, b) == paired_interval([1.0, 3.0], [0.5, 1.0])
    assert paired_interval(a, b).n == 2


@pytest.mark.parametrize(("a", "b"), [([], []), ([1.0], [2.0]), ([1.0, math.nan], [2.0, 1.0])])
def test_fewer_than_two_pairs_have_no_interval(a, b):
    assert paired_interval(a, b) is None


def test_equal_differences_have_an_interval_without_width():
    assert paired_interval([0.1] * 3, [0.0] * 3) == Interval(0.1, 0.1, 0.1, 0.95, 3)
    assert paired_interval([2.0, 3.0], [2.0, 3.0]).holds_zero


def test_differences_that_are_equal_but_for_the_last_bit_have_a_narrow_interval_and_no_warning():
    made = paired_interval([0.3, 0.4, 0.5], [0.2, 0.3, 0.4])  # 0.1 rounded three ways
    assert (made.low, made.high) == pytest.approx((0.1, 0.1))
    assert made.low < made.mean < made.high


@pytest.mark.parametrize(("low", "high", "holds"), [(-1, 1, True), (0, 1, True), (-1, 0, True), (0.1, 1, False)])
def test_an_interval_says_whether_it_holds_zero(low, high, holds):
    assert Interval(0.5, low, high, 0.95, 3).holds_zero is holds


def test_what_are_no_pairs_and_no_level_is_refused():
    with pytest.raises(ValueError, match="one length"):
        paired_interval([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match=r"level=95 .* 0\.95"):
        paired_interval([1.0, 2.0], [1.0, 3.0], 95)


# Losses of independent items


@pytest.mark.parametrize(
    ("loss", "expected"), [("absolute", [0.5, 2.0]), ("squared", [0.5, 5.0]), ("zero-one", [0.5, 1.0])]
)
def test_an_item_loses_the_mean_of_its_values(loss, expected):
    actual, predicted = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 3.0], [0.0, 5.0]])
    assert losses(actual, predicted, loss).tolist() == expected
    assert (
        losses(actual[:, 0], predicted[:, 0], loss).tolist() == losses(actual[:, :1], predicted[:, :1], loss).tolist()
    )


def test_labels_of_any_type_are_right_or_wrong():
    assert losses(np.array(["a", "b"]), np.array(["a", "c"]), "zero-one").tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"\(2,\), predicted \(1,\)"):
        losses(np.zeros(2), np.zeros(1), "absolute")


def test_losses_of_independent_items_are_compared_by_the_paired_t_test():
    own, other = rng(1).random(20), rng(2).random(20)
    found, expected = compare_losses(own.tolist(), other.tolist(), "error", "window", 0.9), stats.ttest_rel(own, other)
    interval = expected.confidence_interval(0.9)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert (found.difference.low, found.difference.high) == pytest.approx((interval.low, interval.high))
    assert (found.measure, found.item, found.n) == ("error", "window", 20)


@pytest.mark.parametrize(("by", "expected"), [(0.0, (0.0, 1.0)), (0.5, (math.inf, 0.0)), (-0.5, (-math.inf, 0.0))])
def test_losses_that_differ_by_the_same_at_every_item_leave_no_doubt(by, expected):
    found = compare_losses([1.0 + by, 2.0 + by], [1.0, 2.0], "error", "window")
    assert (found.statistic, found.p_value) == expected
    assert compare_losses([1.0, math.inf, 2.0], [1.0, 1.0, 2.0], "error", "window") is None
    assert compare_losses([1.0], [2.0], "error", "window") is None


# Diebold and Mariano


def slow_test(actual, forecast, reference, power):
    """Statistic and p-value as the papers write them, with SciPy's cosine transform."""
    n, horizon = actual.shape
    d = (np.abs(forecast - actual) ** power - np.abs(reference - actual) ** power).mean(axis=1)
    degrees = max(1, min(int(0.4 * n ** (2 / 3)), n // (2 * horizon)))
    waves = scipy.fft.dct(d, type=2, norm="ortho")[1 : degrees + 1]
    statistic = d.mean() / math.sqrt(np.mean(waves**2) / n)
    return statistic, 2 * stats.t.sf(abs(statistic), degrees)


@pytest.mark.parametrize(("loss", "power"), [("absolute", 1), ("squared", 2)])
@pytest.mark.parametrize(("horizon", "n"), [(1, 150), (3, 150), (12, 150), (12, 20), (1, 2)])
def test_the_statistic_is_that_of_the_papers(horizon, n, loss, power):
    actual, forecast, reference = rng(horizon).normal(size=(3, n, horizon))
    made = diebold_mariano(actual, forecast * 1.1, reference, loss)
    assert (made.statistic, made.p_value) == pytest.approx(slow_test(actual, forecast * 1.1, reference, power))
    assert made.n == n


def test_differentials_that_only_go_up_and_down_have_an_error_too():
    made = diebold_mariano(*losses_of([2.0, 0.0, 0.0, 2.0]), "absolute")  # its one wave is 0
    assert made.difference.mean == 1
    assert 0 < made.p_value < 1


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("shift", [0.0, 0.15, 0.3, 0.6])
def test_the_interval_holds_zero_exactly_where_the_test_does_not_reject(shift, horizon):
    for seed in range(10):
        made = diebold_mariano(*losses_of(rng(seed).normal(size=40) + shift, horizon), "absolute", 0.9)
        assert made.difference.holds_zero is (made.p_value > 0.1)
        assert made.difference.mean == pytest.approx((made.difference.low + made.difference.high) / 2)


def test_the_better_forecast_has_the_negative_statistic_and_the_unit_is_that_of_the_loss():
    actual = rng(3).normal(size=(200, 2))
    good, bad = actual + 0.1 * rng(4).normal(size=(200, 2)), actual + 3 * rng(5).normal(size=(200, 2))
    for loss, power in (("absolute", 1), ("squared", 2)):
        made = diebold_mariano(actual, good, bad, loss)
        assert made.statistic < -5
        assert diebold_mariano(actual, bad, good, loss).statistic == pytest.approx(-made.statistic)
        scaled = diebold_mariano(actual * 10, good * 10, bad * 10, loss)
        assert scaled.difference.mean == pytest.approx(10**power * made.difference.mean)
        assert scaled.statistic == pytest.approx(made.statistic)


@pytest.mark.parametrize("horizon", [1, 3])
def test_identical_forecasts_differ_by_nothing(horizon):
    actual, forecast = rng(1).normal(size=(2, 10, horizon))
    made = diebold_mariano(actual, forecast, forecast, "absolute")
    assert (made.statistic, made.p_value) == (0.0, 1.0)
    assert made.difference == Interval(0.0, 0.0, 0.0, 0.95, 10)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_network_that_is_the_ridge_but_for_rounding_is_not_called_worse(offset):
    actual = rng(1).normal(size=(200, 3)) + offset
    ridge = actual + rng(2).normal(size=actual.shape)
    rounded = ridge + 1e-6 * np.sign(ridge - actual)  # a last digit farther from what happened, each time
    made = diebold_mariano(actual, rounded, ridge, "squared")
    assert (made.p_value, made.difference.mean) == (1.0, 0.0)
    assert made.difference.holds_zero
    assert diebold_mariano(actual, ridge + 1e-3 * np.sign(ridge - actual), ridge, "squared").p_value < 0.01


def test_a_forecast_that_is_always_better_by_the_same_is_better_for_sure():
    made = diebold_mariano(*losses_of([-0.5] * 8, 2), "absolute")
    assert (made.statistic, made.p_value) == (-math.inf, 0.0)
    assert made.difference == Interval(-0.5, -0.5, -0.5, 0.95, 8)


@pytest.mark.parametrize("size", [1e-180, 1e180])
def test_tiny_and_huge_losses_give_the_same_statistic(size):
    differentials = rng(6).normal(size=30)
    made = diebold_mariano(*losses_of(differentials * size, 3), "absolute")
    assert made.statistic == pytest.approx(diebold_mariano(*losses_of(differentials, 3), "absolute").statistic)


@pytest.mark.parametrize(
    ("n", "horizon", "some"), [(0, 1, False), (1, 1, False), (2, 1, True), (3, 3, False), (4, 3, True)]
)
def test_origins_must_outnumber_the_steps_of_the_horizon(n, horizon, some):
    made = diebold_mariano(*rng(n).normal(size=(3, n, horizon)), "squared")
    assert (made is not None) is some


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e200])
def test_a_diverged_forecast_has_no_test(value):
    actual, forecast, reference = rng(2).normal(size=(3, 20, 2))
    forecast[3, 1] = value
    assert diebold_mariano(actual, forecast, reference, "squared") is None


def test_impossible_shapes_losses_and_actual_values_are_refused():
    good = np.zeros((5, 2))
    with pytest.raises(ValueError, match=r"\(5, 2\), \(5, 1\)"):
        diebold_mariano(good, good[:, :1], good, "absolute")
    with pytest.raises(ValueError, match="absolute, squared"):
        diebold_mariano(good, good, good, "mae")
    with pytest.raises(ValueError, match="actual value is not finite"):
        diebold_mariano(good + math.nan, good, good, "absolute")


@pytest.mark.parametrize(
    ("n", "horizon", "persistence"), [(46, 1, 0.0), (75, 1, 0.4), (75, 1, 0.6), (150, 3, 0.0), (50, 12, 0.0)]
)
def test_of_equal_forecasts_few_more_than_five_per_cent_are_told_apart(n, horizon, persistence):
    # Differentials with mean 0: a moving average over `horizon` terms, of targets that overlap, or an autoregression,
    # of forecasts that are persistently too high or too low.
    repeats = 1000
    noise = rng(9).normal(size=(repeats, n + 100 + horizon - 1))
    for row in range(1, noise.shape[1]):
        noise[:, row] += persistence * noise[:, row - 1]
    series = np.lib.stride_tricks.sliding_window_view(noise[:, 100:], horizon, axis=1).mean(axis=-1)
    p_values = [diebold_mariano(*losses_of(row, horizon), "absolute").p_value for row in series]
    assert 0.03 < np.mean(np.array(p_values) < 0.05) < 0.085


# Conformal intervals


def test_a_half_width_is_the_order_statistic_of_the_formula():
    residuals = np.column_stack([-np.arange(1.0, 10.0), 10 * np.arange(9.0, 0.0, -1.0)])  # sizes 1 to 9 and 10 to 90
    made = half_widths(residuals, [0.5, 0.8, 0.85, 0.9])
    assert {level: widths.tolist() for level, widths in made.items()} == {
        0.5: [5, 50],  # ceil(10 * 0.5) = 5th smallest
        0.8: [8, 80],
        0.85: [9, 90],
        0.9: [9, 90],
    }


@pytest.mark.parametrize(
    ("n", "level", "finite"), [(18, 0.95, False), (19, 0.95, True), (3, 0.8, False), (4, 0.8, True)]
)
def test_too_few_residuals_leave_an_interval_without_end(n, level, finite):
    assert np.isfinite(half_widths(np.ones((n, 2)), [level])[level]).all() == finite


def test_no_residual_at_all_leaves_every_interval_without_end():
    assert np.isinf(half_widths(np.empty((0, 3)), [0.8])[0.8]).tolist() == [True] * 3


def test_a_level_means_what_is_written_not_what_floats_make_of_it():
    assert 100 * 0.55 > 55  # as floats
    assert half_widths(np.arange(1.0, 100.0)[:, None], [0.55])[0.55] == [55.0]


def test_a_residual_that_is_not_finite_is_the_largest():
    residuals = np.array([[1.0], [math.nan], [-math.inf], [2.0]])
    assert half_widths(residuals, [0.4])[0.4] == [2.0]
    assert np.isinf(half_widths(residuals, [0.5])[0.5])


def test_residuals_of_one_date_share_its_place_in_the_order():
    sizes, dates = np.arange(1.0, 13.0)[:, None], np.repeat(np.arange(6), 2)  # two series of six dates
    made = half_widths(sizes, [0.5, 0.8, 0.9], dates)
    assert [made[level].tolist() for level in (0.5, 0.8)] == [[7], [12]]  # (6 + 1) * 0.5 = 3.5 dates, 5.6 dates
    assert np.isinf(made[0.9]).all()  # 6.3 of six dates, though there are twelve residuals
    alone = half_widths(sizes, [0.5, 0.8, 0.9], np.arange(12))
    assert alone == half_widths(sizes, [0.5, 0.8, 0.9])
    longer = half_widths(np.array([[9.0], [1.0], [1.0], [1.0], [1.0]]), [0.5], np.array([0, 1, 1, 1, 1]))
    assert longer[0.5] == [9]  # a date of four series counts as one


def test_new_dates_of_series_that_are_alike_are_covered_as_often_as_the_level_says():
    random, held = rng(5), []
    for _ in range(400):  # 20 series that are all but one, of 12 dates and a new one
        errors = random.normal(size=(13, 1)) + 0.1 * random.normal(size=(13, 20))
        dates = np.repeat(np.arange(12), 20)
        width = half_widths(errors[:12].reshape(-1, 1), [0.8], dates)[0.8]
        held.append((np.abs(errors[12]) <= width).mean())
    assert 0.78 < np.mean(held) < 0.9  # 11/13 = 0.85 of dates; 0.75 where residuals are counted


@pytest.mark.parametrize(("growth", "horizon", "told"), [(1.0, 1, (0, 4)), (1.0, 12, (0, 4)), (1.6, 12, (50, 80))])
def test_a_share_that_chance_does_not_explain_is_told_from_one_that_it_does(growth, horizon, told):
    random, found = rng(2), 0
    for _ in range(80):
        errors = np.lib.stride_tricks.sliding_window_view(random.normal(size=1000 + horizon), horizon)
        width = half_widths(errors[:480], [0.8])[0.8]
        before, later = ((np.abs(part) <= width).mean(1) for part in (errors[:480], growth * errors[520:]))
        found += later.mean() < seldom_below(before, later, 0.8, horizon)
    assert told[0] <= found <= told[1]


def test_of_a_few_dates_nothing_is_said_of_chance():
    assert seldom_below(np.ones(30), np.zeros(19), 0.8, 1) == 0
    assert seldom_below(np.ones(30), np.zeros(30), 0.8, 1) == 0  # nothing scatters


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("n", [19, 50])
def test_new_targets_are_covered_as_often_as_the_level_says(n, level):
    # The guarantee is marginal: over draws of both the residuals and the target, whatever the distribution.
    # Of continuous residuals the exact chance is ceil((n + 1) * level) / (n + 1).
    repeats = 5000
    errors = rng(n, int(level * 100)).standard_t(2, size=(repeats, n + 1)) * [[1.0]]
    covered = [
        coverage(row[-1:, None], np.zeros((1, 1)), half_widths(row[:-1, None], [level])[level]).share for row in errors
    ]
    exact = math.ceil((n + 1) * level - 1e-9) / (n + 1)
    assert level <= exact < level + 1 / (n + 1)
    assert np.mean(covered) == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / repeats))


def test_coverage_counts_targets_within_both_ends_overall_and_by_step():
    actual = np.array([[1.0, 1.0], [2.0, -3.0], [-2.0, 0.0], [2.5, 9.0]])
    made = coverage(actual, np.zeros((4, 2)), np.array([2.0, 3.0]))
    assert made.by_step.tolist() == [0.75, 0.75]
    assert made.share == 0.75
    assert made.width == 5.0  # twice the mean of 2 and 3


def test_a_forecast_that_is_not_finite_covers_nothing():
    made = coverage(np.zeros((2, 1)), np.array([[math.nan], [math.inf]]), np.array([math.inf]))
    assert made.share == 0.0


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"\(3,\)"):
        half_widths(np.ones(3), [0.8])
    with pytest.raises(ValueError, match="level=80"):
        half_widths(np.ones((3, 1)), [80])
    with pytest.raises(ValueError, match=r"\(horizon,\)"):
        coverage(np.ones((3, 2)), np.ones((3, 2)), np.ones(3))


def test_differences_that_cancel_are_no_lead_whatever_their_rounding():
    scores, other = [0.637, 0.2698, 0.041], [0.041, 0.637, 0.2698]
    assert np.mean(np.subtract(scores, other)) != 0
    assert paired_interval(scores, other).mean == 0
    assert paired_interval([0.637 + 1e-12, 0.2698, 0.041], other).mean > 0


def adapted_by_hand(residuals, origins, errors, level, step):
    """Step by step, for one step ahead: at each origin all earlier targets are known."""
    sizes, miss, held = np.sort(np.abs(residuals)), 1 - level, []
    for error in errors:
        rank = math.ceil((len(sizes) + 1) * (1 - miss) - 1e-9)
        width = 0.0 if rank < 1 else sizes[rank - 1] if rank <= len(sizes) else math.inf
        held.append(error <= width)
        miss += step * (1 - level - (not held[-1]))
    return np.mean(held)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_levels_that_adapt_hold_in_the_long_run_also_where_errors_double(level):
    rng = np.random.default_rng(3)
    residuals, zero = rng.normal(size=(200, 1)), np.zeros((3000, 1))
    actual = rng.normal(scale=2, size=(3000, 1))
    origins = np.arange(3000, dtype=np.int64)
    fixed = coverage(actual, zero, half_widths(residuals, [level])[level]).share
    held, last = adapted(residuals, origins, actual, zero, level, 0.02)
    assert fixed < level - 0.1
    assert held.share == pytest.approx(level, abs=1 / (0.02 * 3000))  # proposition 4.1 of the source
    assert held.share == adapted_by_hand(residuals[:, 0], origins, np.abs(actual[:, 0]), level, 0.02)
    assert last.shape == (1,)


def test_a_level_adapts_to_no_target_behind_the_origin():
    rng = np.random.default_rng(1)
    residuals, zero, origins = rng.normal(size=(50, 3)), np.zeros((60, 3)), np.arange(60, dtype=np.int64)
    actual = rng.normal(size=(60, 3))
    calm, wild = actual.copy(), actual.copy()
    wild[:, 2] = np.where(np.arange(60) == 10, 100.0, wild[:, 2])  # the target of row 13
    widths = [adapted(residuals, origins[:13], each[:13], zero[:13], 0.8, 0.5)[0].width for each in (calm, wild)]
    assert widths[0] == widths[1]  # the last origin is row 12
    widths = [adapted(residuals, origins[:14], each[:14], zero[:14], 0.8, 0.5)[0].width for each in (calm, wild)]
    assert widths[0] <= widths[1]
