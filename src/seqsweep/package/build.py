"""From a trained network to a folder that MLflow loads anywhere."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep.errors import StateError
from seqsweep.finals import Conclusion, Refit
from seqsweep.layers import to_keras
from seqsweep.package.card import card
from seqsweep.package.code import LOADER, importing_from, write_code
from seqsweep.package.cost import measure, save_cost
from seqsweep.package.export import describe_export, write_export
from seqsweep.package.integrity import seal
from seqsweep.package.loaded import EVALUATED, SERVES, Loaded, as_evaluated, ask, load
from seqsweep.package.parity import PARITY, Parity, compare, sample, save_parity
from seqsweep.search import Problem, lineage
from seqsweep.state_files import read_state, writing
from seqsweep.tasks import Predictions, Served
from seqsweep.tasks.graph import alone
from seqsweep.tracking.reaching import load_mlflow

if TYPE_CHECKING:
    import keras
    from mlflow.models import ModelSignature

    from seqsweep.trial import Network


@dataclass(frozen=True)
class RefitLineage:
    """What what serves was trained on once more, in words, and for how many epochs of each seed; of a baseline none."""

    data: str
    epochs: tuple[int, ...]


@dataclass(frozen=True)
class PackagedLineage:
    """Where a package comes from: what was evaluated, by its name, the number of its test evaluation, and its details.

    The same network has other intervals where others are wanted of it, and stands elsewhere among others where the
    search went on or the bounds are others: a digest of the details tells that.
    """

    run: str
    test_evaluation: int
    details: str = ""
    refit: RefitLineage | None = None


@dataclass(frozen=True)
class Packaged:
    """What is read of spec.json outside the code that travels with it."""

    lineage: PackagedLineage


MODEL = "model"
"""The model's folder in that of its sweep."""

ASIDE = ".model-"
"""Begins the name of the folder in which a model is made before it is put in place."""

CARD = "model_card.md"

FORMAT = 1
"""Of spec.json; another number asks for other code, which lies beside it."""

REFITTED = " refitted"
"""Ends the name of what serves where it was trained once more on all of the data."""


def build(
    folder: Path,
    problem: Problem,
    network: Network,
    conclusion: Conclusion,
    name: str = MODEL,
    own: Predictions | None = None,
    refit: Refit | None = None,
) -> Path:
    """Package the winner, or a baseline; a package that is there is replaced as a whole.

    The folder holds the code that `package.code` writes, the network in plain Keras layers (`network.keras`),
    `spec.json`, signature, input example, pinned requirements, `model_card.md`, `parity.json`: whether what MLflow
    loads from it predicts the test part as `network` does (of a long one a sample), `cost.json`: its size and how
    long an answer takes, and `checksums.json`, by which damage is seen; with `package.onnx` also what
    `package.export` writes. Where it was refitted, what was evaluated lies beside what serves (`evaluated.keras`,
    `evaluated.json`): by it the gate compares, as it has not learned from the test part.

    Args:
        folder: of the sweep.
        problem: of the sweep.
        network: that was evaluated; of the mean of several the package holds one model, with a branch for each.
        conclusion: of the sweep; it has a test evaluation.
        name: of the model's folder in that of the sweep.
        own: what it must say of the test part; None: what `network` says.
        refit: what serves; None: what was evaluated.

    Returns:
        The model's folder.

    Raises:
        StateError: the disk refuses.
    """
    load_mlflow()
    with (
        writing(folder / name, "the packaged winner"),
        tempfile.TemporaryDirectory(dir=folder, prefix=ASIDE) as aside,
    ):
        model, served = _save(Path(aside), problem, network, conclusion, refit)
        loaded = load(model)
        _compare(model, loaded, problem, network, own, refit)
        _tell_cost(model, loaded)
        if problem.config.package.onnx and network.branches:  # a baseline has none
            _export(model, served, *((problem, network) if refit is None else (refit.problem, refit.network)))
        seal(model, loaded)
        shutil.rmtree(folder / name, ignore_errors=True)
        return model.rename(folder / name)


def packaged_evaluation(model: Path) -> tuple[str, int, str] | None:
    """What a package holds, as `evaluation_of` says it; None: there is none."""
    try:
        origin = read_state(model / "artifacts" / "spec.json", Packaged, partly=True).lineage
    except StateError:
        return None  # then it is packaged anew
    return (origin.run, origin.test_evaluation, origin.details) if (model / PARITY).exists() else None


def evaluation_of(conclusion: Conclusion, is_refitted: bool) -> tuple[str, int, str]:
    """What a package holds: its name, see `name_of`, the number of its test evaluation, a digest of what else it tells.

    Args:
        conclusion: of the sweep, or of a baseline; it has a test evaluation.
        is_refitted: whether what serves was trained once more on all of the data.
    """
    evaluation = conclusion.evaluation
    assert evaluation is not None
    told = [evaluation.details, [asdict(trial) for trial in conclusion.front], dict(conclusion.bounds)]
    details = json.dumps(told, sort_keys=True).encode()
    return name_of(evaluation.run, is_refitted), evaluation.number, hashlib.sha256(details).hexdigest()[:12]


def what_serves(model: Path) -> str:
    """What a package has learned from, in words; empty: there is none.

    Args:
        model: its folder.
    """
    try:
        again = read_state(model / "artifacts" / "spec.json", Packaged, partly=True).lineage.refit
    except StateError:
        return ""
    if again is None:
        return "what was scored: it has learned from train alone"
    epochs = f", for {' and '.join(map(str, again.epochs))} epochs" if again.epochs else ""
    return f"the same, trained once more on all {again.data}{epochs}"


