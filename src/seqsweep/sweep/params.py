"""A trial's parameters as its record spells them, and back."""

from __future__ import annotations

from collections.abc import Mapping

from seqsweep import search_space
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.tracking import Value
from seqsweep.tuner import Proposal

LIMIT = "last_epoch"  # no parameter of the network, but of its training


def recorded(proposal: Proposal) -> dict[str, Value]:
    """All parameters of a trial by their plain names; `units` and `dropout` as one value where all layers agree."""
    params: dict[str, Value] = {}
    for name, value in proposal.params.items():
        if not isinstance(value, tuple):
            params[name] = value
        elif len(set(value)) == 1:
            params[name] = value[0]
        else:
            params |= {f"{name}_{i}": entry for i, entry in enumerate(value, 1)}
    return {**params, LIMIT: proposal.last_epoch}


def restored(config: SweepConfig, params: Mapping[str, Value]) -> tuple[TrialParams, int]:
    """The parameters behind what `recorded` made, and the last epoch."""
    given = {name: value for name, value in params.items() if name != LIMIT}
    return search_space.complete(config, given), int(str(params[LIMIT]))
