"""The page over several sweeps: one name a sweep, and how fast each found what it found."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from pages import finished_sweep
from seqsweep import report
from seqsweep.report.page.best_so_far import _curve, _scores, best_so_far
from seqsweep.report.page.material import gather


@pytest.fixture
def jobs(tmp_path, make_config):
    names = {"123456abcdef": "seed=1", "fedcba654321": "seed=2"}
    return [gather(finished_sweep(tmp_path / name, make_config(seed), trials=8)) for name, seed in names.items()]


def test_the_best_so_far_never_gets_worse_over_trials_epochs_or_seconds_and_ends_at_the_best(jobs):
    for job in jobs:
        points = _curve(job)
        assert points[-1][0] == len(job.outcome.records)
        assert points[-1][-1] == job.outcome.ranked[0].metrics[job.outcome.objective]
        assert all(a[0] < b[0] and a[1] < b[1] and a[2] <= b[2] and a[3] >= b[3] for a, b in pairwise(points))


def test_three_figures_show_a_line_a_sweep_by_its_name_where_all_are_in_one_unit(jobs, tmp_path, make_config):
    (figures,) = best_so_far(jobs, ["seed=1", "seed=2"])
    for axis in ("trials that had ended", "epochs that they had trained", "seconds in which trials ran"):
        assert axis in figures
    assert figures.count("seed=1") == figures.count("seed=2") == 3
    other = gather(finished_sweep(tmp_path / "0123456789ab", make_config("task.objective=mase"), trials=8))
    assert best_so_far([*jobs, other], ["a", "b", "c"]) == []
    assert best_so_far(jobs[:1], ["a"]) == []


def test_first_trials_of_few_epochs_do_not_flatten_what_follows():
    steep = [38.0, *[16.0] * 10, *[12.0] * 20]
    low, high = _scores([steep, [12.5, 11.0]])["range"]
    assert low < 11.0 and 16.0 < high < 17.0
    assert _scores([[12.0, 12.0]]) == {}


def test_the_table_has_the_means_of_the_finals_beside_the_lucky_bests_and_what_was_spent(jobs, tmp_path):
    page = report.write_all([job.outcome.folder for job in jobs], tmp_path / "all.html").read_text()
    table = page[page.index("best of search") :].partition("</table>")[0]
    row = re.sub(r"<[^>]+>", "|", table.partition('"figure-cell">')[0] + table.split("<tr>")[1])
    job = jobs[0]
    winner, evaluation = job.conclusion.winner, job.evaluation
    epochs = sum(len(record.curve) for record in job.outcome.records)
    best = job.outcome.ranked[0].metrics[job.outcome.objective]
    expected = [best, winner.mean, evaluation.scores["mae"]]
    assert all(f"{value:.4g}"[:4] in row for value in expected)
    assert f"|{epochs}|" in row and "±" in row
