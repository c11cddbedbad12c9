"""What the scores on a page mean, spelt out once."""

from __future__ import annotations

from seqsweep.html import Markup, facts, folded
from seqsweep.report.page.material import Material
from seqsweep.words import about_skill, better_is, column_title


def glossary(material: Material) -> Markup:
    """Each metric and the skill in words."""
    outcome = material.outcome
    pairs = [(column_title(metric), f"{metric.meaning}; {better_is(metric)}") for metric in outcome.metrics]
    pairs.append(("skill", about_skill(material.metric).removeprefix("skill: ") + "; 0: no better, above 0: better"))
    return folded("What the scores mean", facts(pairs))
