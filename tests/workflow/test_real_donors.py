"""Donor calls on real nuclei: positive cells of a culture, and rings of known brightness painted on nuclei."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile
from scipy import ndimage

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.numerics.distance import depth_within
from myograft.train.real import find_pairs, read_pair

#: Marker over the noise of its channel; the phantoms' standard is 20.
SIGNAL_TO_NOISE = 10.0


def measure(out, path, *assignments, **given):
    settings = load_settings(None, ["channels.sarcolemma=none", *assignments])
    outcome = run_batch(BatchRequest((path,), out, settings, **given))
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return open_result(out / path.name.split(".")[0])


def write_channels(path, planes, names):
    metadata = {"axes": "CYX", "Channel": {"Name": list(names)}}
    tifffile.imwrite(path, np.stack(planes), metadata=metadata, ome=True)


def test_sparse_positive_cells_of_a_culture(shared_data, tmp_path):
    """Phosphorylated histone H3: a person counts about 20 bright nuclei; nobody has made a truth."""
    folder = shared_data / "positive_fraction"
    planes = [tifffile.imread(folder / f"{name}.tif") for name in ("nuclei", "marker")]
    path = tmp_path / "culture.ome.tif"
    write_channels(path, planes, ("DNA", "PH3"))
    result = measure(
        tmp_path / "out", path, "read.pixel_size_um=0.65", "channels.nuclei=0", "channels.donor_nucleus=1"
    )
    rows = result.tables["nuclei"].rows()
    donors = [row["nucleus_id"] for row in rows if row["origin"] == "donor"]
    assert 15 <= len(donors) <= 25
    # Every bright blob of the marker is in one, but for specks.
    labels = np.asarray(result.label_levels("nuclei")[0])
    blobs, blobs_n = ndimage.label(cv2.GaussianBlur(planes[1], (0, 0), 1.0) > 60)
    found = {int(blob) for blob in np.unique(blobs[np.isin(labels, donors)])} - {0}
    large = [blob for blob in range(1, blobs_n + 1) if (blobs == blob).sum() >= 20]
    assert len(set(large) - found) <= 1
    show(tmp_path / "positive_fraction.png", planes[1], labels, donors)


def show(path, marker, labels, donors):
    """Write the marker with all nuclei outlined, those called in red."""
    gray = np.clip(marker.astype(float) / 80.0, 0.0, 1.0) * 255
    picture = np.stack([gray] * 3, axis=-1).astype(np.uint8)
    edge = (depth_within(labels.astype(np.uint32)) <= 0.5) & (labels > 0)
    picture[edge] = (120, 90, 0)
    picture[edge & np.isin(labels, donors)] = (0, 0, 255)
    cv2.imwrite(str(path), cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST))


def painted(random, labels, chosen, haze):
    """Return a marker channel: rings on the chosen nuclei over haze that follows the nuclear stain, noise on all."""
    depth = depth_within(labels)
    ring = np.where(np.isin(labels, chosen) & (labels > 0), np.exp(-(((depth - 1.0) / 1.0) ** 2)), 0.0)
    light = cv2.GaussianBlur(ring.astype(np.float32), (0, 0), 0.8) + haze
    noise = random.normal(0.0, 1.0 / SIGNAL_TO_NOISE, labels.shape)
    return np.clip(200.0 + 1000.0 * (light + noise), 0, 65535).astype(np.uint16)


@pytest.mark.parametrize("fraction", [0.05, 0.2])
def test_rings_on_real_nuclei(shared_data, tmp_path, fraction):
    """Shapes, crowding and uneven light are real; the nuclei's outlines are given."""
    random = np.random.default_rng(11)
    hits = extra = missed = 0
    fields = [read_pair(pair) for pair in find_pairs(shared_data / "nuclei_dsb2018")]
    crowded = [field for field in fields if len(np.unique(field.labels)) > 90][:6]
    assert len(crowded) == 6
    for number, field in enumerate(crowded):
        stain = field.image if field.image.ndim == 2 else field.image.mean(axis=-1)
        stain = stain.astype(np.float32) / np.percentile(stain, 99.5)
        ids = np.unique(field.labels)[1:]
        chosen = ids[random.random(len(ids)) < fraction]
        path = tmp_path / f"field{number}.ome.tif"
        nuclei = np.clip(200 + 3000 * stain, 0, 65535).astype(np.uint16)
        write_channels(path, [nuclei, painted(random, field.labels, chosen, 0.1 * stain)], ("DAPI", "lamin"))
        truth = tmp_path / f"field{number}_nuclei.tif"
        tifffile.imwrite(truth, field.labels)
        result = measure(
            tmp_path / "out", path, "read.pixel_size_um=0.5", "channels.nuclei=0", "channels.donor_nucleus=1",
            "assign.marker.pattern=ring", "assign.origin.min_donors=2", nucleus_labels=truth,
        )  # fmt: skip
        table = {row["nucleus_id"]: row["origin"] for row in result.tables["nuclei"].rows()}
        given = np.asarray(result.label_levels("nuclei")[0])
        true_of = dict(zip(given[given > 0].tolist(), field.labels[given > 0].tolist(), strict=True))
        for nucleus, origin in table.items():
            is_donor = true_of[nucleus] in chosen
            hits += origin == "donor" and is_donor
            extra += origin == "donor" and not is_donor
            missed += origin != "donor" and is_donor
    print(f"rings on {fraction:.0%} of real nuclei: {hits} found, {extra} too many, {missed} missed")
    assert 2 * hits / (2 * hits + extra + missed) >= 0.95
