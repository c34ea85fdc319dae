"""Runs whose outlines are compared with truth, and how what they show is told: shared by ``make accuracy``."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from skimage.segmentation import find_boundaries

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.numerics.matching import match_labels
from myograft.read import card_path, weights_path
from myograft.train.metrics import record_metrics

#: Where overlays of found and true outlines are written, to see who is right: some truth is machine-made.
OVERLAYS = Path(__file__).parents[2] / "accuracy_overlays"


def run(path, out, *assignments, preset=None, **options):
    settings = load_settings(preset, list(assignments))
    outcome = run_batch(BatchRequest((path,), out, settings, workers_n=2, **options))
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return out / path.name.split(".")[0]


def told(name, figures):
    print(
        f"{name:46} F1 {figures['f1']:.3f}  precision {figures['precision']:.3f}  "
        f"recall {figures['recall']:.3f}  matched IoU {figures['mean_matched_iou']:.3f}"
    )
    return figures["f1"]


def measured(kind, **figures):
    """Write figures into the card of a network that ships, where that is asked for."""
    if os.environ.get("MYOGRAFT_WRITE_CARDS"):
        record_metrics(card_path(weights_path("shipped", kind)), figures)


def show_disagreements(image, found, truth, name):
    """Write an overlay: green what both outline, red what only we do, blue what only the truth does."""
    matching = match_labels(found, truth, 0.5)
    if image.ndim == 2:
        low, high = np.percentile(image, [1, 99.5])
        image = np.stack([np.clip((image - low) / (high - low), 0, 1) * 255] * 3, axis=-1)
    picture = cv2.resize(image[..., :3].astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    for labels, alone, color in (
        (truth, matching.unmatched_truth, (0, 90, 255)),
        (found, matching.predicted, (0, 200, 0)),
        (found, matching.unmatched_predicted, (255, 0, 0)),
    ):
        chosen = np.where(np.isin(labels, alone), labels, 0).astype(np.int32)
        fine = cv2.resize(chosen, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        picture[find_boundaries(fine, mode="inner")] = color
    OVERLAYS.mkdir(exist_ok=True)
    cv2.imwrite(str(OVERLAYS / f"{name}.png"), picture[..., ::-1])


def told_doubt(name, known):
    """Print and return what probabilities are worth, given whether each was right.

    Their expected calibration error (ten equal bins), and the part of the errors in the 5 % in most doubt.
    """
    probability, is_right = np.array(known, float).T
    bins = np.clip((probability * 10).astype(int), 0, 9)
    error = sum(
        abs(probability[bins == k].mean() - is_right[bins == k].mean()) * (bins == k).mean()
        for k in np.unique(bins)
    )
    worst = np.argsort(probability)[: max(1, len(probability) // 20)]
    held = (1 - is_right[worst]).sum() / max(1, (1 - is_right).sum())
    print(
        f"{name}: {len(known)}, {int((1 - is_right).sum())} of them wrong; calibration error {error:.3f}, "
        f"worst 5 % hold {held:.2f} of the errors"
    )
    return error, held
