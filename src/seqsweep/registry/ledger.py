"""The ledger of a model: an entry for each change of its champion, in tags of the registered model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from seqsweep.state_files import from_json, to_json

ENTRY = "mlflow.seqsweep.ledger."
"""Begins the key of each entry's tag. MLflow hides what begins with `mlflow.`: people read the description."""

LONGEST = 3500  # characters of an entry; MLflow takes 5000 in a tag, and an intent holds an entry and more
LONGEST_REASON = 800


@dataclass(frozen=True)
class LedgerEntry:
    """One change.

    Args:
        number: from 1, without gaps.
        event: what was done.
        at: UTC, ISO 8601.
        by: the user's name on the machine.
        version: the champion from then on; empty while it is not registered yet.
        before: the champion until then; None: there was none.
        previous: what the alias `previous` names from then on; None: nothing.
        sweep: fingerprint of the champion's sweep.
        run: what the champion is: the id of its final run, or the name of a mean of several.
        scores: of the champion on the test part, `skill` among them.
        why: what spoke for it, or what the user said.
        objectives: where there are several, where the champion stands among those of its sweep, and its bounds.
        forced: the reason that overruled the gate; empty: it was not overruled.
        failed: names of the conditions that were overruled.
    """

    number: int
    event: Literal["promote", "rollback"]
    at: str
    by: str
    version: str
    before: str | None
    previous: str | None
    sweep: str
    run: str
    scores: Mapping[str, float] = field(default_factory=dict)
    why: str = ""
    objectives: str = ""
    forced: str = ""
    failed: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Of its tag: `mlflow.seqsweep.ledger.0001`."""
        return f"{ENTRY}{self.number:04d}"

    def text(self) -> str:
        """JSON, short enough for a tag."""
        return to_json(self.shortened(), ensure_ascii=False)

    def shortened(self) -> LedgerEntry:
        """The same with reasons that a tag has room for."""
        bare = replace(self, forced=self.forced[:LONGEST_REASON], why="", objectives="")
        spare = max(LONGEST - len(to_json(bare, ensure_ascii=False)), 0) // 2  # a quote or a line's end takes two
        why = self.why[:spare]
        return replace(bare, why=why, objectives=self.objectives[: spare - len(why)])


def read(tags: Mapping[str, str]) -> list[LedgerEntry]:
    """The entries among the tags of a registered model, the oldest first.

    Raises:
        StateError: one was changed by hand into something else.
    """
    return [parse(key, tags[key]) for key in sorted(tags) if key.startswith(ENTRY)]


def parse(key: str, text: str) -> LedgerEntry:
    """An entry from its tag.

    Args:
        key: of the tag, for the message.
        text: JSON.

    Raises:
        StateError: the tag holds something else.
    """
    where = f"the tag {key} of the registered model, an entry of its ledger"
    return from_json(text, LedgerEntry, where, "put back what it was, or delete the tag")


def champions(entries: Iterable[LedgerEntry]) -> list[str]:
    """Versions that a rollback can lead to, the present champion last: a promotion adds one, a rollback takes one."""
    stack: list[str] = []
    for entry in entries:
        if entry.event == "promote":
            stack.append(entry.version)
        else:  # it may have passed over versions that were deleted
            while stack and stack[-1] != entry.version:
                stack.pop()
    return stack
