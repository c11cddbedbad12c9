"""Where data comes from, as a text that others may read."""

from __future__ import annotations

from pathlib import Path

from seqsweep.redaction import redacted
from seqsweep.schema import DataConfig


def named_source(config: DataConfig) -> str:
    """The whole path of a file or folder, an address without its secrets, or what else the data is called by."""
    if config.path is not None:
        return str(Path(config.path).expanduser().resolve())
    if config.dataset is not None:
        return f"https://www.kaggle.com/datasets/{config.dataset}"
    if config.url is not None:
        return redacted(config.url)
    return f"bundled with seqsweep: {config.name or config.kind}"
