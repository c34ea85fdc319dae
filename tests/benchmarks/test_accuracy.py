"""How right outlines are: ``make accuracy``. Prints tables; holds what has been reached from falling back.

One fixed setting for all images of a kind. Real muscle and its truth lie beside the checkout; of the real nuclei only
those are asked that training never saw.

``MYOGRAFT_WRITE_CARDS=1 make accuracy`` also writes the figures into the cards of the weights that ship.
"""

from __future__ import annotations

from collections import defaultdict

import cv2
import numpy as np
import pytest
import tifffile
from accuracy_runs import measured, run, show_disagreements, told

from myograft.api import compare_labels, open_result
from myograft.evaluate import evaluate_labels
from myograft.numerics.matching import match_labels
from myograft.read import read_label_image, read_weights, weights_path
from myograft.segment import EngineName, FlowNetwork, NucleusNetworkSettings, load_network
from myograft.train.real import find_pairs, normalized, read_pair, split_pairs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

#: How far outside of the inner edge of the stain the rat's truth is drawn: at the stain's outer edge.
RAT_OFFSET_UM = 2.5

#: Resolutions that fields are resampled to, in um per px. The network's own is 1 um; 0.7 and 1.4 um are cut anew for it
#: (`WorkingGrid.nearest`).
RESOLUTIONS_UM = (0.25, 0.5, 0.7, 1.4, 1.5, 2.0)

#: Most that the same field may differ over resolutions: spread of F1 (inverted included), drift of the median CSA, and
#: the median drift of the same fibers' CSA. The human field's 34 whole fibers are 33 at 2 um per px, where one more
#: touches the border: with it gone the median is 2.02 % lower, that of the same 33 1.5 %.
MOST_RESAMPLED = {"human": (0.03, 0.021, 0.02), "rat": (0.03, 0.02, 0.02)}


def fluorescence(name, offset_um=0.0):
    return [
        "read.pixel_size_um=0.9224", "channels.sarcolemma=3", f"segment.fibers.boundary_offset_um={offset_um}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "offset_um", "least_f1", "least_iou", "metric"),
    [
        ("skm_hs_cw", 0.0, 0.95, 0.80, "human"),
        # Its truth follows the stain's outer edge: without the offset that says so, fibers are smaller than it.
        ("skm_rat_R7x10ta", 0.0, 0.75, 0.65, "rat"),
        ("skm_rat_R7x10ta", RAT_OFFSET_UM, 0.85, 0.80, "rat_offset_2.5um"),
    ],
)
def test_real_fluorescence(shared_data, tmp_path, name, offset_um, least_f1, least_iou, metric):
    folder = shared_data / "muscle_fluorescence"
    result = run(folder / f"{name}.tif", tmp_path, *fluorescence(name, offset_um))
    figures = compare_labels(result, folder / f"{name}_fibers.tif")
    truth = read_label_image(folder / f"{name}_fibers.tif")
    found = np.asarray(open_result(result).label_levels("fibers")[0])
    show_disagreements(
        tifffile.imread(folder / f"{name}.tif")[3].astype(float), found, truth, f"{name}_{offset_um:g}"
    )
    f1, iou = told(f"{name}, offset {offset_um:g} um", figures), figures["mean_matched_iou"]
    measured("fibers", **{f"{metric}_f1": f1, f"{metric}_matched_iou": iou})
    assert f1 >= least_f1
    assert iou >= least_iou


@pytest.mark.parametrize("name", ["he_1", "he_2"])
def test_real_h_and_e(shared_data, tmp_path, name):
    folder = shared_data / "muscle_he"
    result = run(folder / f"{name}.tif", tmp_path, "read.pixel_size_um=0.2765", preset="he")
    truth = read_label_image(folder / f"{name}_fibers.tif")
    found = np.asarray(open_result(result).label_levels("fibers")[0])
    show_disagreements(tifffile.imread(folder / f"{name}.tif"), found, truth, name)
    figures = compare_labels(result, folder / f"{name}_fibers.tif")
    f1, iou = told(name, figures), figures["mean_matched_iou"]
    measured("fibers", **{f"{name}_f1": f1, f"{name}_matched_iou": iou})
    assert f1 >= 0.92
    assert iou >= 0.80


