"""What a sweep cost, what failed, and what it was made from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from seqsweep.config import to_yaml
from seqsweep.html import Section, facts, folded, note, paragraph, table, theme, verbatim
from seqsweep.records import TrialRecord
from seqsweep.report.page.material import Material
from seqsweep.words import counted, duration, in_words, megabytes, significant

REASONS = 20  # failed trials that are listed
PARTS = {
    "tracing": "#4d5661",
    "training and validation": theme.PLAIN,
    "building": "#8a8f98",
    "rest": "#c3c8cf",
}


def failures(material: Material) -> Section:
    """How many trials failed of what cause, and why each did."""
    title = "Failures"
    failed = [*material.failed, *(run for run in material.final_runs if run.status == "FAILED")]
    if not failed:
        return Section("failures", title, [paragraph("No trial failed.")])
    causes = Counter(record.cause or "unknown" for record in failed)
    names = [cause for cause, _ in causes.most_common()]
    trace = theme.bars([causes[name] for name in names], names, theme.GREY, "%{y}: %{x}")
    x = theme.axis("trials (count)", rangemode="tozero", **({"dtick": 1} if max(causes.values()) < 10 else {}))
    y = theme.axis("", autorange="reversed", ticks="")
    figure = theme.figure("Trials that failed", [trace], x, y, 90 + 34 * len(names), show_legend=False, bargap=0.35)
    rows = [[record.name, record.cause or "unknown", record.reason] for record in failed]
    blocks = [figure, table(["trial", "cause", "reason"], rows[:REASONS], words=3)]
    if len(rows) > REASONS:
        blocks.append(note(f"{len(rows) - REASONS} more in MLflow."))
    return Section("failures", title, blocks)


def spent(material: Material) -> Section:
    """Where the time went; energy is not measured, and the page says so."""
    outcome = material.outcome
    rows = [("search", _parts(outcome.records))]
    if material.final_runs:
        rows.append(("finals", _parts(material.final_runs)))
    names = [name for name, _ in rows]
    traces: list[theme.Trace] = [
        {
            **theme.bars([parts.get(part, 0.0) for _, parts in rows], names, colour, f"{part}: %{{x:.1f}} s"),
            "name": part,
        }
        for part, colour in PARTS.items()
    ]
    x = theme.axis("seconds in workers, all trials together")
    y = theme.axis("", autorange="reversed", ticks="")
    height = 150 + 44 * len(rows)
    legend = {"orientation": "h", "traceorder": "normal", "yref": "paper", "x": 0, "y": 1.02, "yanchor": "bottom"}
    layout: dict[str, Any] = {
        "barmode": "stack",
        "bargap": 0.35,
        "legend": legend,
        "margin": {"l": 12, "r": 12, "t": 36, "b": 12},
    }
    figure = theme.figure("Time in workers", traces, x, y, height, **layout)
    return Section("time", "Time", [figure, facts(_wall(material)), note(_energy(material))])


def lineage(material: Material) -> Section:
    """What made these figures, so that they can be made again."""
    outcome = material.outcome
    pairs: list[tuple[str, object]] = [
        ("sweep", f"{outcome.name} ({outcome.fingerprint})"),
        ("seed", outcome.config.seed),
        ("SHA-256 of the data", outcome.sha256),
    ]
    pairs += [(in_words(name.removeprefix("version_")), value) for name, value in outcome.lineage.items()]
    pairs.append(("state", outcome.folder.name))
    config = folded("The whole config", verbatim(to_yaml(outcome.config)))
    return Section("lineage", "Lineage: what reproduces these figures", [facts(pairs), config])


def _parts(records: Sequence[TrialRecord]) -> Mapping[str, float]:
    """Seconds by activity over all records; what a trial did besides is `rest`."""
    total: dict[str, float] = defaultdict(float)
    for record in records:
        own = {name: record.seconds.get(name, 0.0) for name in ("tracing", "building")}
        stepped = sum(record.seconds.get(name, 0.0) for name in ("training", "validation"))
        # A graph is traced before the first step of each, within the time of both.
        own["training and validation"] = max(0.0, stepped - own["tracing"])
        for name, seconds in own.items():
            total[name] += seconds
        total["rest"] += max(0.0, (record.duration or 0.0) - sum(own.values()))
    return total


def _wall(material: Material) -> list[tuple[str, object]]:
    outcome = material.outcome
    busy = sum((record.duration or 0.0) for record in (*outcome.records, *material.final_runs))
    pairs: list[tuple[str, object]] = [
        ("trials, one after the other", duration(busy)),
        (
            "the search, start to end",
            f"{duration(outcome.seconds)} for {counted(outcome.trained, 'trial')} of its last launch",
        ),
        ("tuner: choosing trials", f"{outcome.search_seconds:.2f} s"),
        ("tracking: telling the store", f"{outcome.tracking_seconds:.2f} s"),
        ("on disk", megabytes(outcome.disk)),
    ]
    return pairs


def _energy(material: Material) -> str:
    threads = material.outcome.config.executor.threads
    records = (*material.outcome.records, *material.final_runs)
    hours = threads * sum((record.duration or 0.0) for record in records) / 3600
    return (
        f"Energy is not measured, and a guess would be worth little. Workers used at most "
        f"{significant(hours, 2)} core hours ({counted(threads, 'thread')} each)."
    )
