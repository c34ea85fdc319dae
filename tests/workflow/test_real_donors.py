"""Donor calls on real nuclei: positive cells of a culture, and rings of known brightness painted on nuclei."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

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
    # `make accuracy` keeps the picture, for a person to see which nuclei were called.
    kept = Path(os.environ.get("MYOGRAFT_OVERLAYS", tmp_path))
    kept.mkdir(exist_ok=True)
    show(kept / "positive_fraction.png", planes[1], labels, donors)
    print(f"positive_fraction: {len(donors)} called, between 15 and 25 wanted; overlay {kept.name}")


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


def rings_called(random, folder, name, field, fraction):
    """Paint rings on a part of a field's nuclei; return how many were found, called too much and missed."""
    stain = field.image if field.image.ndim == 2 else field.image.mean(axis=-1)
    stain = stain.astype(np.float32) / np.percentile(stain, 99.5)
    ids = np.unique(field.labels)[1:]
    chosen = ids[random.random(len(ids)) < fraction]
    path, truth = folder / f"{name}.ome.tif", folder / f"{name}_nuclei.tif"
    nuclei = np.clip(200 + 3000 * stain, 0, 65535).astype(np.uint16)
    write_channels(path, [nuclei, painted(random, field.labels, chosen, 0.1 * stain)], ("DAPI", "lamin"))
    tifffile.imwrite(truth, field.labels)
    result = measure(
        folder / "out", path, "read.pixel_size_um=0.5", "channels.nuclei=0", "channels.donor_nucleus=1",
        "assign.marker.pattern=ring", "assign.origin.min_donors=2", nucleus_labels=truth,
    )  # fmt: skip
    given = np.asarray(result.label_levels("nuclei")[0])
    true_of = dict(zip(given[given > 0].tolist(), field.labels[given > 0].tolist(), strict=True))
    called = {row["nucleus_id"]: row["origin"] == "donor" for row in result.tables["nuclei"].rows()}
    is_donor = {nucleus: true_of[nucleus] in chosen for nucleus in called}
    return np.array(
        [
            sum(called[nucleus] and is_donor[nucleus] for nucleus in called),
            sum(called[nucleus] and not is_donor[nucleus] for nucleus in called),
            sum(not called[nucleus] and is_donor[nucleus] for nucleus in called),
        ]
    )


def real_fields(shared_data, source):
    """Return fields of real nuclei that hold enough of them for a host bulk."""
    if source == "nuclei_small":
        image, labels = (
            tifffile.imread(shared_data / source / f"stardist_2d{end}.tif") for end in ("", "_nuclei")
        )
        return [SimpleNamespace(image=image, labels=labels.astype(np.uint32))]
    fields = [read_pair(pair) for pair in find_pairs(shared_data / source)]
    crowded = [field for field in fields if len(np.unique(field.labels)) > 90][:6]
    assert len(crowded) == 6
    return crowded


@pytest.mark.parametrize(
    ("source", "fraction"), [("nuclei_dsb2018", 0.05), ("nuclei_dsb2018", 0.2), ("nuclei_small", 0.2)]
)
def test_rings_on_real_nuclei(shared_data, tmp_path, source, fraction):
    """Shapes, crowding and uneven light are real; the nuclei's outlines are given."""
    random = np.random.default_rng(11)
    fields = real_fields(shared_data, source)
    counts = [
        rings_called(random, tmp_path, f"field{number}", field, fraction)
        for number, field in enumerate(fields)
    ]
    hits, extra, missed = np.sum(counts, axis=0)
    print(f"rings on {fraction:.0%} of {source}: {hits} found, {extra} too many, {missed} missed")
    assert 2 * hits / (2 * hits + extra + missed) >= 0.95
