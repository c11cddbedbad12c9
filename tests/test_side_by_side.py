"""The page over several sweeps: one name a sweep, and how fast each found what it found."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pages import finished_sweep
from seqsweep.report.page.best_so_far import _curve, best_so_far
from seqsweep.report.page.material import gather


@pytest.fixture
def jobs(tmp_path, make_config):
    names = {"123456abcdef": "seed=1", "fedcba654321": "seed=2"}
    return [gather(finished_sweep(tmp_path / name, make_config(seed), trials=8)) for name, seed in names.items()]


def test_the_best_so_far_never_gets_worse_over_trials_or_seconds_and_ends_at_the_best(jobs):
    for job in jobs:
        points = _curve(job)
        assert points[-1][0] == len(job.outcome.records)
        assert points[-1][2] == job.outcome.ranked[0].metrics[job.outcome.objective]
        assert all(a[0] < b[0] and a[1] <= b[1] and a[2] >= b[2] for a, b in pairwise(points))


def test_two_figures_show_a_line_a_sweep_by_its_name_where_all_are_in_one_unit(jobs, tmp_path, make_config):
    (figures,) = best_so_far(jobs, ["seed=1", "seed=2"])
    assert "trials that had ended" in figures and "seconds in which trials ran" in figures
    assert figures.count("seed=1") == figures.count("seed=2") == 2
    other = gather(finished_sweep(tmp_path / "0123456789ab", make_config("task.objective=mase"), trials=8))
    assert best_so_far([*jobs, other], ["a", "b", "c"]) == []
    assert best_so_far(jobs[:1], ["a"]) == []
