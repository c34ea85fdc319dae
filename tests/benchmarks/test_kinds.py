"""Nuclei of a kind of image that training never saw: ``make accuracy-kinds`` (about an hour on one core).

One short training per kind, without any image of it, against one of the same length with all kinds. Kinds are told by
the shape of the image; those of a handful of images count as one.
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest

from myograft.evaluate import evaluate_labels
from myograft.segment import EngineName, FlowNetwork, NucleusNetworkSettings, load_network
from myograft.train.examples import load_examples, make_examples
from myograft.train.export import export_network
from myograft.train.loop import train_network
from myograft.train.nuclei import NucleusExamples
from myograft.train.real import RealExamples, find_pairs, normalized, read_pair, split_pairs
from myograft.train.settings import recipe

pytestmark = [pytest.mark.slow, pytest.mark.timeout(4 * 3600)]

#: Updates per training; the recipe of what ships has more.
STEPS_N = int(os.environ.get("MYOGRAFT_KINDS_STEPS", "1500"))

#: Kinds of fewer images count as one.
FEW = 10


def f1_of(weights, pairs):
    network = load_network(weights.read_bytes(), EngineName.OPENVINO, str(weights))
    method = FlowNetwork(NucleusNetworkSettings(min_area_um2=4.0, max_area_um2=1e5))
    counts = np.zeros(3, int)
    for pair in pairs:
        field = read_pair(pair)
        result = evaluate_labels(method.outline(network, normalized(field.image), 0.5), field.labels)
        counts += (result.true_positive_n, result.false_positive_n, result.false_negative_n)
    return 2 * counts[0] / (2 * counts[0] + counts[1] + counts[2])


def test_kinds_never_seen(shared_data, tmp_path):
    settings = recipe("nuclei").model_copy(update={"steps_n": STEPS_N, "report_every_n": STEPS_N})
    settings = settings.model_copy(
        update={"scenes": settings.scenes.model_copy(update={"scenes_n": 300}), "real_n": 600}
    )
    pairs = find_pairs(shared_data / "nuclei_dsb2018")
    often = {kind for kind, count in Counter(pair.kind for pair in pairs).items() if count >= FEW}
    kind_of = {pair.image: pair.kind if pair.kind in often else "few" for pair in pairs}
    learned, held_out = split_pairs(pairs)
    scenes = tmp_path / "scenes"
    make_examples(
        NucleusExamples(settings.seed, settings.scenes), scenes, 300, 1, lambda done_n, total_n: None
    )
    found = {}
    for kind in ("none", *sorted(set(kind_of.values()))):
        folder = tmp_path / kind
        chosen = tuple(pair for pair in learned if kind_of[pair.image] != kind)
        real = RealExamples(settings.seed, chosen, settings.scenes)
        make_examples(real, folder / "real", settings.real_n, 1, lambda done_n, total_n: None)
        examples = [*load_examples(folder / "real"), *load_examples(scenes)]
        network = train_network(settings, examples, examples[:8], folder, lambda point: None)
        weights = folder / "nuclei.onnx"
        export_network(network, weights, {"kind": "nuclei"})
        groups = sorted(set(kind_of.values())) if kind == "none" else [kind]
        for group in groups:
            f1 = f1_of(weights, [pair for pair in held_out if kind_of[pair.image] == group])
            found[group, kind] = f1
            print(f"images of {group:9} without {kind:9} F1 {f1:.3f}", flush=True)
    losses = [found[kind, "none"] - found[kind, kind] for kind in sorted(set(kind_of.values()))]
    print(f"mean loss of F1 on a kind never seen: {np.mean(losses):.3f}")
    assert np.mean(losses) < 0.25
