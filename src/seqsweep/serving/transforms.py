"""The target as a network sees it, and forecasts back in the unit of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .array_types import Float32s, Float64s, Int64s


def difference_lags(lags: Iterable[int]) -> Float64s:
    """The coefficients of differencing at each of these lags in turn, (sum of lags + 1,): of y[t], y[t-1], and so on.

    The product of (1 - B^lag) for each.
    """
    result = np.ones(1)
    for lag in lags:
        result = np.convolve(result, np.r_[1.0, np.zeros(lag - 1), -1.0])
    return result


@dataclass(frozen=True)
class Transform:
    """Clip, then log(1 + y), then difference: of the target alone; then a linear scale of every column.

    All that it knows comes from train rows. Clipping cannot be undone: forecasts stay within train's quantiles, and
    scores compare them with what really happened.
    """

    clip: tuple[float, float] | None
    log1p: bool
    lags: Float64s  # coefficients of the differencing polynomial, (order + 1,), the first is 1
    offset: Float64s  # (columns,)
    scale: Float64s  # (columns,)

    @property
    def n_dropped(self) -> int:
        """Rows at the start that differencing leaves without a value."""
        return len(self.lags) - 1

    def transform(self, values: Float64s) -> Float32s:
        """What a network sees: (time, columns) → (time, columns); the first `n_dropped` rows of the target are 0."""
        result = (self.difference(values) - self.offset) / self.scale
        result[: self.n_dropped, 0] = 0.0
        return result.astype(np.float32, order="C")  # windows are cut fast where rows lie in one piece

    def inverse_transform(self, values: Float64s, origins: Int64s, predicted: Float64s) -> Float64s:
        """Forecasts in the unit of the data.

        Args:
            values: the series (time, columns); rows up to each origin are used, later ones are not.
            origins: (n,), the last row that each forecast may see.
            predicted: (n, horizon), scaled.

        Returns:
            (n, horizon)
        """
        change = np.asarray(predicted, np.float64) * self.scale[0] + self.offset[0]
        if self.n_dropped == 0:
            return self._unit(change)
        level = self._level(values[:, 0])
        past = level[origins[:, None] - np.arange(self.n_dropped)]  # (n, n_dropped), the latest first
        steps = []
        for step in range(change.shape[1]):
            # (1-B)^d (1-B^s)^D y = z, solved for the newest y; what is not yet observed is itself a forecast.
            value = change[:, step] - past @ self.lags[1:]
            past = np.column_stack([value, past[:, :-1]])
            steps.append(value)
        return self._unit(np.column_stack(steps))

    def difference(self, values: Float64s) -> Float64s:
        """(time, columns) → (time, columns): the target clipped, in logs and differenced, nothing scaled yet."""
        result = values.astype(np.float64, copy=True)
        level = self._level(values[:, 0])
        result[:, 0] = np.convolve(level, self.lags)[: len(level)] if self.n_dropped else level
        return result

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same transform to the bit."""
        arrays = {name: np.asarray(getattr(self, name), np.float64).tolist() for name in ("lags", "offset", "scale")}
        return {"clip": None if self.clip is None else list(self.clip), "log1p": self.log1p, **arrays}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Transform:
        """The transform that `to_json` wrote down."""
        lags, offset, scale = (np.array(content[name], np.float64) for name in ("lags", "offset", "scale"))
        clip = None if content["clip"] is None else (float(content["clip"][0]), float(content["clip"][1]))
        return cls(clip, bool(content["log1p"]), lags, offset, scale)

    def _level(self, target: Float64s) -> Float64s:
        """The target (time,) clipped and in logs: what is differenced."""
        if self.clip is not None:
            target = np.clip(target, *self.clip)
        return np.log1p(target) if self.log1p else target

    def _unit(self, level: Float64s) -> Float64s:
        with np.errstate(over="ignore"):  # an overflow is a diverged forecast, which its score will show
            return np.expm1(level) if self.log1p else level
