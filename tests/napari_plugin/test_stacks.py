"""A result of a stack as layer data: labels of every plane lie on the image's planes, donors in their own."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.phantom import PhantomSpec
from myograft.workflow.simulate import simulate
from napari_myograft.layers import result_layers


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    spec = PhantomSpec(400, 400, 0.5, seed=3, planes_n=4, thickness_um=8.0, donor_fraction=0.2, snr=30.0)
    image = simulate(spec, folder / "stack.ome.tif").image
    chosen = ["stitch.planes.nuclei=linked", "segment.nuclei.patch_px=256", "channels.sarcolemma=none"]
    settings = load_settings(
        "laminin_dapi_lamin_ac",
        [
            *chosen,
            "assign.origin.method=fixed",
            "assign.origin.fixed_threshold=4",
            "assign.origin.min_nuclei=10",
        ],
    )
    assert run_batch(BatchRequest(inputs=(image,), out=folder, settings=settings)).failed_n == 0
    return result_layers(open_result(folder / "stack"))


def test_nuclei_of_every_plane_lie_on_the_image(layers):
    viewer = ViewerModel()
    for layer in layers:
        viewer.add_layer(Layer.create(*layer))
    image, nuclei = viewer.layers[0], next(layer for layer in viewer.layers if "nuclei" in layer.name)
    assert nuclei.ndim == 3
    np.testing.assert_allclose(nuclei.extent.world, image.extent.world, atol=0.7)


def test_donors_are_points_in_their_planes(layers):
    [points] = [layer for layer in layers if layer[2] == "points"]
    assert points[0].shape[1] == 3
    assert len(points[0])
    assert set(points[0][:, 0].tolist()) <= {0.0, 2.0, 4.0, 6.0}
    assert Layer.create(*points).ndim == 3
