"""Who is who in what a task shows of a test evaluation."""

from __future__ import annotations

from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.tasks import Heading


def heading(conclusion: Conclusion, evaluation: TestEvaluation) -> Heading:
    """The names that a task's sentences and figures need.

    Args:
        conclusion: of the sweep.
        evaluation: of its winner.
    """
    winner = conclusion.winner
    name = winner.name if winner is not None else evaluation.run
    colour, _ = layer_style(winner.layer if winner is not None else OTHER)
    return Heading(name, conclusion.target, conclusion.metric, evaluation.best_baseline, colour)
