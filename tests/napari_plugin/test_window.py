"""The result in a real napari window, as a user sees it."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.gui


def test_a_result_dropped_on_the_window_is_seen(make_napari_viewer_proxy, result_folder):
    viewer = make_napari_viewer_proxy(show=True)
    layers = viewer.open(str(result_folder), plugin="myograft")
    assert len(layers) == 6
    viewer.layers[0].visible = True
    picture = viewer.screenshot(canvas_only=True)
    # Black means that nothing was drawn.
    assert np.asarray(picture)[..., :3].std() > 5


def test_the_sample_is_in_the_menu(make_napari_viewer_proxy):
    viewer = make_napari_viewer_proxy(show=True)
    viewer.open_sample("myograft", "engrafted")
    assert len(viewer.layers) == 3
    assert np.asarray(viewer.screenshot(canvas_only=True))[..., :3].std() > 2
