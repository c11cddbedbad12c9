"""What a step takes from an array for each of its items: said once, done by NumPy or inside a graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .array_types import Int64s

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class Gather:
    """Rows of an array around each item, minus a row of anchors; or an item's own row alone.

    NumPy and the graph give the same bits: both copy, then subtract.

    Args:
        array: (time, columns) or (time,). Further axes are kept. Rows that do not lie in one piece are copied once.
        offsets: rows to take, relative to an item's own; ascending. None: an item's own row, without an axis of rows.
        anchors: (time, columns) or (time,) as the array; its row at an item is taken off all rows of that item.
    """

    array: NDArray[Any]
    offsets: range | None = None
    anchors: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        """Put rows in one piece: NumPy then copies an item in one stretch.

        Raises:
            ValueError: there are anchors and no rows to take them off.
        """
        if self.offsets is None and self.anchors is not None:
            raise ValueError("anchors are taken off rows around an item; give offsets")
        if self.array.ndim > 1:
            object.__setattr__(self, "array", np.ascontiguousarray(self.array))

    def numpy(self, items: Int64s) -> NDArray[Any]:
        """(n,) → (n, offsets, columns), or (n, offsets) of an array (time,); without offsets (n, columns), or (n,)."""
        if self.offsets is None:
            return self.array[items]
        columns = self.array.shape[1:]
        width = math.prod(columns)
        span = self.offsets[-1] - self.offsets[0] + 1 if self.offsets else 0
        views = sliding_window_view(self.array.reshape(-1), span * width)
        rows = views[(items + self.offsets.start) * width].reshape(len(items), span, *columns)
        taken = rows[:, :: self.offsets.step]
        if self.anchors is not None:
            _subtract(taken, self.anchors[items])
        return taken

    def tensor(self, items: tf.Tensor) -> tf.Tensor:
        """What `numpy` gives, for items (n,) of int32 inside a graph."""
        import tensorflow as tf

        array, offsets, anchors = self._constants
        if offsets is None:
            return tf.gather(array, items)
        taken = tf.gather(array, items[:, None] + offsets)
        return taken if anchors is None else taken - tf.gather(anchors, items)[:, None]

    @cached_property
    def _constants(self) -> tuple[tf.Tensor, tf.Tensor | None, tf.Tensor | None]:
        """Array, offsets and anchors as tensors that every graph can use, made once."""
        import tensorflow as tf

        with tf.init_scope():  # else they would belong to the graph that asked first
            anchors = None if self.anchors is None else tf.constant(self.anchors)
            offsets = None if self.offsets is None else tf.constant(np.asarray(self.offsets, np.int32))
            return tf.constant(self.array), offsets, anchors


def _subtract(taken: NDArray[Any], anchors: NDArray[Any]) -> None:
    """Take anchors (n, columns) or (n,) off rows (n, offsets, columns) or (n, offsets), in place."""
    if taken.ndim != 3:
        taken -= anchors[:, None]
        return
    for column in range(taken.shape[2]):  # one by one, for long inner loops: three times as fast as all at once
        block = taken[:, :, column]
        block -= anchors[:, column, None]
