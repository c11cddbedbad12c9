"""Networks that translate: what they read of a text, and what they must not."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from points import POINT

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("kernels", ["fast", "keras"])
@pytest.mark.parametrize("attention", ["none", "additive"])
def test_what_lies_behind_the_end_of_a_text_changes_nothing_that_is_said(attention, kernels):
    import keras

    from seqsweep.tasks.translate.network import network

    view = SimpleNamespace(source=SimpleNamespace(size=9), target=SimpleNamespace(size=8))
    params = POINT.replace(layer="gru", bidirectional=True, attention=attention, embedding=4)
    short, before = np.array([[2, 5, 3], [4, 4, 6]]), np.array([[1, 2, 3, 4]] * 2)
    said, weights = [], None
    for text in (short, np.pad(short, [(0, 0), (0, 5)])):
        inputs = keras.Input((text.shape[1],), dtype="int32"), keras.Input((4,), dtype="int32")
        model = keras.Model(list(inputs), network(view, params, inputs, kernels, list(range(8))))
        model.set_weights(weights or model.get_weights())
        weights = model.get_weights()
        said.append(np.asarray(model([text, before])))
    np.testing.assert_allclose(said[0], said[1], atol=1e-6)
