"""Workers as actors on a Ray cluster, one a slot.

Ray places them, tells of those that died and of nodes that join and leave, and asks an autoscaler for what is missing.
Events come by a streaming generator as they happen, weights and checkpoints in them: no folder is shared. Ray's client
(`ray://`) streams nothing, so that through it a worker is asked for each list of events. That would do for both, but
took a driver on the cluster half as much processor time again, a list of events.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seqsweep.errors import SweepError
from seqsweep.executor.protocol import shortened
from seqsweep.executor.ray_cluster import answers, connected, join, settle, streams
from seqsweep.executor.ray_needs import runtime_env
from seqsweep.executor.ray_room import no_room, refuse_small, slots_of
from seqsweep.executor.ray_worker import RayWorker, pace, software
from seqsweep.executor.starting import worker_settings

if TYPE_CHECKING:
    from seqsweep.schema import ExecutorConfig

NODES_EVERY = 1.0
"""Seconds that what is known of the cluster's nodes stays true."""

REST = 0.02, 0.001
"""Seconds between two questions for messages, at least and a worker: each is put to all of them, and finds several
messages at the cost of one. A trial that ends waits for none of it: its slot would be idle."""

AWAY = 30.0
"""Seconds that the cluster's head may be away, as one that starts again is: after a minute Ray ends this process."""


class RayWorkers:
    """A cluster's slots.

    Args:
        config: `workers`, or null for as many as the nodes have room for; `threads` and `gpus` are what a slot takes.

    Raises:
        ConfigError: what workers need is no such file.
        SweepError: no cluster at the address, or none of its nodes is large enough.
    """

    def __init__(self, config: ExecutorConfig) -> None:
        self._config = config
        settle(config.address)
        self._needed = runtime_env(config.runtime_env)
        self._own = join(config, self._needed)
        self.streams = streams()
        self._rested = 0.0  # when it last asked for messages, on the monotonic clock
        self._asked_at, self._nodes = -NODES_EVERY, dict[str, Mapping[str, Any]]()
        self._head_seen = time.monotonic()
        self._room = 0  # slots that the nodes have room for
        self._kept: dict[bytes, Any] = {}  # payloads that all workers get, in the object store
        try:
            refuse_small(self.nodes().values(), config)
        except BaseException:
            self.close()
            raise

    @cached_property
    def software(self) -> dict[str, str]:
        """What this process runs with, which all workers have to run with too."""
        return software()

    def wanted(self) -> int:
        """See Workers; where no number was asked for it follows the nodes that join."""
        return self._config.workers or max(1, self.capacity())

    def capacity(self) -> int:
        """See Workers."""
        self.nodes()
        return min(self._room, self._config.workers or self._room)

    def waits(self, workers: Sequence[RayHandle]) -> str:
        """See Workers."""
        return "" if any(worker.placed for worker in workers) else no_room(self.nodes().values(), self._config)

    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """The nodes that are alive, by their ids; those that were, while the cluster's head is away.

        Raises:
            SweepError: it stays away.
        """
        import ray

        # Ray's client knows by itself that its head is away, and may not reach the address that others ask.
        if time.monotonic() - self._asked_at >= NODES_EVERY and (not self.streams or self._head_answers()):
            with connected():
                self._nodes = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
            self._room = sum(slots_of(node, self._config) for node in self._nodes.values())
            self._asked_at = time.monotonic()
        return self._nodes

    def start(self) -> RayHandle:
        """See Workers; it is placed as soon as a node has room.

        Raises:
            SweepError: the cluster's head stays away.
        """
        import ray

        while not self._head_answers():
            time.sleep(NODES_EVERY)

        # Told to the actor, not to Ray: a process with a runtime environment of its own takes half as long again to
        # start, and those that Ray has ready cannot be used.
        settings = {**worker_settings(self._config.threads), **self._needed.get("env_vars", {})}
        actor = ray.remote(RayWorker).options(
            num_cpus=self._config.threads, num_gpus=self._config.gpus, max_restarts=0, runtime_env=self._needed or None
        )
        with connected():
            return RayHandle(self, actor.remote(pace(self.wanted()), settings))

    def ready(self, workers: Sequence[RayHandle], seconds: float) -> Collection[RayHandle]:
        """See Workers."""
        import ray

        asked = [worker for worker in workers if worker.pending is not None]
        if not asked:
            time.sleep(min(seconds, NODES_EVERY))
            return []
        least, each = REST
        rest = min(seconds, self._rested + max(least, each * len(asked)) - time.monotonic())
        pending = [worker.pending for worker in asked]
        with connected():
            if rest > 0:
                ray.wait([worker.end for worker in asked], num_returns=1, timeout=rest)
            told, _ = ray.wait(pending, num_returns=len(pending), timeout=0)
            if not told:  # the next one is enough to wake up
                told, _ = ray.wait(pending, num_returns=1, timeout=seconds)
        self._rested = time.monotonic()
        have = set(told)
        return [worker for worker in asked if worker.pending in have]

    def close(self) -> None:
        """See Workers."""
        import ray

        self._kept.clear()
        if self._own is not None:
            ray.shutdown()
            self._own = None

    def kept(self, payload: bytes) -> Any:
        """A payload in the object store, where each worker's node gets it once.

        Args:
            payload: what all workers get.

        Raises:
            SweepError: it has no room.
        """
        import ray

        if payload not in self._kept:
            try:
                self._kept[payload] = ray.put(payload)
            except ray.exceptions.RayError as error:  # mostly OutOfDiskError: beyond its memory it takes from the disk
                raise SweepError(
                    f"Ray's object store on this machine takes no more: {shortened(' '.join(str(error).split()))}\n"
                    "Free memory and disk for it, mostly in /tmp/ray; then the same command resumes"
                ) from error
        return self._kept[payload]

    def _head_answers(self) -> bool:
        """Whether it does: asked for anything while it does not, Ray waits, and then ends this process."""
        import ray

        address = ray.get_runtime_context().gcs_address
        if answers(address):
            self._head_seen = time.monotonic()
            return True
        if time.monotonic() - self._head_seen > AWAY:
            raise SweepError(
                f"the head of the Ray cluster, {address}, has not answered for {AWAY:g} seconds; what finished is "
                "kept: start the cluster again, then the same command resumes"
            )
        return False


