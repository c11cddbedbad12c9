"""The commands, thin over `api`. Heavy libraries are imported by those that need them: `--help` answers at once."""

from __future__ import annotations

import click

from seqsweep.cli import models, sweeps, watching
from seqsweep.cli.group import Commands, show_error
from seqsweep.errors import EXIT_CODES
from seqsweep.imports import quiet_tensorflow

__all__ = ["main", "show_error"]

quiet_tensorflow()

CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(cls=Commands, context_settings=CONTEXT, epilog=EXIT_CODES)
@click.version_option(package_name="seqsweep", prog_name="seqsweep")
def main() -> None:
    """Find the best recurrent network for a sequence, and say how sure that is."""


for command in (
    *(sweeps.sweep, sweeps.init, sweeps.data, sweeps.explain, sweeps.ui, sweeps.reproduce, sweeps.report),
    *(watching.watch, sweeps.compare, models.promote, models.rollback, models.history, models.predict, models.serve),
):
    main.add_command(command)
