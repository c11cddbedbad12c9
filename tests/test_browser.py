"""The report and MLflow's UI as users see them, in a real headless Chromium; skipped where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages import begun_sweep, end_trial, finished_sweep
from seqsweep import finals, report
from seqsweep.describe import describe
from seqsweep.schema import TrackingConfig
from seqsweep.search import SweepState
from seqsweep.tracking import MlflowTracker, SweepRecord
from seqsweep.words import in_prose, sentence, short_name

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
SHOTS = Path(__file__).parent / "screenshots"  # git-ignored; for people to look at
PATIENCE = 60.0  # seconds; the UI takes some 10 on a quiet machine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (BROWSER and DRIVER), reason="no Chromium with its driver: apt-get install chromium chromium-driver"
    ),
]


@pytest.fixture(scope="module", autouse=True)
def small_forests() -> Iterator[None]:
    """Forests take longer than all else on a page, and what they say of settings is tested apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqsweep.report.page.importance.ROUNDS", 2)
        patch.setattr("seqsweep.report.page.importance.TREES", 5)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars", "enable-unsafe-swiftshader"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    opened = webdriver.Chrome(options, service)
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def study(tmp_path_factory, make_config) -> Path:
    """A folder `mlruns` that holds a finished sweep, its runs in MLflow and its report."""
    directory = tmp_path_factory.mktemp("study") / "mlruns"
    folder = finished_sweep(directory / "sweeps" / "abcdef123456", make_config(), trials=24)
    tracker = MlflowTracker(TrackingConfig(kind="mlflow", directory=str(directory), uri=None), lambda _: None)
    tracker.open(
        SweepRecord("quickstart", "Which?", "random-24 abcd", folder.name, "", objective="val_mae", data="sunspots")
    )
    state = SweepState(folder)
    for record in (*state.records().values(), *state.records("final").values()):
        tracker.end_trial(record)
    report.publish(folder, tracker)
    tracker.close("FINISHED")
    return directory


@pytest.fixture(scope="module")
def links(study) -> Iterator[dict[str, str]]:
    """The links that `seqsweep ui` prints, by what it says of them, while it runs."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "seqsweep.cli", "ui", "--port", str(port), "--directory", str(study)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    found = {}
    for line in server.stdout:
        match = re.match(r"(\w+) (?:is|are) at (\S+)", line)
        if match:
            found[match[1]] = match[2]
        if "Ctrl-C" in line:
            break
    yield found
    server.terminate()
    server.wait(30)
    server.stdout.close()


def errors(browser) -> list[str]:
    """What the console holds of script errors; a missing resource of MLflow's own is none."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and entry["source"] != "network"
    ]


def wait_for(browser, *words: str) -> str:
    """The text of the page, once all of these words are in it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        text = browser.execute_script("return document.body.innerText")
        missing = [word for word in words if word not in text]
        if not missing:
            return text
        assert time.monotonic() < deadline, f"{missing} not in: {text[:2000]}"
        time.sleep(0.3)


def wait_for_script(browser, script: str) -> None:
    """Nothing, once the script returns something true."""
    deadline = time.monotonic() + PATIENCE
    while not browser.execute_script(script):
        assert time.monotonic() < deadline, script
        time.sleep(0.3)


def wait_for_figures(browser, which: str) -> None:
    """Nothing, once every one of these figures is drawn, and there is one."""
    drawn = f"return [...document.querySelectorAll('{which}')].map(f => f.querySelector('.main-svg') !== null)"
    deadline = time.monotonic() + PATIENCE
    while not (figures := browser.execute_script(drawn)) or not all(figures):
        assert time.monotonic() < deadline, f"drawn: {figures}; {errors(browser)}"
        time.sleep(0.2)


def loaded(browser) -> list[str]:
    """Addresses of what the page had the browser fetch."""
    return browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")


def open_details(browser) -> None:
    """Unfold all that is folded, as printing does."""
    browser.execute_script("document.querySelectorAll('details').forEach(block => { block.open = true; })")


def resize(browser, width: int) -> None:
    """A window of this width; those of Chromium are no narrower than some 500 pixels, which a phone is."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def keep(browser, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(SHOTS / f"{name}.png"))


@pytest.mark.parametrize(
    ("how", "width"),
    [({}, 1400), ({}, 390), ({"trials": 1, "failing": 0.0}, 390), ({"trials": 4, "failing": 1.0}, 390)],
    ids=["usual-1400", "usual-390", "one trial-390", "all failed-390"],
)
def test_the_report_draws_every_figure_from_disk_without_an_error(how, width, browser, tmp_path, make_config):
    page = report.write(finished_sweep(tmp_path / "sweep", make_config("task.horizon=3"), **{"trials": 22, **how}))
    resize(browser, width)
    browser.get(page.as_uri())
    open_details(browser)
    wait_for_figures(browser, "figure")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert all(name.startswith("file:") for name in loaded(browser))
    assert not errors(browser)
    keep(browser, f"report-{how.get('trials', 22)}-{width}")


def test_a_page_that_was_taken_out_of_its_folder_says_what_its_figures_need(browser, tmp_path, make_config):
    page = report.write(finished_sweep(tmp_path / "mlruns" / "sweeps" / "a", make_config(), trials=1))
    browser.get(page.rename(tmp_path / "alone.html").as_uri())
    wait_for(browser, "which is not there: keep the page in its folder", "Leaderboard")


