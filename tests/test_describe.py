"""`seqsweep data`: what it shows at any width, the page that it writes, its errors; nothing is trained or kept."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from seqsweep import report, terminal
from seqsweep.cli import main
from seqsweep.errors import ConfigError, DataError
from seqsweep.report.facts import ROWS
from seqsweep.tasks import Facts, FactTable

NAMES = ["a column with a long name", *(f"further_{number}" for number in range(30))]


@pytest.fixture
def shop(tmp_path, monkeypatch) -> list[str]:
    """The overrides that read a file of many columns, in the current folder."""
    monkeypatch.chdir(tmp_path)
    days = [np.datetime64("2023-01-01") + day for day in range(150)]
    rows = [
        f"{day},{'' if number == 7 else number % 7},[/b] {'very ' * 20}long words,{','.join(['1'] * len(NAMES))}"
        for number, day in enumerate(days)
    ]
    Path("shop.csv").write_text("\n".join([f"when,sales,note,{','.join(NAMES)}", *rows]) + "\n")
    return ["data=csv", "data.path=shop.csv", "data.target=sales", "data.time=when", "data.missing=last"]


def data(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(main, ["data", *arguments])
    assert "Traceback" not in answer.output
    return answer.exit_code, answer.output


def page_of(output: str) -> str:
    (path,) = re.findall(r"^Page: (.+)$", output, re.MULTILINE)
    return Path(path).read_text()


def test_a_study_is_shown_whole_and_nothing_but_a_page_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = data("quickstart")
    assert code == 0
    for word in ("First rows, as written", "1700-01-01", "Columns", "target", "Parts", "Longest window", "309 rows"):
        assert word in said
    left = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file())
    assert left[0] == "mlruns/data-quickstart.html"
    assert [re.sub(r"[\d.]+", "-", name) for name in left[1:]] == ["mlruns/plotly--min-js"]  # which draws its figures


@pytest.mark.parametrize("width", [80, 120, 300])
def test_no_line_is_wider_than_the_terminal_nor_than_120(width, shop, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    code, said = data("quickstart", *shop)
    assert code == 0
    shown = said.split("\nPage: ")[0]
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= min(width, 120)
    rows = shown.split("First rows, as written\n")[1].split("\nColumns\n")[0]
    head = rows.splitlines()[0].split()
    assert {"when", "sales"} <= set(head)  # what is used has room before all else
    assert "…" not in "".join(head)
    assert "2023-01-01" in rows
    assert re.search(r"\d+ further columns on the page", rows)
    assert f"{len(NAMES) + 3 - ROWS} further rows on the page" in shown
    assert "[/b] very" in rows  # the text of the data is no markup


def test_each_note_is_told_once(shop):
    _, said = data("quickstart", *shop)
    assert " ".join(said.split()).count("1 of 150 values were missing; data.missing=last") == 1


def test_the_page_shows_all_facts_and_a_picture_without_a_network(shop):
    _, said = data("quickstart", *shop)
    page = page_of(said)
    own = page[: page.index("<script>")]
    assert "default-src 'none'" in own
    (script,) = re.findall(r'(?:src|href)="([^#"]*)"', own)
    assert (Path(said.split("Page: ")[1].strip()).parent / script).stat().st_size > 1_000_000
    keys = ["picture", "notes", *(f"data-{key}" for key in ("rows", "columns", "time", "values", "parts", "window"))]
    assert re.findall(r'<section id="([\w-]+)">', own) == keys
    assert all(name in own for name in NAMES)
    (figure,) = re.findall(r'<script type="application/json">(.*?)</script>', page, re.S)
    drawn = json.loads(figure)
    assert [shape["x0"] for shape in drawn["layout"]["shapes"]] == ["2023-01-01", "2023-04-17", "2023-05-09"]
    assert len(drawn["data"][0]["x"]) == 150


def test_faults_of_config_and_data_are_those_of_a_sweep(shop):
    wrong = ["task.horizn=2", "trial.epochs=0", "tuner=glob"]
    refused = CliRunner().invoke(main, ["sweep", "quickstart", *shop, *wrong])
    assert (refused.exit_code, refused.output) == data("quickstart", *shop, *wrong)
    assert "3 errors:" in refused.output
    code, said = data("quickstart", *shop, "data.missing=error")
    assert code == 2
    assert "error: shop.csv, line 9, column 'sales': no value" in said
    assert not Path("mlruns").exists()
    code, said = data("quickstart", *shop, "finals.folds=9")
    assert code == 2
    assert "Lower finals.folds" in said


def test_what_was_noted_before_data_is_refused_is_told(shop):
    code, said = data("quickstart", *shop, "data.where='sales < 2'", "task.horizon=50")
    assert code == 2
    assert said.index("data.where=sales < 2 keeps 43 rows") < said.index("too short for the windows")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["quickstrat"], "did you mean 'quickstart'?"),
        (["data=csv"], "name a study first: seqsweep data STUDY data=csv"),
        (["quickstart", "--cfg", "job"], "--cfg and --info show a config: they belong to seqsweep sweep"),
        (["quickstart", "--fast"], "no such flag"),
    ],
)
def test_a_users_mistake_is_one_clear_error(arguments, said):
    code, told = data(*arguments)
    assert code == 2
    assert said in told
    assert len(told.splitlines()) == 1


def test_help_says_what_it_shows():
    code, said = data("--help")
    assert code == 0
    assert "nothing is trained" in " ".join(said.split())
    assert "data " in CliRunner().invoke(main, ["--help"]).output


def test_jobs_of_a_multirun_that_read_the_same_data_are_shown_once(shop):
    code, said = data("-m", "quickstart", *shop, "seed=1,2", "task.horizon=1,3", "search_space.layer=[gru],[lstm]")
    assert code == 0
    assert said.count("First rows, as written") == 2
    for horizon in (1, 3):
        assert re.search(rf"^seed=1 task.horizon={horizon} 'search_space.layer=\[gru\]' ─+$", said, re.MULTILINE)
    page = page_of(said)
    assert page.count('class="job"') == 2
    assert "<summary>seed=1 task.horizon=3 " in page


def test_jobs_that_come_to_the_same_data_have_no_heading_each(shop):
    code, said = data("-m", "quickstart", *shop, "search_space.layer=[gru],[lstm]")
    assert code == 0
    assert said.startswith("shop: 150 rows")
    assert said.count("Longest window") == 1


def test_a_folder_that_cannot_be_written_to_leaves_the_page_where_the_user_is(shop, tmp_path, monkeypatch):
    (tmp_path / "mlruns").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    _, said = data("quickstart", *shop)
    assert f"Page: {tmp_path / 'data-quickstart.html'}" in said.replace("\n", "")


def test_a_study_of_ones_own_and_a_data_set_that_says_nothing_of_itself(tmp_path, monkeypatch, waves_task):
    monkeypatch.chdir(tmp_path)
    Path("waves.yaml").write_text(
        "defaults: [config, {override search_space: waves}, _self_]\nquestion: q\n"
        "task: {kind: waves, metrics: [accuracy], objective: accuracy, baselines: [], noise: 2}\n"
    )
    Path("search_space").mkdir()
    Path("search_space/waves.yaml").write_text("{layer: [gru], units: [2], learning_rate: 0.01}\n")
    code, said = data("waves", "--config-dir", ".")
    assert code == 0, said
    assert "waves: 240 rows, target rises; items: train 144, validation 48, test 48" in said
    assert "144 items" in page_of(said)


def test_nothing_that_trains_or_tracks_is_loaded(tmp_path):
    code = (
        "import sys\n"
        "from seqsweep.cli import main\n"
        "try: main(['data', 'quickstart'])\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "assert not {'tensorflow', 'keras', 'keras_tuner', 'mlflow', 'sklearn'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)


def shown(facts: Facts, width: int = 80) -> str:
    console = terminal.console(file=io.StringIO(), width=width)
    report.show_facts(console, facts)
    return console.file.getvalue()


def test_a_table_without_columns_that_must_stay_is_shown_whole():
    parts = FactTable("parts", "Parts", (("train", "1" * 40), ("test", "2" * 40)), ("part", "rows"), 1)
    said = shown(Facts("made", ("one", "two"), (parts,), notes=("a note [b]",)))
    assert said.splitlines()[:2] == ["one", "two"]
    assert "on the page" not in said
    assert "- a note [b]" in said


def test_refusals_are_errors_for_the_reader():
    from seqsweep.describe import describe

    with pytest.raises(ConfigError):
        describe(["quickstart", "data=csv"])
    with pytest.raises(DataError):
        describe(["quickstart", "data=csv", "data.path=nowhere.csv"])
