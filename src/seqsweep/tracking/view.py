"""Saved views of a study in the MLflow UI: trials ranked beside the settings that differ, and the charts worth seeing.

MLflow documents no such thing: the UI keeps a shared view as an experiment tag, and this writes the same tag.
The release of MLflow is pinned for it, and a test looks for the format in the UI's own files.
"""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqsweep.tracking.mlflow_spelling import LOG_RATE

VIEW_KEY = "seqsweep"
CHARTS_KEY = "seqsweep-charts"
VIEW_TAG, CHARTS_TAG = (f"mlflow.sharedViewState.{key}" for key in (VIEW_KEY, CHARTS_KEY))
PACKING = "deflate;"
OF_SWEEP = ("tuner", "data")
"""Parameters of a sweep that its trials have as tags."""


@dataclass(frozen=True)
class SavedView:
    """What the view shows.

    Args:
        objective: the metric of trials to rank by.
        params: columns.
        curves: metrics that have one point an epoch.
        axes: parameters that are axes of the parallel coordinates.
        charts: it is meant for the charts, which then have all the room; else for the table.
    """

    objective: str
    lower_is_better: bool
    params: Sequence[str]
    curves: Sequence[str]
    axes: Sequence[str]
    charts: bool = False

    @property
    def name(self) -> str:
        """The experiment tag that keeps it."""
        return CHARTS_TAG if self.charts else VIEW_TAG

    def tag(self) -> str:
        """The value of that tag."""
        now = int(time.time() * 1000)
        packed = base64.b64encode(zlib.compress(json.dumps(self.state()).encode())).decode()
        name = "Charts of trials" if self.charts else f"Trials by {self.objective}"
        return json.dumps({"name": name, "createdAt": now, "updatedAt": now, "state": PACKING + packed})

    def state(self) -> dict[str, Any]:
        """The state of the UI's table and charts, under the UI's own names."""
        metric = f"metrics.`{self.objective}`"
        columns = [name for name in self.params if name != LOG_RATE]  # an axis, for `learning_rate` to read
        return {
            "searchFilter": "tags.kind = 'trial'",
            "orderByKey": metric,
            "orderByAsc": self.lower_is_better,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "datasetsFilter": [],
            "modelVersionFilter": "All Runs",
            "selectedColumns": [
                metric,
                *(f"params.`{name}`" for name in columns),
                *(f"tags.`{name}`" for name in OF_SWEEP),
            ],
            "columnOrder": [],
            "columnWidths": {},
            "runsHiddenMode": "FIRST_10_RUNS",
            "viewMaximized": False,
            "runListHidden": self.charts,
            "isAccordionReordered": self.charts,  # or else the UI puts sections in the order of their names
            "useGroupedValuesInCharts": True,
            "hideEmptyCharts": True,
            "groupBy": None,
            "groupsExpanded": {},
            "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
            "compareRunSections": [_section("ranking", "Ranking", 1), _section("curves", "Curves", 2)],
            "compareRunCharts": [
                _parallel(self.axes, self.objective),
                _chart("BAR", "ranking", self.objective, runsCountToCompare=20),
                *(_line(name) for name in self.curves),
            ],
        }


def read_view(tag: str) -> dict[str, Any]:
    """The state that the tag holds, or {} where it holds none."""
    try:
        packed = json.loads(tag)["state"].removeprefix(PACKING)
        state = json.loads(zlib.decompress(base64.b64decode(packed)))
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return {}
    return state if isinstance(state, dict) else {}


def _section(uuid: str, name: str, columns: int) -> dict[str, Any]:
    """A section with so many charts a line: beside the assistant's panel 1280 pixels hold no more axes than one's."""
    layout = {"columns": columns, "cardHeight": 400 if columns == 1 else 300}
    return {"uuid": uuid, "name": name, "display": True, "isReordered": False, **layout}


def _chart(kind: str, section: str, metric: str, **settings: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": f"{kind.lower()}-{metric}",
        "metricSectionId": section,
        "metricKey": metric,
        "deleted": False,
        "isGenerated": False,
        **settings,
    }


def _parallel(params: Sequence[str], objective: str) -> dict[str, Any]:
    # Its axes are linear: all small rates would fall together on one of `learning_rate`.
    axes = [name for name in params if name != "learning_rate" or LOG_RATE not in params]
    settings = {"selectedParams": axes, "selectedMetrics": [objective], "showAllRuns": True}
    return _chart("PARALLEL", "ranking", objective, runsCountToCompare=100, **settings)


def _line(metric: str) -> dict[str, Any]:
    return _chart(
        "LINE",
        "curves",
        metric,
        runsCountToCompare=10,
        selectedMetricKeys=[metric],
        scaleType="linear",
        xAxisKey="step",
        xAxisScaleType="linear",
        lineSmoothness=0,
        selectedXAxisMetricKey="",
        useGlobalLineSmoothing=True,
        useGlobalXaxisKey=True,
        range={},
    )