def requirements(further: Sequence[str] = (), has_network: bool = True) -> list[str]:
    """What a model needs, pinned to what it was made with.

    Args:
        further: libraries that not every model needs.
        has_network: a baseline has none.
    """
    pins = [f"{name}=={version(name)}" for name in ("mlflow", "numpy", "pandas", *further)]
    if not has_network:
        return pins
    pins.append(f"keras=={version('keras')}")
    for name in ("tensorflow", "tensorflow-cpu"):
        try:
            return [*pins, f"{name}=={version(name)}"]
        except PackageNotFoundError:
            continue
    return [*pins, "tensorflow"]


def name_of(run: str, is_refitted: bool) -> str:
    """What is packaged, by a name that a registry tells it from others by.

    Args:
        run: `TestEvaluation.run`.
        is_refitted: whether it was trained once more on all of the data.
    """
    return f"{run}{REFITTED}" if is_refitted else run


def _save(
    aside: Path, problem: Problem, network: Network, conclusion: Conclusion, refit: Refit | None
) -> tuple[Path, Served]:
    import mlflow

    origin, evaluation = _origin(network, conclusion, refit), conclusion.evaluation
    assert evaluation is not None  # without an evaluation there is no winner to package
    data, serves = (problem.data, network) if refit is None else (refit.problem.data, refit.network)
    served = problem.task.served(data, serves.view, serves.params, evaluation.details)
    artifacts, told = _written(aside, SERVES, served, serves, origin), served.card
    if refit is not None:
        scored = problem.task.served(problem.data, network.view, network.params, evaluation.details)
        artifacts |= _written(aside, EVALUATED, scored, network, origin)
        told = replace(told, data=scored.card.data, more=scored.card.more)  # of the parts, and of what they showed
    code = write_code(aside, served.predictor)
    with importing_from(aside):
        mlflow.pyfunc.save_model(
            aside / MODEL,
            python_model=str(aside / LOADER),
            code_paths=[str(code)],
            artifacts=artifacts,
            signature=_signature(served),
            input_example=served.example,
            pip_requirements=requirements(served.requires, bool(network.branches)),
            metadata={"sweep": conclusion.fingerprint, "study": conclusion.study},
        )
    text = card(told, problem.data, conclusion, origin, None if refit is None else data)
    (aside / MODEL / CARD).write_text(text, encoding="utf-8")
    return aside / MODEL, served


def _origin(network: Network, conclusion: Conclusion, refit: Refit | None) -> dict[str, Any]:
    """Where a package comes from."""
    assert conclusion.evaluation is not None
    evaluation = conclusion.evaluation
    run, number, details = evaluation_of(conclusion, refit is not None)
    return {
        "study": conclusion.study,
        "sweep": conclusion.fingerprint,
        "run": run,
        "networks": list(evaluation.networks),
        "test_evaluation": number,
        "details": details,
        "seeds": list(network.seeds),
        "refit": None
        if refit is None
        else {"runs": list(refit.runs), "epochs": list(refit.epochs), "data": refit.problem.data.extent()},
        **lineage(),
    }


def _written(aside: Path, names: Mapping[str, str], served: Served, network: Network, origin: Any) -> dict[str, str]:
    """The files of a network and what its predictor is told, by the names that MLflow calls them."""
    (model, spec), content = names.items(), {**served.spec, "line": served.line, "format": FORMAT, "lineage": origin}
    (aside / spec[1]).write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
    if network.branches:  # a baseline has none
        plain_model(network).save(aside / model[1])
    return {name: str(aside / file) for name, file in names.items() if (aside / file).exists()}


def plain_model(network: Network) -> keras.Model:
    """In layers of Keras alone, a branch each where it is the mean of several."""
    from seqsweep.model.ensemble import mean_of

    branches = list(map(to_keras, network.branches))
    return branches[0] if len(branches) == 1 else mean_of(network.task, branches)


def _tell_cost(model: Path, loaded: Loaded) -> None:
    """Measure what the model costs, keep it beside it, and tell it on its card."""
    cost = measure(model, loaded)
    save_cost(model, cost)
    card = model / CARD
    card.write_text(f"{card.read_text(encoding='utf-8')}\n- {cost.said}\n", encoding="utf-8")


def _export(model: Path, served: Served, problem: Problem, network: Network) -> None:
    """Write what serves as an ONNX file beside what MLflow loads, and tell it on its card."""
    graph = served.graph or alone(network.view)
    exported = write_export(model, graph, plain_model(network), network.call, problem.data.split().test)
    card = model / CARD
    card.write_text(f"{card.read_text(encoding='utf-8')}\n{describe_export(graph, exported)}", encoding="utf-8")


def _compare(
    model: Path, loaded: Loaded, problem: Problem, network: Network, own: Predictions | None, refit: Refit | None
) -> None:
    """Keep how far answers lie from what networks say: those of what serves, and of what was evaluated beside it."""
    found = [_parity(as_evaluated(model, loaded), problem, network, own)]
    if refit is not None:
        found.append(_parity(loaded, refit.problem, refit.network))
    save_parity(model, max(found, key=lambda parity: parity.largest))


def _parity(loaded: Loaded, problem: Problem, network: Network, own: Predictions | None = None) -> Parity:
    items = problem.data.split().test
    asked = sample(items)
    own = network.predict(items[asked]) if own is None else own[asked]
    found = compare(ask(problem.task, problem.data, loaded, items[asked]), problem.task.answered(own))
    return found if len(asked) == len(items) else replace(found, of=len(items))


def _signature(served: Served) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    anything = AnyType()  # type: ignore[no-untyped-call]
    # Any type: columns of doubles would refuse whole numbers.
    inputs: list[Any] = [ColSpec(anything, name, required=required) for name, required in served.inputs]
    outputs: list[Any] = [
        ColSpec(anything if kind == "any" else DataType[kind], name, required=required)
        for name, kind, required in served.outputs
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))