@pytest.mark.parametrize("width", [1400, 800])
def test_the_page_of_the_data_draws_the_series_and_its_parts(width, browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    describe(["quickstart"])
    resize(browser, width)
    browser.get((tmp_path / "mlruns" / "data-quickstart.html").as_uri())
    wait_for_figures(browser, "figure")
    assert browser.execute_script("return document.querySelectorAll('figure .shapelayer path').length") == 3
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert all(name.startswith("file:") for name in loaded(browser))
    assert not errors(browser)
    keep(browser, f"data-{width}")


def test_titles_of_axes_and_ticks_do_not_lie_over_each_other(browser, tmp_path, make_config):
    page = report.write(finished_sweep(tmp_path / "sweep", make_config("task.horizon=3"), trials=22))
    resize(browser, 800)
    browser.get(page.as_uri())
    open_details(browser)
    wait_for_figures(browser, "figure")
    overlaps = browser.execute_script(
        """
        const found = [];
        for (const figure of document.querySelectorAll("figure")) {
          const texts = [...figure.querySelectorAll(".xtick text, .ytick text, .xtitle, .ytitle, .legendtext")];
          const boxes = texts.map(t => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
          boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
            const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
            const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
            if (wide > 2 && high > 3) found.push([figure.querySelector("figcaption").textContent, a, b]);
          }));
        }
        return found;
        """
    )
    assert overlaps == []


def test_figures_of_a_closed_job_are_drawn_when_it_opens(browser, tmp_path, make_config):
    folders = [finished_sweep(tmp_path / name, make_config(), trials=6) for name in ("first", "second")]
    browser.get(report.write_all(folders, tmp_path / "all.html").as_uri())
    assert browser.execute_script("return document.querySelectorAll('details.job .main-svg').length") == 0
    browser.execute_script("document.querySelector('details.job').open = true")
    wait_for_figures(browser, "details.job[open] > section:not(#details) figure")
    browser.execute_script("document.querySelector('details.job #curves').open = true")
    wait_for_figures(browser, "details.job[open] #curves figure")
    assert not errors(browser)


def test_a_watched_page_takes_what_is_new_and_keeps_what_is_open(browser, tmp_path, make_config):
    from test_watch import served

    folder = begun_sweep(tmp_path / "mlruns" / "sweeps" / "abcdef123456", make_config())
    with served(folder) as ask:
        resize(browser, 1400)
        browser.get(ask.address)
        browser.execute_script("document.querySelector('#history').open = true; scrollTo(0, 700)")
        wait_for_figures(browser, "#data figure, #history figure")
        browser.execute_script("document.querySelector('#data figure').dataset.mark = 'same'")
        assert "Running" not in wait_for(browser, "does not run now")
        wait_for(browser, end_trial(folder, make_config(), 5).name)
        wait_for_figures(browser, "#history figure")
        assert browser.execute_script("return document.querySelector('#data figure').dataset.mark") == "same"
        assert abs(browser.execute_script("return scrollY") - 700) < 2
        assert not errors(browser)
        browser.execute_script("document.querySelector(\"a[href='trials/0005']\").click()")
        wait_for(browser, "Trial 0005", "Learning curves")
        wait_for_figures(browser, "figure")
    assert not errors(browser)


def test_the_ui_shows_trials_charts_description_and_report(browser, links, study):
    resize(browser, 1500)
    browser.get(links["MLflow"])
    best = short_name(report.page.material.gather(study / "sweeps" / "abcdef123456").outcome.ranked[0].name)
    wait_for(browser, best, "best_val_mae")
    keep(browser, "ui-trials")
    browser.get("about:blank")  # or else only the address's last part changes, and the page stays
    browser.get(links["Charts"])
    wait_for(browser, "Ranking\n(2)", "Curves\n(3)")  # parallel coordinates and bars; a curve a metric
    wait_for_script(browser, "return document.querySelector('canvas') !== null")  # parallel coordinates are painted
    keep(browser, "ui-charts")
    assert not errors(browser)


def test_the_ui_nests_the_runs_under_the_sweep_which_holds_the_report(browser, links, study):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{study}/mlflow.db")
    experiment = client.get_experiment_by_name("quickstart: sunspots").experiment_id
    parent = client.search_runs([experiment], "tags.kind = 'sweep'")[0].info.run_id
    server = links["MLflow"].split("/#/")[0]
    conclusion = finals.load(study / "sweeps" / "abcdef123456")
    browser.get("about:blank")
    browser.get(f"{server}/#/experiments/{experiment}/runs/{parent}?workflowType=machine_learning")
    wait_for(browser, "Child runs", "Load more")
    assert sentence(in_prose(conclusion.winner.name)) in wait_for(browser, " won: ")  # the description
    keep(browser, "ui-sweep")
    browser.get("about:blank")
    artifacts = f"runs/{parent}/artifacts/report/report.html?workflowType=machine_learning"
    browser.get(f"{server}/#/experiments/{experiment}/{artifacts}")
    wait_for(browser, "report.html")
    _enter_report(browser)
    wait_for(browser, "Leaderboard", " won: ")
    open_details(browser)
    wait_for_figures(browser, "figure")
    assert browser.execute_script("return document.querySelectorAll('figure[data-drawn]').length") >= 9
    browser.switch_to.default_content()
    keep(browser, "ui-report")
    assert not errors(browser)


def _enter_report(browser) -> None:
    deadline = time.monotonic() + PATIENCE
    while not browser.find_elements("css selector", "iframe"):
        assert time.monotonic() < deadline, "the artifact is not shown"
        time.sleep(0.3)
    browser.switch_to.frame(browser.find_elements("css selector", "iframe")[0])
