"""A secret in each place that takes an address, over the commands and the ways they end: nothing shows or keeps it.

`COVERED` collects what was looked at, and the last test asserts how much that is.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import os
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from click.testing import CliRunner

import vault
from executor_jobs import spec
from fault_lives import Life, Nursery, until
from seqsweep import cli, redaction
from seqsweep.events import Event, Failed, TrialSpec
from seqsweep.executor.pool import PoolExecutor
from seqsweep.executor.process import Processes
from seqsweep.executor.starting import Interpreters

# Each is a value that nothing else has, so that one command shows which of the places leaks.
LOGIN, WORD, QUERY, CODED, FRAGMENT, ODBC, SERVER = (
    "lo-hunter-1",
    "xylophon",  # it might be a name: hidden in addresses and in the words of a driver
    "qu_hunter_2",
    "co/hun ter@3",
    "fr.hunter.4",
    "od$hunter$5",
    "se%hunter@6",
)
SECRETS = (LOGIN, WORD, QUERY, CODED, FRAGMENT, ODBC, SERVER)
REST = f"?password={QUERY}&api_key={quote(CODED, safe='')}&mode=ro#access_token={FRAGMENT}"
ODBC_LOGIN = quote(f"DRIVER=x;UID=u;PWD={ODBC};", safe="")

COVERED: set[tuple[str, str, str, str]] = set()  # place, way in, command, ending


def leaks(text: str) -> set[str]:
    """The secrets that a text shows, in any spelling."""
    return {secret for secret in SECRETS if any(form in text for form in _spelt(secret))}


def _spelt(secret: str) -> set[str]:
    forms = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], secret.replace(" ", "+")}
    basic = base64.b64encode(f"u:{secret}".encode()).decode()
    return forms | {form.lower() for form in forms} | {basic, shlex.quote(secret)}


def leaking_files(folder: Path) -> dict[str, set[str]]:
    """The files below a folder that hold a secret, also those inside archives: arrays, networks, workbooks."""
    found = {
        name: leaks(content.replace(b"\0", b"").decode("latin-1"))  # NumPy writes a letter in four bytes
        for file in folder.rglob("*")
        if file.is_file()
        for name, content in unpacked(str(file), file.read_bytes())
    }
    assert found  # or else the folder is not the one that was written
    return {name: secrets for name, secrets in found.items() if secrets}


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and each within it."""
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from unpacked(f"{name}: {member}", archive.read(member))
    elif content[:2] == b"\x1f\x8b":
        yield f"{name}: unpacked", gzip.decompress(content)


