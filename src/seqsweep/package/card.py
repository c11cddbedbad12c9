"""The model card: what a person must know before trusting a packaged winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from markupsafe import Markup

from seqsweep.finals import Conclusion, TestEvaluation, about_bounds, about_front, front_rows
from seqsweep.html import code, environment, markdown_table
from seqsweep.objectives import Resource
from seqsweep.package.loaded import EVALUATED
from seqsweep.tasks import Card, Dataset
from seqsweep.words import column_title, counted, how_sure, in_words, nth_evaluation, percent, ranking, scored

TEMPLATE = "model_card.md.j2"


def card(
    own: Card, data: Dataset, conclusion: Conclusion, lineage: Mapping[str, object], whole: Dataset | None = None
) -> str:
    """Markdown.

    Args:
        own: what the task says.
        data: what the model learned from.
        conclusion: of its sweep; it has a test evaluation.
        lineage: where it came from: run, seed, versions, commit.
        whole: all of the data, from which what serves has learned; None: it is what was scored.

    Source: Mitchell et al. (2019), Model Cards for Model Reporting, FAT*.
    """
    evaluation, winner, metric = conclusion.evaluation, conclusion.winner, conclusion.metric
    assert evaluation is not None and winner is not None
    metrics, standing = conclusion.metrics(evaluation.scores), evaluation.standing(metric)
    who = "this model" if whole is None else "as it was scored"
    ranked = ranking(who, evaluation.scores, evaluation.baselines, evaluation.best_baseline, metric, metrics)
    skill = [f"Skill over the best baseline: {percent(standing.skill)}."] if standing.skill is not None else []
    subject = "The network" if evaluation.networks else "The baseline"
    head = ["", *map(column_title, metrics), "skill"]
    return (
        environment(Path(__file__).parent, code=code)
        .get_template(TEMPLATE)
        .render(
            own=own,
            data=data,
            conclusion=conclusion,
            winner=winner,
            mean_of=f", {evaluation.mean_of}" if evaluation.mean_of else "",
            came_from=_came_from(evaluation, lineage),
            lineage=lineage,
            serves=[_serves(whole, lineage)] if whole is not None else [],
            audit=conclusion.audit,
            scores=markdown_table(head, [[who, *cells] for who, _, cells in ranked]),
            metric=in_words(metric.name),
            objectives=_objectives(conclusion),
            verdict=[scored(standing, "test"), *skill, how_sure(standing, subject), nth_evaluation(evaluation.number)],
            seeds=counted(conclusion.seeds, "seed"),
            folds=counted(conclusion.folds, "fold"),
            parameters=[f"{name}={value}" for name, value in winner.params.items()],
            versions=[f"{k.removeprefix('version_')} {v}" for k, v in lineage.items() if k.startswith("version_")],
        )
    )


def _objectives(conclusion: Conclusion) -> list[str]:
    """What was traded and where the winner stands, paragraphs; nothing where there is but one objective."""
    if not conclusion.objectives:
        return []
    resources = [one for one in conclusion.further if isinstance(one, Resource)]
    told = [f"Of a trial, {in_words(one.name)}: {one.meaning}." for one in resources]
    table = [markdown_table(*front_rows(conclusion))] if conclusion.front else []
    return [" ".join(about_front(conclusion)), about_bounds(conclusion), *table, *([" ".join(told)] if told else [])]


def _came_from(evaluation: TestEvaluation, lineage: Mapping[str, object]) -> Markup:
    """The final runs behind it, and their seeds."""
    runs = Markup(", ").join(map(code, evaluation.networks))
    seeds = ", ".join(map(str, cast(Sequence[int], lineage["seeds"])))
    if not evaluation.networks:
        return Markup("{}, with no network").format(evaluation.run)
    if not evaluation.mean_of:
        return Markup("final run {}, seed {}").format(runs, seeds)
    return Markup("{}, equally weighted: final runs {}, seeds {}").format(evaluation.mean_of, runs, seeds)


def _serves(whole: Dataset, lineage: Mapping[str, object]) -> str:
    """What answers, where that is not what was scored."""
    refit = cast(Mapping[str, Sequence[int]], lineage["refit"])
    epochs, how, file = ", ".join(map(str, refit["epochs"])), "fitted once more", EVALUATED["evaluated_spec"]
    if epochs:
        file = EVALUATED["evaluated_network"]
        how = f"trained once more, from the same seeds for as many epochs as were best on validation ({epochs}),"
    return (
        f"What answers was {how} on all {whole.extent()}: train, validation and test. Scores, intervals, thresholds, "
        "the audit and the gate are of what was scored, which has learned from train alone and lies beside it "
        f"({code(file)}): widths and thresholds keep what they learned there. How well what "
        "answers does is not measured, as nothing is left that it has not seen."
    )
