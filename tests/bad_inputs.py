"""Bad inputs as data: what is typed, which files are bad, and what the one message must say of it.

Run as a program it answers those that need no library but Hydra, so that one process shows that none is imported.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shlex
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEAVY = ["tensorflow", "keras", "keras_tuner", "mlflow", "pandas", "sklearn", "statsmodels", "scipy", "sqlalchemy"]


@dataclass(frozen=True)
class Bad:
    """One input that a command must refuse.

    Args:
        command: what follows `seqsweep`.
        where: the key, file or argument that the message must name.
        what: what is wrong with it.
        mend: what mends it.
        code: 2 where nothing was begun, 1 where what was begun fails.
        faults: of the message.
        files: put into the folder before, by path: text or bytes; None takes away, CUT halves, FOLDER puts a folder.
        mended: the command that the message advises, which must be taken.
    """

    command: str
    where: str
    what: str
    mend: str
    code: int = 2
    faults: int = 1
    files: Mapping[str, Any] = field(default_factory=dict)
    mended: str = ""


CUT, FOLDER = object(), object()

# Configs: nothing is imported, and nothing read ---------------------------------------------------

TEXTS = [
    Bad("sweep dates data.features=[]", "data.features=[]", "a text is one column", "name it, data.features=[COLUMN]"),
    Bad("sweep dates data.features=[a,b]", "data.features=[a, b]", "a text is one column", "name it"),
    Bad("sweep dates data.target=english", "data.features", "'english' is the target", "leave it out"),
    Bad("sweep caption data.target=null", "data.target=null", "name the column of texts to say", "data.target=COLUMN"),
    Bad("sweep dates task.objective=bleu", "task.objective=bleu", "nothing can be ranked", "exact_match, log_loss"),
    Bad("sweep dates search_space.attention=luong", "search_space.attention=luong", "must be one of", "none, dot"),
    Bad("sweep dates search_space.beam=0", "search_space.beam=0", "a whole number", "1 or more"),
    Bad("sweep dates windows=grouped", "data.group", "windows=grouped needs data.group", "belong together"),
    Bad("sweep dates windows=stratified", "windows.split=stratified", "no way to split 'stratified'", "shuffled"),
]

KEYS = [
    Bad("sweep quickstart trial.epoch=3", "trial.epoch", "there is no such key", "did you mean 'trial.epochs'?"),
    Bad("sweep quickstart windows.horizn=3", "windows.horizn", "no such key", "did you mean 'task.horizon'?"),
    Bad("sweep quickstart search_space.layr=lstm", "search_space.layr", "no such key", "'search_space.layer'"),
    Bad(
        "sweep quickstart search_space.kernel_size=3", "search_space.kernel_size", "no such key", "possible in search_"
    ),
    Bad("sweep quickstart trail.epochs=3", "trail.epochs", "no such key", "did you mean 'trial.epochs'?"),
    Bad("sweep quickstart n_trials=3", "n_trials", "no such key", "did you mean 'tuner.max_trials'?"),
    Bad("sweep quickstart lr=0.1", "lr", "no such key", "did you mean 'search_space.learning_rate'?"),
    Bad("sweep -m quickstart seed=range(0,99999999)", "99999999)", "more than 1,000 sweeps", "give fewer values"),
    Bad("sweep quickstart epochs=3", "epochs", "no such key", "did you mean 'trial.epochs'?"),
    Bad("sweep quickstart +unknown.key=1", "unknown.key", "no such key", "possible: data, executor"),
    Bad(
        "sweep quickstart +trial.epochs=3", "+trial.epochs", "there already", "leave out the +", mended="trial.epochs=3"
    ),
    Bad("sweep quickstart ~trial.epochs", "~trial.epochs", "a sweep needs this key", "give it a value instead"),
    Bad("sweep quickstart ~tuner", "~tuner", "a sweep needs this group", "give it a value instead"),
    Bad("sweep quickstart trial.epochs.x=3", "trial.epochs.x=3", "has no parts", "write trial.epochs=VALUE"),
    Bad("sweep quickstart =3", "=3", "there is no key before the =", "write KEY=VALUE"),
    Bad("sweep quickstart epochs", "epochs", "neither a study nor an override", "write KEY=VALUE"),
    Bad("sweep quickstart data.path=a,b(", "data.path=a,b(", "no override that Hydra can read", "quote what Hydra"),
    Bad(
        "sweep quickstart 'data.target=Umsatz €'",
        "Umsatz €",
        "no override that Hydra",
        """: 'data.target="Umsatz €"'""",
    ),
    Bad("sweep quickstart 'data.features=[a €,b]'", "[a €,b]", "no override", """: 'data.features=["a €","b"]'"""),
    Bad("sweep quickstart data.path=???", "data.path", "the value is left open", "give one"),
    Bad("sweep quickstart seed=${trial.epoch}", "seed", "${trial.epoch} names no key", "did you mean 'trial.epochs'?"),
    Bad("sweep quickstart seed=${oc.env:NOT_THERE}", "seed", "no variable NOT_THERE in the env", "export it first"),
    Bad("sweep quickstart study=../../zz", "study=../../zz", "must be a name", "write zz", mended="study=zz"),
    Bad("sweep quickstart registry.model=..", "registry.model=..", "must be a name", "letters, digits"),
    Bad("sweep quickstart registry.model=-rf", "registry.model=-rf", "must be a name", "write rf"),
    Bad("sweep quickstart +data._target_=os.getcwd", "data._target_", "names no code to run", "leave it out"),
    Bad(
        "sweep quickstart 'search_space.units={_target_: x}'", "search_space.units._target_", "no code", "leave it out"
    ),
    Bad("sweep quickstart hydra.run.dir=/tmp", "hydra.run.dir=/tmp", "of Hydra's own settings", "leave it out"),
    Bad("sweep quickstart +hydra.callbacks.x=1", "hydra.callbacks.x=1", "of Hydra's own settings", "leave it out"),
    Bad("sweep quickstart hydra/launcher=joblib", "hydra/launcher", "this is one sweep", "leave it out"),
    Bad("sweep quickstart ~hydra/launcher", "~hydra/launcher", "of Hydra's own settings", "leave it out"),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=joblb", "hydra/launcher=joblb", "no such launcher", "mean 'joblib'"
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=submitit_slurm hydra.launcher.n_jobs=2",
        "n_jobs=2",
        "only with",
        "hydra/launcher=joblib; add",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=submitit_local hydra.launcher.timeout_mins=60",
        "timeout_mins",
        "no such setting",
        "did you mean 'timeout_min'?",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=submitit_local hydra.launcher.nodes=2",
        "hydra.launcher.nodes=2",
        "must be 1",
        "one sweep on one node",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=submitit_local hydra.launcher.partition=gpu",
        "partition=gpu",
        "only with",
        "hydra/launcher=submitit_slurm; add",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=submitit_local executor=ray",
        "hydra/launcher=submitit_local",
        "on its own node",
        "choose executor=processes",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=ray", "hydra/launcher=ray", "led from here", "joblib executor=ray"
    ),
    Bad("sweep -m quickstart seed=1,2 hydra/launcher=rq", "hydra/launcher=rq", "no such launcher", "write"),
    Bad("sweep -m quickstart seed=1,2 hydra.launcher.n_jobs=2", "n_jobs=2", "only with", "hydra/launcher=joblib; add"),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=joblib hydra.launcher.n_jobs=0",
        "hydra.launcher.n_jobs=0",
        "must be a whole number",
        "1 or more, or -1",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=joblib hydra.launcher.backend=threading",
        "hydra.launcher.backend",
        "no such setting",
        "there are: n_jobs",
    ),
    Bad(
        "sweep -m quickstart seed=1,2 hydra/launcher=joblib executor=ray",
        "hydra/launcher=joblib",
        "share one cluster",
        "add executor.address=auto executor.workers=N",
    ),
    Bad(
        "sweep quickstart tuner=bayesian tuner.prior=stdy",
        "tuner.prior=stdy",
        "neither `study`, for all earlier sweeps",
        "did you mean 'study'?",
        mended="tuner=bayesian tuner.prior=study",
    ),
    Bad("sweep quickstart hydra.mode=multi", "hydra.mode", "not multi", "one of RUN and MULTIRUN"),
    Bad("sweep quickstart 'hydra.sweeper.params={a: 1}'", "hydra.sweeper.params", "swept over", "with -m"),
    Bad("sweep quickstart +data@windows=csv", "data@windows=csv", "its own group", "write data=csv"),
    Bad(
        "sweep quickstart trial.epoch=3 tuner=hyperbnd seed=abc windows.scaler=minmx",
        "trial.epoch",
        "tuner=hyperbnd: there is no such option",
        "did you mean 'minmax'?",
        faults=4,
    ),
]

OPTIONS = [
    Bad("sweep quickstart tuner=hyperbnd", "tuner=hyperbnd", "no such option", "'hyperband'", mended="tuner=hyperband"),
    Bad("sweep quickstart tuner=qqq", "tuner=qqq", "no such option", "possible: bayesian, grid, hyperband, random"),
    Bad("sweep quickstart data=7", "data=7", "no such option", "possible: airbnb"),
    Bad("sweep quickstart data=null", "data=null", "no such option", "possible: airbnb"),
    Bad("sweep quickstart +tuner=grid", "+tuner", "this group is there already", "leave out the +"),
    Bad("sweep -m quickstart 'tuner=glob(x*)'", "tuner=glob(x*)", "no option fits", "possible: bayesian"),
    Bad("sweep quickstart tuner=random,bayesian", "tuner=random,bayesian", "several sweeps", "add -m"),
    Bad("sweep quickstart seed=1,2", "seed=1,2", "several values ask for several sweeps", "add -m"),
    Bad("sweep -m quickstart tuner=random,hyperbnd", "tuner=hyperbnd", "no such option", "'hyperband'?"),
    Bad("sweep quickstart 'seed=interval(0,1)'", "seed=interval(0,1)", "no end of values", "with -m, as in seed=1,2"),
    Bad("sweep quickstart windows=rows", "windows.validation", "a value is needed", "windows.test=VALUE", faults=2),
    Bad("sweep quickstart data=csv", "data.kind=csv", "needs data.path", "give data.path=PATH"),
    Bad("sweep quickstart tuner=grid", "search_space.learning_rate", "a grid cannot try every value", "add `step`"),
]

VALUES = [
    Bad("sweep quickstart seed=abc", "seed=abc", "must be a whole number", "0 or more"),
    Bad("sweep quickstart seed=-1", "seed=-1", "must be a whole number", "0 or more"),
    Bad("sweep quickstart seed=1.5", "seed=1.5", "must be a whole number", "0 or more"),
    Bad(f"sweep quickstart seed={'9' * 30}", "seed=9999", "must be a whole number", "more than 18 digits"),
    Bad("sweep quickstart trial.epochs=0", "trial.epochs=0", "must be a whole number", "1 or more"),
    Bad("sweep quickstart trial.epochs=many", "trial.epochs=many", "must be a whole number", "1 or more"),
    Bad("sweep quickstart trial.epochs=[3]", "trial.epochs=[3]", "must be a whole number", "1 or more"),
    Bad("sweep quickstart 'trial.epochs={a: 3}'", "trial.epochs={a: 3}", "must be a whole number", "1 or more"),
    Bad("sweep quickstart trial.patience=soon", "trial.patience=soon", "must be a whole number", "or null"),
    Bad("sweep quickstart data.log1p=maybe", "data.log1p=maybe", "must be", "true or false"),
    Bad("sweep quickstart data.path=[1]", "data.path=[1]", "must be text", "or null"),
    Bad("sweep quickstart \"data.target=''\"", "data.target=", "the text is empty", "or leave it null"),
    Bad(f"sweep quickstart data.target={'x' * 1001}", "data.target=xxx", "1,001 characters", "shorten it"),
    Bad("sweep quickstart task.loss=mape", "task.loss=mape", "this is no loss of task=forecast", "did you mean 'mae'?"),
    Bad("sweep quickstart task.loss=quantil", "task.loss=quantil", "no loss of task=forecast", "mean 'quantile'?"),
    Bad("sweep quickstart task.metrics=[mae,pinball]", "task.metrics=pinball", "there are none", "task.loss=quantile"),
    Bad(
        "sweep quickstart finals.intervals=cqr",
        "finals.intervals=cqr",
        "only where task.loss is quantile",
        "leave it out",
        mended="",
    ),
    Bad(
        "sweep quickstart task.loss=quantile finals.adaptation=0.01",
        "finals.adaptation=0.01",
        "levels that adapt are of conformal",
        "give finals.intervals=conformal",
        mended="task.loss=quantile finals.adaptation=0.01 finals.intervals=conformal",
    ),
    Bad(
        "sweep quickstart task.loss=quantile task.horizon=2 data.difference=1",
        "data.difference=1",
        "do not add up",
        "set it to 0",
        mended="task.loss=quantile task.horizon=2 data.difference=0",
    ),
    Bad(
        "sweep quickstart task.loss=quantile task.horizon=2 search_space.head=recursive",
        "search_space.head=recursive",
        "several forecasts",
        "leave it out",
        mended="task.loss=quantile task.horizon=2",
    ),
    Bad(
        "sweep quickstart search_space.loss=[mae,quantile]", "search_space.loss", "all of them or", "task.loss=quantile"
    ),
    Bad("sweep quickstart task.metrics=mae", "task.metrics=mae", "a list is needed", "such as [mae]"),
    Bad("sweep quickstart task.metrics=[]", "task.metrics=[]", "name one or more", "of mae, rmse"),
    Bad("sweep quickstart task.metrics=[mae,mae]", "task.metrics=[mae, mae]", "listed twice", "leave one"),
    Bad("sweep quickstart task.metrics=[mae,mapse]", "task.metrics=mapse", "no metric", "did you mean 'mase'?"),
    Bad("sweep quickstart task.metrics=[unknown]", "task.metrics=unknown", "there is no metric", "possible: mae"),
    Bad("sweep quickstart task.objective=maee", "task.objective=maee", "not among task.metrics", "did you mean 'mae'?"),
    Bad("sweep quickstart task.objective=wape", "task.objective=wape", "not among task.metrics", "add it to them"),
    Bad(
        "sweep quickstart task.objectives=[mae,latency]",
        "task.objectives=latency",
        "not among",
        "did you mean 'latency_ms'?",
    ),
    Bad("sweep quickstart task.objectives=[mae,mae]", "task.objectives=[mae, mae]", "mae is listed twice", "leave one"),
    Bad(
        "sweep quickstart task.objectives=[parameter_count,mae]",
        "task.objectives=[parameter_count, mae]",
        "the first one ranks trials",
        "write task.objectives=[mae, parameter_count]",
        mended="'task.objectives=[mae, parameter_count]'",
    ),
    Bad(
        "sweep quickstart registry.bounds={latency_ms:5}",
        "registry.bounds={latency_ms: 5}",
        "this is none of task.objectives",
        "write task.objectives=[mae, latency_ms]",
        mended="registry.bounds={latency_ms:5} 'task.objectives=[mae, latency_ms]'",
    ),
    Bad("sweep quickstart task.baselines=[last_valu]", "task.baselines=last_valu", "no baseline", "'last_value'"),
    Bad("sweep quickstart task.ridge_windows=[0]", "task.ridge_windows=0", "must be a whole number", "1 or more"),
    Bad("sweep quickstart windows.scaler=minmx", "windows.scaler=minmx", "there is no scaler", "'minmax'"),
    Bad("sweep quickstart windows.validation=1.5", "windows.validation=1.5", "a share", "above 0 and below 1"),
    Bad("sweep quickstart windows.validation=0.6 windows.test=0.5", "windows.test", "nothing to train on", "below 1"),
    Bad("sweep quickstart finals.levels=[95]", "finals.levels=95", "must be a number", "above 0, below 1"),
    Bad("sweep quickstart finals.levels=[0.8,0.8]", "finals.levels=[0.8, 0.8]", "listed twice", "leave one"),
    Bad("sweep quickstart registry.min_skill=1", "registry.min_skill=1", "must be a number", "below 1"),
    Bad("sweep quickstart executor.workers=0", "executor.workers=0", "must be a whole number", "1 or more"),
    Bad("sweep quickstart executor.time_limit=1e308", "executor.time_limit=1e+308", "must be a number", "31,536,000"),
    Bad("sweep quickstart data.season=1", "data.season=1", "must be a whole number", "2 or more, or null"),
    Bad(
        "sweep quickstart data.seasonal_difference=1 data.season=null", "data.seasonal_difference=1", "needs", "give da"
    ),
    Bad("sweep quickstart tracking.uri=mlruns", "tracking.uri=mlruns", "no runs in plain folders", "sqlite:///PATH"),
    Bad(
        "sweep quickstart tracking.uri=postgres://h/n", "tracking.uri=postgres", "knows no MLflow store", "'postgresql'"
    ),
    Bad("sweep quickstart tracking.directory=shop.csv", "tracking.directory=shop.csv", "is a file", "give a folder"),
    Bad("sweep quickstart data=csv data.path=x data.encoding=uft-8", "data.encoding=uft-8", "no such enc", "'utf-8'"),
    Bad("sweep quickstart data=csv data.path=x data.separator=ab", "data.separator=ab", "one character", "or tab"),
    Bad(
        "sweep quickstart data=csv data.path=x data.sort=true", "data.sort=true", "needs times", "give data.time=COLUMN"
    ),
    Bad(
        "sweep quickstart data=csv data.path=x data.frequency=D", "data.frequency=D", "needs times", "data.time=COLUMN"
    ),
    Bad("sweep quickstart data=kaggle data.dataset=airbnb", "data.dataset=airbnb", "must be", "OWNER/NAME"),
    Bad("sweep quickstart data.name=sunspot", "data.name=sunspot", "no bundled series", "did you mean 'sunspots'?"),
    Bad("sweep quickstart data.time=x", "data.time=x", "a bundled series has its own times", "leave data.time=null"),
    Bad(
        "sweep quickstart data=csv data.path=x data.target=y data.features=[y]",
        "data.features",
        "'y' is the target",
        "leave it out",
        mended="data=csv data.path=x data.target=y",
    ),
]

SPACE = [
    Bad("sweep quickstart search_space.layer=lstn", "search_space.layer=lstn", "must be one of", "'lstm'"),
    Bad(
        "sweep quickstart search_space.units=[]",
        "search_space.units=[]",
        "the list is empty",
        "give at least one value",
    ),
    Bad("sweep quickstart search_space.units=[8,8]", "search_space.units", "more than once", "leave one"),
    Bad("sweep quickstart search_space.units=-3", "search_space.units=-3", "must be a whole number", "1 or more"),
    Bad(
        "sweep quickstart search_space.units='\"8\"'", "search_space.units=8", "must be a whole", "quotation marks out"
    ),
    Bad("sweep quickstart search_space.units=8.0", "search_space.units=8.0", "must be a whole number", "write 8"),
    Bad("sweep quickstart search_space.dropout=1", "search_space.dropout=1", "must be a number", "below 1"),
    Bad(
        "sweep quickstart 'search_space.units={low: 1}'", "search_space.units", "a range needs `high`", "write {low: …"
    ),
    Bad("sweep quickstart 'search_space.units={lo: 1, high: 2}'", "search_space.units.lo", "no such key", "'low'"),
    Bad("sweep quickstart 'search_space.units={low: 9, high: 2}'", "search_space.units", "is not below", "swap them"),
    Bad(
        "sweep quickstart 'search_space.units={low: 1, high: 2, step: 9}'",
        "search_space.units.step=9",
        "beyond",
        "small",
    ),
    Bad(
        "sweep quickstart 'search_space.dropout={low: 0, high: 0.5, log: true}'",
        "search_space.dropout",
        "above 0",
        "out",
    ),
    Bad(
        "sweep quickstart 'search_space.layer={low: 1, high: 2}'", "search_space.layer", "needs numbers", "give a list"
    ),
    Bad(
        "sweep quickstart search_space.window.low=7",
        "search_space.window.low=7",
        "replaced as a whole",
        "write 'search_space.window={low: 7, high: 24}'",
        mended="'search_space.window={low: 7, high: 24}'",
    ),
    Bad(
        "sweep quickstart search_space.window.low=7 search_space.window.high=56",
        "search_space.window.low=7 search_space.window.high=56",
        "replaced as a whole",
        "write 'search_space.window={low: 7, high: 56}'",
        mended="'search_space.window={low: 7, high: 56}'",
    ),
    Bad(
        "sweep quickstart search_space.window=7..56",
        "search_space.window=7..56",
        "must be a whole number",
        "a range is {low: 7, high: 56}",
        mended="'search_space.window={low: 7, high: 56}'",
    ),
    Bad(
        "sweep quickstart 'search_space.window=interval(7,56)'",
        "search_space.window=interval(7,56)",
        "no end of values",
        "write 'search_space.window={low: 7, high: 56}'",
    ),
    Bad("sweep quickstart search_space.per_layer=[window]", "search_space.per_layer=window", "must be one of", "units"),
    Bad("sweep quickstart search_space.warm_start=3", "search_space.warm_start=3", "a list is needed", "such as [3]"),
    Bad("sweep quickstart 'search_space.warm_start=[{unit: 3}]'", "warm_start[0].unit", "no such hyperp", "'units'"),
    Bad(
        "sweep quickstart 'search_space.warm_start=[{units: 3},{units: 3}]'",
        "warm_start[1]",
        "is the same",
        "leave one",
    ),
    Bad(
        "sweep quickstart 'search_space.warm_start=[{depth: 2, units: [3]}]'",
        "warm_start[0].units",
        "does not",
        "entry",
    ),
    Bad(
        "sweep quickstart search_space.weight_decay=0.1",
        "search_space.weight_decay=0.1",
        "active only where",
        "leave it",
    ),
    Bad("sweep quickstart search_space.anchor=[none,lats]", "search_space.anchor=lats", "must be one of", "'last'"),
]

UNUSED = [
    Bad("sweep quickstart tuner.factor=3", "tuner.factor=3", "has an effect only where", "choose tuner=hyperband"),
    Bad("sweep quickstart tuner.sampler=random", "tuner.sampler=random", "has an effect only where", "=hyperband, or"),
    Bad("sweep quickstart tuner=hyperband tuner.sampler=tpe", "tuner.sampler=tpe", "must be", "bayesian, or null"),
    Bad(
        "sweep quickstart tuner=grid tuner.initial_points=3 search_space.learning_rate=0.1",
        "tuner.initial_points=3",
        "effect",
        "=bayesian",
    ),
    Bad("sweep quickstart tuner=hyperband tuner.max_trials=3", "tuner.max_trials=3", "follows from", "leave it null"),
    Bad("sweep quickstart tuner=random tuner.max_trials=null", "tuner.max_trials=null", "needs it", "such as 24"),
    Bad(
        "sweep quickstart executor=inline executor.workers=2",
        "executor.workers=2",
        "1 trial at a",
        "executor=processes",
    ),
    Bad(
        "sweep quickstart executor=inline executor.max_trials_per_worker=2",
        "executor.max_trials_per_worker=2",
        "has an effect only where executor.kind is processes or ray",
        "choose executor=processes or executor=ray, or leave it out",
        mended="executor=processes executor.max_trials_per_worker=2",
    ),
    Bad(
        "sweep quickstart executor.address=auto",
        "executor.address=auto",
        "only where executor.kind is ray",
        "choose executor=ray",
    ),
    Bad("sweep quickstart executor=ray executor.gpus=1.5", "executor.gpus=1.5", "whole ones", "give 2"),
    Bad("sweep quickstart executor=ray executor.autoscaling=true", "executor.autoscaling=true", "how many", "workers"),
    Bad("sweep quickstart data.path=x.csv", "data.path=x.csv", "only where data.kind is csv", "choose data=csv"),
    Bad("sweep quickstart data.separator=tab", "data.separator=tab", "only where data.kind is csv", "choose data=csv"),
    Bad("sweep quickstart data.aggregate=sum", "data.aggregate=sum", "data.frequency is not null", "set that too"),
    Bad(
        "sweep quickstart tracking=none tracking.uri=http://h", "tracking.uri=", "effect only where", "tracking=mlflow"
    ),
    Bad(
        "sweep dates finals=none",
        "finals=none",
        "dates.yaml: finals.trials=1 stands behind options",
        "add finals.trials=0",
        mended="finals=none finals.trials=0",
    ),
    Bad("sweep quickstart finals=none finals.seeds=5", "finals.seeds=5", "finals.trials is not 0", "leave it out"),
    Bad(
        "sweep quickstart task.baselines=[last_value] task.moving_average=5",
        "task.moving_average=5",
        "only where task.baselines has moving_average",
        "set that too, or leave it out",
        mended="task.baselines=[last_value,moving_average] task.moving_average=5",
    ),
    Bad(
        "sweep quickstart windows.anchor=last search_space.anchor=[none,last]",
        "windows.anchor=last",
        "search_space.anchor says it for every trial",
        "leave one of the two out",
        mended="search_space.anchor=[none,last]",
    ),
]

HEAD = "defaults: [config, _self_]\nquestion: q\n"


def study(lines: str, where: str, what: str, mend: str, **other: Any) -> Bad:
    """A study of the user's own that is refused."""
    return Bad(
        "sweep mine --config-dir own", f"mine.yaml: {where}", what, mend, files={"own/mine.yaml": lines}, **other
    )


