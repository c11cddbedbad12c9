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
from seqsweep.events import Epoch
from seqsweep.evidence import Interval
from seqsweep.html import Section, rendered, theme
from seqsweep.layers import LAYERS
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord
from seqsweep.report.layer_styles import layer_style
from seqsweep.report.page import run
from seqsweep.report.page.account import failures
from seqsweep.report.page.best_so_far import _styles
from seqsweep.report.page.curves import settled
from seqsweep.report.page.history import history
from seqsweep.report.page.importance import Importance, effect, importance
from seqsweep.report.page.material import Material, gather
from seqsweep.report.page.parallel import STEPS, parallel
from seqsweep.report.page.parameters import Parameter, round_numbers, varying
from seqsweep.report.page.settings import compared, mattered, score_at, unit_of
from seqsweep.report.page.winner import settings_of, winner
from seqsweep.schema import TrackingConfig
from seqsweep.search import SweepState
from seqsweep.search.links import keep_links, read_links
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.sections import _ends, _steps, target_times
from seqsweep.tasks.forecast.traces import bands
from seqsweep.tracking import MemoryTracker, SweepRecord
from seqsweep.words import in_prose, sentence

CASES = {  # overrides of the config, how the sweep went, what its page says
    "usual": ([], {}, "The network is shown to be better than linear"),
    "one trial": ([], {"trials": 1, "failing": 0.0}, "No setting differs between the completed trials"),
    "few trials": ([], {"trials": 5, "failing": 0.0}, "too few to tell"),
    "many trials, many steps": (["task.horizon=12"], {"trials": 200, "failing": 0.3}, "12 steps ahead"),
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
    monkeypatch.setattr("seqsweep.report.page.importance.TREES", 5)

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
    assert len(page) < 2_000_000  # whatever the sweep came to
    keys = re.findall(r'<(?:section|details class="detail") id="(\w+)"', page)
    first = ["winner", "data", "finals", "leaderboard", "details"]
    folded = ["history", "curves", "parallel", "importance", "failures", "time", "lineage"]
    read = gather(folder).evaluation is not None  # or else there is nothing of the task to show
    assert keys == (["forecasts", *first, "residuals", *folded] if read else [*first, *folded])
    assert bool(re.search("<h2>Finals</h2>\n<p>None (have ended|were wanted)", page)) != read
    assert CASES[case][2] in page.split("<script>")[0]


def test_what_a_task_says_is_needed_at_once_is_not_folded(sweep_of, monkeypatch):
    told = [Section(key, key, [], unfolded=key == "next") for key in ("forecasts", "residuals", "next")]
    monkeypatch.setattr(run, "_of_task", lambda _: told)
    shown = run.sections(gather(sweep_of("few steps")))
    assert [section.key for section in shown[:3]] == ["forecasts", "next", "winner"]
    assert 'class="detail" id="residuals"' in shown[-1].blocks[0]


@pytest.mark.parametrize("case", ["usual", "few steps"])
def test_every_axis_of_a_figure_has_a_title_and_a_unit(case, sweep_of):
    drawn = [figure for figure in figures(report.write(sweep_of(case)).read_text()) if "xaxis" in figure["layout"]]
    assert len(drawn) >= 9
    for figure in drawn:
        named = {name: figure["layout"][name].get("title", {}).get("text", "") for name in ("xaxis", "yaxis")}
        if figure["layout"]["yaxis"].get("showticklabels") is False:
            continue  # of all settings at once: each axis is its own
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


def test_a_page_is_one_file_where_that_is_asked_for_or_it_lies_elsewhere(sweep_of, tmp_path, make_config):
    folder = sweep_of("one trial")
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
    assert sentence(in_prose(conclusion.winner.name)) in won
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
    data = page[page.index('<section id="data">') : page.index('<section id="finals">')]
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
    assert "trials=0" in page  # what sets the second apart
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


@pytest.fixture
def few_trees(monkeypatch):
    """Forests that tell a setting from noise as well, where the trials are as plain as here."""
    monkeypatch.setattr("seqsweep.report.page.importance.TREES", 20)


@pytest.mark.usefixtures("few_trees")
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
    assert unit_of(name, "forecast") == unit


@pytest.mark.parametrize("objective", ["mae", "accuracy"])
def test_the_best_trial_has_the_end_of_the_colours_and_every_line_is_within_its_axes(objective, sweep_of, monkeypatch):
    material = gather(sweep_of("no finals", trials=12, failing=0.0))
    up = objective == "accuracy"
    monkeypatch.setattr(Material, "metric", Metric("mae", len, higher_is_better=up, highest=1e9))
    best = (max if up else min)(material.outcome.ranked, key=lambda record: record.metrics["val_mae"])
    monkeypatch.setattr(Material, "chosen", best)
    (figure,) = figures(rendered(parallel(material)))
    *lines, scale = figure["data"]
    axes = figure["layout"]["xaxis"]["ticktext"]
    assert sum(len(line["x"]) for line in lines) == 12 * (len(axes) + 1)  # a gap behind each
    assert all(0 < place < 1 for line in lines for place in line["y"] if place is not None)
    assert (lines[-1]["name"], lines[-1]["line"]["width"]) == (best.name, 6)
    assert lines[-1]["line"]["color"] == theme.shade((STEPS - 0.5) / STEPS)
    poorest = [line for line in lines if line["line"]["color"] == theme.shade(0.5 / STEPS)]
    assert len(poorest[0]["x"]) >= 3 * (len(axes) + 1)  # a quarter shares the other end
    worst, score = scale["marker"]["colorbar"]["ticktext"]
    assert worst.endswith("or worse")
    assert float(score.removesuffix(" (best)")) == pytest.approx(best.metrics["val_mae"], rel=1e-2)
    assert {entry["x"] for entry in figure["layout"]["annotations"]} == set(range(len(axes)))


def test_settings_that_have_no_axis_are_counted(sweep_of, monkeypatch):
    material = gather(sweep_of(trials=12))
    settings = len(varying(material.outcome.ranked))
    for axes in (settings - 2, settings):
        monkeypatch.setattr("seqsweep.report.page.parallel.AXES", axes)
        told = rendered(parallel(material))
        assert ("2 more settings differ; MLflow shows them." in told) == (axes < settings)
        assert ("more settings" in told) == (axes < settings)


def test_colours_have_a_scale_where_all_trials_are_as_good(sweep_of):
    (figure,) = figures(rendered(parallel(gather(sweep_of("constant", trials=8, failing=0.0)))))
    assert {line["line"]["color"] for line in figure["data"][:-1]} == {theme.shade((STEPS - 0.5) / STEPS)}


def test_a_layer_type_has_one_colour_whatever_else_was_searched(sweep_of):
    material = gather(sweep_of(trials=12, failing=0.0))
    shown = {}
    for layers in (("lstm",), ("gru", "lstm"), ("simple_rnn", "gru", "lstm", "conv_of_mine")):
        records = tuple(record(i, layer=layer) for i, layer in enumerate(layers, 1))
        ended = tuple(replace(one, metrics={"val_mae": 1.0}) for one in records)
        (figure,) = figures(rendered(history(replace(material, outcome=replace(material.outcome, records=ended)))))
        dots = [trace for trace in figure["data"] if trace["mode"] == "markers"]
        for trace in dots:
            assert shown.setdefault(trace["name"], trace["marker"]["color"]) == trace["marker"]["color"]
    assert len(set(shown.values())) == 4


def test_a_sweep_of_one_layer_type_has_its_colour_beside_others(sweep_of):
    material = gather(sweep_of(trials=4, failing=0.0))
    only = [replace(one, params={**one.params, "layer": "lstm"}) for one in material.outcome.records]
    lstm = replace(material, outcome=replace(material.outcome, records=tuple(only)))
    first, other, mixed = _styles([lstm, lstm, material])
    assert first["color"] == other["color"] == layer_style("lstm")[0]
    assert first["dash"] != other["dash"]
    assert mixed["color"] not in {layer_style(name)[0] for name in LAYERS}


def test_curves_are_shown_where_they_differ_and_the_reference_stays_if_it_is_near():
    coming_down = [(epoch, 10 + 90 / epoch**2) for epoch in range(1, 31)]
    low, high = settled([coming_down])["range"]
    assert 9 < low < 10.2 < high < 12
    assert settled([coming_down], [10.9])["range"][1] > 10.9
    assert settled([coming_down], [90.0])["range"][1] < 12
    assert "range" not in settled([[(epoch, float(epoch % 3)) for epoch in range(30)]])  # nothing to cut
    steep = [(epoch, 10.0 ** (3 - epoch / 5)) for epoch in range(30)]
    low, high = settled([steep])["range"]
    assert (settled([steep])["type"], round(10**low, 4) < 0.01, 10**high < 10) == ("log", True, True)
    assert settled([[]]) == {}


def test_the_winner_is_shown_with_all_settings_dates_and_commands(sweep_of, tmp_path, make_config):
    folder = sweep_of(trials=8)
    material = gather(folder)
    said = rendered(winner(material))
    assert f"Winner: {escape(material.conclusion.winner.name)}" in said
    assert all(f"<dt>{name.replace('_', ' ')}</dt>" in said for name in material.chosen.params)
    given = {**material.chosen.params, "scope": "series", "series_embedding": 0}
    configs = material.outcome.config, make_config("data.series=[shop]", "data.known_future=[promo]")
    told = [dict(settings_of(replace(material.chosen, params=given), config)) for config in configs]
    assert "scope" not in told[0]
    assert (told[1]["scope"], told[1]["series embedding"]) == ("series", "0")
    ahead = replace(material, outcome=replace(material.outcome, config=configs[1]))
    assert re.search(r"seqsweep predict \S+ FILE\.csv --future FUTURE\.csv", rendered(winner(ahead)))
    assert re.search(r"<dd>\d+ rows</dd>", said)
    assert re.search(r"found</dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d<", said)
    promote, predict, ui = re.search(r"<pre>(.*)</pre>", said, re.S)[1].splitlines()
    assert promote.endswith(f"seqsweep promote {folder.name}")
    assert re.search(r"seqsweep predict shop\S* FILE\.csv$", predict)
    assert ui.endswith("seqsweep ui")
    ended = replace(material.conclusion.evaluation, skill=-0.1)
    worse = replace(material, conclusion=replace(material.conclusion, evaluations=(ended,)))
    assert f"promote {folder.name} --baseline linear" in rendered(winner(worse))
    assert "no network beats linear, so the baseline is what is promoted" in rendered(winner(worse))
    assert "Best of the search: " in rendered(winner(gather(sweep_of("no finals", name="b" * 12))))
    assert "promote" not in rendered(winner(gather(sweep_of("no finals", name="b" * 12))))


def test_a_page_leads_to_the_runs_in_mlflow_where_they_are_known(sweep_of):
    folder = sweep_of(trials=4, failing=0.0)
    assert "this sweep" not in rendered(winner(gather(folder)))
    keep_links(folder, "/#/sweep", {f"{i:04d}": f"/#/run{i}" for i in range(1, 5)})
    page = report.write(folder).read_text()
    assert '<a href="http://127.0.0.1:5000/#/sweep">this sweep</a>' in page
    assert len(set(re.findall(r'href="http://127\.0\.0\.1:5000/#/(run\d)"', page))) == 4
    served = TrackingConfig(kind="mlflow", directory="", uri="https://me:secret@host/mlflow/")
    assert read_links(folder, served).sweep == "https://host/mlflow/#/sweep"
    assert not read_links(folder, replace(served, uri="${oc.env:URL}")).sweep
    assert not read_links(folder, replace(served, kind="none")).sweep


@pytest.mark.parametrize("case", ["usual", "few steps"])
def test_nothing_is_told_twice(case, sweep_of):
    page = report.write(sweep_of(case)).read_text()
    told = [text for text in re.findall(r"<(?:p|li|figcaption|h2)[^>]*>([^<]{12,})</", page) if "shaded" not in text]
    assert sorted(told) == sorted(set(told))
    assert page.count("mean absolute error, in the unit of the data") == 1
    assert page.count("that of the best baseline") == 1


def test_importance_compares_whole_budgets_and_a_configuration_once(sweep_of):
    material = gather(sweep_of("no finals", trials=2, failing=0.0))
    curve = tuple(Epoch(epoch, {"val_loss": 9.0 - epoch, "val_mae": 20.0 - epoch}, 0.0) for epoch in range(1, 10))
    ended = {"curve": curve[:3], "metrics": {"val_mae": 17.0}, "last_epoch": 3, "epochs": 3}
    rung = [replace(record(i, units=i), **ended) for i in range(1, 5)]
    on = replace(record(5, units=1), curve=curve[3:], metrics={"val_mae": 11.0}, last_epoch=9, continues="0001")
    searched = replace(material, outcome=replace(material.outcome, records=(*rung, on)))
    found, epoch = compared(searched)
    assert ([one.number for one in found], epoch) == ([5, 2, 3, 4], 3)  # the first went on as the fifth
    known = {one.trial_id: one for one in (*rung, on)}
    assert [score_at(one, 3, "val_mae", known) for one in found] == [17.0] * 4
    assert score_at(on, 5, "val_mae", known) == 15.0
    material.outcome.config.report.importance_trials = 1
    assert [one.number for one in compared(searched)[0]] == [5]
    assert compared(searched)[1] is None


@pytest.mark.parametrize(
    ("half_widths", "step", "drawn"),
    [((1.0, np.inf), 1, True), ((1.0, np.inf), 2, False), ((np.inf, 2.0), 1, False), ((np.inf, 2.0), 2, True)],
)
def test_an_interval_is_drawn_at_the_steps_where_it_ends(half_widths, step, drawn):
    interval = ForecastInterval(0.8, half_widths, 0.8, 1.0)
    ends = _ends([interval], np.array([[5.0, 5.0], [6.0, 6.0], [7.0, 7.0]]), step)
    expected = [[value + sign * half_widths[step - 1] for value in (5.0, 6.0, 7.0)] for sign in (-1, 1)]
    assert [list(band["y"]) for band in bands(ends, np.arange(3))] == (expected if drawn else [])


@pytest.mark.usefixtures("few_trees")
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
