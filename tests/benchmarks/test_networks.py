"""What is paid beside the network itself: part of ``make bench``. Ratios of medians within one run."""

from __future__ import annotations

import json
import statistics
import time
import warnings

import numpy as np
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.numerics.flows import flow_errors
from myograft.numerics.pieces import largest_pieces, without_holes
from myograft.numerics.resample import downsample_mean
from myograft.numerics.sinks import FLOW_UNIT, objects_of_flows
from myograft.phantom import Phantom, PhantomSpec
from myograft.read import read_weights, weights_path
from myograft.segment import EngineName, FiberNetworkSettings, FlowNetwork, load_network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def median_s(times_n, action):
    """Median time of an action in seconds, after one time that does not count."""
    action()
    seconds = []
    for _ in range(times_n):
        begun = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


@pytest.fixture(scope="module")
def method():
    return FlowNetwork(FiberNetworkSettings())


@pytest.fixture(scope="module")
def network():
    path = weights_path("shipped", "fibers")
    return load_network(read_weights(path).content, EngineName.OPENVINO, str(path))


@pytest.fixture(scope="module")
def stain():
    phantom = Phantom(PhantomSpec(2048, 2048, 0.5, seed=5, panel="laminin_dapi"))
    return phantom.region(phantom.whole).pixels[0][0]


def test_segmentation_costs_little_more_than_its_forward_passes(method, network, stain, tmp_path):
    """Reading, scaling, forward passes, flows, joining tiles, labels and their pyramid, over forward passes alone."""
    plane = np.tile(np.concatenate([stain, stain[::-1]]), (1, 2))
    path = tmp_path / "slide.tif"
    tifffile.imwrite(path, plane, tile=(512, 512), compression="zlib", metadata={"axes": "YX"})
    settings = load_settings(
        None, ["read.pixel_size_um=0.5", "channels.sarcolemma=0", "channels.nuclei=none"]
    )

    def segment(name):
        request = BatchRequest((path,), tmp_path / name, settings, workers_n=1, is_fresh=True)
        assert run_batch(request).failed_n == 0
        record = json.loads((tmp_path / name / "slide" / "run.json").read_text(encoding="utf-8"))
        return record["timings_s"]["fibers"]

    segment("warm")
    whole_s = statistics.median(segment(f"out{number}") for number in range(3))
    edge = method.patch_px + 2 * method.margin_px
    image = np.random.default_rng(0).random((1, 1, edge, edge), np.float32)
    patches_n = int(np.ceil(plane.shape[0] // 2 / method.patch_px)) ** 2
    forward_s = patches_n * median_s(5, lambda: network(image))
    ratio = whole_s / forward_s
    megapixels = plane.size / 1e6
    print(
        f"\nsegmentation {whole_s:.1f} s ({megapixels / whole_s:.1f} MPix/s), forward passes {forward_s:.1f} s"
    )
    print(f"segmentation over forward passes: {ratio:.2f}")
    assert ratio <= 1.6


def test_flows_are_followed_much_faster_than_by_cellpose(method, network, stain, cellpose_dynamics):
    """Following, sinks, largest pieces, holes and the check of flows, against `compute_masks` with its check."""
    image = downsample_mean(stain, 2)
    low, high = np.percentile(image, [1, 99.5])
    fields = method.fields_of(network, ((image - low) / (high - low)).astype(np.float32))
    flows = fields[:2].astype(np.float32) / FLOW_UNIT

    def ours():
        found = without_holes(largest_pieces(objects_of_flows(fields[:2], fields[2] > 0)))
        return found, flow_errors(found, flows)

    def theirs():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return cellpose_dynamics.compute_masks(5.0 * flows, fields[2].astype(np.float32), niter=200)

    found, errors = ours()
    # Cellpose's defaults: what its check drops, and what is smaller than 15 px.
    is_kept = (errors <= 0.4) & (np.bincount(found.ravel()) >= 15)
    assert int(is_kept[1:].sum()) == pytest.approx(int(theirs().max()), rel=0.05)
    ratio = median_s(1, theirs) / median_s(5, ours)
    print(f"\nfollowing flows: {ratio:.0f} times faster than cellpose.dynamics.compute_masks")
    assert ratio >= 20
