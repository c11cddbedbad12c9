"""What can be asked without a sweep."""

from __future__ import annotations

from pathlib import Path

from seqsweep import config


def studies(config_dir: str | Path | None = None) -> dict[str, str]:
    """What each study asks, by its name.

    Args:
        config_dir: a folder with studies of your own, which are listed too.
    """
    own = Path(config_dir) if config_dir is not None else None
    return {name: config.question(file) for name, file in config.studies(own).items()}


def explain(key: str | None = None) -> str:
    """What a key of a config means: type, bounds, unit, default, when it is active, what options set.

    Args:
        key: such as `tuner.beta`, or a group; None: every key, in one line each.

    Raises:
        UserError: there is no such key.
    """
    from seqsweep import explanation

    return explanation.overview() if key is None else explanation.explain(key)
