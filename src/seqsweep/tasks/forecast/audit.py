"""The leak audit: nothing that a trial learns or forecasts may move when what comes later is replaced by noise.

A test by its effects, not by reading code: it also finds a leak that nobody thought of, in any pipeline that makes
`Windows` from a series. It looks at no score, so it may touch the test part.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seqsweep.data import Series
from seqsweep.data.series import fingerprint
from seqsweep.events import TrialParams
from seqsweep.schema import WindowsConfig
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.forecast.learnable import told_by_the_target
from seqsweep.tasks.forecast.panel_split import PanelSplit
from seqsweep.tasks.forecast.panel_windows import PanelWindows, make_panel_windows
from seqsweep.tasks.forecast.panel_windows import Solve as PanelSolve
from seqsweep.tasks.forecast.split import Split
from seqsweep.tasks.forecast.windows import Solve, Windows, make_windows
from seqsweep.tasks.results import Audit
from seqsweep.words import counted

Origins: TypeAlias = Int64s
AnySplit: TypeAlias = Split | PanelSplit
AnyWindows: TypeAlias = Windows | PanelWindows
MakeSplit: TypeAlias = Callable[[Series], AnySplit]
See: TypeAlias = Callable[[Series, Any], AnyWindows]
Forecaster: TypeAlias = Callable[[Any, Origins], Float64s]

_SAMPLE = 2000  # forecasts compared at a cut: half of them the nearest, half spread over all before
_CHUNK = 2**22  # numbers of inputs that are held at once: 16 MB


@dataclass(frozen=True)
class NoiseAudit(Audit):
    """The verdict, and where it looked.

    Args:
        cuts: rows from which on everything was replaced, one after the other; ascending.
    """

    cuts: tuple[int, ...] = ()


def pipeline(params: TrialParams, season: int | None, solve: Solve | None = None) -> See:
    """The pipeline of a trial as it is: what `audit` is to judge.

    Args:
        params: the trial's hyperparameters.
        season: rows a season; None where there is none.
        solve: fits the ridge of a trial that has one, with a window and a penalty that are given.
    """
    return lambda series, split: make_windows(series, split, params, season, solve)


def panel_pipeline(
    params: TrialParams, season: int | None, config: WindowsConfig, solve: PanelSolve | None = None
) -> See:
    """Likewise of a trial on several series.

    Args:
        params: the trial's hyperparameters.
        season: rows a season; None where there is none.
        config: how series are scaled.
        solve: as of `pipeline`.
    """
    return lambda series, split: make_panel_windows(series, split, params, season, config, solve)


def audit(
    series: Series, make_split: MakeSplit, see: See, forecast: Forecaster | None = None, seed: int = 0
) -> NoiseAudit:
    """Replace what is not known ahead from a row on by noise, rebuild, and compare to the bit; at several rows.

    The cuts are the first rows of validation and test, and rows within both. At each cut it compares the split itself,
    the state of the transform, scaled rows and anchors before the cut, training inputs and targets, the inputs of all
    origins before the cut, and forecasts from up to 2,000 of them. It also asks whether train and validation hold
    forecasts, whether the targets of each part lie within it, and whether the pipeline looked at the noise at all.

    Args:
        series: what is forecast.
        make_split: series → split, by the rules of the sweep; asked again at each cut, as a split may depend on values.
        see: series and split → windows; `pipeline` gives that of a trial.
        forecast: windows and origins (n,) → forecasts (n, horizon) in the unit of the data, by a network that is
            trained already, from the windows that it is handed; None: forecasts are not judged.
        seed: of the noise.

    Raises:
        ValueError: `forecast` answers with another number of forecasts than it was asked for.
    """
    split = make_split(series)
    findings = [*_misplaced(split), *told_by_the_target(series, split.train_rows)]
    before = see(series, split)
    cuts = _cuts(split)
    for cut in cuts:
        noisy = _replaced(series, split.rows_before(cut), cut, seed)
        moved = _moved(before, noisy, cut, make_split, see, forecast)
        findings += [f"with noise from row {cut} on, {what}" for what in moved]
    checked = f"noise after each of {counted(len(cuts), 'cut')} moves nothing before it"
    return NoiseAudit(not findings, checked, tuple(findings), cuts)


def _cuts(split: AnySplit) -> tuple[int, ...]:
    """The first rows of validation and test, two rows within validation, one within test; of a panel all its times."""
    split = split.whole if isinstance(split, PanelSplit) else split
    validation, test = split.validation_end - split.train_end, split.rows - split.validation_end
    within = {split.train_end + validation // 3, split.train_end + 2 * validation // 3}
    cuts = {split.train_end, split.validation_end, split.validation_end + test // 2} | within
    return tuple(sorted(cut for cut in cuts if cut < split.rows))


def _replaced(series: Series, before: Origins, cut: int, seed: int) -> Series:
    """The series with noise in all columns that are not known ahead, in all rows but those before a cut.

    It leaves the range of the data, so that a scaler by the smallest and largest value moves too. Where no value is
    negative no noise is; where all are above -1 it is not below the smallest: log(1 + y) stays possible.
    """
    values = series.values
    low, high = values.min(axis=0), values.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    floor = np.where(low >= 0, 0.0, np.where(low > -1, low, -np.inf))
    later = np.ones(len(values), np.bool_)
    later[before] = False
    drawn = np.random.default_rng([seed, cut]).normal(size=(int(later.sum()), values.shape[1]))
    noise = values.mean(axis=0) + 2 * spread * drawn
    noisy = values.copy()
    with np.errstate(invalid="ignore"):  # inf - inf where there is no floor; `where` drops it
        noise = np.where(np.isfinite(floor), floor + np.abs(noise - floor), noise)
    unknown = len(series.columns) - series.known
    noisy[later, :unknown] = noise[:, :unknown]
    sha256 = fingerprint(noisy, series.columns, series.index)
    return dataclasses.replace(series, values=noisy, sha256=sha256)


def _misplaced(split: AnySplit) -> list[str]:
    """What is wrong with the parts as such: one that is empty, or holds targets of another."""
    if isinstance(split, PanelSplit):
        found = [finding for member in split.members for finding in _misplaced(member) if "holds no" not in finding]
        empty = [part for part in ("train", "validation") if not len(getattr(split, part))]
        return found + [f"the {part} part holds no forecast" for part in empty]
    starts = {"train": 0, "validation": split.train_end, "test": split.validation_end}
    ends = {"train": split.train_end, "validation": split.validation_end, "test": split.rows}
    found = []
    for part, start in starts.items():
        origins: Origins = getattr(split, part)
        strangers = np.count_nonzero((origins + 1 < start) | (origins + split.horizon >= ends[part]))
        if len(origins) == 0 and part != "test":  # a fold may come without
            found.append(f"the {part} part holds no forecast")
        if strangers:
            found.append(
                f"{strangers} of {len(origins)} forecasts of the {part} part have targets outside its rows "
                f"{start} to {ends[part] - 1}: the split is not by time"
            )
    return found


def _moved(
    before: AnyWindows, noisy: Series, cut: int, make_split: MakeSplit, see: See, forecast: Forecaster | None
) -> Iterator[str]:
    """What differs before the cut between the windows of the series and those of the noisy one."""
    split = make_split(noisy)
    if not _same_parts(before.split, split):
        yield "the split moved: it depends on values, later ones among them"
        return  # nothing else can be compared
    after = see(noisy, split)
    if not _same(after.values, noisy.values):
        yield "the windows do not hold the noise: the pipeline ignores its series, and nothing can be said of it"
        return
    yield from _moved_state(before, after, split.rows_before(cut))
    # What is known ahead is read beyond an origin, so that its rows must be there.
    origins = split.origins_before(cut, ahead=noisy.known > 0)
    pairs = list(zip(before.inputs, after.inputs, strict=True))
    for one, other in pairs:
        yield from _first_moved("training inputs", one, other, split.train, before)
    yield from _first_moved("training targets", before.targets, after.targets, split.train, before)
    others = np.setdiff1d(origins, split.train)
    for one, other in pairs:
        yield from _first_moved("inputs of origins before that row", one, other, others, before)
    if forecast is not None:
        sample = _sample(origins)
        said, says = _asked(forecast, before, sample), _asked(forecast, after, sample)
        yield from _difference("forecasts from origins before that row", said, says, sample)


def _moved_state(before: AnyWindows, after: AnyWindows, rows: Origins) -> Iterator[str]:
    """What differs in the transform, in the ridge, in scaled rows and in anchors."""
    names = [field.name for field in dataclasses.fields(before.transform)]
    pairs = list(zip(_transforms(before), _transforms(after), strict=True))
    fitted = [
        name for name in names if not all(_same(getattr(one, name), getattr(other, name)) for one, other in pairs)
    ]
    if fitted:
        yield f"the transform's {' and '.join(fitted)} moved: it is fitted on more than train"
    paths = [None if windows.path is None else windows.path.weights for windows in (before, after)]
    if not _same(*paths):
        yield "the ridge's weights moved: they are fitted to more than train"
    yield from _difference("scaled rows before it", before.scaled[rows], after.scaled[rows], rows, "row")
    if before.anchors is not None and after.anchors is not None:
        yield from _difference("anchors before it", before.anchors[rows], after.anchors[rows], rows, "row")
    elif before.anchors is not after.anchors:
        yield "anchors appeared or vanished"


def _transforms(windows: AnyWindows) -> tuple[Transform, ...]:
    return windows.transforms if isinstance(windows, PanelWindows) else (windows.transform,)


def _first_moved(
    what: str,
    before: Gather,
    after: Gather,
    origins: Origins,
    windows: AnyWindows,
) -> Iterator[str]:
    """The finding for what is gathered at origins, a part at a time: all windows at once would not fit in memory."""
    step = max(1, _CHUNK // (windows.window * windows.values.shape[1]))
    for start in range(0, len(origins), step):
        part = origins[start : start + step]
        for finding in _difference(what, before.numpy(part), after.numpy(part), part):
            yield finding
            return


def _difference(
    what: str, before: NDArray[Any], after: NDArray[Any], places: Origins, kind: str = "origin"
) -> Iterator[str]:
    """One sentence where two arrays (n, ...) differ in a bit, with the first of the `places` (n,) that does."""
    if _same(before, after):
        return
    if before.shape != after.shape or before.dtype != after.dtype:
        yield f"the {what} changed from {before.shape} {before.dtype} to {after.shape} {after.dtype}"
        return
    differ = (_bits(before) != _bits(after)).reshape(len(before), -1).any(axis=1)
    yield f"the {what} moved, first at {kind} {places[differ][0]}"


def _sample(origins: Origins) -> Origins:
    """At most 2,000 of them, ascending: the last ones, where a peek by a few rows shows, and some all over."""
    if len(origins) <= _SAMPLE:
        return origins
    near = len(origins) - _SAMPLE // 2
    spread = np.linspace(0, near - 1, _SAMPLE // 2).astype(np.int64)
    return np.concatenate([origins[spread], origins[near:]])


def _asked(forecast: Forecaster, windows: AnyWindows, origins: Origins) -> Float64s:
    result = np.asarray(forecast(windows, origins))
    if len(result) != len(origins):
        raise ValueError(f"asked for forecasts from {len(origins)} origins, received {len(result)}")
    return result


def _same_parts(one: AnySplit, other: AnySplit) -> bool:
    """Whether two splits say the same; the parts are asked too, as a kind of split may make them in its own way."""
    known = [field.name for field in dataclasses.fields(one) if field.compare]
    numbers = all(getattr(one, name) == getattr(other, name) for name in known)
    return numbers and all(_same(getattr(one, part), getattr(other, part)) for part in ("train", "validation", "test"))


def _same(one: object, other: object) -> bool:
    """Whether two values are equal, arrays to the bit: NaN equals itself, 0 is not -0."""
    if not (isinstance(one, np.ndarray | np.generic) and isinstance(other, np.ndarray | np.generic)):
        return one == other
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool(np.array_equal(_bits(one), _bits(other)))


def _bits(array: NDArray[Any] | np.generic) -> NDArray[Any]:
    """The same memory as whole numbers of its size."""
    return np.ascontiguousarray(array).view(f"u{array.itemsize}")