STUDIES = [
    Bad("sweep quikstart", "'quikstart'", "there is no study", "did you mean 'quickstart'?"),
    Bad("sweep own/mine.yaml", "'own/mine.yaml'", "there is no study", "write seqsweep sweep mine --config-dir own"),
    Bad("sweep tuner=grid", "tuner=grid", "name a study first", "there are: airbnb"),
    Bad("sweep quickstart --config-dir nowhere", "--config-dir nowhere", "there is no such folder", "no such folder"),
    Bad(
        "sweep quickstart --config-dir own",
        "quickstart.yaml",
        "a study of this name is shipped",
        "give yours another name",
        files={"own/quickstart.yaml": HEAD},
    ),
    Bad(
        "sweep 'a&b' --config-dir own",
        "a&b.yaml",
        "the file of a study is called by a name",
        "rename it",
        files={"own/a&b.yaml": HEAD},
    ),
    study("question: q\n", "a study starts from", "`config`", "begin it with `defaults: [config, _self_]`"),
    study("defaults: config\nquestion: q\n", "defaults=config", "a list is needed", "[config, _self_]", faults=2),
    study("defaults: [config]\nquestion: q\n", "defaults", "the study's own values", "end the list with `_self_`"),
    study("defaults: [_self_, config]\nquestion: q\n", "defaults", "replaces the study's own", "[config, …, _self_]"),
    study("defaults: [mine, _self_]\nquestion: q\n", "defaults", "starts from itself", "take 'mine' out"),
    study(
        "defaults: [confg, _self_]\nquestion: q\n", "defaults", "there is no study 'confg'", "did you mean 'config'?"
    ),
    study(
        "defaults: [config, {data: co2}, _self_]\nquestion: q\n", "defaults", "chosen already", "`override data: co2`"
    ),
    study("defaults: [config, {override dta: x}, _self_]\nquestion: q\n", "defaults: dta", "no such group", "'data'"),
    study("defaults: [config, {override data: co3}, _self_]\nquestion: q\n", "data=co3", "no such option", "'co2'"),
    study("- 1\n", "a study is a mapping", "this is a list", "mapping of keys to values"),
    study("a: [1\n", "line 2", "this is not YAML", "expected ',' or ']'"),
    study(f"{HEAD}seed: 1\nseed: 2\n", "line 4", "seed stands here once more", "leave one"),
    study(f"{HEAD}trial.epochs: 3\n", "trial.epochs", "a key stands in its group", "write {trial: {epochs: 3}}"),
    study("defaults: [config, quickstart, _self_]\nquestion: q\n", "defaults", "starts from one other", "leave one of"),
    study(
        "defaults: [config, {override tuner: hyperband}, {override tuner: random}, _self_]\nquestion: q\n",
        "defaults",
        "`override tuner` stands here twice",
        "leave hyperband or random",
    ),
    study("\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + ": [\n", "line 2", "not YAML", "expected"),
    study(f"{HEAD}trail: {{epochs: 3}}\n", "trail", "there is no such key", "did you mean 'trial'?"),
    study(f"{HEAD}trial: {{epochs: x}}\n", "trial.epochs=x", "must be a whole number", "1 or more"),
    study(f"{HEAD}trial:\n", "trial", "nothing is set", "leave the line out"),
    study(f"{HEAD}tuner: 3\n", "tuner=3", "this is a group", "possible: bayesian, grid"),
    study(f"{HEAD}tuner: {{factor: 4}}\n", "tuner.factor=4", "has an effect only where", "choose tuner=hyperband"),
    Bad(
        "sweep mine --config-dir own",
        "data.target=a\\x07b",
        "'\\x07', which cannot be shown",
        "take it out",
        files={"own/mine.yaml": f'{HEAD}data: {{target: "a\\x07b"}}\n'},
    ),
    study(f"{HEAD}study: x\n", "study=x", "a study is called as its file is", "leave this out"),
    study(f"{HEAD}data: {{_target_: os.getcwd}}\n", "data._target_", "names no code to run", "leave it out"),
    study(f"{HEAD}hydra: {{callbacks: {{x: {{_target_: os.getcwd}}}}}}\n", "hydra.callbacks", "of Hydra's", "leave it"),
    study(f"{HEAD}hydra: {{launcher: {{n_jobs: 2}}}}\n", "hydra.launcher", "of Hydra's own settings", "leave it out"),
    study(f"{HEAD}hydra: {{mode: SWEEP}}\n", "hydra.mode", "not SWEEP", "one of RUN and MULTIRUN"),
    study(f"{HEAD}hydra: {{sweeper: {{params: {{sed: '1,2'}}}}}}\n", "sed", "no such key", "did you mean 'seed'?"),
    Bad(
        "sweep mine --config-dir own",
        "question=???",
        "the value is left open",
        "give one",
        files={"own/mine.yaml": "defaults: [config, _self_]\nquestion: ???\n"},
    ),
    Bad(
        "sweep mine --config-dir own data=shop",
        "shop.yaml: data.pth",
        "there is no such key",
        "did you mean 'data.path'?",
        files={"own/mine.yaml": HEAD, "own/data/shop.yaml": "defaults: [_base]\nkind: csv\npth: x\n"},
    ),
    Bad(
        "sweep mine --config-dir own data=shop",
        "shop.yaml: defaults",
        "there is no option '_bas'",
        "did you mean '_base'?",
        files={"own/mine.yaml": HEAD, "own/data/shop.yaml": "defaults: [_bas]\nkind: csv\n"},
    ),
    Bad(
        "sweep mine --config-dir own data=shop",
        "shop.yaml: # @package _global_",
        "keys stand where they belong",
        "take this line out",
        files={"own/mine.yaml": HEAD, "own/data/shop.yaml": "# @package _global_\nkind: csv\n"},
    ),
]

FLAGS = [
    Bad("sweep quickstart --fast", "--fast", "there is no such flag", "possible: --multirun"),
    Bad("sweep quickstart --cgf job", "--cgf", "there is no such flag", "did you mean '--cfg'?"),
    Bad("sweep --hydra-help", "--hydra-help", "there is no such flag", "did you mean '--help'?"),
    Bad("sweep --shell-completion", "--shell-completion", "there is no such flag", "possible: --multirun"),
    Bad("sweep quickstart --config-name x", "--config-name", "no such flag", "did you mean '--config-dir'?"),
    Bad("sweep quickstart --cfg", "--cfg", "expected one argument", "seqsweep sweep --help lists the flags"),
    Bad("sweep quickstart --cfg hydra", "--cfg", "invalid choice: 'hydra'", "choose from 'job'"),
    Bad("sweep quickstart -p trial", "--package trial", "a part of what --cfg job shows", "add that"),
    Bad(
        "sweep quickstart -c job -p trial.epoch", "--package trial.epoch", "no such key", "did you mean 'trial.epochs'?"
    ),
    Bad("sweep -m quickstart --info all --cfg", "--cfg", "expected one argument", "--help"),
    Bad("data quickstart --cfg job", "--cfg", "show a config", "belong to seqsweep sweep"),
    Bad("data", "seqsweep data STUDY", "name a study first", "there are: airbnb"),
    Bad("data quickstart trial.epochs=0", "trial.epochs=0", "must be a whole number", "1 or more"),
]

COMMANDS = [
    Bad("swep quickstart", "swep", "there is no such command", "did you mean 'sweep'?"),
    Bad("explain trial.epoch", "trial.epoch", "there is no such key", "did you mean 'trial.epochs'?"),
    Bad("explain nosuch", "nosuch", "there is no such key", "possible: data, executor"),
    Bad("ui --port abc", "--port", "'abc' is not a valid integer", "ui --help"),
    Bad("ui --port 99999", "--port", "99999 is not in the range", "1<=x<=65535"),
    Bad("ui --port 0", "--port", "0 is not in the range", "1<=x<=65535"),
    Bad("ui --prt 5000", "--prt", "No such option", "--port"),
    Bad("ui --uri nonsense", "tracking.uri=nonsense", "no runs in plain folders", "write sqlite:///PATH"),
    Bad("ui", "mlruns/mlflow.db", "there is no MLflow store", "`seqsweep sweep quickstart` makes one"),
    Bad(
        "ui --directory shop.csv",
        "shop.csv/mlflow.db",
        "there is no MLflow store",
        "--directory and --uri name another",
    ),
    Bad("promote", "mlruns/mlflow.db", "there is no MLflow store", "`seqsweep sweep quickstart` makes one"),
    Bad("init", "'NAME'", "Missing argument", "init --help"),
    Bad("init quickstart", "quickstart", "a study of this name is shipped", "give yours another name"),
    Bad("init a/b", "a/b", "a study is called by a name", "letters, digits"),
    Bad("serve sunspots", "mlruns/mlflow.db", "there is no MLflow store", "`seqsweep sweep quickstart` makes one"),
    Bad("promote x --force", "--force", "requires an argument", "an argument"),
    Bad("promote --uri sqlite:///no.db", "no.db", "there is no MLflow store", "`seqsweep sweep quickstart` makes one"),
    Bad("promote --uri sqlite://no.db", "tracking.uri=sqlite://no.db", "sqlite:///PATH", "an absolute path makes four"),
    Bad("rollback sunspots", "mlruns/mlflow.db", "there is no MLflow store", "--directory and --uri name another"),
    Bad("history sunspots", "mlruns/mlflow.db", "there is no MLflow store", "--directory and --uri name another"),
    Bad("reproduce abc", "mlruns/mlflow.db", "there is no MLflow store", "--directory and --uri name another"),
    Bad("predict sunspots shop.csv", "mlruns/mlflow.db", "there is no MLflow store", "`seqsweep sweep quickstart`"),
    Bad("predict sunspots", "'FILE'", "Missing argument", "predict --help"),
    Bad("reproduce", "'RUN'", "Missing argument", "reproduce --help"),
]

LIGHT = {
    "texts": TEXTS,
    "keys": KEYS,
    "options": OPTIONS,
    "values": VALUES,
    "search space": SPACE,
    "without effect": UNUSED,
    "studies": STUDIES,
    "flags": FLAGS,
    "commands": COMMANDS,
}

# Data: read with pandas, and nothing is trained ---------------------------------------------------

DAYS = "".join(
    f"2024-{month:02}-{day:02},{100 + month * day % 17},{day}\n" for month in range(1, 7) for day in range(1, 29)
)


def packed(**members: str) -> bytes:
    """A zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return made.getvalue()


SERIES = {
    "shop.csv": f"date,sales,visits\n{DAYS}",
    "two.zip": packed(a="y\n1\n2\n", b="y\n1\n2\n"),
}
"""What lies in the folder of each of these."""


def csv(text: str | bytes, *says: str, given: str = "", **other: Any) -> Bad:
    """A CSV that is refused, `y.csv`."""
    where, what, mend = says
    command = f"data quickstart data=csv data.path=y.csv {given}".strip()
    mended = f"{command} {other.pop('mended')}" if other.get("mended") else ""
    return Bad(command, where, what, mend, files={"y.csv": text}, mended=mended, **other)


def shop(given: str, *says: str, mended: str = "") -> Bad:
    """A config that does not fit the shop."""
    where, what, mend = says
    begin = "data quickstart data=csv data.path=shop.csv"
    return Bad(f"{begin} {given}", where, what, mend, mended=mended and f"{begin} {mended}")


def plain(text: str | bytes, *says: str, given: str = "", mended: str = "") -> Bad:
    """A plain text that is refused, `t.txt`."""
    where, what, mend = says
    begin = "data text data.path=t.txt"
    command = f"{begin} {given}".strip()
    return Bad(command, where, what, mend, files={"t.txt": text}, mended=mended and f"{begin} {mended}")


def sql(url: str, query: str, *says: str) -> Bad:
    """A query that is refused."""
    where, what, mend = says
    return Bad(f"data quickstart data=sql data.url={url} 'data.query=\"{query}\"' data.target=sales", where, what, mend)


ENOUGH = "".join(f"{row % 7}\n" for row in range(60))


def texts(text: str, *says: str, study: str = "dates", given: str = "data.features=[a]") -> Bad:
    """A CSV of texts to be said, `y.csv` with the columns a and b, that is refused."""
    where, what, mend = says
    command = f"data {study} data=csv data.path=y.csv data.target=b {given}".strip()
    return Bad(command, where, what, mend, files={"y.csv": text})


DATA = [
    Bad("data quickstart task.lower=5", "task.lower=5", "has 0 at", "give a bound of 0 or less, or task.lower=null"),
    texts("a,b\nx,y\nz,\n", "y.csv, line 3, column 'b'", "the text is empty", "give one, or take the row out"),
    texts("a,b\n ,y\nz,w\n", "y.csv, line 2, column 'a'", "the text is empty", "give one, or take the row out"),
    texts("a,b\nx,y\nz,y\n", "y.csv, column 'b'", "all 2 rows have the text 'y'", "give another data.target"),
    texts("a,b\nx,y\n", "y.csv, column 'b'", "all 1 rows have the text 'y'", "give another data.target"),
    texts("a,b\nx,y\nz,w\n", "y: ", "1 items are too few for the parts", "give more of them"),
    texts("a,b\nx,y\nx,w\nx,z\n", "y: ", "1 of them differ, and those that are alike stay", "give more that differ"),
    texts("a,b\nx,y\nx,\"w\nx,z\n", "y.csv, line 3", "never closed: it takes 1 more line with it", "close"),
    texts("a,b\nx,NA\nx,w\n", "y.csv, line 2, column 'b'", "'NA' counts as no label", "give another name",
          study="sentiment"),
    texts("a,c\nx,y\nz,w\n", "data.target=b", "no such column", "a, c"),
    texts("a,b\nx,y\nz,w\n", "data.features", "has no column of numbers", "a", study="caption", given=""),
    texts("a,b\n1,y\nz,w\n2,v\n", "line 3, column 'a'", "'z' is not a number", "mend it, or take", study="caption"),
    Bad("data quickstart data=csv data.path=shp.csv", "data.path=shp.csv", "no such file", "did you mean 'shop.csv'?"),
    Bad("data quickstart data=csv data.path=no/x.csv", "data.path=no/x.csv", "no folder no", "current folder"),
    Bad("data quickstart data=csv data.path=.", "data.path=.", "this is a folder", "a file is needed; it holds"),
    csv("", "y.csv", "the file is empty", "give one with a header and rows"),
    csv("y\n", "y.csv", "there is no row below the header", "add rows"),
    csv("y\n1\n2\n", "y.csv", "leaves none of its lines", "lower it", given="data.skip_rows=99"),
    csv(f"y\n{ENOUGH}three\n", "y.csv, line 62, column 'y'", "'three' is not a number", "data.na_values=[three]",
        mended="data.na_values=[three] data.missing=drop"),
    csv(f"y\n{ENOUGH}\"\"\n4\n", "y.csv, line 62, column 'y'", "no value", "data.missing=interpolate",
        mended="data.missing=interpolate"),
    csv("y\n" + "5\n" * 60, "y.csv, column 'y'", "all 60 values are 5", "give another data.target"),
    csv(f"y\n{ENOUGH}1e308\n1\n", "y.csv, line 62, column 'y'", "beyond 1e+100", "empty it and say data.missing"),
    csv("a,b\n1,2\n3,4,5\n", "y.csv, line 3", "3 fields, where the header has 2", "in quotes", given="data.target=a"),
    csv("a,b\n1,2\n\"3,4\n5,6\n", "y.csv, line 3", "1 fields, where the header", "in quotes", given="data.target=b"),
    csv("y,y\n1,2\n", "data.target=y", "several columns of this name", "rename them", given="data.target=y"),
    csv("a;b\n1;2\n", "y.csv", "',' does not part the header", "try \"data.separator=';'\"", given="data.target=a"),
    csv("prix,\xe9\n1,2\n".encode("latin-1"), "y.csv, line 1", "byte 0xe9 is not utf-8", "data.encoding=cp1252"),
    csv(b"\0\1\2\xff" * 50, "y.csv, line 1", "byte 0xff is not utf-8", "data.encoding=cp1252"),
    csv("t,y\n2024-01-03,1\n2024-01-01,2\n", "y.csv, line 3, column 't'", "follows", "data.sort=true",
        given="data.target=y data.time=t"),
    csv("t,y\n2024-01-01,1\n2024-01-01,2\n", "y.csv, line 3, column 't'", "is there twice", "data.where chooses rows",
        given="data.target=y data.time=t"),
    csv("t,y\n2024-01-01,1\nsoon,2\n", "y.csv, line 3, column 't'", "cannot be read as a time", "write times as",
        given="data.target=y data.time=t"),
    csv("y\n" + ENOUGH[:24], "y: the series of 12 rows", "too short for the windows", "Shorten search_space.window"),
    Bad("data quickstart data=csv data.path=two.zip", "two.zip", "several text files", "give data.file, one of a.csv"),
    Bad("data quickstart data=csv data.path=two.zip data.file=c.csv", "data.file=c.csv", "holds no", "did you mean"),
    Bad("data quickstart data=csv data.path=x.zip", "x.zip", "this is no zip", "download it", files={"x.zip": "a"}),
    Bad("data quickstart data=csv data.path=two.zip", "two.zip", "the zip is damaged", "download it again?",
        files={"two.zip": CUT}),
    Bad("data quickstart data=csv data.path=y.csv.gz", "y.csv.gz", "the archive is damaged", "download it again?",
        files={"y.csv.gz": gzip.compress(ENOUGH.encode() * 99)[:40]}),
    Bad("data quickstart data=parquet data.path=shop.csv", "shop.csv", "it is none, or damaged", "with data=csv"),
    Bad("data quickstart data=excel data.path=shop.csv", "shop.csv", "it is none, or damaged", "with data=csv"),
    shop("", "data.target", "several number columns", "give data.target=COLUMN", mended="data.target=sales"),
    shop("data.target=sale", "data.target=sale", "no such column", "did you mean 'sales'?", mended="data.target=sales"),
    shop("data.target=sales data.time=day", "data.time=day", "no such column", "possible: date, sales, visits"),
    shop("data.target=sales data.features=[visit]", "data.features=visit", "no such column", "did you mean 'visits'?",
         mended="data.target=sales data.features=[visits]"),
    shop("data.features=[sales,visits]", "data.features=[sales, visits]", "no column of numbers", "leave one of",
         mended="data.features=[visits]"),
    shop("data.target=sales data.file=x.csv", "data.file=x.csv", "shop.csv is none", "leave data.file out",
         mended="data.target=sales"),
    shop("data.target=sales 'data.where=\"sale > 3\"'", "data.where=sale", "no such column", "did you mean 'sales'?"),
    shop("data.target=sales 'data.where=\"sales > 9999\"'", "data.where=sales > 9999", "no row of 168", "holds 101"),
    shop("data.target=sales 'data.where=\"__import__(1)\"'", "data.where=__import__(1)", "", "write comparisons"),
    shop("data.target=sales data.time=date data.frequency=Q9", "data.frequency=Q9", "no such freq", "use min, h, D"),
    shop("data.target=sales data.time=date data.timezone=Mars", "data.timezone=Mars", "no such zone", "Europe/"),
    shop("data.target=sales data.time=date data.time_format=soon", "data.time_format=soon", "strptime", "such as %d"),
    shop("data.target=sales data.thousands=xx", "data.thousands='xx'", "must be one sign", "no digit"),
    shop("data.target=sales data.timezone=UTC", "data.timezone=UTC", "needs times", "give data.time=COLUMN",
         mended="data.target=sales data.timezone=UTC data.time=date"),
    shop("data.target=sales data.time=date windows=dates windows.validation=2030-01-01 windows.test=2031-01-01",
         "windows.validation=2030-01-01", "leaves no row behind it", "2024-06-28 at the latest"),
    shop("data.target=sales data.time=date windows=dates windows.validation=soon windows.test=later",
         "windows.validation=soon", "this is no date", "write it as 1990-01-01"),
    shop("data.target=sales windows=dates windows.validation=2024-03-01 windows.test=2024-05-01",
         "windows=dates", "the series has no times", "with data.time",
         mended="data.target=sales windows=dates windows.validation=2024-03-01 windows.test=2024-05-01 data.time=date"),
    shop("data.target=sales windows=rows windows.validation=9999 windows.test=2", "shop", "too short", "change win"),
    shop("data.target=sales task.horizon=9999", "shop", "the test part has 25 rows and needs 9999", "task.horizon"),
    shop("data.target=sales search_space.window=9999", "shop", "needs 10000", "Shorten search_space.window",
         mended="data.target=sales search_space.window=9"),
    shop("data.target=sales finals.folds=99", "fold 98 leaves 0 rows", "needs 25 rows", "Lower finals.folds",
         mended="data.target=sales finals.folds=2"),
    sql("sqlite:///no.db", "SELECT sales FROM s ORDER BY sales", "data.url=no.db", "no such file", "'shop.db'"),
    plain("", "t.txt", "the file is empty", "give one with text"),
    plain(" \n\n ", "t.txt", "the file holds nothing but blanks", "give one with text"),
    plain("déjà vu, ".encode("cp1252") * 99, "t.txt, line 1", "byte 0xe9 is not utf-8", "data.encoding=cp1252",
          mended="data.encoding=cp1252"),
    plain("a" * 999, "t: all letters of train are 'a'", "nothing to predict", "give another text"),
    plain("too short a text" * 6, "t: there are 96 symbols, 2 blocks of 64", "three parts need a block each",
          "give more text, or a smaller task.block", mended="task.block=16"),
    plain(ENOUGH * 9, "t: windows=shuffled", "parts whole documents", "take windows=chronological",
          given="windows=shuffled", mended="windows=chronological"),
    plain(ENOUGH * 9, "data.features=[]", "texts are one column", "name it, data.features=[COLUMN]",
          given="data.features=[]", mended="data.features=[text]"),
    Bad("data text data.path=own", "own", "the folder holds no .txt file", "it holds x.csv", files={"own/x.csv": "1"}),
    Bad("data text data.path=own", "own/a.txt", "the file is empty", "take it out", files={"own/a.txt": ""}),
    Bad("data text data.path=shop.cs", "data.path=shop.cs", "no such file", "did you mean 'shop.csv'?"),
    sql("nonsense", "SELECT sales FROM s ORDER BY sales", "data.url", "no SQLAlchemy URL", "write sqlite:///FILE"),
    sql("sqlite:///shop.db", "SELECT sales FROM x ORDER BY sales", "sqlite shop.db", "no such table: x", "possible: s"),
    sql("sqlite:///shop.db", "SELECT sales FROM s ORDER BY sales", "data.query", "selects no row", "change its WHERE"),
    sql("sqlite:///shop.db", "DROP TABLE s", "data.query", "begins with DROP", "it must be a SELECT"),
    sql("sqlite:///shop.db", "SELECT sales FROM s", "data.query", "has no ORDER BY", "give one"),
    Bad("sweep quickstart executor=inline tracking.directory=/proc", "/proc/sweeps", "cannot be", "choose another"),
]  # fmt: skip

# What sweeps left behind: damaged, or not what is asked for ---------------------------------------

AGAIN = "run its sweep again, which does this part anew"
SWEEP = "sweeps/SWEEP"  # in place of the only sweep's folder


def left(command: str, file: str, content: Any, what: str, mend: str = AGAIN, code: int = 1, **other: Any) -> Bad:
    """A damaged file of the finished sweep."""
    path = f"mlruns/{SWEEP}/{file}"
    return Bad(command, file, what, mend, code=code, files={path: content}, **other)


FINISHED = [
    Bad(
        "report quikstart",
        "quikstart",
        "no such finished sweep",
        "did you mean 'quickstart'?",
        mended="report quickstart",
    ),
    Bad("report --directory own", "own", "there is no finished sweep", "seqsweep sweep quickstart makes one"),
    Bad("watch --directory own", "own", "there is no sweep", "seqsweep sweep quickstart begins one"),
    Bad("compare quikstart", "quikstart", "no such finished sweep", "did you mean 'quickstart'?", mended="compare"),
    Bad("compare --directory own", "own", "there is no finished sweep", "seqsweep sweep quickstart makes one"),
    *(
        left(command, file, content, what)
        for command in ("report", "compare quickstart")
        for file, content, what in (
            ("outcome.json", CUT, "this is truncated or damaged"),
            ("conclusion.json", "[]", "the whole of it is []"),
            ("config.yaml", CUT, "this is truncated, damaged or of another version"),
            ("config.yaml", b"\xff\xfe", "this is truncated, damaged or of another version"),
            ("sweep.json", "[]", "the whole of it is []"),
            ("trials/0001.json", '{"trial_id": 1}', "trial_id is 1"),
            ("trials", "x", "this is a file"),
        )
    ),
    left("report", "test_predictions.npz", CUT, "no predictions of a winner (truncated or damaged)"),
    left("report", "finals/0001-s1-f0.json", CUT, "this is truncated or damaged"),
    left("report", "outcome.json", FOLDER, "cannot read this state file"),
    left("promote", "config.yaml", CUT, "this is truncated, damaged or of another version"),
    left("promote", "config.yaml", None, "cannot read the config of this sweep"),
    left("promote", "conclusion.json", CUT, "this is truncated or damaged"),
    Bad("promote quikstart", "'quikstart'", "there is no sweep", "did you mean 'quickstart'?"),
    Bad(f"promote {'f' * 32}", "f" * 32, "has no such run", "the MLflow store"),
    Bad("rollback shp", "'shp'", "there is no model", "did you mean 'shop'?"),
    Bad("history shp", "'shp'", "there is no model", "did you mean 'shop'?", mended="history shop"),
    Bad("rollback shop", "shop", "there is no version before 1", "version"),
    Bad("reproduce abd", "abd", "no run of this id", "at the top of a run's page"),
    Bad("predict shp shop.csv", "'shp'", "there is no model", "did you mean 'shop'?", mended="predict shop shop.csv"),
    Bad("predict shop@chmpion shop.csv", "shop", "no alias 'chmpion'", "did you mean 'champion'?"),
    Bad("predict shop/7 shop.csv", "shop", "no version 7", "it has 1", mended="predict shop/1 shop.csv"),
    Bad("predict a/b/c shop.csv", "a/b/c", "write NAME, NAME@ALIAS or NAME/VERSION", "sunspots@champion"),
    Bad("predict shop shp.csv", "shp.csv", "there is no such file", "did you mean 'shop.csv'?"),
    Bad("predict shop own", "own", "this is a folder", "a file is needed"),
    Bad("predict shop y.csv", "y.csv", "the file is empty", "give one", files={"y.csv": ""}),
    Bad("predict shop y.csv", "y.csv", "there is no column 'sales'", "the model reads", files={"y.csv": "sale\n1\n"}),
    Bad("predict shop y.csv", "y.csv", "there are 2 rows", "a forecast needs", files={"y.csv": "sales\n1\n2\n"}),
    Bad(
        "predict shop y.csv",
        "y.csv, line 4",
        "column 'sales': 'x' is not a number",
        "give one, such as 234.5",
        files={"y.csv": "sales\n1\n2\nx\n" + ENOUGH},
    ),
    Bad("predict shop shop.csv --output own", "--output own", "no file that can be written", "give one in a folder"),
    Bad("predict shop shop.csv --output no/x.csv", "--output no/x.csv", "no file that can be", "give one in a folder"),
    *(
        Bad(
            command, "mlflow.db", "not a database", "Move mlflow.db away", code=1, files={"mlruns/mlflow.db": "x" * 999}
        )
        for command in (
            "promote",
            "history shop",
            "rollback shop",
            "predict shop shop.csv",
            "reproduce abc",
            "ui --port 5999",
        )
    ),
]

# How they are answered ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a command made of a bad input.

    Args:
        code: its exit code.
        output: all that it printed.
        changed: what it left in the folder, or took from it.
        imported: heavy libraries that it loaded.
    """

    code: int
    output: str
    changed: list[str]
    imported: list[str]


def answer(bad: Bad, folder: Path) -> Answer:
    """Type a bad input in a folder of its own.

    Args:
        bad: whose files are put there.
        folder: holds what else there is to hold.
    """
    from click.testing import CliRunner

    from seqsweep.cli import main

    for name, content in bad.files.items():
        put(folder / name, content)
    loaded, before = set(sys.modules), digests(folder)
    with standing_in(folder):
        result = CliRunner().invoke(main, shlex.split(bad.command))
    after = digests(folder)
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    output = result.output + ("" if isinstance(result.exception, SystemExit | None) else repr(result.exception))
    return Answer(result.exit_code, output, changed, sorted(set(HEAVY) & set(sys.modules) - loaded))


def put(file: Path, content: Any) -> None:
    """Put a file, or damage the one that is there."""
    whole = file.read_bytes() if file.is_file() else b""
    if content is None or content is FOLDER:
        shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
        if content is FOLDER:
            file.mkdir()
        return
    if file.is_dir():
        shutil.rmtree(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(
        whole[: len(whole) // 2] if content is CUT else content if isinstance(content, bytes) else content.encode()
    )


def digests(folder: Path) -> dict[str, str]:
    """The content of every file; of a database what it holds, since SQLite moves it between its files."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".db" and file.read_bytes()[:6] == b"SQLite":
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                content = "\n".join(connection.iterdump()).encode()
        elif file.suffix in (".lock", ".db-wal", ".db-shm"):
            continue
        else:
            content = file.read_bytes() if file.is_file() else b""
        found[str(file.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """The folder as the current one."""
    kept = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(kept)


def main() -> None:
    """Answer the light ones in new folders below the one that is named, and print the answers as JSON."""
    answers = {}
    for group, listed in LIGHT.items():
        for number, bad in enumerate(listed):
            folder = Path(sys.argv[1], f"{group} {number}")
            folder.mkdir()
            put(folder / "shop.csv", "y\n1\n")
            answers[f"{group} {number}"] = vars(answer(bad, folder))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
