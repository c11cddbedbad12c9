"""A sweep is watched while it runs: its page follows its state, which is only read."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from pages import begun_sweep, end_trial, finished_sweep
from seqsweep import watch
from seqsweep.cli import main
from seqsweep.config import to_yaml
from seqsweep.errors import ConfigError, UserError
from seqsweep.search.outcome import BEGUN
from seqsweep.search.owner import this_process
from seqsweep.search.running import RunningTrials
from seqsweep.state_files import write_text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(folder: Path) -> Iterator[Callable[..., str]]:
    """What the server says at a path, while it runs in a thread."""
    port = free_port()
    server = watch.page_server(folder, port)
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)

    def ask(path: str = "", host: str = "127.0.0.1") -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Host": host})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    ask.address = f"http://127.0.0.1:{port}/"
    try:
        yield ask
    finally:
        server.should_exit = True
        thread.join()


def content(folder: Path) -> dict[str, tuple[int, int]]:
    found = {str(file): file.stat() for file in folder.rglob("*")}
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in found.items()}


@pytest.fixture
def begun(tmp_path, make_config) -> Path:
    return begun_sweep(tmp_path / "mlruns" / "sweeps" / "abcdef123456", make_config())


def test_the_page_follows_the_state_and_writes_nothing(begun, make_config):
    with served(begun) as ask:
        before, first = content(begun.parents[1]), ask("stamp")
        page = ask()
        assert f'data-stamp="{first}"' in page
        assert "This sweep does not run now; its command goes on with it." in page
        assert "Told when the search has ended." in page  # the forest would take time from trials
        assert "connect-src 'self'" in page
        assert ask("stamp") == first
        assert content(begun.parents[1]) == before
        (begun / "owner").write_text(this_process().written())
        record = end_trial(begun, make_config(), 5)
        assert ask("stamp") != first
        page = ask()
        assert "Running: 5 of 12 trials have ended." in page
        assert f'<a href="trials/{record.trial_id}">{record.name}</a>' in page
        assert "plotly.js v" in ask("plotly.js")


def test_what_runs_is_listed_with_its_run_and_asked_for_alone(begun, make_config):
    now = [0.0]
    pages = SimpleNamespace(pages=lambda *, wait: ("/#/sweep", {"0005": "/#/five"}))
    running = RunningTrials(begun, pages, clock=lambda: now[0])
    record = replace(end_trial(begun, make_config("tracking=mlflow"), 5), trial_id="0006", name="trial 6: GRU <b>")
    write_text(begun / "config.yaml", to_yaml(make_config("tracking=mlflow")))
    curve, rest = record.curve, {"last_epoch": 40, "started": time.time()}
    with served(begun) as ask:
        running.tell([replace(record, trial_id="0005", name="trial 5", curve=(), **rest), replace(record, **rest)])
        assert "trial 6" not in ask("running")  # its process was killed
        (begun / "owner").write_text(this_process().written())
        before, block = ask("stamp"), ask("running")
        assert '<a href="http://127.0.0.1:5000/#/five">trial 5</a>' in block and ">begins<" in block
        assert "trial 6: GRU &lt;b&gt;" in block and f"{len(curve)} of at most 40" in block
        assert "Running now" in ask() and "its run" in ask("trials/0005")
        running.tell([])  # too soon after the last time
        assert ask("running") == block
        now[0] += 2.0
        running.tell([replace(record, curve=curve[:2], **rest)])
        assert "2 of at most 40" in ask("running")
        assert ask("stamp") == before  # a page is not made anew for an epoch
        running.end()
        assert "hidden" in ask("running")


def test_a_trial_has_a_page_of_its_own(begun):
    with served(begun) as ask:
        page = ask("trials/0003")
        assert "Trial 0003" in page
        assert all(
            said in page for said in ("<dt>learning rate</dt>", "<dt>state</dt><dd>completed</dd>", "Learning curves")
        )
        assert "no trial of this sweep has ended under this id" in ask("trials/0099")


def test_what_cannot_be_shown_is_told_until_it_can(begun):
    kept = (begun / BEGUN).read_text()
    (begun / BEGUN).unlink()
    with served(begun) as ask:
        assert "the search of this sweep has not begun; its data is being read" in ask()
        write_text(begun / BEGUN, kept[:40])
        assert "this is truncated" in ask()
        write_text(begun / BEGUN, kept)
        assert "Leaderboard" in ask()


def test_a_finished_sweep_is_shown_with_all_its_sections(tmp_path, make_config):
    folder = finished_sweep(tmp_path / "mlruns" / "sweeps" / "abcdef123456", make_config(), trials=6)
    with served(folder) as ask:
        page = ask()
    assert "This sweep has ended." in page
    assert "Forecast against actual" in page
    assert re.search(r'<a href="trials/0001">', page)


def test_another_name_of_this_machine_is_refused(begun):
    with served(begun) as ask, pytest.raises(urllib.error.HTTPError, match="400"):
        ask(host="evil.example")


def test_the_sweep_that_runs_is_meant_else_the_newest(begun, make_config):
    directory = begun.parents[1]
    newer = begun_sweep(begun.parent / "fedcba654321", make_config("study=other"))
    for name, expected in ((None, newer), ("other", newer), ("abcd", begun), ("fedcba", newer)):
        assert watch.find_sweep(directory, name) == expected
    (begun / "owner").write_text(this_process().written())
    assert watch.find_sweep(directory, None) == begun
    with pytest.raises(ConfigError, match=r"othr: no such sweep was begun under .*; did you mean 'other'\?"):
        watch.find_sweep(directory, "othr")
    with pytest.raises(UserError, match="there is no sweep under"):
        watch.find_sweep(directory / "none", None)
    assert CliRunner().invoke(main, ["watch", "--directory", str(directory / "none")]).exit_code == 2


@pytest.mark.slow
def test_ctrl_c_ends_the_command(begun):
    command = [
        sys.executable,
        "-m",
        "seqsweep.cli",
        "watch",
        "--port",
        str(free_port()),
        "--directory",
        begun.parents[1],
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    address = re.search(r"http://127.0.0.1:\d+/", process.stdout.readline())[0]
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}stamp", timeout=30).read()
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
