"""Every key of a config, and what its values may be."""

from __future__ import annotations

import difflib

from seqsweep import schema, search_space
from seqsweep.config import task_keys
from seqsweep.hyperparameters import Setting
from seqsweep.spelling import closest

ELSEWHERE = {
    "data.target": ["label", "labels", "target_column", "y"],
    "data.time": ["date", "dates", "ds", "timestamp", "time_column", "timestamp_column", "datetime"],
    "data.series": ["unique_id", "item_id", "id_column", "group_ids", "series_id"],
    "data.features": ["exog", "covariates", "past_covariates", "hist_exog_list", "inputs", "regressors"],
    "data.known_future": ["future_covariates", "known_covariates", "known_covariates_names", "futr_exog_list"],
    "data.static": ["static_covariates", "static_features", "stat_exog_list"],
    "data.calendar": ["holidays", "add_encoders", "date_features"],
    "data.separator": ["sep", "delimiter"],
    "data.season": ["seasonality", "seasonal_period", "period", "season_length"],
    "task.horizon": ["h", "prediction_length", "output_chunk_length", "forecast_horizon", "steps_ahead", "fh"],
    "task.objective": ["metric", "eval_metric", "scoring"],
    "finals.levels": ["quantiles", "quantile_levels", "coverage", "alpha"],
    "search_space.window": ["lookback", "input_size", "input_chunk_length", "context_length", "sequence_length"],
    "search_space.units": ["hidden", "hidden_size", "hidden_dim", "encoder_hidden_size", "neurons"],
    "search_space.depth": ["num_layers", "n_layers", "n_rnn_layers", "encoder_n_layers"],
    "search_space.layer": ["cell", "cell_type", "rnn_type"],
    "search_space.learning_rate": ["lr"],
    "trial.epochs": ["max_epochs", "n_epochs", "num_epochs", "max_steps"],
    "tuner.max_trials": ["n_trials", "num_trials", "trials", "num_samples", "n_iter"],
    "tuner.time_limit": ["timeout", "time_budget", "max_time"],
    "executor.workers": ["n_jobs", "num_workers", "n_workers", "jobs"],
    "executor.gpus": ["device", "accelerator", "gpu"],
    "seed": ["random_state", "random_seed"],
}
"""Names that Keras, pandas, scikit-learn, Optuna, Darts, neuralforecast and AutoGluon have for what a key says."""

MEANT = {name: key for key, names in ELSEWHERE.items() for name in names}


def settings() -> dict[str, Setting]:
    """What each key may be, by its dotted name, in the order of the groups."""
    own = task_keys.settings()
    space = {f"search_space.{name}": setting for name, setting in search_space.keys().items()}
    placed: dict[str, dict[str, Setting]] = {group: {} for group in ("", *schema.groups())}
    for key, setting in (*own.items(), *space.items()):
        if (group := group_of(key)) in placed:
            placed[group][key] = setting
    return {key: setting for found in placed.values() for key, setting in found.items()}


def keys() -> list[str]:
    """Every dotted key of a config."""
    return list(settings())


def group_of(key: str) -> str:
    """The group of a key; nothing for a key that is in none."""
    return key.rpartition(".")[0]


def nearest_key(key: str) -> str | None:
    """The key that goes by this name elsewhere, else the nearest by its last part, one of the same group before others.

    None where none is near. One of another group must be nearer: `kernel_size` of a search space is no `model.kernels`.
    """
    group, _, name = key.rpartition(".")
    if name in MEANT and group in ("", *schema.groups()):
        return MEANT[name]
    near = {k: _likeness(name, k) for k in keys()}
    ranked = max(near, key=lambda k: (near[k], group_of(k) == group))
    if near[ranked] >= (0.6 if group_of(ranked) == group else 0.8):
        return ranked
    return None if group in ("", *schema.groups()) and name != key else closest(group or key, siblings(key))


def no_such_key(key: str) -> str:
    """That there is no such key, and the nearest one, or all that stand beside it."""
    near, group = nearest_key(key), group_of(key)
    if near:
        return f"{key}: there is no such key; did you mean {near!r}?"
    beside = siblings(key)
    listed = ", ".join(name.removeprefix(f"{group}.") for name in beside)
    where = f" in {group}" if group and beside[0].startswith(f"{group}.") else ""
    return f"{key}: there is no such key; possible{where}: {listed}"


def siblings(key: str) -> list[str]:
    """The keys of the same group; of an unknown group, all groups."""
    known, group = keys(), group_of(key)
    return [k for k in known if group and k.startswith(f"{group}.")] or sorted({k.split(".")[0] for k in known})


def _likeness(name: str, key: str) -> float:
    """In [0, 1]: how alike a name and the last part of a key are."""
    return difflib.SequenceMatcher(None, name, key.rpartition(".")[2]).ratio()
