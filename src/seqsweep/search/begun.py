"""What an earlier launch left of a sweep, told before its data is read and anything heavy is loaded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from seqsweep.schema import SweepConfig
from seqsweep.search.priors import PRIOR_TRIALS
from seqsweep.search.sweep_identity import IDENTITY, flat, glanced, identity, plain
from seqsweep.search.sweep_state import folder_of
from seqsweep.tasks import Dataset
from seqsweep.tuner import plan


def first_words(config: SweepConfig) -> str:
    """One line: `quickstart: resuming, 4 of 12 trials are done; reading the data`.

    Whether the data is what it was is not known yet, so the newest sweep that differs in nothing else counts.

    Args:
        config: of the sweep, checked.
    """
    done, expected = _done(config), plan(config).trials
    before = f"resuming, {done} of {max(done, expected)} trials are done; " if done else ""
    return f"{config.study}: {before}reading the data"


def _done(config: SweepConfig) -> int:
    unread = cast(Dataset, SimpleNamespace(sha256="", rows=0))
    content = ("data.sha256", "data.rows", PRIOR_TRIALS)
    wanted = {key: value for key, value in flat(plain(identity(config, unread))).items() if key not in content}
    files = folder_of(config.tracking.directory, "").glob(f"*/{IDENTITY}")
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        found = {key: value for key, value in flat(glanced(file)).items() if key not in content}
        if found == wanted:
            return len(list((file.parent / "trials").glob("*.json")))
    return 0
