"""The page of a sweep: made from its folder alone, whatever the sweep came to; its statistics; its honesty."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from markupsafe import escape

from pages import FACTS, finished_sweep
from seqsweep import finals, report
from seqsweep.api import result as results
from seqsweep.cli import main
from seqsweep.errors import StateError, UserError
from seqsweep.evidence import Interval
from seqsweep.html import Markup, rendered, theme
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord
from seqsweep.report.page.account import failures
from seqsweep.report.page.importance import Importance, effect, importance
from seqsweep.report.page.material import Material, gather
from seqsweep.report.page.parameters import Parameter, round_numbers, varying
from seqsweep.report.page.search import parallel
from seqsweep.report.page.settings import _unit, mattered
from seqsweep.search import SweepState
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.sections import _bands, _steps, target_times
from seqsweep.tracking import MemoryTracker, SweepRecord

CASES = {  # overrides of the config, how the sweep went, what its page says
    "usual": ([], {}, "The network is shown to be better than linear"),
    "one trial": ([], {"trials": 1, "failing": 0.0}, "No setting differs between the completed trials"),
    "few trials": ([], {"trials": 5, "failing": 0.0}, "too few to tell"),
    "many trials, many steps": (["task.horizon=12"], {"trials": 500, "failing": 0.3}, "12 steps ahead"),
    "few steps": (["task.horizon=3"], {"trials": 8}, "3 steps ahead"),
    "all failed": ([], {"trials": 6, "failing": 1.0}, "No trial completed"),
    "no trial": ([], {"trials": 0}, "No trial was run."),
    "constant": ([], {"constant": True}, "every trial has the same score"),
    "no finals": (["finals=none"], {"ends": False, "trials": 8}, "the test part is unread"),
    "nothing to choose": (
        ["task.horizon=3"],
        {"better": 0.0, "times": False, "trials": 8},
        "not shown to be better or worse than linear",
    ),
    "no unit": (["task.objective=mase"], {"trials": 8}, "mase on validation"),
}


@pytest.fixture
def sweep_of(tmp_path, make_config, monkeypatch):
    # Forests take longer than all else on a page; what they say of settings is tested apart, with all of them.
    monkeypatch.setattr("seqsweep.report.page.importance.ROUNDS", 2)

    def make(case: str = "usual", name: str = "abcdef123456", **changes: object) -> Path:
        overrides, how, _ = CASES[case]
        return finished_sweep(tmp_path / "mlruns" / "sweeps" / name, make_config(*overrides), **{**how, **changes})

    return make


def figures(page: str) -> list[dict]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page, re.S)]


@pytest.mark.parametrize("case", CASES)
def test_every_sweep_gets_a_page_with_every_section(case, sweep_of):
    folder = sweep_of(case)
    page = report.write(folder).read_text()
    keys = re.findall(r'<section id="(\w+)">', page)
    before, task = ["data", "leaderboard", "finals", "test"], ["forecasts", "residuals"]
    after = ["history", "curves", "parallel", "importance", "failures", "time", "lineage"]
    read = gather(folder).evaluation is not None  # or else there is nothing of the task to show
    assert keys == [*before, *(task if read else []), *after]
    assert ("The test part was not read" in page) != read
    assert CASES[case][2] in page.split("<script>")[0]


@pytest.mark.parametrize("case", ["usual", "few steps"])
def test_every_axis_of_a_figure_has_a_title_and_a_unit(case, sweep_of):
    drawn = [figure for figure in figures(report.write(sweep_of(case)).read_text()) if "xaxis" in figure["layout"]]
    assert len(drawn) >= 9
    for figure in drawn:
        named = {name: figure["layout"][name].get("title", {}).get("text", "") for name in ("xaxis", "yaxis")}
        if figure["data"][0]["type"] == "parcoords":
            continue
        sideways = figure["data"][0].get("orientation") == "h" or "error_x" in figure["data"][0]
        values, other = ("xaxis", "yaxis") if sideways else ("yaxis", "xaxis")
        assert re.search(r"\(.+\)$|^seconds", named[values])
        assert sideways or named[other]


def test_a_legend_names_what_it_shows(sweep_of):
    for figure in figures(report.write(sweep_of()).read_text()):
        shown = [trace for trace in figure["data"] if trace.get("showlegend", figure["layout"]["showlegend"])]
        assert all(trace.get("name") for trace in shown) or not figure["layout"]["showlegend"]


def test_the_failed_trials_and_no_others_are_listed_with_their_reasons(sweep_of):
    material = gather(sweep_of(trials=8, failing=0.4))
    told = rendered(failures(material))
    failed = [record for record in material.outcome.records if record.status == "FAILED"]
    assert 0 < len(failed) < 8
    for record in material.outcome.records:
        assert (str(escape(record.name)) in told) == (record in failed)
    assert all(str(escape(record.reason)) in told for record in failed)


def test_the_page_needs_no_network_and_forbids_it(sweep_of):
    folder = sweep_of(trials=8)
    page = report.write(folder).read_text()
    (script,) = folder.parents[1].glob("*.js")
    assert re.findall(r'(?:src|href)="([^#"]*)"', page) == [f"../../{script.name}"]
    assert "default-src 'none'" in page
    assert "connect-src" not in page  # so that `none` holds


def test_a_page_is_small_and_one_file_where_that_is_asked_for_or_it_lies_elsewhere(sweep_of, tmp_path, make_config):
    folder = sweep_of("many trials, many steps")
    assert report.write(folder).stat().st_size < 2_000_000
    for page in (report.write(folder, single_file=True), report.write(folder, tmp_path / "elsewhere.html")):
        assert "plotly.js v" in page.read_text()
    alone = finished_sweep(folder.parent / "fedcba654321", make_config("report.single_file=true"), trials=1)
    assert "plotly.js v" in report.write(alone).read_text()
    assert "plotly.js v" not in report.write_all([folder], folder.parents[1] / "all.html").read_text()
    assert "plotly.js v" in report.write_all([folder, alone], folder.parents[1] / "all.html").read_text()


def test_texts_of_the_data_cannot_become_markup(sweep_of):
    page = report.write(sweep_of(trials=8)).read_text()
    assert "shop <b>&" not in page
    assert "shop &lt;b&gt;&amp;" in page


def headline(folder: Path) -> list[str]:
    material = gather(folder)
    return report.headline(material.outcome, material.conclusion)


def test_the_summary_says_what_won_by_how_much_and_how_sure(sweep_of):
    folder = sweep_of(trials=8)
    won, by, sure = headline(folder)
    conclusion = finals.load(folder)
    evaluation = conclusion.evaluation
    assert conclusion.winner.name in won
    assert f"{conclusion.winner.mean:#.4g} ± {conclusion.winner.std:#.2g}" in won
    assert f"{abs(evaluation.skill):.1%} less" in by
    low, high = evaluation.comparison.difference.low, evaluation.comparison.difference.high
    assert f"{low:#.3g} to {high:#.3g}" in sure
    assert "first evaluation" in sure
    page = report.write(folder).read_text()
    assert all(str(escape(sentence)) in page for sentence in (won, by, sure))


@pytest.mark.parametrize(
    ("low", "high", "skill", "said"),
    [
        (-2.0, 0.5, 0.1, "The network is not shown to be better or worse than linear"),
        (-2.0, -0.5, 0.1, "The network is shown to be better than linear"),
        (0.5, 2.0, -0.1, "The network is shown to be WORSE than linear"),
    ],
)
def test_how_sure_follows_interval_and_skill(low, high, skill, said, sweep_of):
    folder = sweep_of(trials=8)
    conclusion = finals.load(folder)
    comparison = replace(conclusion.evaluation.comparison, difference=Interval((low + high) / 2, low, high, 0.95, 40))
    evaluation = replace(conclusion.evaluation, comparison=comparison, skill=skill, number=3)
    finals.save(folder, replace(conclusion, evaluations=(evaluation,)))
    sure = headline(folder)[2]
    assert said in sure
    assert "evaluation 3 on the test part of this data: whatever was chosen after an earlier one looks better" in sure


def test_forecasts_stand_at_the_time_of_their_targets(sweep_of):
    folder = sweep_of("many trials, many steps")
    seen = gather(folder).predictions
    times, origins, index = target_times(seen), seen.test_items, seen.more["index"]
    assert times.shape == seen.test_actual.shape
    assert times[0, 0] == index[origins[0] + 1]
    assert times[-1, -1] == index[origins[-1] + 12]
    assert [_steps(horizon) for horizon in (1, 2, 24)] == [[1], [1, 2], [1, 12, 24]]


def test_forecasts_that_are_gone_are_said_to_be_and_the_scores_stay(sweep_of):
    folder = sweep_of(trials=8)
    (folder / finals.ARRAYS).unlink()
    page = report.write(folder).read_text()
    assert "The file of these forecasts is gone" in page
    assert "On the test part its mae is" in page


def test_the_facts_of_the_data_head_the_page_which_needs_no_data_for_them(sweep_of):
    folder = sweep_of(trials=8)
    page = report.write(folder).read_text()
    data = page[page.index('<section id="data">') : page.index('<section id="leaderboard">')]
    for said in (*FACTS.summary, "7 values were missing &lt;b&gt;", "Every row is drawn.", "sales &lt;b&gt;"):
        assert said in data
    assert "<details><summary>All facts of the data</summary>" in data
    assert figures(data)[0]["data"][0]["y"] == [1.0, None, 2.5]
    assert SweepState(folder).facts() == FACTS
    (folder / "facts.json").unlink()
    assert "The file of these facts is gone" in report.write(folder).read_text()
    (folder / "facts.json").write_text('{"name": "shop"}')
    with pytest.raises(StateError, match=r"facts\.json: summary is missing.*; run its sweep again"):
        report.write(folder)


def test_finals_without_a_winner_say_why(sweep_of):
    folder = sweep_of(trials=8)
    conclusion = finals.load(folder)
    first = replace(conclusion.finalists[0], mean=None, std=None, reasons=("6 LSTM seed 1: loss became <nan>",))
    finals.save(folder, replace(conclusion, finalists=(first,), differences=()))
    page = report.write(folder).read_text()
    assert "No finalist finished all its runs, so there is no winner" in page
    assert "<li>failed: 6 LSTM seed 1: loss became &lt;nan&gt;</li>" in page
    assert "The test part was not read" in page


def test_a_search_that_has_not_ended_and_a_broken_file_are_said_plainly(sweep_of):
    folder = sweep_of(trials=8)
    (folder / finals.ARRAYS).write_bytes(b"half")
    with pytest.raises(StateError, match=re.escape(finals.ARRAYS)):
        report.write(folder)
    (folder / "outcome.json").unlink()
    with pytest.raises(UserError, match="has not ended"):
        report.write(folder)


def test_the_page_of_a_folder_that_cannot_be_written_is_written_where_the_command_runs(sweep_of, tmp_path, monkeypatch):
    folder = sweep_of(trials=8)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr(
        results, "finished", lambda *_: [SimpleNamespace(outcome=SimpleNamespace(folder=folder), conclusion=None)]
    )
    page = results.result(None, tmp_path).report()
    assert page == tmp_path.resolve() / "here" / f"report-{folder.name}.html"
    assert page.read_text().startswith("<!")
    assert not (folder / "report.html").exists()


def test_one_page_over_all_jobs_tells_them_apart(sweep_of, tmp_path):
    folders = [
        sweep_of(trials=8),
        sweep_of("no finals", name="123456abcdef"),
        sweep_of("all failed", name="fedcba654321"),
    ]
    page = report.write_all(folders, tmp_path / "all.html").read_text()
    assert page.count('class="job"') == 3
    assert "trials=0 seeds=1" in page  # what sets the second apart
    assert "none completed" in page
    with pytest.raises(UserError, match="no sweep"):
        report.write_all([], tmp_path / "all.html")


def test_the_run_of_the_sweep_gets_page_and_summary(sweep_of):
    folder, tracker = sweep_of(trials=8), MemoryTracker()
    tracker.open(SweepRecord("quickstart", "?", "random", "abcdef123456", ""))
    report.publish(folder, tracker)
    run = tracker.sweeps["abcdef123456"]
    assert "plotly.js v" in run.artifacts["report/report.html"]  # MLflow shows it alone
    assert " won: " in run.tags["mlflow.note.content"].splitlines()[0]
    assert "report/report.html" in run.tags["mlflow.note.content"]


def test_the_command_writes_the_page_anew_and_says_where(sweep_of, monkeypatch, tmp_path):
    folder = sweep_of(trials=8)
    monkeypatch.chdir(tmp_path)
    for arguments in (["report"], ["report", "quickstart"], ["report", "abcdef"]):
        (folder / "report.html").unlink(missing_ok=True)
        said = CliRunner().invoke(main, arguments)
        assert said.exit_code == 0
        assert Path(said.output.strip()) == folder / "report.html"
        assert (folder / "report.html").exists()
    assert "plotly.js v" not in (folder / "report.html").read_text()
    assert CliRunner().invoke(main, ["report", "--single-file"]).exit_code == 0
    assert "plotly.js v" in (folder / "report.html").read_text()
    assert CliRunner().invoke(main, ["report", "quickstrat"]).exit_code == 2
    assert CliRunner().invoke(main, ["compare", "--html"]).exit_code == 0
    assert (tmp_path / "mlruns" / "compare.html").exists()


def columns(trials: int, seed: int, count: int = 4) -> list[Parameter]:
    values = np.random.default_rng(seed).uniform(size=(count, trials))
    return [Parameter(f"p{i}", tuple(row.tolist()), None) for i, row in enumerate(values)]


def test_what_decides_the_score_is_above_the_noise_floor_and_its_effect_is_seen():
    parameters = columns(40, 0)
    scores = (10 * np.array(parameters[1].values) + np.random.default_rng(1).normal(size=40)).tolist()
    scores[3] = 1e9  # one hopeless trial decides nothing
    found = importance(parameters, scores)
    assert found.mattered() == ["p1"]
    assert found.explained > 0.5
    points, expected = effect(parameters, scores, "p1")
    codes = parameters[1].codes
    assert (len(points), points[0], points[-1]) == (30, codes.min(), codes.max())
    assert expected[-1] - expected[0] > 5
    assert expected.max() < 20


def test_an_effect_has_a_point_for_every_category_and_those_of_the_trials_where_they_are_few():
    named = Parameter("c", tuple("abc" * 4), ("a", "b", "c"))
    scores = [i % 3 + 0.01 * i for i in range(12)]
    points, expected = effect([*columns(12, 0, 2), named], scores, "c")
    assert points.tolist() == [0.0, 1.0, 2.0]
    assert expected == pytest.approx([0.0, 1.0, 2.0], abs=0.2)
    assert len(effect([*columns(12, 0, 2), named], scores, "p0")[0]) == 12


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_effects_of_the_few_that_mattered_most_are_drawn(count, sweep_of, monkeypatch):
    material = gather(sweep_of())
    names = [parameter.name for parameter in varying(material.outcome.ranked)]
    shares = {name: 0.5 - 0.01 * i for i, name in enumerate(names[:count])} | dict.fromkeys(names[count:], 0.0)
    monkeypatch.setattr("seqsweep.report.page.settings.importance", lambda *_: Importance(shares, 0.1, 0.9))
    drawn = rendered(mattered(material))
    titles = [figure["layout"]["xaxis"]["title"]["text"].split(" (")[0] for figure in figures(drawn)[1:]]
    assert len(names) >= 5
    assert len(titles) == min(count, 4)
    assert ("the line is the score" in drawn) == (count > 0)


@pytest.mark.parametrize(
    ("name", "unit"), [("window", "rows"), ("dropout_2", "share of outputs"), ("learning_rate", ""), ("gone", "")]
)
def test_a_setting_has_the_unit_of_its_declaration(name, unit):
    assert _unit(name, "forecast") == unit


@pytest.mark.parametrize("objective", ["mae", "accuracy"])
def test_the_best_trial_has_the_end_of_the_colours_and_every_line_is_within_its_axes(objective, sweep_of, monkeypatch):
    material = gather(sweep_of("usual", trials=12, failing=0.0))
    up = objective == "accuracy"
    monkeypatch.setattr(Material, "metric", Metric("mae", len, higher_is_better=up, highest=1e9))
    drawn: list[dict] = []
    monkeypatch.setattr(theme, "figure", lambda title, traces, *_, **__: drawn.extend(traces) or Markup())
    parallel(material)
    (trace,) = drawn
    scores = [record.metrics["val_mae"] for record in material.outcome.ranked]
    colours, best = trace["line"]["color"], (max if up else min)(scores)
    assert scores[int(colours.argmax())] == best
    assert trace["line"]["cmax"] == colours.max()
    assert trace["line"]["cmin"] == pytest.approx(np.quantile(colours, 0.25))  # a quarter shares the other end
    for axis in trace["dimensions"]:
        low, high = axis["range"]
        assert low <= min(*axis["values"], *axis["tickvals"])
        assert high >= max(*axis["values"], *axis["tickvals"])


def test_settings_that_have_no_axis_are_counted(sweep_of, monkeypatch):
    material = gather(sweep_of(trials=12))
    settings = len(varying(material.outcome.ranked))
    for axes in (settings - 2, settings):
        monkeypatch.setattr("seqsweep.report.page.search.AXES", axes)
        told = rendered(parallel(material))
        assert ("2 more settings differ; MLflow shows them." in told) == (axes < settings)
        assert ("more settings" in told) == (axes < settings)


def test_colours_have_a_scale_where_all_trials_are_as_good(sweep_of, monkeypatch):
    drawn: list[dict] = []
    monkeypatch.setattr(theme, "figure", lambda title, traces, *_, **__: drawn.extend(traces) or Markup())
    parallel(gather(sweep_of("constant", trials=8, failing=0.0)))
    line = drawn[0]["line"]
    assert line["cmin"] < line["cmax"] == max(line["color"])


@pytest.mark.parametrize(
    ("half_widths", "step", "drawn"),
    [((1.0, np.inf), 1, True), ((1.0, np.inf), 2, False), ((np.inf, 2.0), 1, False), ((np.inf, 2.0), 2, True)],
)
def test_an_interval_is_drawn_at_the_steps_where_it_ends(half_widths, step, drawn):
    interval = ForecastInterval(0.8, half_widths, 0.8, 1.0)
    bands = _bands([interval], np.arange(3), np.array([5.0, 6.0, 7.0]), step)
    expected = [[value + sign * half_widths[step - 1] for value in (5.0, 6.0, 7.0)] for sign in (-1, 1)]
    assert [list(band["y"]) for band in bands] == (expected if drawn else [])


def test_noise_alone_seldom_matters():
    found = importance(columns(24, 2, count=12), np.random.default_rng(102).normal(size=24).tolist())
    assert sum(share > found.floor for share in found.shares.values()) <= 1  # of 12 settings
    assert found.explained < 0
    assert found.mattered() == []


def test_importance_needs_a_difference_in_scores_and_in_settings():
    assert importance(columns(24, 0), [1.0] * 24) is None
    assert importance([], [float(i) for i in range(24)]) is None


def record(number: int, **params: object) -> TrialRecord:
    return TrialRecord(f"{number:04d}", number, f"{number}", "COMPLETED", params)


def test_only_settings_that_differ_count_and_layers_have_their_own():
    same = {"layer": "lstm", "depth": 1, "dropout": 0.1}
    found = varying([record(1, units=8, **same), record(2, **{**same, "depth": 2}, units_1=8, units_2=16)])
    assert [parameter.name for parameter in found] == ["depth", "units_2"]
    assert found[1].values == (None, 16)
    assert found[1].ticks() == ([0.0, 1.0], ["none", "16"])


def test_many_numbers_have_a_scale_few_have_places():
    rates = [10.0 ** (-i / 4) for i in range(12)]
    rate, depth = varying([record(i, rate=value, depth=1 + i % 2) for i, value in enumerate(rates)])
    assert rate.log
    assert rate.categories is None
    assert rate.codes == pytest.approx(np.log10(rates))
    assert depth.categories == (1, 2)
    (width,) = varying([record(i, width=1 + i) for i in range(10)])
    assert width.log  # up to ten times as much
    (decay,) = varying([record(i, decay=float(i) ** 4) for i in range(12)])
    assert (decay.log, decay.categories) == (False, None)  # 0 is none of its factors
    some = Parameter("x", (1.0, 2.0, None), None)
    assert some.codes.tolist() == [1.0, 2.0, 0.9]  # missing: below the others
    assert some.ticks()[1][0] == "none"


@pytest.mark.parametrize(("low", "high"), [(11.1, 15.7), (-3, 900), (1e-13, 3e-13), (11.13, 11.131), (0, 1)])
def test_ticks_are_round_and_inside(low, high):
    ticks = round_numbers(low, high)
    assert 3 <= len(ticks) <= 8
    assert low <= ticks[0] < ticks[-1] <= high * (1 + 1e-9)
