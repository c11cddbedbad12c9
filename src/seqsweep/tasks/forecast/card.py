"""What a model card says of a forecaster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from seqsweep.data import time_columns
from seqsweep.html import code, markdown_table
from seqsweep.schema import SweepConfig
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.interval_words import called, errors
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.served import Card
from seqsweep.words import counted, moment, share, significant

USE = """Give raw values, the latest row last; clipping, logarithm, differencing, scaling and anchoring are inside. Rows
beyond those that are needed are ignored, and so are further columns. A column `series_id` tells several
series apart, or the columns that name them where the model has learned from several; each gets its own forecast."""


def card(
    spec: Mapping[str, Any],
    data: SeriesDataset | PanelDataset,
    config: SweepConfig,
    intervals: Sequence[ForecastInterval],
) -> Card:
    """The forecaster's own parts of its card.

    Args:
        spec: what its predictor is told.
        data: what it learned from.
        config: of the sweep.
        intervals: around its forecasts.
    """
    baseline, use = spec["baseline"], USE
    if baseline is not None:
        use = USE.replace("; clipping, logarithm, differencing, scaling and anchoring are inside", "")
    rows = int(spec["window"]) + len(spec["transform"]["lags"]) - 1
    return Card(
        purpose=Markup("Forecasts the next {} of {}, in its own unit, from the last {} of {}.").format(
            _rows(spec["horizon"]), code(data.target), _rows(rows), Markup(", ").join(map(code, spec["columns"]))
        ),
        use=" ".join(filter(None, (use, _ahead(spec), _of_series(spec), _of_baseline(spec)))),
        data=_data(spec),
        limits=_limits(spec, config),
        more={"Intervals": _intervals(intervals, baseline is not None)},
    )


def _ahead(spec: Mapping[str, Any]) -> str:
    """What a request says of the time that is forecast."""
    read = spec["reading"]["settings"]["known_future"]
    if not read:
        return ""
    names, rows = Markup(", ").join(map(code, read)), _rows(spec["horizon"])
    return Markup(
        "It reads {} of the next {} too, which are known ahead: rows behind the last value of the target, blank there."
    ).format(names, rows)


def _of_series(spec: Mapping[str, Any]) -> str:
    """What a request says of the series themselves."""
    panel, told = spec["panel"], []
    if panel is not None and panel["static"]:
        names = Markup(", ").join(code(column["name"]) for column in panel["static"])
        told.append(
            Markup(
                "It reads {} of each series, one value a series; a request may leave them out for a series that "
                "the model has learned from."
            ).format(names)
        )
    if panel is not None and panel["identified"]:
        told.append(Markup("It tells the series that it has learned from apart; another one it forecasts as any."))
    return Markup(" ").join(told)


def _of_baseline(spec: Mapping[str, Any]) -> str:
    """What a request to a baseline must hold, and which series it knows."""
    baseline, told = spec["baseline"], []
    if baseline is None:
        return ""
    each = list(baseline["each"].values()) if baseline["every"] is None else [baseline["every"]]
    known = [one["times"][-1] for one in each if "times" in one]
    if known:
        told.append(
            f"It goes on from what it knew behind a row, the last one at {moment(str(max(known)))}: a request holds "
            "such a row with its time, and each row that follows it."
        )
    if baseline["every"] is None:
        told.append("A series that it has not learned from is refused.")
    return " ".join(told)


def _data(spec: Mapping[str, Any]) -> list[str]:
    data = spec["data"]
    frequency = f", frequency {spec['frequency']}" if spec["frequency"] else ""
    return [
        Markup("series {}, {} from {} to {}{}").format(
            code(spec["series"]), counted(data["rows"], "row"), moment(data["first"]), moment(data["last"]), frequency
        ),
        _parts(spec),
    ]


def _parts(spec: Mapping[str, Any]) -> str:
    data, panel = spec["data"], spec["panel"]
    if spec["baseline"] is not None:
        several = "" if panel is None else f"{len(panel['known']):,} series, split by one date for all, of their times "
        return (
            f"{several or 'in the order of time: '}train to {data['train_end']:,}, validation to "
            f"{data['validation_end']:,}; learned from train alone"
        )
    if panel is not None:
        how = "each by itself" if panel["by_itself"] else "all together"
        return (
            f"{len(panel['known']):,} series, split by one date for all: of their times train to "
            f"{data['train_end']:,}, validation to {data['validation_end']:,}; scaled {how}, learned from train alone. "
            "A series that is not among them is scaled by the rows of its request, and the answer says so"
        )
    return (
        f"in the order of time: train to row {data['train_end']:,}, validation to {data['validation_end']:,}, test "
        f"to {data['rows']:,}; scaler and transform learned from train alone"
    )


def _intervals(intervals: Sequence[ForecastInterval], is_baseline: bool) -> str:
    if not intervals:
        return "None."
    rows = [[share(i.level), share(i.coverage), significant(i.width)] for i in intervals]
    made = called(intervals[0]).removesuffix(" intervals")
    said = Markup("{}, from {}; what they covered on test:\n\n").format(made, errors(intervals[0], is_baseline))
    return said + markdown_table(["level", "covered", "mean width"], rows)


def _limits(spec: Mapping[str, Any], config: SweepConfig) -> list[str]:
    limits = [
        "It knows the series that it was trained on; on others, and on later times that behave otherwise, nothing is "
        "promised. Compare its forecasts with what happened.",
        " ".join(_reading(config)),
        "Intervals hold if later errors are like those that they were made from; they do not widen with the unusual.",
    ]
    if spec["lower"] is not None:
        limits.append(f"Forecasts and lower ends of intervals are clipped at {significant(spec['lower'])}.")
    if spec["transform"]["clip"] is not None:
        low, high = map(significant, spec["transform"]["clip"])
        limits.append(f"What it sees of the target is clipped to {low} … {high}, the quantiles of train.")
    return limits


def _reading(config: SweepConfig) -> list[str]:
    """What is done with the rows of a request: what was done with those of the sweep."""
    data = config.data
    ordered = "put in order of time" if data.sort else "to be in the order of time, the latest last"
    missing = "refused" if data.missing == "error" else f"treated as in training: {data.missing}"
    said = [f"Rows are read as the sweep read them: {ordered}; missing values are {missing}."]
    if data.where is not None:
        said.append(f"Of the rows those count for which {code(data.where)}.")
    if data.frequency is not None:
        joined = f"They are joined to steps of {code(data.frequency)} by {code(data.aggregate)}"
        said.append(f"{joined}; a step at the edge that they cover in part is left out.")
    if time_columns(data):
        said.append("Steps longer or shorter than those of training are refused; rows without times are taken as even.")
    return said


def _rows(count: int) -> str:
    return "row" if count == 1 else counted(count, "row")