@pytest.mark.parametrize(
    ("name", "size_um", "offset_um", "metric"),
    [("skm_hs_cw", 0.9224, 0.0, "human"), ("skm_rat_R7x10ta", 0.9224, RAT_OFFSET_UM, "rat")],
)
def test_resampled_and_inverted(shared_data, tmp_path, name, size_um, offset_um, metric):
    """The same field at other resolutions, and with dark rims: F1, and the drift of the median CSA."""
    folder = shared_data / "muscle_fluorescence"
    stain = tifffile.imread(folder / f"{name}.tif")[3]
    truth = tifffile.imread(folder / f"{name}_fibers.tif")
    found = {}
    for label, um, inverts in [(f"{um:g} um/px", um, False) for um in (size_um, *RESOLUTIONS_UM)] + [
        ("inverted", size_um, True)
    ]:
        edge = tuple(round(length * size_um / um) for length in reversed(stain.shape))
        method = cv2.INTER_AREA if um > size_um else cv2.INTER_CUBIC
        image = cv2.resize(stain.astype(np.float32), edge, interpolation=method)
        image = np.clip(image.max() - image if inverts else image, 0, 65535).astype(np.uint16)
        path = tmp_path / f"{label.split()[0].replace('.', '_')}.tif"
        tifffile.imwrite(path, image)
        result = run(
            path,
            tmp_path / "out",
            f"read.pixel_size_um={um * 1.0}",
            "channels.sarcolemma=0",
            f"segment.fibers.boundary_offset_um={offset_um}",
            copies_image=False,
        )
        labels = np.asarray(open_result(result).label_levels("fibers")[0]).astype(np.int32)
        back = cv2.resize(labels, truth.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(np.uint32)
        f1 = told(f"{name}, {label}", evaluate_labels(back, truth).as_dict())
        matching = match_labels(back, truth, 0.5)
        true_of = dict(zip(matching.predicted.tolist(), matching.truth.tolist(), strict=True))
        whole = [row for row in open_result(result).tables["fibers"].rows() if not row["touches_edge"]]
        csa_um2 = {true_of[row["fiber_id"]]: row["csa_um2"] for row in whole if row["fiber_id"] in true_of}
        found[label] = (f1, float(np.median([row["csa_um2"] for row in whole])), csa_um2)
    _, known_median, known_csa = found[f"{size_um:g} um/px"]
    same = [found[label] for label in found if label != "inverted"]
    every_f1 = [f1 for f1, _, _ in found.values()]
    spread = max(every_f1) - min(every_f1)
    drift = max(abs(median / known_median - 1.0) for _, median, _ in same)
    # Whether a fiber that all but touches the border counts as whole changes with the pixel; its size must not.
    of_fibers = [
        np.median([csa[true] / known_csa[true] for true in csa.keys() & known_csa.keys()])
        for _, _, csa in same
    ]
    drift_of_fibers = max(abs(float(ratio) - 1.0) for ratio in of_fibers)
    print(
        f"{name}: spread of F1 {spread:.3f}, drift of the median CSA {drift:.3f}, of the same fibers' CSA "
        f"{drift_of_fibers:.3f}"
    )
    measured(
        "fibers",
        **{
            f"{metric}_resampled_f1_spread": spread,
            f"{metric}_resampled_median_csa_drift": drift,
            f"{metric}_resampled_same_fibers_csa_drift": drift_of_fibers,
        },
    )
    most_spread, most_drift, most_of_fibers = MOST_RESAMPLED[metric]
    assert spread <= most_spread
    assert drift <= most_drift
    assert drift_of_fibers <= most_of_fibers


def test_real_nuclei(shared_data):
    """A fifth of each kind of image, never seen in training, at the size it has."""
    path = weights_path("shipped", "nuclei")
    network = load_network(read_weights(path).content, EngineName.OPENVINO, str(path))
    # No pixel size is known: areas are bounded in pixels only, at the least that a person would outline.
    method = FlowNetwork(NucleusNetworkSettings(min_area_um2=4.0, max_area_um2=1e5))
    counts = defaultdict(lambda: np.zeros(3, int))
    _, held_out = split_pairs(find_pairs(shared_data / "nuclei_dsb2018"))
    for pair in held_out:
        field = read_pair(pair)
        result = evaluate_labels(method.outline(network, normalized(field.image), 0.5), field.labels)
        for kind in (pair.kind, "all"):
            counts[kind] += (result.true_positive_n, result.false_positive_n, result.false_negative_n)
    f1 = {kind: 2 * hits / (2 * hits + extra + missed) for kind, (hits, extra, missed) in counts.items()}
    for kind, value in sorted(f1.items()):
        print(f"nuclei, images of {kind:12} F1 {value:.3f}  ({counts[kind].tolist()} hits, extra, missed)")
    measured("nuclei", dsb2018_held_out_f1=f1["all"])
    assert f1["all"] >= 0.90
