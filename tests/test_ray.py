"""Trials on a Ray cluster: several nodes on this machine, one of which joins late and one of which is killed."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

import executor_jobs as jobs
from executor_jobs import spec
from fault_lives import Nursery, recorded, results
from seqsweep.errors import ConfigError, SweepError
from seqsweep.events import Cause, Event, Failed, Lost
from seqsweep.executor import Executor, faults, make_executor
from seqsweep.executor.pool import PoolExecutor, WorkerState
from seqsweep.executor.ray_cluster import PATIENCE
from seqsweep.executor.ray_room import no_room, refuse_small
from seqsweep.executor.ray_workers import RayWorkers
from seqsweep.executor.starting import import_path
from seqsweep.schema import ExecutorConfig, SweepConfig
from test_executor import config_of, event_of, names, run, run_one, until
from test_faults import assert_whole

pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed file .*ray_client_server:ResourceWarning"),  # Ray leaves it open
]

Make = Callable[..., Executor]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without processors, and a node with two."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patched.setenv("PYTHONPATH", import_path())  # its nodes have what this process has
        patched.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")  # the head forks, with threads of gRPC
        patched.setenv("RAY_CLIENT_RECONNECT_GRACE_PERIOD", "1")  # seconds until a killed client counts as gone
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        head = {"num_cpus": 0, "include_dashboard": False, "ray_client_server_port": port}
        made = Cluster(initialize_head=True, head_node_args=head)
        made.client = f"ray://127.0.0.1:{port}"
        made.add_node(num_cpus=2)
        yield made
        made.shutdown()


@pytest.fixture
def on_ray(cluster: Any) -> Iterator[Callable[..., ExecutorConfig]]:
    def config(**settings: Any) -> ExecutorConfig:
        return replace(config_of("ray"), **{"address": cluster.address, **settings})

    yield config
    assert until(lambda: not actors(), "no actor is left") is True


@pytest.fixture
def make(on_ray: Callable[..., ExecutorConfig]) -> Iterator[Make]:
    made: list[Executor] = []

    def _make(job: Any = jobs.job, warm: Any = jobs.warm, **settings: Any) -> Executor:
        made.append(make_executor(on_ray(**{"workers": 1, **settings}), warm))
        made[-1].open(job)
        return made[-1]

    yield _make
    for executor in made:
        executor.close()


def actors() -> list[psutil.Process]:
    """The processes below this one in which an actor of a sweep lives; Ray names them so."""
    found = []
    for one in psutil.Process().children(recursive=True):  # other tests, and other people, may have clusters here too
        with suppress(psutil.Error):
            found += [one] if one.cmdline()[:1] and one.cmdline()[0].startswith("ray::Ray") else []
    return found


# From a machine of the cluster, to which Ray streams; from elsewhere by its client, to which it does not.
@pytest.mark.parametrize("address", ["address", "client"])
def test_trials_end_once_fail_alone_and_lose_no_other(make: Make, address: str, cluster: Any) -> None:
    executor = make(workers=2, address=getattr(cluster, address))
    events = run(executor, "nothing", "fail", "nothing", "sys.exit", "os._exit", "nothing")
    assert {number: names(told)[-1] for number, told in events.items()} == {
        **dict.fromkeys("025", "Done"),
        **dict.fromkeys("34", "Lost"),
        "1": "Failed",
    }
    assert names(events["5"]) == ["Started", "Epoch", "Epoch", "Epoch", "Done"]
    loss, exited = events["4"][-1], events["3"][-1]
    assert isinstance(loss, Lost)
    assert isinstance(exited, Lost)
    # What a worker sent in its last moments may be lost with it.
    assert re.fullmatch(r"worker process \d+ on [\d.]+ died: .{20,150}", loss.reason)
    assert "exit code no more" in exited.reason


@pytest.mark.parametrize("address", ["address", "client"])
def test_a_lost_connection_ends_the_sweep_and_starts_no_other_cluster(make: Make, address: str, cluster: Any) -> None:
    import ray

    executor = make(address=getattr(cluster, address))
    executor.submit(spec("0", "sleep"))
    event_of(executor)
    ray.shutdown()
    with pytest.raises(SweepError, match="connection to the Ray cluster was lost"):
        until(lambda: executor.next_event(1.0), "the loss is heard")
    executor.close()
    assert not ray.is_initialized()


def test_a_worker_sees_the_threads_of_a_trial_and_is_replaced_after_its_trials(make: Make) -> None:
    executor = make(threads=2, max_trials_per_worker=2)
    first, second, third = (run_one(executor, "MKL_NUM_THREADS") for _ in range(3))  # Ray sets others itself
    assert first[-1].result.kernels == "2"  # type: ignore[union-attr]
    assert first[-1].result.threads == 2  # type: ignore[union-attr]
    pids = [events[0].pid for events in (first, second, third)]  # type: ignore[union-attr]
    assert pids[0] == pids[1] != pids[2]


def test_the_end_of_a_trial_is_heard_at_once_however_seldom_workers_are_asked(make: Make, monkeypatch: Any) -> None:
    executor = make()
    run_one(executor)
    monkeypatch.setattr("seqsweep.executor.ray_workers.REST", (20.0, 0.0))
    monkeypatch.setattr("seqsweep.executor.pool.CHECK_EVERY", 20.0)
    began = time.monotonic()
    run_one(executor)
    assert time.monotonic() - began < 10


def test_what_the_file_of_needs_says_of_the_environment_stands(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "runtime_env.yaml"
    path.write_text(json.dumps({"env_vars": {"MKL_NUM_THREADS": "7"}}))
    assert run_one(make(runtime_env=str(path)), "MKL_NUM_THREADS")[-1].result.kernels == "7"  # type: ignore[union-attr]


def test_much_passes_both_ways_and_what_cannot_be_sent_or_read_fails_its_trial(make: Make) -> None:
    executor = make(job=jobs.HeavyJob(20_000_000))
    assert names(run_one(executor)) == ["Epoch", "Epoch", "Epoch", "Done"]
    executor.open(jobs.sends_what_cannot_be_pickled)
    assert names(run_one(executor)) == ["Failed"]
    executor.open(jobs.sends_what_cannot_be_read)
    assert names(run_one(executor)) == ["Failed"]
    executor.open(jobs.job)
    assert names(run_one(executor))[-1] == "Done"


def test_a_trial_over_its_time_fails_and_a_cancelled_one_is_heard_of_no_more(make: Make) -> None:
    executor = make(time_limit=0.5)
    executor.submit(spec("0"))
    event_of(executor)
    executor.cancel("0")
    executor.submit(spec("1", "sleep"))
    told: list[Event] = []
    while not isinstance(told[-1] if told else None, Failed):
        trial_id, event = event_of(executor)
        assert trial_id == "1"
        told.append(event)
    assert told[-1] == Failed(Cause.TIME_LIMIT, "it ran longer than executor.time_limit=0.5 seconds")
    assert names(run_one(executor))[-1] == "Done"


def test_workers_that_die_as_they_warm_up_end_the_sweep_with_the_reason(make: Make) -> None:
    executor = make(warm=jobs.warm_and_die)
    with pytest.raises(SweepError, match=r"3 workers in a row died .* failed: MemoryError: at import"):
        run_one(executor)


def test_a_node_that_is_lost_costs_its_own_trial_and_one_that_joins_is_used(cluster: Any, make: Make) -> None:
    late = cluster.add_node(num_cpus=1)
    executor = make(workers=None)
    assert executor.capacity == 3
    for number in "012":
        executor.submit(spec(number, "sleep"))
    told = [event_of(executor) for _ in range(9)]  # each of them began, and told of two epochs
    assert sorted(number for number, _ in told) == sorted("012" * 3)
    cluster.remove_node(late, allow_graceful=False)
    lost, event = event_of(executor)
    assert isinstance(event, Lost)
    assert until(lambda: executor.next_event(0.1) or executor.capacity == 2, "the node is missed") is True
    executor.submit(spec("3"))  # it waits: the others run on
    assert executor.next_event(0.5) is None
    executor.cancel("0" if lost != "0" else "1")
    assert [event_of(executor)[0] for _ in range(5)] == ["3"] * 5
    again = cluster.add_node(num_cpus=1)
    assert until(lambda: executor.next_event(0.1) or executor.capacity == 3, "the new node is used") is True
    executor.submit(spec("4"))
    executor.submit(spec("5"))
    assert {event_of(executor)[0] for _ in range(10)} == {"4", "5"}
    cluster.remove_node(again)


def test_a_slot_that_fits_no_node_is_refused_before_anything_runs(on_ray: Callable[..., ExecutorConfig]) -> None:
    with pytest.raises(SweepError, match=r"executor.threads=4: .* the largest has 2 CPUs; lower executor.threads"):
        make_executor(on_ray(threads=4), jobs.warm)
    with pytest.raises(SweepError, match=r"executor.gpus=0.5: .* has 0 GPUs; start a node that has some"):
        make_executor(on_ray(gpus=0.5), jobs.warm)


def test_a_slot_of_which_each_half_fits_another_node_is_refused_for_what_is_short_beside_the_gpu() -> None:
    nodes = [{"Resources": {"CPU": 8.0}}, {"Resources": {"CPU": 1.0, "GPU": 2.0}}]
    config = replace(config_of("ray"), threads=4, gpus=1)
    with pytest.raises(SweepError, match=r"threads=4: .* the largest of those with 1 GPU has 1 CPU; lower"):
        refuse_small(nodes, config)
    refuse_small(nodes, replace(config, autoscaling=True))
    refuse_small(nodes, replace(config, threads=1))
    with pytest.raises(SweepError, match=r"gpus=4: .* the largest has 2 GPUs; lower executor.gpus"):
        refuse_small(nodes, replace(config, gpus=4))


def test_where_no_worker_gets_a_place_the_cluster_is_named_with_what_it_has(
    cluster: Any, on_ray: Callable[..., ExecutorConfig], make: Make
) -> None:
    executor = make(workers=1, threads=4, autoscaling=True)
    assert isinstance(executor, PoolExecutor)
    executor.submit(spec("0"))
    assert executor.next_event(0.1) is None
    executor._lasts -= 60
    assert re.match(
        "no trial has run for 60 seconds: the Ray cluster has given no worker a place, 4 CPUs each: it has no node of "
        "that size, and has started none. `ray status`",
        executor.waits(),
    )
    executor.close()
    nodes = [{"Resources": {"CPU": 2.0}}]
    told = no_room(nodes, on_ray(gpus=0))
    assert "1 CPU each: its nodes have room for 2, which other work may hold" in told


def test_slots_share_a_gpu_and_none_is_put_together_from_the_rests_of_two(
    cluster: Any, make: Make, on_ray: Callable[..., ExecutorConfig]
) -> None:
    node = cluster.add_node(num_cpus=5, num_gpus=2)
    for gpus, slots in ((1.0, 2), (2.0, 1), (0.6, 2), (0.1, 5)):
        places = RayWorkers(on_ray(gpus=gpus))
        assert places.capacity() == slots
        places.close()
    executor = make(workers=None, gpus=0.4)
    assert isinstance(executor, PoolExecutor)
    assert until(
        lambda: executor.next_event(0.1) or all(slot.state is WorkerState.IDLE for slot in executor._slots), "all wait"
    )
    told = run(executor, *["CUDA_VISIBLE_DEVICES"] * executor.capacity)
    assert sorted(events[-1].result.kernels for events in told.values()) == ["0", "0", "1", "1"]  # type: ignore[union-attr]
    executor.close()
    cluster.remove_node(node)


def test_a_node_with_other_software_is_named_before_the_first_trial(make: Make, monkeypatch: Any) -> None:
    from seqsweep.executor import ray_workers

    here = ray_workers.software()
    monkeypatch.setattr("seqsweep.executor.ray_workers.software", lambda: {**here, "keras": "0.1"})
    with pytest.raises(SweepError, match=rf"other software .*: keras {here['keras']} there, 0\.1 here"):
        run_one(make())


def test_a_head_that_is_away_is_waited_for_and_one_that_stays_away_ends_the_sweep(make: Make, monkeypatch: Any) -> None:
    executor, there = make(), iter([False, False])
    monkeypatch.setattr("seqsweep.executor.ray_workers.NODES_EVERY", 0.01)
    monkeypatch.setattr("seqsweep.executor.ray_workers.answers", lambda _: next(there, True))
    assert names(run_one(executor, "SIGKILL"))[-1] == "Lost"
    monkeypatch.setattr("seqsweep.executor.ray_workers.AWAY", 0.1)
    monkeypatch.setattr("seqsweep.executor.ray_workers.answers", lambda _: False)
    with pytest.raises(SweepError, match=r"has not answered for 0\.1 seconds; .* the same command resumes"):
        run_one(executor, "SIGKILL")


def test_an_object_store_without_room_is_told(make: Make, monkeypatch: Any) -> None:
    import ray

    def full(_: bytes) -> None:
        raise ray.exceptions.OutOfDiskError("Local disk is full")

    monkeypatch.setattr(ray, "put", full)
    with pytest.raises(SweepError, match=r"takes no more: .*disk.*\nFree memory and disk"):
        make()


def test_signals_stay_what_they_were(make: Make) -> None:
    before = signal.getsignal(signal.SIGTERM)
    make()
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("address", "variable", "said"),
    [
        ("127.0.0.1:{port}", None, "executor.address=127.0.0.1:{port}: nothing answers there"),
        ("ray://127.0.0.1:{port}", None, "nothing answers there"),
        ("ray://localhost", None, "ray://HOST:PORT is expected"),
        ("no.such.host:1", None, "nothing answers there"),
        ("a" * 64 + ".b:1", None, "nothing answers there"),  # no host can have this name
        ("[::1]:{port}", None, "nothing answers there"),
        ("localhost", None, "auto, HOST:PORT or"),
        ("http://127.0.0.1:{port}", None, "auto, HOST:PORT or"),
        ("auto", "127.0.0.1:{port}", "which is RAY_ADDRESS=127.0.0.1:{port}: nothing answers there"),
        ("auto", "http://127.0.0.1:8265", "which is RAY_ADDRESS=.*: auto, HOST:PORT or"),
    ],
)
def test_an_address_without_a_cluster_is_refused_in_seconds(
    address: str, variable: str | None, said: str, monkeypatch: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("RAY_ADDRESS", (variable or "").format(port=port))
    config = replace(config_of("ray"), workers=1, address=address.format(port=port))
    since = time.monotonic()
    with pytest.raises(SweepError, match=said.format(port=port)):
        make_executor(config, jobs.warm)
    assert time.monotonic() - since < 60  # Ray alone would try for more than five minutes


def test_a_port_where_something_else_answers_is_tried_once() -> None:
    from ray._private import node

    (name,) = PATIENCE  # Ray documents it nowhere
    assert name in inspect.getsource(node.Node._init_gcs_client)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            "Version mismatch: The cluster was started with:\n    Ray: 2.50.0\nThis process with:\n    Ray: 2.60.0",
            r"with: Ray: 2.50.0 This .* Ray: 2.60.0\nRun the command with the cluster's versions",
        ),
        ("ray client connection timeout", r"\nOf ray:// the port has to be .* RAY_AUTH_MODE=token before"),
        ("Failed to connect to Ray cluster at h:1", r"\nA cluster that asks for a token.* RAY_AUTH_MODE=token before"),
        ("Token authentication is enabled but no authentication token was found", "auth_token of its head"),
    ],
)
def test_a_cluster_that_refuses_is_told_with_what_mends_it(told: str, said: str, monkeypatch: Any) -> None:
    import ray

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError(told)

    monkeypatch.setattr(ray, "init", refuse)
    with socket.create_server(("127.0.0.1", 0)) as head, pytest.raises(SweepError, match=said):
        make_executor(replace(config_of("ray"), workers=1, address=f"127.0.0.1:{head.getsockname()[1]}"), jobs.warm)


def test_faults_of_the_config_say_what_is_missing(monkeypatch: Any) -> None:
    config = SweepConfig(executor=replace(config_of("ray"), autoscaling=True))
    assert "give executor.workers" in "".join(map(str, faults(config)))
    monkeypatch.setattr("seqsweep.executor.find_spec", lambda name: None)
    config = SweepConfig(executor=config_of("ray"))
    assert "".join(map(str, faults(config))) == "executor=ray needs Ray: pip install 'seqsweep[ray]'"


DRIVER = """
import sys, time
import executor_jobs as jobs
from seqsweep.executor import make_executor
from test_executor import config_of
from dataclasses import replace

