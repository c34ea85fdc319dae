"""What every segmentation method promises, and what the shipped ones find."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from myograft.evaluate import evaluate_labels
from myograft.model.geometry import Region
from myograft.numerics.resample import downsample_mean, upsample_labels
from myograft.phantom import Phantom, PhantomSpec
from myograft.prepare import PrepareSettings, find_normalization, find_tissue, survey_tile
from myograft.read import read_weights, weights_path
from myograft.segment import (
    EngineName,
    FiberNetworkSettings,
    FiberWatershedSettings,
    FlowNetwork,
    NucleusNetworkSettings,
    NucleusWatershedSettings,
    fiber_method,
    load_network,
    nucleus_method,
)
from myograft.tiling import WorkingGrid


class Asked:
    """A network and its method in one, so that it is asked like any other."""

    def __init__(self, kind, method: FlowNetwork):
        self.kind, self.method = kind, method

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.method, name)

    def segment(self, image, um_per_px, tissue):
        path = weights_path("shipped", self.kind)
        network = load_network(read_weights(path).content, EngineName.OPENVINO, str(path))
        return np.where(tissue, self.method.outline(network, image, um_per_px), 0).astype(np.uint32)


FIBERS = [
    fiber_method(FiberWatershedSettings()),
    Asked("fibers", FlowNetwork(FiberNetworkSettings())),
]
NUCLEI = [
    nucleus_method(NucleusWatershedSettings()),
    Asked("nuclei", FlowNetwork(NucleusNetworkSettings())),
]
METHODS = [*FIBERS, *NUCLEI]


def name_of(method):
    return getattr(method, "kind", type(method).__name__)


SPEC = PhantomSpec(840, 840, 0.5, seed=17, snr=30.0)


@pytest.fixture(scope="module")
def phantom():
    made = Phantom(SPEC)
    return made.region(made.whole)


def outlined(method, counts, tissue_from):
    settings = PrepareSettings()
    survey = survey_tile(counts, 1)
    tissue = find_tissue(survey_tile(tissue_from, 1).mean, counts.shape, SPEC.pixel_size_um, 1, settings)
    factor = WorkingGrid.nearest(SPEC.pixel_size_um, method.working_um_per_px).down
    image = find_normalization(survey, tissue, settings, "").apply(downsample_mean(counts, factor))
    mask = tissue.crop(Region(0, 0, *counts.shape), factor)
    labels = upsample_labels(method.segment(image, SPEC.pixel_size_um * factor, mask), factor, counts.shape)
    area = np.bincount(labels.ravel())
    labels[(area < method.min_area_um2 / SPEC.pixel_size_um**2)[labels]] = 0
    return labels


@pytest.mark.parametrize("method", METHODS, ids=name_of)
class TestContract:
    def test_labels_fit_the_image(self, method):
        image = np.random.default_rng(0).normal(0.3, 0.3, (90, 110)).astype(np.float32)
        labels = method.segment(image, method.working_um_per_px, np.ones(image.shape, bool))
        assert labels.shape == image.shape
        assert labels.dtype == np.uint32

    @pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (5, 5), (64, 64)])
    @pytest.mark.parametrize("value", [0.0, 1.0])
    def test_an_image_without_structure_has_no_objects(self, method, shape, value):
        image = np.full(shape, value, np.float32)
        assert method.segment(image, method.working_um_per_px, np.ones(shape, bool)).max() == 0

    def test_the_same_image_gives_the_same_labels(self, method, phantom):
        channel = 0 if method in FIBERS else 1
        image = (phantom.pixels[0, channel, :400, :400].astype(np.float32) - 100) / 400
        mask = np.ones(image.shape, bool)
        first = method.segment(image, 0.6, mask)
        assert first.max() > 5
        assert np.array_equal(first, method.segment(image.copy(), 0.6, mask))

    def test_it_travels_to_a_worker(self, method):
        twin = pickle.loads(pickle.dumps(method))  # noqa: S301  # our own bytes
        assert twin.halo_um == method.halo_um
        assert method.min_area_um2 > 0


@pytest.mark.parametrize("method", FIBERS, ids=name_of)
def test_fibers_of_a_phantom(phantom, method):
    labels = outlined(method, phantom.pixels[0, 0], phantom.pixels[0, 0])
    figures = evaluate_labels(labels, phantom.fibers, iou=0.5, ignore_edge=True)
    # Holes that look like fibers are the watershed's known weakness.
    assert figures.recall > 0.93
    assert figures.f1 > 0.85
    assert figures.mean_matched_iou > 0.9


@pytest.mark.parametrize("method", NUCLEI, ids=name_of)
def test_nuclei_of_a_phantom(phantom, method):
    labels = outlined(method, phantom.pixels[0, 1], phantom.pixels[0, 0])
    figures = evaluate_labels(labels, phantom.nuclei, iou=0.5, ignore_edge=True)
    assert figures.f1 > 0.88


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_nothing_is_invented_on_glass(method):
    """Noise on an empty tile, scaled by the plane's brightness (SCIENCE, known trap 4)."""
    noise = np.random.default_rng(1).normal(0.02, 0.03, (300, 300)).astype(np.float32)
    labels = method.segment(noise, method.working_um_per_px, np.zeros(noise.shape, bool))
    area = np.bincount(labels.ravel())[1:] * method.working_um_per_px**2
    assert (area >= method.min_area_um2).sum() == 0


def test_an_offset_makes_fibers_smaller(phantom):
    wide = outlined(fiber_method(FiberWatershedSettings(boundary_offset_um=0.0)), *[phantom.pixels[0, 0]] * 2)
    narrow = outlined(
        fiber_method(FiberWatershedSettings(boundary_offset_um=-3.0)), *[phantom.pixels[0, 0]] * 2
    )
    assert (narrow > 0).sum() < 0.95 * (wide > 0).sum()


def test_a_higher_outline_level_makes_nuclei_smaller(phantom):
    low = outlined(
        nucleus_method(NucleusWatershedSettings(outline_level=0.3)),
        phantom.pixels[0, 1],
        phantom.pixels[0, 0],
    )
    high = outlined(
        nucleus_method(NucleusWatershedSettings(outline_level=0.8)),
        phantom.pixels[0, 1],
        phantom.pixels[0, 0],
    )
    assert (high > 0).sum() < 0.8 * (low > 0).sum()
