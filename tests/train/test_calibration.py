"""A probability that is one: of outlines said to be right with 70 % about 70 % are."""

from __future__ import annotations

import numpy as np

from myograft.numerics.evidence import EVIDENCE
from myograft.segment import FiberNetworkSettings, FlowNetwork, Network
from myograft.train.calibration import calibrate, fit, judged, scenes_for
from myograft.train.settings import SceneSettings, recipe


def made_up(seed, count=6000):
    """Evidence, and right or wrong drawn from a known probability that depends on some of it."""
    random = np.random.default_rng(seed)
    evidence = random.normal(size=(count, len(EVIDENCE))) * [1, 2, 0.3, 0.1, 1, 0.2, 0.1] + 1.0
    logit = 1.5 * (evidence[:, 0] - 1.0) - 4.0 * (evidence[:, 2] - 1.0) + 1.0
    probability = 1.0 / (1.0 + np.exp(-logit))
    return evidence, random.random(count) < probability, probability


def test_a_known_probability_is_found():
    evidence, is_right, _ = made_up(0)
    calibration = fit(evidence, is_right)
    other, _, truth = made_up(1)
    found = calibration.probability(other)
    assert np.abs(found - truth).mean() < 0.03
    for low in (0.0, 0.25, 0.5, 0.75):
        chosen = (found >= low) & (found < low + 0.25)
        assert abs(found[chosen].mean() - truth[chosen].mean()) < 0.03


def test_a_probability_does_not_depend_on_what_else_is_asked():
    evidence, is_right, _ = made_up(2)
    calibration = fit(evidence, is_right)
    together = calibration.probability(evidence[:1000])
    assert np.array_equal(together[:7], calibration.probability(evidence[:7]))
    assert ((together >= 0.0) & (together <= 1.0)).all()


def test_right_is_half_an_overlap():
    truth = np.zeros((40, 40), np.uint32)
    truth[5:15, 5:15], truth[20:35, 20:35] = 1, 2
    labels = np.zeros_like(truth)
    labels[5:15, 5:13], labels[20:35, 32:38] = 4, 9
    numbers, is_right = judged(labels, truth)
    assert (numbers.tolist(), is_right.tolist()) == ([4, 9], [True, False])


def test_too_few_outlines_are_no_calibration():
    def finds_nothing(images):
        return np.full((1, 3, *images.shape[2:]), -9.0, np.float32)

    scenes = SceneSettings(scenes_n=0, calibration_n=2, paintings_n=1, edge_px=128)
    settings = recipe("fibers").model_copy(update={"scenes": scenes})
    method = FlowNetwork(FiberNetworkSettings())
    assert calibrate(method, Network(finds_nothing), scenes_for(settings, method.working_um_per_px)) is None
    assert calibrate(method, Network(finds_nothing), []) is None