def test_a_secret_is_found_wherever_it_is_hidden(tmp_path):
    (tmp_path / "plain.json").write_text(json.dumps(CODED))
    np.savez_compressed(tmp_path / "texts.npz", texts=np.array([LOGIN, "no"]))
    np.savez_compressed(tmp_path / "bytes.npz", texts=np.array([b"no", QUERY.encode()]))
    with zipfile.ZipFile(tmp_path / "network.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"name": FRAGMENT}))
        archive.writestr("inner.zip", (tmp_path / "texts.npz").read_bytes())
    (tmp_path / "log.gz").write_bytes(gzip.compress(ODBC.encode()))
    store = sqlite3.connect(tmp_path / "store.db")
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("CREATE TABLE t (a TEXT)")
    store.execute("INSERT INTO t VALUES (?)", (SERVER,))
    store.commit()
    np.savez_compressed(tmp_path / "clean.npz", texts=np.array(["no"]))
    found = leaking_files(tmp_path)
    store.close()
    names = {name.removeprefix(f"{tmp_path}/") for name in found}
    assert names == {
        *("plain.json", "texts.npz: texts.npy", "bytes.npz: texts.npy", "network.keras: config.json"),
        *("network.keras: inner.zip: texts.npy", "log.gz: unpacked", "store.db-wal"),
    }
    assert set().union(*found.values()) == {*SECRETS} - {WORD}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test learns by itself what is secret."""
    monkeypatch.setattr(redaction, "_known", set())


@pytest.fixture
def seqsweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a command in this process, in a folder of its own: its exit code, and all that it printed."""
    vault.register()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        answer = CliRunner().invoke(cli.main, list(arguments))
        assert not (tmp_path / "mlruns").exists() or not leaking_files(tmp_path / "mlruns")
        return answer.exit_code, answer.output

    return run


# What is refused, or fails, before it trains ------------------------------------------------------

SQL = ["data=sql", "data.query='SELECT sales FROM s'", "data.target=sales", "executor=inline"]
AWAY = {
    "data.url": (f"vault://{WORD}x:{WORD}@away/shop.db{REST}", SQL),
    "data.url, odbc": (f"vault://away/?odbc_connect={ODBC_LOGIN}", SQL),
    "tracking.uri": (f"http://u:{quote(SERVER, safe='')}@127.0.0.1:9/{REST}", ["executor=inline"]),
    "tracking.uri, sqlite": (f"sqlite:///runs.db{REST}", ["executor=inline"]),
    "tracking.uri, unknown": (f"mongo://u:{LOGIN}@h/db{REST}", []),
}
WAYS = ("plain", "environment", "study")


def given(way: str, place: str, address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments that give an address in one of the ways."""
    key = place.split(",", maxsplit=1)[0]
    monkeypatch.setenv("ADDRESS", address)
    if way == "plain":
        return ["quickstart", f"{key}='{address}'"]
    if way == "environment":
        return ["quickstart", f"{key}=${{oc.env:ADDRESS}}"]
    group, name = key.split(".")
    text = f"defaults: [quickstart, _self_]\nquestion: q\n{group}:\n  {name}: {json.dumps(address)}\n"
    (folder / "mine.yaml").write_text(text)
    return ["mine", "--config-dir", str(folder)]


@pytest.mark.parametrize(
    ("place", "way", "flags"),
    [
        *((place, "plain", []) for place in AWAY),
        *((place, way, []) for place in ("data.url", "tracking.uri") for way in WAYS[1:]),
        *(("data.url", way, ["-m", "seed=0,1"]) for way in WAYS),
    ],
)
def test_a_sweep_that_cannot_begin_names_no_secret(place, way, flags, seqsweep, tmp_path, monkeypatch):
    address, more = AWAY[place]
    code, said = seqsweep("sweep", *given(way, place, address, tmp_path, monkeypatch), *more, *flags)
    assert code != 0
    assert "error" in said or "failed" in said
    assert "Traceback" not in said
    assert not leaks(said), said
    COVERED.add((place, way, "sweep -m" if flags else "sweep", "failure"))


SHOWN = ("--cfg job", "--cfg job -p data.url", "--info all", "--info config", "-m seed=0,1 --cfg job")


@pytest.mark.parametrize(
    ("flags", "way"), [*((flags, "plain") for flags in SHOWN), *(("--info config", way) for way in WAYS[1:])]
)
def test_a_config_that_is_shown_shows_no_secret(flags, way, seqsweep, tmp_path, monkeypatch):
    address = f"vault://u:{LOGIN}@away/shop.db{REST}"
    arguments = given(way, "data.url", address, tmp_path, monkeypatch)
    code, said = seqsweep("sweep", *arguments, *SQL, *flags.split())
    assert code == 0
    assert not leaks(said), said
    COVERED.add(("data.url", way, f"sweep {flags}", "success"))


WRONG = [
    f"data.url=vault://u:{LOGIN}@h/db]{{",
    f"+data.url=vault://u:{LOGIN}@h/db",
    f"data.ulr=vault://u:{LOGIN}@h/db",
    f"data.url=[vault://u:{LOGIN}@h/db]",
    f"seed=vault://u:{LOGIN}@h/db",
    f"data=vault://u:{LOGIN}@h/db",
    f"study='vault://u:{LOGIN}@h/db'",
    f"registry.model='vault://u:{LOGIN}@h/db'",
    f"vault://u:{LOGIN}@h/db{REST}",
    f"search_space.units='vault://u:{LOGIN}@h/db'",
    f"tracking.uri='https://{LOGIN}@h:port/'",
    f"tracking.uri=postgresql://u:{LOGIN}/x@h/db",
]


@pytest.mark.parametrize("override", WRONG)
def test_an_override_that_is_refused_is_quoted_without_its_secret(override, seqsweep):
    code, said = seqsweep("sweep", "quickstart", override, "executor=inline")
    assert code != 0
    assert "Traceback" not in said
    assert not leaks(said), said
    COVERED.add((override.split("=")[0], "plain", "sweep", "refusal"))


@pytest.mark.keras
@pytest.mark.parametrize("command", ["ui", "promote", "rollback s", "history s", "predict s x.csv", "reproduce 1"])
def test_a_store_that_is_away_is_named_without_its_login(command, seqsweep, tmp_path):
    (tmp_path / "x.csv").write_text("a\n1\n")
    for address in (f"http://u:{quote(SERVER, safe='')}@127.0.0.1:9", f"mongo://u:{LOGIN}@h/{REST}"):
        code, said = seqsweep(*command.split(), "--uri", address)
        assert code != 0
        assert "Traceback" not in said
        assert not leaks(said), said
    COVERED.add(("--uri", "plain", command.split()[0], "failure"))


# Trials -------------------------------------------------------------------------------------------


def quoting(trial: TrialSpec) -> Iterator[Event]:
    """A job that fails in the words of a driver, with a secret where the reason is cut."""
    raise ConnectionError(f"{'x' * (270 - len(str(trial.params)))} {trial.params} is no login")
    yield


def warm(threads: int) -> None:
    """Nothing to warm."""


def test_a_trial_that_fails_with_a_secret_in_its_words_is_told_and_kept_without_it():
    redaction.remember(f"postgresql://u:{LOGIN}@h/db")
    executor = PoolExecutor(
        workers=Processes(1, Interpreters(1)), warm=warm, threads=1, max_trials_per_worker=9, time_limit=None
    )
    try:
        executor.open(quoting)
        executor.submit(spec("1", LOGIN))
        events = []
        while not (events and isinstance(events[-1], Failed)):
            answer = executor.next_event(1.0)
            events += [answer[1]] if answer else []
    finally:
        executor.close()
    failed = events[-1]
    assert "***" in failed.reason
    assert "***" in failed.detail
    assert LOGIN[:6] not in failed.reason + failed.detail
    COVERED.add(("words of a driver", "worker", "sweep", "failed trial"))


# Whole lives of a sweep -----------------------------------------------------------------------------

LOGIN_URL = f"vault://u:{WORD}@h/shop.db{REST}"
STORE = f"http://u:{quote(SERVER, safe='')}@127.0.0.1:"
TINY = [
    *(
        "registry.refit=train",
        "executor=inline",
        "trial.epochs=1",
        "tuner.max_trials=2",
        "data.target=sales",
        "data=sql",
    ),
    *("search_space.units=[2,3]", "search_space.depth=1", "search_space.window=4"),
    "data.query='SELECT sales FROM s ORDER BY rowid'",
]
FINALS = ("finals.seeds=2", "finals.trials=1", "finals.calibration=validation", "search_space.layer=gru")
LONG = ["tuner.max_trials=900"]


@dataclass
class Typed:
    """A `seqsweep sweep` in a process of its own, or what came of it."""

    folder: Path
    typed: list[str]
    life: Life

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def end(self, number: int | None = None) -> int:
        """End it by a signal after its first trial, or wait for its end; returns the exit code."""
        if number:
            until(self._trained, "a trial")
            os.kill(self.life.events[0]["process"], number)
        return int(self.life.ends()["code"])

    def _trained(self) -> list[Path]:
        assert self.life.alive, self.said
        return list(self.folder.glob("mlruns/sweeps/*/trials/*.json"))


@dataclass
class Lives:
    """The sweeps that this module starts, and the store that one of them has."""

    folder: Path
    nursery: Nursery
    environment: dict[str, str]
    port: int

    def begin(self, name: str, *typed: str) -> Typed:
        folder = self.folder / name
        folder.mkdir()
        with sqlite3.connect(folder / "shop.db") as database:
            database.execute("CREATE TABLE s (sales REAL)")
            values = [(100 + 10 * math.sin(i / 3) + i * 7919 % 13 / 5,) for i in range(150)]
            database.executemany("INSERT INTO s VALUES (?)", values)
        database.close()
        (folder / "mine.yaml").write_text(
            f"defaults: [quickstart, _self_]\nquestion: q\ndata: {{url: '{LOGIN_URL}'}}\n"
        )
        return Typed(folder, list(typed), self.nursery.types(folder, ["sweep", *typed], self.environment))

    def wait_for_store(self) -> None:
        answers = False
        for _ in range(300):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1).close()
                answers = True
            if answers:
                break
            time.sleep(0.2)


@pytest.fixture(scope="module")
def lives(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    folder = tmp_path_factory.mktemp("lives")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment = {**os.environ, **quiet, "ADDRESS": LOGIN_URL, "STORE": f"{STORE}{port}"}
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "artifacts"]
    with (folder / "server").open("wb") as said:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield Lives(folder, nursery, environment, port)
    finally:
        for process in nursery.descendants():
            process.kill()
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


@pytest.fixture(scope="module")
def ended(lives: Lives) -> dict[str, Typed]:
    """A sweep of each ending: two that train for long run beside each other until they are stopped."""
    begun = {
        "interrupted": lives.begin("interrupted", "quickstart", "data.url=${oc.env:ADDRESS}", *TINY, *LONG),
        "killed": lives.begin("killed", "mine", "-m", "seed=0,1", *TINY, *LONG, "--config-dir", "."),
    }
    assert begun["interrupted"].end(signal.SIGINT) == 130
    assert begun["killed"].end(signal.SIGKILL) == -signal.SIGKILL
    lives.wait_for_store()
    begun["served"] = lives.begin(
        "served", "quickstart", "data.url=${oc.env:ADDRESS}", "tracking.uri=${oc.env:STORE}", *TINY, *FINALS
    )
    assert begun["served"].end() == 0, begun["served"].said
    return begun


ENDS = {
    "served": ("environment", "sweep", "success"),
    "interrupted": ("environment", "sweep", "Ctrl-C"),
    "killed": ("study", "sweep -m", "kill -9"),
}


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("name", ENDS)
def test_a_sweep_shows_and_leaves_no_secret_however_it_ends(name, ended):
    life = ended[name]
    assert not leaks(life.said), life.said
    assert not leaking_files(life.folder / "mlruns")
    assert list(life.folder.glob("mlruns/sweeps/*/config.yaml"))
    assert not list(life.folder.rglob("multirun.yaml"))
    COVERED.add(("data.url", *ENDS[name]))


@pytest.mark.slow
@pytest.mark.keras
def test_a_multirun_shows_and_leaves_no_secret(lives, ended, monkeypatch):
    folder = ended["served"].folder
    vault.register()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ADDRESS", LOGIN_URL)
    both = f"data.url='{LOGIN_URL}',${{oc.env:ADDRESS}}"
    kept = "tracking.directory=both"
    answer = CliRunner().invoke(cli.main, ["sweep", "-m", "quickstart", both, *TINY, kept, "finals=none", "seed=1"])
    assert answer.exit_code == 0, answer.output
    assert "data.url=${oc.env:ADDRESS}" in answer.output  # as typed
    assert not leaks(answer.output), answer.output
    assert not leaking_files(folder / "both")
    assert not list(folder.rglob("multirun.yaml"))
    COVERED.update(("data.url", way, "sweep -m", "success") for way in ("plain", "environment"))


@pytest.mark.slow
@pytest.mark.keras
def test_the_store_gets_no_secret(lives, ended):
    assert not leaking_files(lives.folder / "artifacts")
    for name in ("server.db", "server"):  # the second is what the server printed
        assert not leaks((lives.folder / name).read_bytes().decode("latin-1"))
    COVERED.add(("tracking.uri", *ENDS["served"]))


@pytest.mark.slow
@pytest.mark.keras
def test_the_command_to_go_on_is_the_one_that_was_typed(ended):
    life = ended["interrupted"]
    told = life.said.split("To go on: ")[1].strip()
    assert shlex.split(told) == ["seqsweep", "sweep", *life.typed]


def pasted(line: str, environment: dict[str, str]) -> list[str]:
    """The arguments that a shell makes of a command that was printed."""
    script = f"seqsweep() {{ printf '%s\\0' \"$@\"; }}\n{line}"
    ran = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    return ran.stdout.rstrip("\0").split("\0")


@pytest.mark.slow
@pytest.mark.keras
def test_the_next_commands_can_be_pasted_and_tell_no_secret(lives, ended, monkeypatch):
    life, environment = ended["served"], lives.environment
    lines = [line.strip() for line in life.said.split("\nNext:\n")[1].splitlines() if line.startswith("  seqsweep ")]
    ui, promote, ridge, longer, more, seed = (pasted(line, environment) for line in lines)
    assert ui == ["ui", "--uri", environment["STORE"]]
    assert more == ["sweep", *(word for word in life.typed if "max_trials" not in word), "tuner.max_trials=4"]
    assert seed == ["sweep", *life.typed, "seed=1"]
    assert longer == ["sweep", *(word for word in life.typed if "trial.epochs" not in word), "trial.epochs=2"]
    assert ridge == ["sweep", *life.typed, "search_space.linear_skip=ridge"]
    vault.register()
    monkeypatch.setenv("ADDRESS", environment["ADDRESS"])
    monkeypatch.chdir(life.folder)
    answer = CliRunner().invoke(cli.main, [*promote, "--force", f"PWD={LOGIN}"])
    assert "is the champion" in answer.output
    assert not leaks(answer.output), answer.output
    COVERED.add(("tracking.uri", "environment", "promote", "success"))


OTHERS = {
    "history": (["history", "query"], True),
    "predict": (["predict", "query", "rows.csv"], True),
    "rollback": (["rollback", "query", "--why", f"token={LOGIN}"], False),
    "promote": (["promote", "nothing"], False),
    "reproduce": (["reproduce", "0" * 32], False),
    "ui": (["ui"], True),
    "compare": (["compare", "--html"], True),
    "report": (["report"], True),
    "explain": (["explain", "data.url"], True),
}


@pytest.mark.slow
@pytest.mark.keras
def test_the_other_commands_tell_no_secret(lives, ended, monkeypatch):
    folder = ended["served"].folder
    vault.register()
    monkeypatch.chdir(folder)
    (folder / "rows.csv").write_text("sales\n" + "\n".join(str(100 + i % 7) for i in range(60)))
    for name, (arguments, succeeds) in OTHERS.items():
        store = [] if name in ("compare", "report", "explain") else ["--uri", lives.environment["STORE"]]
        answer = CliRunner().invoke(cli.main, [*arguments, *store])
        assert name != "ui" or "The store has a UI of its own: http://127.0.0.1:" in answer.output
        assert "Traceback" not in answer.output
        assert (answer.exit_code == 0) == succeeds, answer.output
        assert not leaks(answer.output), answer.output
        COVERED.add(("tracking.uri" if store else "data.url", "plain", name, "success" if succeeds else "failure"))
    assert not leaking_files(folder / "mlruns")
    test_the_store_gets_no_secret(lives, ended)


@pytest.mark.slow
@pytest.mark.keras
def test_what_was_covered(ended, request):
    options = request.config.option
    if options.keyword or options.markexpr or any("::" in argument for argument in request.config.args):
        pytest.skip("a part of this file was run")
    places, ways, commands, endings = (set(column) for column in zip(*COVERED, strict=True))
    assert len(COVERED) == 52
    assert {"data.url", "tracking.uri", "--uri"} <= places
    assert {"plain", "environment", "study"} <= ways
    assert {"sweep", "sweep -m", "compare", "promote", "predict", "history", "report", "explain", "ui"} <= commands
    assert {"success", "failure", "refusal", "failed trial", "Ctrl-C", "kill -9"} <= endings
