"""`seqsweep init`: a study of one's own, written to be edited."""

from __future__ import annotations

from pathlib import Path

from seqsweep import config
from seqsweep.errors import ConfigError, UserError
from seqsweep.hyperparameters import NAME
from seqsweep.spelling import nearest

TEMPLATE = """\
# Question: {question}
# Command:  seqsweep sweep {name} --config-dir .
#
# Each key is explained by `seqsweep explain KEY`; what is left out has the default that it shows.
defaults:
  - config                      # what every study starts from
  - override data: {kind}          # or excel, parquet, sql
  - override tuner: random      # or bayesian, hyperband, grid
  - _self_                      # then the lines below

question: {question}
data:
  path: {path}
  target: {target}              # the column to forecast
  # time: day                   # the column of times, which puts rows in order
  # features: [visits]          # further columns that a network sees
  # known_future: [promo]       # columns that are known ahead of the rows to be forecast
  # season: 7                   # rows of a season: 7 for days, 12 for months, 24 for hours
  # frequency: D                # join rows to days, and fill steps without a row by `missing: interpolate`
{columns}task:
  horizon: 1                    # rows to forecast at once
search_space:                   # one value, a list of choices, or {{low: …, high: …}}
  layer: [simple_rnn, lstm, gru]
  depth: [1, 2]
  units: [8, 16, 32]
  window: [12, 24, 48]          # rows that a network sees
  anchor: [none, last]          # last: each window minus its last value
  dropout: [0, 0.1]
  learning_rate: {{low: 0.001, high: 0.02, log: true}}
trial:
  epochs: 40                    # at most,
  max_samples: 1000000          # and fewer of a long series
tuner:
  max_trials: 20                # more goes on with the same sweep
# finals:                       # lines here overrule an option of the command, such as finals=none:
#   trials: 3                   # so many of the best are trained again,
#   seeds: 3                    # from so many other initial weights
"""


def init(name: str, data: Path | None = None, target: str | None = None, folder: Path | None = None) -> Path:
    """Write a study to edit; returns its file.

    Args:
        name: of the study.
        data: the file that it learns from; None: it is to be filled in.
        target: the column that it forecasts; None: likewise.
        folder: to write in; None: where the user stands.

    Raises:
        ConfigError: no study may be called so, or the file has no such column.
        DataError: the file cannot be read.
        UserError: there is such a file already, or it cannot be written.
    """
    if not NAME.fullmatch(name):
        raise ConfigError([f"{name}: a study is called by {config.settings()['study'].rule}"])
    if name in config.studies():
        raise ConfigError([f"{name}: a study of this name is shipped; give yours another name"])
    file = (folder or Path()) / f"{name}.yaml"
    if file.exists():
        raise UserError(f"{file}: this file is there already; give another name, or edit it")
    kind, columns = ("csv", ()) if data is None else _looked_at(data)
    if target is not None and columns and target not in columns:
        raise ConfigError([f"--target {target}: {data} has no such column{nearest(target, columns)}"])
    what = "the series" if data is None else f"{target or 'the series'} of {data.name}"
    listed = f"  # columns of the file: {', '.join(columns)}\n" if columns else ""
    content = TEMPLATE.format(
        name=name,
        question=_text(f"Which network forecasts {what} best?"),
        kind=kind,
        path=_text(str(data)) if data is not None else "FILE.csv                # from where the command is run",
        target=_text(target) if target is not None else "COLUMN",
        columns=listed,
    )
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror}; choose another folder") from error
    return file


def _looked_at(data: Path) -> tuple[str, tuple[str, ...]]:
    """The option of `data` that reads a file, and its columns."""
    from seqsweep.data import open_file
    from seqsweep.data.packed_files import existing, kind_of

    kind = {"parquet": "parquet", "workbook": "excel"}.get(kind_of(existing(str(data), key="--data")), "csv")
    style = {"encoding": "utf-8", "separator": ",", "skip_rows": 0}
    return kind, tuple(map(str, open_file(str(data), style).names))


def _text(value: str) -> str:
    """A text as YAML reads it, quoted where it would be something else."""
    plain = value.replace("_", "").replace("-", "").replace(".", "").replace("/", "").replace(" ", "").rstrip("?")
    return value if plain.isalnum() and plain[0].isalpha() else f"'{value.replace(chr(39), chr(39) * 2)}'"
