"""A promotion and a rollback, step by step."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seqsweep.errors import RefusedError, UserError
from seqsweep.finals import about_bounds, about_front
from seqsweep.registry import ledger
from seqsweep.registry.baselines import of_baseline
from seqsweep.registry.candidates import Candidate, find
from seqsweep.registry.challenge import champion
from seqsweep.registry.change import carry_out, intend, mend, pending
from seqsweep.registry.describing import FUTURE
from seqsweep.registry.gate import Condition, as_lines, check, logged_fault, sweep_again
from seqsweep.registry.ledger import LedgerEntry
from seqsweep.registry.registered import CHAMPION, Registry, Say, opened, owned
from seqsweep.tracking.address import address
from seqsweep.tracking.models import log_model
from seqsweep.tracking.run_files import log_text
from seqsweep.tracking.store import is_writable

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

    from seqsweep.finals import Conclusion, TestEvaluation
    from seqsweep.schema import TrackingConfig

Show = Callable[[Sequence[Condition]], None]


@dataclass(frozen=True)
class Promoted:
    """What a promotion came to.

    Args:
        model: the registered model's name.
        version: the champion now.
        before: the champion until now; None: there was none.
        news: False: it was the champion already, and nothing was changed.
        reads_future: whether it asks for rows to be forecast, with what is known ahead of them.
    """

    model: str
    version: str
    before: str | None
    news: bool = True
    reads_future: bool = False


def promote(
    target: str | None,
    tracking: TrackingConfig,
    say: Say,
    show: Show,
    *,
    replace: bool = False,
    force: str = "",
    baseline: str = "",
) -> Promoted:
    """Make the winner of a sweep, or one of its baselines, the champion of its model, if it passes the gate.

    Args:
        target: a study, the beginning of a fingerprint, the id of a run; None: the newest sweep that finished.
        tracking: where the sweep was run, and its store.
        say: is told what happens.
        show: is told the conditions.
        replace: put it in the place of a champion that cannot be compared with it.
        force: the reason to overrule the gate; empty: it decides.
        baseline: the one to promote instead of the winner; empty: the winner.

    Raises:
        RefusedError: a condition does not hold, and nothing was changed.
        UserError: there is no such sweep.
        LockedError: another process or machine changes the registry.
        TrackingError: the store cannot be reached or refuses.
    """
    with owned(tracking, say) as registry:
        candidate = find(registry, target)
        name = candidate.registered_name
        say(f"sweep {candidate.fingerprint} of study {candidate.config.study!r}, for the model {name!r}")
        mend(registry, name, say)
        if baseline:
            candidate = of_baseline(candidate, baseline, say)
        present = champion(registry, name)
        evaluation = candidate.conclusion.evaluation if candidate.conclusion else None
        if (
            present
            and evaluation
            and (present.tags.get("sweep"), present.tags.get("run")) == (candidate.fingerprint, candidate.packaged)
        ):
            _refuse_damaged(registry, present, sweep_again(candidate))
            return Promoted(name, str(present.version), str(present.version), news=False)
        conditions = check(registry, candidate, replace)
        show(conditions)
        failed = [condition for condition in conditions if not condition.passed]
        _log(registry, candidate, conditions, [condition.name for condition in failed], force)
        if failed and (not force or any(condition.final for condition in failed)):
            raise RefusedError(_refusal(failed, bool(force)))
        assert evaluation is not None  # the condition `finals` holds, or else it was refused
        entry = _entry(registry, candidate, evaluation, conditions, force)
        done = _register(registry, candidate, evaluation, entry)
        return Promoted(name, done.version, done.before, reads_future=bool(candidate.config.data.known_future))


def rollback(name: str, tracking: TrackingConfig, say: Say, why: str = "") -> Promoted:
    """Make the version before the champion the champion again.

    Args:
        name: of the registered model.
        tracking: names the store.
        say: is told what happens.
        why: the reason, for the ledger; empty: none is given.

    Raises:
        UserError: there is no such model, or none before.
        LockedError, TrackingError: as `promote`.
    """
    with owned(tracking, say) as registry:
        registry.existing(name)
        mend(registry, name, say)
        model = registry.existing(name)
        entries = ledger.read(model.tags)
        present = model.aliases.get(CHAMPION)
        before = None if present is None else str(present)
        known = {str(version.version): version for version in registry.versions(name)}
        stack = [number for number in _champions_before(before, entries, say) if number in known]
        if not stack:
            raise UserError(f"{name}: there is no version before {before or 'the first'} that a rollback could lead to")
        target = known[stack[-1]]
        _refuse_damaged(registry, target, "put its files back, or delete the version to roll back further")
        entry = LedgerEntry(
            number=len(entries) + 1,
            event="rollback",
            at=_now(),
            by=_who(),
            version=stack[-1],
            before=before,
            previous=stack[-2] if len(stack) > 1 else None,
            sweep=target.tags.get("sweep", ""),
            run=target.tags.get("run", ""),
            scores=next((e.scores for e in reversed(entries) if e.version == stack[-1]), {}),
            why=why,
        )
        done = carry_out(registry, name, intend(entry))
        return Promoted(name, done.version, done.before)


def _champions_before(present: str | None, entries: Sequence[LedgerEntry], say: Say) -> list[str]:
    """The versions that were champion before the present one, the latest last; says so where the ledger has another."""
    stack = ledger.champions(entries)
    if stack and stack[-1] == present:
        stack.pop()
    elif stack and present:
        say(f"version {present} was made the champion by other means; the ledger's last is version {stack[-1]}")
    return stack


def history(name: str, tracking: TrackingConfig, say: Say) -> tuple[list[LedgerEntry], dict[str, str]]:
    """The ledger of a model, the oldest entry first, and its aliases, after mending what was left half done.

    Args:
        name: of the registered model.
        tracking: names the store.
        say: is told what was mended.

    Raises:
        UserError: there is no such model.
        LockedError, TrackingError: as `promote`.
    """
    writable = is_writable(address(tracking))
    with owned(tracking, say) if writable else opened(tracking) as registry:
        model = registry.existing(name)
        if writable:
            mend(registry, name, say)
            model = registry.existing(name)
        elif pending(model):
            say(f"a change of the champion of {name} was cut off, and the store cannot be written to finish it")
        return ledger.read(model.tags), {alias: str(version) for alias, version in model.aliases.items()}


def _register(registry: Registry, candidate: Candidate, evaluation: TestEvaluation, entry: LedgerEntry) -> LedgerEntry:
    """Bring the package into the store, register it, move the aliases, write the ledger."""
    conclusion = candidate.conclusion
    assert conclusion is not None and conclusion.winner is not None
    model_id = log_model(
        registry.client,
        candidate.run.info.experiment_id,
        candidate.run.info.run_id,
        candidate.model,
        conclusion.winner.params,
    )
    tags = {"study": conclusion.study, "data_sha256": evaluation.sha256}
    tags |= {FUTURE: "known_future"} if candidate.config.data.known_future else {}
    intent = intend(entry, model_id, candidate.run.info.run_id, tags)
    return carry_out(registry, candidate.registered_name, intent)


def _entry(
    registry: Registry, candidate: Candidate, evaluation: TestEvaluation, conditions: Sequence[Condition], force: str
) -> LedgerEntry:
    model = registry.model(candidate.registered_name)
    present = None if model is None else model.aliases.get(CHAMPION)
    before = None if present is None else str(present)
    gate = {condition.name: condition for condition in conditions}
    objective = candidate.config.task.objective
    return LedgerEntry(
        number=len(ledger.read(model.tags) if model else []) + 1,
        event="promote",
        at=_now(),
        by=_who(),
        version="",
        before=before,
        previous=before,
        sweep=candidate.fingerprint,
        run=candidate.packaged,
        scores={
            objective: evaluation.scores[objective],
            **evaluation.scores,
            **({} if evaluation.skill is None else {"skill": evaluation.skill}),
        },
        why=_why(gate, first=before is None),
        objectives=_objectives(candidate.conclusion),
        forced=force,
        failed=tuple(condition.name for condition in conditions if not condition.passed),
    )


def _why(gate: Mapping[str, Condition], *, first: bool) -> str:
    """What spoke for it, in whole sentences; its skill and the score stand beside them.

    Args:
        gate: its conditions by name.
        first: no champion was there to compare with.
    """
    names = ["skill"] if first else ["skill", "champion"]
    found = [re.sub(r"^skill \S+\. ", "", gate[name].found) for name in names if name in gate]
    return " ".join(f"{text[:1].upper()}{text[1:].removesuffix('.')}." for text in found)


def _objectives(conclusion: Conclusion | None) -> str:
    return "" if conclusion is None else " ".join([*about_front(conclusion), about_bounds(conclusion)])


def _log(
    registry: Registry, candidate: Candidate, conditions: Sequence[Condition], failed: Sequence[str], force: str
) -> None:
    """Keep what the gate said with the sweep's run; its status stays."""
    verdict = f"{'forced' if force else 'refused'}: {', '.join(failed)}" if failed else "passed"
    run_id, now = candidate.run.info.run_id, datetime.now(UTC)
    text = f"{now.isoformat(timespec='seconds')} {_who()}: {verdict}\n{as_lines(conditions)}"
    log_text(registry.client, run_id, text, f"gate/{now:%Y%m%dT%H%M%S.%f}.txt")
    registry.client.set_tag(run_id, "gate", verdict)


def _refuse_damaged(registry: Registry, version: ModelVersion, mend: str) -> None:
    """Nothing, if the files of a version are what was packaged, as far as that was written down.

    Raises:
        RefusedError: they are not.
    """
    location = registry.client.get_model_version_download_uri(version.name, version.version)
    damage = logged_fault(registry, location)
    if damage:
        raise RefusedError(
            f"refused, nothing is changed: version {version.version} of {version.name}: {damage}; {mend}"
        )


def _refusal(failed: Sequence[Condition], forced: bool) -> str:
    names = [condition.name for condition in failed]
    which = f"the condition {names[0]!r} does" if len(names) == 1 else f"the conditions {', '.join(names)} do"
    final = [condition.name for condition in failed if condition.final]
    if forced:
        return f"refused, nothing is changed: {which} not hold, and no reason overrules {final[0]!r}: mend it first"
    advice = "" if final else "; --force REASON would overrule it, and be recorded"
    return f"refused, nothing is changed: {which} not hold{advice}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the system's list, as in some containers
        return "unknown"
