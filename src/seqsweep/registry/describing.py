"""What MLflow shows of a registered model and its versions: the champion as it is now, and what became of others."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.registry import ledger
from seqsweep.registry.ledger import LedgerEntry
from seqsweep.registry.registered import CHAMPION, Registry
from seqsweep.words import in_words, percent, significant

OPENING = "The champion is version "
"""Begins our description of a model: one that a user wrote instead stays."""

LONGEST = 4800  # characters; MLflow takes 5000
FUTURE = "reads_ahead"
"""The tag of a version that is told what is known of the rows that it forecasts."""

SHOWN = 12  # changes of the champion, the newest ones


def describe(registry: Registry, name: str) -> None:
    """Write the descriptions of a model and of its versions anew.

    Args:
        registry: owned by this process.
        name: of the registered model, whose ledger has an entry.
    """
    model = registry.existing(name)
    entries = ledger.read(model.tags)
    if not model.description or model.description.startswith(OPENING):
        champion = registry.version(name, entries[-1].version)
        reads_future = champion is not None and FUTURE in champion.tags
        registry.client.update_registered_model(name, of_model(name, entries, reads_future))
    named = {version for entry in entries[-1:] for version in (entry.version, entry.before)}
    for version in registry.versions(name):
        if str(version.version) in named:
            registry.client.update_model_version(name, version.version, of_version(str(version.version), entries))


def of_model(name: str, entries: Sequence[LedgerEntry], reads_future: bool = False) -> str:
    """Markdown: the champion, how it is asked, and the ledger as a table, the newest change first.

    Args:
        name: of the registered model.
        entries: of its ledger, the oldest first.
        reads_future: whether the champion reads what is known ahead of the rows that it forecasts.
    """
    last, future = entries[-1], " --future FUTURE.csv" if reads_future else ""
    back = f"; `seqsweep rollback {name}` brings version {last.previous} back" if last.previous else ""
    lines = [
        f"{OPENING}{last.version}, since {_when(last)}: {_figures(last)} on the test part, of sweep {last.sweep}.",
        *(["", last.objectives] if last.objectives else []),
        "",
        f"`seqsweep predict {name} FILE.csv{future}` asks it, `seqsweep serve {name}` or `mlflow models serve -m "
        f"models:/{name}@{CHAMPION}` answers by HTTP{back}. `seqsweep history {name}` shows all of the ledger.",
        "",
        "| # | when (UTC) | what | champion | on the test part | by |",
        "|---|---|---|---|---|---|",
        *(_row(entry) for entry in reversed(entries[-SHOWN:])),
    ]
    while len("\n".join(lines)) > LONGEST:
        lines.pop()
    return "\n".join(lines)


def of_version(version: str, entries: Sequence[LedgerEntry]) -> str:
    """Markdown: whether it is the champion, since when, what it scored, and why it became so.

    Args:
        version: its number, as text.
        entries: of the ledger of its model, the oldest first.
    """
    last = entries[-1]
    came = next(entry for entry in reversed(entries) if entry.version == version)
    if last.version == version:
        stands = f"The champion since {_when(last)}, by {last.by}"
    else:
        left = next(entry for entry in reversed(entries) if entry.before == version)
        what = "a rollback to" if left.event == "rollback" else "the better"
        stands = f"Champion from {_when(came)} until {_when(left)}, when {what} version {left.version} took its place"
    reasons = [f"Why: {came.why}"] if came.why else []
    reasons += [f"Objectives: {came.objectives}"] if came.objectives else []
    if came.forced:
        reasons.append(f"The gate was overruled ({', '.join(came.failed)}): {came.forced}")
    return "\n\n".join([f"{stands}.", f"On the test part: {_figures(came)}.", *reasons])[:LONGEST]


def _row(entry: LedgerEntry) -> str:
    change = f"{entry.before} → {entry.version}" if entry.before else entry.version
    what = f"{entry.event}, forced" if entry.forced else entry.event
    cells = (str(entry.number), _when(entry), what, change, _figures(entry), entry.by)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _figures(entry: LedgerEntry) -> str:
    """The score that ranks, and the skill: `mae 15.17, skill +9.9%`."""
    figures = [f"{in_words(name)} {significant(value)}" for name, value in entry.scores.items() if name != "skill"][:1]
    figures += [f"skill {percent(entry.scores['skill'])}"] if "skill" in entry.scores else []
    return ", ".join(figures) or "no scores"


def _when(entry: LedgerEntry) -> str:
    return entry.at[:16].replace("T", " ")