config = replace(config_of("ray"), workers=2, address=sys.argv[1])
executor = make_executor(config, jobs.warm)
executor.open(jobs.job)
for number in "01":
    executor.submit(jobs.spec(number, "sleep"))
for _ in range(6):
    executor.next_event(60)
print("both run", flush=True)
time.sleep(1000)
"""


def test_no_actor_outlives_a_driver_that_is_killed(on_ray: Callable[..., ExecutorConfig]) -> None:
    config, environment = on_ray(), {**os.environ, "PYTHONPATH": import_path()}
    command = [sys.executable, "-c", DRIVER, str(config.address)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as driver:
        assert driver.stdout
        said, running = driver.stdout.readlines(1), len(actors())
        driver.kill()
    assert said == ["both run\n"]
    assert running == 2


def test_a_sweep_by_rays_client_loses_a_node_and_its_own_life_and_runs_every_trial_once(
    cluster: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    # Made here, since it inherits how long a killed client is waited for.
    nursery: Nursery = request.getfixturevalue("nursery")
    sweep = ("tuner=random", "tuner.max_trials=10", "trial.epochs=20")
    nursery.run(tmp_path / "processes", *sweep, "tracking=none")
    late, directory = cluster.add_node(num_cpus=1), tmp_path / "client"
    sweep = (*sweep, "executor=ray", f"executor.address={cluster.client}", "executor.workers=3")
    life = nursery.start(directory, *sweep)
    assert until(lambda: (len(actors()) == 3 and len(recorded(directory)) >= 2) or not life.alive, "trials end")
    cluster.remove_node(late, allow_graceful=False)
    assert until(lambda: len(recorded(directory)) >= 4 or not life.alive, "trials end elsewhere")
    assert life.kill()
    assert until(lambda: not actors(), "no actor is left")
    assert nursery.run(directory, *sweep).events[-1]["event"] == "outcome"
    assert_whole(directory, results(tmp_path / "processes"))


def test_what_a_client_meets_at_the_head_is_one_sentence(cluster: Any, make: Make, tmp_path: Path) -> None:
    package = tmp_path / "seqsweep" / "__init__.py"
    package.parent.mkdir()
    package.write_text("raise ModuleNotFoundError('it is not there')")
    needs = tmp_path / "needs.yaml"
    needs.write_text(json.dumps({"env_vars": {"PYTHONPATH": str(tmp_path)}}))
    with pytest.raises(SweepError, match=r"The head .* lacks what workers need: it is not there.\nInstall the same"):
        run_one(make(address=cluster.client, runtime_env=str(needs)))
    with pytest.raises(SweepError, match=r"connection to the Ray cluster was lost: .*The same command resumes"):
        executor = make(address=cluster.client)
        until(lambda: executor.next_event(0.1) or actors(), "it begins")
        for process in psutil.process_iter(["cmdline"]):
            if "--mode=specific-server" in (process.info["cmdline"] or []):
                process.kill()
        run_one(executor)


def test_a_head_that_could_not_start_the_process_of_a_client_is_asked_again(monkeypatch: Any) -> None:
    import ray

    tries: list[str] = []

    def refuse(address: str, **_: Any) -> None:
        tries.append(address)
        raise ConnectionAbortedError(f"Initialization failure from server:\nat try {len(tries)}")

    monkeypatch.setattr(ray, "init", refuse)
    with socket.create_server(("127.0.0.1", 0)) as head, pytest.raises(SweepError, match=r"from server: at try 2"):
        make_executor(replace(config_of("ray"), address=f"ray://127.0.0.1:{head.getsockname()[1]}"), jobs.warm)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "it cannot be read: No such file"),
        ("- a list", "a mapping is expected"),
        ("{", "it cannot be read: "),
        ("pips: [x]", "pips is nothing that Ray knows; did you mean 'pip'?"),
        ("1: 2", "1 is nothing that Ray knows; possible: conda, "),
        ("pip: 3", r"runtime_env\['pip'\] must be of type str or"),
        ("env_vars: [A]", r"runtime_env\['env_vars'\] must be of type"),
        ("env_vars: {A: 12345}", "env_vars: name and value of A have to be text; put them into quotes$"),
        ("working_dir: /no/such/folder", "/no/such/folder is not a valid path"),
        ("{pip: [a], conda: b}", "The 'pip' field.* cannot be specified at the same time"),
    ],
)
def test_what_workers_need_is_a_file_with_a_mapping(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "needs.yaml"
    if content:
        path.write_text(content)
    with pytest.raises(ConfigError, match=f"executor.runtime_env={path}: {said}"):
        make_executor(replace(config_of("ray"), runtime_env=str(path)), jobs.warm)