class RayHandle:
    """The driver's hold on one actor.

    Args:
        cluster: where it lives.
        actor: Ray's handle.
    """

    def __init__(self, cluster: RayWorkers, actor: Any) -> None:
        self._cluster, self._actor = cluster, actor
        self.pending: Any = None  # what is waited for: an object, or a generator of them
        self.end: Any = None  # an object that is there when all of that is
        self._who: dict[str, Any] = {}
        self._how = ""
        self._hello = actor.who.remote()

    @property
    def dead(self) -> bool:
        """See Worker: its node left."""
        return bool(self._who) and self._who["node"] not in self._cluster.nodes()

    @property
    def placed(self) -> bool:
        """Whether a node has taken it in."""
        import ray

        with connected():
            return bool(ray.wait([self._hello], timeout=0)[0])

    def send(self, command: str, payload: bytes) -> None:
        """See Worker."""
        with connected():
            if command != "trial":
                self.pending = self.end = getattr(self._actor, command).remote(self._cluster.kept(payload))
            elif self._cluster.streams:
                self.pending = self._actor.trial.options(num_returns="streaming").remote(payload)
                self.end = self.pending.completed()
            else:
                self._actor.begin.remote(payload)
                self.pending = self.end = self._actor.told.remote()

    def receive(self) -> Sequence[bytes]:
        """See Worker.

        Raises:
            SweepError: its node runs other software than this process, which would give other figures.
        """
        import ray

        try:
            with connected():
                if not self._who:
                    self._who = ray.get(self._hello)
                    self._compare()
                if not isinstance(self.pending, ray.ObjectRef):
                    messages: list[bytes] = ray.get(next(self.pending))
                    return messages
                said: bytes | list[bytes] = ray.get(self.pending)
                if isinstance(said, list):  # of a trial, which is over behind an empty one
                    self.pending = self.end = self._actor.told.remote() if said else None
                    return said
            self.pending = None
        except StopIteration:  # behind a trial's last event
            self.pending = None
            return ()
        except ray.exceptions.RayError as error:
            self.pending = None
            self._how = f"{self._name} {_ending(error)}"
            raise EOFError(self._how) from error
        return (said,)

    def forget_output(self) -> None:
        """See Worker: Ray keeps it, in the log of the worker."""

    def last_words(self, most: int) -> list[str]:
        """See Worker: none; Ray's dashboard and `ray logs` have them."""
        del most
        return []

    def kill(self) -> str:
        """See Worker."""
        import ray

        self.pending = None
        with suppress(ray.exceptions.RayError, ValueError, SweepError), connected():
            ray.kill(self._actor, no_restart=True)
        return self._how or f"{self._name} was lost with its node"

    @property
    def _name(self) -> str:
        return f"worker process {self._who['pid']} on {self._who['address']}" if self._who else "a worker"

    def _compare(self) -> None:
        theirs, ours = self._who["software"], self._cluster.software
        differ = [
            f"{name} {theirs.get(name)} there, {here} here" for name, here in ours.items() if theirs.get(name) != here
        ]
        if differ:
            raise SweepError(
                f"The node {self._who['address']} runs other software than this process, which gives other figures: "
                f"{'; '.join(differ)}.\nInstall the same there, or send it along by executor.runtime_env"
            )


def _ending(error: Exception) -> str:
    """How a worker ended, in a few words of what Ray says in many."""
    import ray

    if isinstance(error, ray.exceptions.RayTaskError):
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"failed: {shortened(lines[-1])}"
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return "was killed by Ray: the memory of its node ran out"
    if isinstance(error, ray.exceptions.ActorUnavailableError):
        return "does not answer: its node may be gone"
    detail = re.search(r"Worker exit detail: (.+?)(?: Some common causes|$)", str(error), re.DOTALL)
    said = detail[1] if detail else str(error).strip().splitlines()[-1]
    return f"died: {shortened(' '.join(said.split()).rstrip('.'))}"
