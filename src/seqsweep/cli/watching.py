"""The command that shows a sweep while it runs."""

from __future__ import annotations

from pathlib import Path

import click

from seqsweep.cli.group import DIRECTORY

PORT = 5002
"""Where the page is: MLflow's UI has 5000, a served model 5001."""


@click.command(short_help="Show the page of a sweep while it runs.")
@click.argument("name", metavar="[SWEEP]", required=False)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="On 127.0.0.1 alone.")
@DIRECTORY
def watch(name: str | None, port: int, directory: Path) -> None:
    """Show the page of a sweep in a browser, refreshed while it runs, until Ctrl-C; the sweep itself is left alone.

    SWEEP is a study or the first digits of a fingerprint; without it, the sweep that runs, or the newest.
    """
    from seqsweep.watch import watch

    watch(name, directory, port, click.echo)
