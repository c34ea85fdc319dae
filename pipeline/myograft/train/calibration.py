"""How likely an outline is right: learned on scenes with known truth that the network was not trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
import scipy

from myograft.model.arrays import Array, Image, Labels
from myograft.model.network_card import OutlineCalibration
from myograft.numerics.evidence import EVIDENCE, numbers_at
from myograft.numerics.matching import overlaps
from myograft.numerics.resample import downsample_labels, downsample_mean
from myograft.phantom import PANELS, Phantom, PhantomSpec
from myograft.prepare import PrepareSettings, find_normalization, find_tissue, survey_tile
from myograft.segment import FlowNetwork, Network
from myograft.tiling import WorkingGrid
from myograft.train.fibers import FiberExamples
from myograft.train.nuclei import NucleusExamples
from myograft.train.settings import Kind, TrainSettings

#: Overlap from which an outline is right.
_RIGHT_IOU = 0.5

#: Pull of the weights towards 0, in squared units of a standardized feature's weight per object.
_RIDGE = 1e-3

#: Seeds this far from those of the training.
_APART = 2_000_000

#: Outlines of either kind below which there is nothing to learn from.
_LEAST_N = 20


#: Edge and pixel size of the phantoms that calibration looks at.
_PHANTOM_PX, _PHANTOM_UM = 768, 0.5


def scenes_for(settings: TrainSettings, working_um_per_px: float) -> Iterator[tuple[Image, Labels]]:
    """Yield scenes to calibrate on: drawn as those of the training, and a phantom of every panel and seed.

    Parameters
    ----------
    settings
        The recipe; seeds of the training and of the hard panel are not used.
    working_um_per_px
        Resolution the network sees phantoms at.
    """
    make = FiberExamples if settings.kind == "fibers" else NucleusExamples
    # Whole images, as planes are: what an end within the image cuts would not be known to be cut.
    whole = settings.scenes.model_copy(update={"ended_fraction": 0.0})
    drawn = make(settings.seed + _APART, whole)
    for number in range(settings.scenes.calibration_n):
        images, labels = drawn.scene(number)
        yield images[0], labels
    for panel, seed in product(PANELS, range(settings.scenes.calibration_n // 20)):
        yield _phantom(panel, _APART + seed, settings.kind, working_um_per_px)


def _phantom(panel: str, seed: int, kind: Kind, working_um_per_px: float) -> tuple[Image, Labels]:
    phantom = Phantom(PhantomSpec(_PHANTOM_PX, _PHANTOM_PX, _PHANTOM_UM, seed=seed, panel=panel))
    part = phantom.region(phantom.whole)
    is_fibers = kind == "fibers"
    counts = part.pixels[0, phantom.panel.stains.index("sarcolemma" if is_fibers else "nuclei")]
    knobs = PrepareSettings()
    stained = part.pixels[0, phantom.panel.stains.index("sarcolemma")]
    tissue = find_tissue(survey_tile(stained, 1).mean, counts.shape, _PHANTOM_UM, 1, knobs)
    scale = find_normalization(survey_tile(counts, 1), tissue, knobs, panel)
    down = WorkingGrid.nearest(_PHANTOM_UM, working_um_per_px).down
    image = scale.apply(downsample_mean(counts, down))
    return image, downsample_labels(part.fibers if is_fibers else part.nuclei, down, image.shape)


def calibrate(
    method: FlowNetwork, network: Network, scenes: Iterable[tuple[Image, Labels]]
) -> OutlineCalibration | None:
    """Return the calibration of a network; None where there are too few outlines, right or wrong, to learn from.

    Parameters
    ----------
    method
        How fields become objects.
    network
        Loaded network.
    scenes
        Normalized images at working resolution and their true objects.
    """
    evidence, is_right = [], []
    for image, truth in scenes:
        fields = method.fields_of(network, image)
        labels = method.segment(fields, method.working_um_per_px, np.ones(image.shape, bool))
        numbers, right = judged(labels, truth)
        evidence.append(method.evidence(fields, labels, numbers_at(labels))[numbers])
        is_right.append(right)
    if not evidence:
        return None
    known, right = np.concatenate(evidence), np.concatenate(is_right)
    if min(right.sum(), (~right).sum()) < _LEAST_N:
        return None
    return fit(known, right)


def judged(labels: Labels, truth: Labels) -> tuple[Array, Array]:
    """Return the numbers of objects, and whether each matches a true one."""
    numbers = np.setdiff1d(np.unique(labels), [0])
    found = overlaps(truth, labels)
    return numbers, np.isin(numbers, found.second[found.iou >= _RIGHT_IOU])


def fit(evidence: Array, is_right: Array) -> OutlineCalibration:
    """Return the logistic regression of right on evidence, its features standardized, squares included.

    Parameters
    ----------
    evidence
        Shape (n, number of features).
    is_right
        Shape (n,).
    """
    plain = OutlineCalibration(
        features=EVIDENCE,
        center=tuple(evidence.mean(axis=0).tolist()),
        scale=tuple(np.maximum(evidence.std(axis=0), 1e-6).tolist()),
        weight=(0.0,) * (2 * evidence.shape[1]),
        intercept=0.0,
    )
    terms = plain.terms(evidence)
    sign = np.where(is_right, 1.0, -1.0)

    def loss(parameters: Array) -> tuple[float, Array]:
        margin = sign * (parameters[0] + terms @ parameters[1:])
        slope = -sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        gradient = np.concatenate([[slope.mean()], terms.T @ slope / len(sign)])
        gradient[1:] += 2.0 * _RIDGE * parameters[1:]
        return float(np.logaddexp(0.0, -margin).mean() + _RIDGE * np.square(parameters[1:]).sum()), gradient

    found = scipy.optimize.minimize(loss, np.zeros(1 + terms.shape[1]), jac=True, method="L-BFGS-B").x
    return plain.model_copy(update={"weight": tuple(found[1:].tolist()), "intercept": float(found[0])})
