"""The runs of one sweep in MLflow: one parent, one nested run a trial, a curve a metric.

MlflowClient and `log_batch` alone: a trial of 20 epochs and 5 metrics then costs some 25 ms, where MLflow's
fluent functions cost ten times that and its autologging a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.redaction import redacted
from seqsweep.tracking.entities import at_once, curve_metrics, dataset_input, milliseconds
from seqsweep.tracking.interface import NumberedEvaluation, numbered
from seqsweep.tracking.known_runs import ChildRun, KnownRuns, keep_runs, recall_runs
from seqsweep.tracking.mlflow_spelling import (
    NAME,
    NOTE,
    PARENT,
    RUN_STATUS,
    best_name,
    plain_params,
    split_finite,
    sweep_metrics,
    trial_metrics,
    trial_params,
    trial_tags,
)
from seqsweep.tracking.models import log_model
from seqsweep.tracking.reaching import once_more_if_doubled
from seqsweep.tracking.run_files import log_text
from seqsweep.tracking.view import SavedView, read_view
from seqsweep.words import short_name, significant

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Metric, Run

    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.tracking.interface import SweepRecord, SweepStatus

FEW = 8  # axes of a chart where no parameter differs yet


class SweepRuns:
    """Finds or makes the runs of a sweep and writes to them, at once; raises what the store raises.

    Every write may be made twice: MLflow drops a point of a metric that it has, and a run is made once a trial.

    Args:
        artifacts: URI of the folder of files for a new experiment; None: the server decides.
    """

    def __init__(self, client: MlflowClient, artifacts: str | None, sweep: SweepRecord) -> None:
        self._client = client
        self._sweep = sweep
        self.experiment_restored = False
        self.summary = ""  # of what the sweep found, in Markdown
        self._experiment = self._find_experiment(artifacts)
        self._parent: dict[str, float] = {}  # the parent's metrics in the store
        self._parent_id = self._find_parent()
        self.address = self._experiment.experiment_id, self._parent_id
        self._nested = f"tags.sweep = '{sweep.fingerprint}' and tags.`{PARENT}` = '{self._parent_id}'"  # users nest too
        self._kill_running("the process that ran this trial was killed")
        self._known = self._recalled() or self._listed()
        self._curves: dict[str, None] = {}  # names of metrics with one point an epoch, in order

    @property
    def children(self) -> dict[str, ChildRun]:
        """By the id of the trial."""
        return self._known.children

    # Trials

    def start(self, trial: TrialRecord) -> None:
        """A nested run, RUNNING, with its parameters."""
        child = self._child(trial)
        if not child.described:
            self._log(child.run_id, params=trial_params(trial))
            child.described = True

    def add_epochs(self, trial_id: str, points: Iterable[Epoch]) -> None:
        """Points of a running trial's curves."""
        metrics, tags = curve_metrics(points)
        self._log(self.children[trial_id].run_id, metrics, tags=tags)

    def finish(self, trial: TrialRecord, points: Sequence[Epoch]) -> None:
        """The trial's result and those `points` of its curves that are not written yet.

        Args:
            trial: with its result; it need not have been started here.
            points: epochs that the store has not.
        """
        child = self._child(trial)
        curves = {name for epoch in (*points, *trial.curve) for name in epoch.metrics}
        metrics, tags = curve_metrics(points)
        numbers, oddities = split_finite(trial_metrics(trial, self._sweep.objective, curves))
        metrics += at_once(numbers, trial.ended)
        params = {} if child.described else trial_params(trial)
        tags |= oddities | {name: text for name, text in trial_tags(trial).items() if child.tags.get(name) != text}
        self._log(child.run_id, metrics, params, tags)
        child.described = True
        if trial.detail:
            log_text(self._client, child.run_id, trial.detail, "traceback.txt")
        status = RUN_STATUS[trial.status]
        self._client.set_terminated(child.run_id, status, end_time=milliseconds(trial.ended))
        child.status, child.tags = status, {}
        self._curves |= dict.fromkeys(sorted(curves))
        if trial.kind == "trial":
            self._add(self._known, trial.name, trial_params(trial), numbers if status == "FINISHED" else {})

    def tag(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """Tags of a trial that ended; of one that the store has not got yet the sweep's next launch writes them."""
        if child := self.children.get(trial_id):
            self._log(child.run_id, tags=tags)

    def kill(self, run_id: str, reason: str) -> None:
        """Mark a run as killed, and ended when it last wrote a metric: so long it was alive for sure."""
        run = self._client.get_run(run_id)
        last = run.info.start_time
        for name in list(run.data.metrics)[:1]:
            last = max(metric.timestamp for metric in self._client.get_metric_history(run_id, name))
        self._client.set_tag(run_id, "reason", reason)
        self._client.set_terminated(run_id, "KILLED", end_time=last)

    def recorded(self) -> set[str]:
        """Ids of the trials whose result is in the store."""
        return {trial_id for trial_id, child in self.children.items() if child.status in RUN_STATUS.values()}

    def evaluations(self, sha256: str) -> dict[str, NumberedEvaluation]:
        """The last test evaluation of each sweep on some data, by fingerprint, in all experiments.

        Args:
            sha256: of the data.
        """
        everywhere = [experiment.experiment_id for experiment in self._client.search_experiments()]
        runs = self._search(f"tags.kind = 'sweep' and tags.data_sha256 = '{sha256}'", everywhere)
        return numbered(run.data.tags for run in runs)

    # The sweep

    def describe(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Figures of the sweep that the store has not, the best so far, and the description."""
        numbers, oddities = split_finite(sweep_metrics(metrics, self._sweep.objective))
        if self._known.best:
            numbers.setdefault(best_name(self._sweep.objective), self._known.best[0])
        news = {name: value for name, value in numbers.items() if self._parent.get(name) != value}
        # The step counts trials, so that the UI draws the best so far over them.
        entities = at_once(news, None, step=len(self.recorded()))
        self._log(self._parent_id, entities, tags={NOTE: self._note(), **oddities, **tags})
        self._parent |= news

    def text(self, text: str, name: str) -> None:
        """A text as the file `name` of the parent."""
        log_text(self._client, self._parent_id, text, name)

    def model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """A packaged model as the parent's output."""
        log_model(self._client, self._experiment.experiment_id, self._parent_id, folder, params)

    def save_view(self) -> None:
        """The study's saved views: trials ranked by the objective, beside the parameters that differ; their charts."""
        if not self._sweep.objective or not self._curves:
            return
        seen, objective, curves = self._known.parameters, best_name(self._sweep.objective), list(self._curves)
        params = [name for name, values in seen.items() if values.varies] or list(seen)[:FEW]
        # The UI draws a line for runs that have every axis alone: the width of a layer that some lack is none.
        most = max((values.trials for values in seen.values()), default=0)
        # Numbers first: MLflow cuts the words that stand at the left edge of a chart.
        axes = sorted((name for name in params if seen[name].trials == most), key=lambda name: not seen[name].numeric)
        tags = self._experiment.tags
        for charts in (False, True):
            view = SavedView(objective, self._sweep.lower_is_better, params, curves, axes, charts)
            if read_view(tags.get(view.name, "")) != view.state():
                tags[view.name] = view.tag()
                self._client.set_experiment_tag(self._experiment.experiment_id, view.name, tags[view.name])

    def terminate(self, status: SweepStatus) -> None:
        """End the parent; children that still run are killed, also those that an outage hid from us."""
        self._kill_running("the sweep ended before this trial did")
        self._client.set_terminated(self._parent_id, status)

    def keep(self) -> None:
        """Keep what is known of the runs, for the sweep's next launch."""
        if self._sweep.folder is not None:
            keep_runs(self._sweep.folder, self._known)

    # How they are found and made

    def _find_experiment(self, artifacts: str | None) -> Experiment:
        from mlflow.exceptions import MlflowException

        name = self._sweep.experiment
        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                self._client.create_experiment(name, artifacts)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another process was quicker
                    raise
            found = self._client.get_experiment_by_name(name)
            assert found is not None  # it was made a moment ago
        elif found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
            self.experiment_restored = True
        if NOTE not in found.tags:  # or else a user wrote a better one
            self._client.set_experiment_tag(found.experiment_id, NOTE, self._sweep.question)
        return found

    def _find_parent(self) -> str:
        sweep = self._sweep
        query = f"tags.kind = 'sweep' and tags.sweep = '{sweep.fingerprint}'"
        tags = {"kind": "sweep", "sweep": sweep.fingerprint, "mlflow.source.name": "seqsweep", **sweep.tags}
        if "git_commit" in sweep.tags:
            tags["mlflow.source.git.commit"] = sweep.tags["git_commit"]
        params = plain_params(sweep.params)
        run = next(iter(self._search(query)), None)
        if run is None:
            started = milliseconds(sweep.started)
            run = self._client.create_run(self._experiment.experiment_id, started, tags, run_name=sweep.name)
        else:
            self._client.update_run(run.info.run_id, status="RUNNING")
            params = {name: value for name, value in params.items() if name not in run.data.params}  # immutable
        self._log(run.info.run_id, params=params, tags=tags)
        if sweep.datasets:
            inputs = list(map(dataset_input, sweep.datasets))
            once_more_if_doubled(lambda: self._client.log_inputs(run.info.run_id, inputs))
        self._parent = dict(run.data.metrics)
        return str(run.info.run_id)

    def _kill_running(self, reason: str) -> None:
        for run in self._search(f"{self._nested} and attributes.status = 'RUNNING'"):
            self.kill(run.info.run_id, reason)

    def _recalled(self) -> KnownRuns | None:
        if self._sweep.folder is None:
            return None
        return recall_runs(self._sweep.folder, self._client, *self.address, self._nested)

    def _listed(self) -> KnownRuns:
        known = KnownRuns(self._parent_id)
        for run in self._search(self._nested):
            if run.info.status in RUN_STATUS.values():
                child = ChildRun(run.info.run_id, run.info.status, described=True, kind=run.data.tags["kind"])
                known.children[run.data.tags["trial_id"]] = child
                figures = run.data.metrics if run.info.status == "FINISHED" else {}
                if child.kind == "trial":
                    self._add(known, run.data.tags[NAME], run.data.params, figures)
        return known

    def _search(self, query: str, experiments: list[str] | None = None) -> list[Run]:
        runs: list[Run] = []
        token = None
        while token is None or token:
            page = self._client.search_runs(
                experiments or [self._experiment.experiment_id],
                query,
                max_results=1000,
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
            runs += page
            token = page.token or ""
        return runs

    def _child(self, trial: TrialRecord) -> ChildRun:
        child = self.children.get(trial.trial_id)
        if child is None:
            tags = {**self._sweep.marks, PARENT: self._parent_id, **trial_tags(trial)}
            started = milliseconds(trial.started)
            experiment, name = self._experiment.experiment_id, short_name(trial.name)
            run = self._client.create_run(experiment, started, tags, run_name=name)
            child = self.children[trial.trial_id] = ChildRun(run.info.run_id, tags=tags, kind=trial.kind)
        return child

    def _log(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        from mlflow.entities import Param, RunTag

        # It splits what is over the limits of 1000 metrics, 100 parameters, 100 tags a request.
        self._client.log_batch(
            run_id,
            metrics=metrics,
            params=[Param(name, redacted(value)) for name, value in (params or {}).items()],
            tags=[RunTag(name, redacted(str(value))) for name, value in (tags or {}).items()],
        )

    def _add(self, known: KnownRuns, name: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        score = metrics.get(best_name(self._sweep.objective))
        known.add(name, params, score, lower_is_better=self._sweep.lower_is_better)

    def _note(self) -> str:
        if self.summary:
            return self.summary
        statuses = [child.status for child in self.children.values() if child.kind == "trial"]
        lines = [
            self._sweep.question,
            "",
            f"- study: {self._sweep.study}",
            f"- trials: {statuses.count('FINISHED')} finished, {statuses.count('FAILED')} failed",
        ]
        if best := self._known.best:
            lines.append(f"- best so far: {best[1]}, {self._sweep.objective} {significant(best[0])}")
        return "\n".join(lines)
