"""The group `executor`: where trials run."""

from __future__ import annotations

from dataclasses import dataclass

from seqsweep.schema.declare import setting

RAY = {"executor.kind": ("ray",)}


@dataclass
class ExecutorConfig:
    """Where trials run."""

    kind: str = setting("where trials run", catalog="seqsweep.executor:EXECUTORS")
    workers: int | None = setting(
        "trials at once, no more than cores and memory allow; null: as many as these",
        unit="processes",
        at_least=1,
        optional=True,
    )
    threads: int = setting("threads of a trial; its figures may depend on them", unit="threads", at_least=1)
    order: str = setting(
        "synchronous: all trials that run end before others begin, and figures do not depend on who ends first",
        choices=("asynchronous", "synchronous"),
    )
    max_trials_per_worker: int = setting(
        "trials after which a worker process is replaced: TensorFlow keeps some memory of each",
        unit="trials",
        at_least=1,
        when={"executor.kind": ("processes", "ray")},
    )
    time_limit: float | None = setting(
        "seconds after which a trial fails; null: never", unit="seconds", above=0, at_most=31_536_000, optional=True
    )
    max_retries: int = setting("times a trial may lose its worker before it counts as failed", unit="times", at_least=0)
    start_method: str | None = setting(
        "how worker processes begin: forkserver has one process import TensorFlow and fork them, spawn has each import "
        "it; null: forkserver on Linux, spawn elsewhere",
        choices=("forkserver", "spawn"),
        when={"executor.kind": ("processes", "ray")},
        optional=True,
    )
    address: str | None = setting(
        "of the Ray cluster: auto for the one that this machine is part of, or HOST:PORT of its head; from elsewhere "
        "ray://HOST:PORT of its client server; null: one of its own on this machine, for this sweep",
        when=RAY,
        optional=True,
    )
    gpus: float = setting(
        "of a GPU that a trial takes, such as 0.25 where four share one", unit="GPUs", at_least=0, when=RAY
    )
    autoscaling: bool = setting(
        "whether nodes are started when they are asked for: executor.workers, which must be given, may then be more "
        "than the nodes that are there have room for",
        when=RAY,
    )
    runtime_env: str | None = setting(
        "a YAML file of what workers need that the nodes do not have, as `ray job submit --runtime-env` takes it: pip, "
        "working_dir, env_vars and others",
        when=RAY,
        optional=True,
    )
