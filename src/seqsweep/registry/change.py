"""One change of the champion, in steps that can be taken again: intent, version, aliases, ledger, intent taken back.

The whole intent is written first. Whoever finds one later takes all steps again, of which each does nothing where it
was done; a change whose model is gone is taken back instead.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seqsweep.errors import LockedError
from seqsweep.redaction import redacted
from seqsweep.registry import ledger
from seqsweep.registry.describing import describe
from seqsweep.registry.ledger import LedgerEntry
from seqsweep.registry.registered import CHAMPION, PREVIOUS, Registry, Say
from seqsweep.state_files import from_json, to_json

if TYPE_CHECKING:
    from mlflow.entities.model_registry import RegisteredModel

INTENT = "promotion"
"""The tag of a registered model whose champion is being changed."""

SURELY_DEAD = 120.0  # seconds after which an intent that another machine left on a server counts as given up


@dataclass(frozen=True)
class Intent:
    """What is to be done.

    Args:
        id: of this change alone.
        at: seconds since 1970.
        entry: what the ledger will say; its version is empty where one has to be registered.
        model_id: the logged model to register; empty: its version exists.
        parent: the run of its sweep; likewise.
        tags: of a new version, beside those that its entry gives.
    """

    id: str
    at: float
    entry: LedgerEntry
    model_id: str = ""
    parent: str = ""
    tags: Mapping[str, str] | None = None

    def text(self) -> str:
        """JSON, short enough for a tag."""
        return to_json(replace(self, entry=self.entry.shortened()), ensure_ascii=False)


def intend(entry: LedgerEntry, model_id: str = "", parent: str = "", tags: Mapping[str, str] | None = None) -> Intent:
    """A new intent.

    Args:
        entry: what the ledger will say; its version is empty where one has to be registered.
        model_id: the logged model to register; empty: its version exists.
        parent: the run of its sweep; empty likewise.
        tags: of a new version, beside those that its entry gives; None: no others.
    """
    return Intent(uuid.uuid4().hex, time.time(), entry, model_id, parent, tags)


def carry_out(registry: Registry, name: str, intent: Intent) -> LedgerEntry:
    """Do it; returns the entry as the ledger has it.

    Args:
        registry: owned by this process.
        name: of the registered model.
        intent: new; nothing of it is done yet.

    Raises:
        LockedError: somebody on another machine was quicker.
    """
    _announce(registry, name, intent)
    return _take_steps(registry, name, intent)


def mend(registry: Registry, name: str, say: Say) -> None:
    """Finish, or take back, what a process left half done.

    Args:
        registry: owned by this process.
        name: of the registered model, which need not be there.
        say: is told what was left and what became of it.

    Raises:
        LockedError: on a server: another machine is at it.
    """
    model = registry.model(name)
    intent = pending(model) if model else None
    if intent is None:
        return
    age = time.time() - intent.at
    if not registry.alone and age < SURELY_DEAD:
        raise LockedError(
            f"{intent.entry.by} began to change the champion of {name} {max(age, 0):.0f} s ago, perhaps on another "
            f"machine; run the command again in {SURELY_DEAD - age:.0f} s"
        )
    what = {"promote": "promotion", "rollback": "rollback"}[intent.entry.event]
    begun = f"the {what} of {name} that {intent.entry.by} began at {intent.entry.at} was cut off"
    if _possible(registry, name, intent):
        entry = _take_steps(registry, name, intent)
        say(f"{begun}; it is finished now: version {entry.version} is the champion")
    else:
        registry.client.delete_registered_model_tag(name, INTENT)
        say(f"{begun}, and its model is gone; it is taken back, the champion stays as it was")


def pending(model: RegisteredModel) -> Intent | None:
    """What is half done, if anything.

    Raises:
        StateError: the tag holds something else.
    """
    text = model.tags.get(INTENT)
    if not text:
        return None
    where = f"the tag {INTENT} of the registered model {model.name}, a change of its champion that was begun"
    return from_json(text, Intent, where, "delete the tag to leave the champion as it is")


def _announce(registry: Registry, name: str, intent: Intent) -> None:
    """Write the intent; with the model in one step, so that no model stays that was never promoted."""
    text = intent.text()
    if registry.model(name) is None:
        registry.client.create_registered_model(name, {INTENT: text})
    else:
        registry.client.set_registered_model_tag(name, INTENT, text)
    _still_ours(registry, name, intent)


def _take_steps(registry: Registry, name: str, intent: Intent) -> LedgerEntry:
    client = registry.client
    version = intent.entry.version or _register(registry, name, intent)
    entry = replace(intent.entry, version=version)
    _still_ours(registry, name, intent)
    if entry.previous is None:
        client.delete_registered_model_alias(name, PREVIOUS)
    else:
        client.set_registered_model_alias(name, PREVIOUS, entry.previous)
    client.set_registered_model_alias(name, CHAMPION, version)
    try:
        _still_ours(registry, name, intent)
    except LockedError:
        _as_the_ledger_says(registry, name)
        raise
    client.set_registered_model_tag(name, entry.key, entry.text())
    describe(registry, name)
    _still_ours(registry, name, intent)
    client.delete_registered_model_tag(name, INTENT)
    return entry


def _register(registry: Registry, name: str, intent: Intent) -> str:
    """The version of the logged model; a new one unless this network has one."""
    there = _registered(registry, name, intent)
    if there is not None:
        return there
    uri = f"models:/{intent.model_id}"
    if not registry.place.uri.startswith("http"):
        # To resolve models:/ MLflow would ask the process's global store, which may be another one.
        uri = registry.client.get_logged_model(intent.model_id).artifact_location
    made = registry.client.create_model_version(
        name, uri, intent.parent, _version_tags(intent), model_id=intent.model_id, description=intent.entry.why
    )
    return str(made.version)


def _registered(registry: Registry, name: str, intent: Intent) -> str | None:
    """The newest version of this very network."""
    network = (intent.entry.sweep, intent.entry.run)
    found = [v for v in registry.versions(name) if (v.tags.get("sweep"), v.tags.get("run")) == network]
    return str(found[-1].version) if found else None


def _version_tags(intent: Intent) -> dict[str, str]:
    entry = intent.entry
    tags = {"sweep": entry.sweep, "run": entry.run, "promoted_at": entry.at, "promoted_by": entry.by}
    tags |= {"forced": entry.forced} if entry.forced else {}
    # The first score is that which ranks; the description of the version has it too, its run has all.
    scores = {name: entry.scores[name] for name in (*list(entry.scores)[:1], "skill") if name in entry.scores}
    return {**tags, **{f"test_{name}": f"{value:.5g}" for name, value in scores.items()}, **(intent.tags or {})}


def _possible(registry: Registry, name: str, intent: Intent) -> bool:
    from mlflow.exceptions import MlflowException

    if intent.entry.version:
        return registry.version(name, intent.entry.version) is not None
    try:
        return str(registry.client.get_logged_model(intent.model_id).status) == "READY"
    except MlflowException:
        return _registered(registry, name, intent) is not None


def _as_the_ledger_says(registry: Registry, name: str) -> None:
    """Point the aliases at what the quicker machine made the champion; one that is not done yet does so itself."""
    model = registry.model(name)
    entries = ledger.read(model.tags) if model else []
    if not entries:
        return
    registry.client.set_registered_model_alias(name, CHAMPION, entries[-1].version)
    if entries[-1].previous is None:
        registry.client.delete_registered_model_alias(name, PREVIOUS)
    else:
        registry.client.set_registered_model_alias(name, PREVIOUS, entries[-1].previous)


def _still_ours(registry: Registry, name: str, intent: Intent) -> None:
    """Nothing, unless another machine wrote its intent over ours; under the lock of a local store nobody can.

    MLflow's server has no write that depends on what it finds: of two tags or aliases the last one written stands. So
    each step that others see is followed by a look at whose change it is, and the slower machine is told.

    Raises:
        LockedError: another machine's change came between.
    """
    if registry.alone:
        return
    model = registry.model(name)
    other = pending(model) if model else None
    if other is None or other.id != intent.id:
        who, place = other.entry.by if other else "somebody", registry.place
        store = "" if place.database is not None else f" --uri {redacted(place.uri, place.uri)}"
        raise LockedError(
            f"{who} changed the champion of {name} at the same time, and was quicker; look at it by "
            f"`seqsweep history {name}{store}`, and run the command again if yours should be it"
        )
