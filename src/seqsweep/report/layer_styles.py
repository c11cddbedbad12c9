"""One colour and one mark a layer type, the same in every figure of every page."""

from __future__ import annotations

from seqsweep.html import theme

OTHER = "trial"  # of a record that names no layer


def layer_style(layer: str) -> tuple[str, str]:
    """The colour and the mark of a layer type: by its place in the catalog, whatever else a sweep tries.

    Args:
        layer: its name; one that is in no catalog, or none, has the last ones.
    """
    from seqsweep.layers import LAYERS

    known = list(LAYERS)
    place = known.index(layer) % (len(theme.COLOURS) - 1) if layer in known else len(theme.COLOURS) - 1
    return theme.COLOURS[place], theme.SYMBOLS[place]
