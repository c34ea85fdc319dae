"""Whole runs with painted markers: spots of a probe, and a marker's channel in which the nuclear stain shows."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.numerics.labels import objects_of
from myograft.phantom import PhantomSpec
from myograft.workflow.simulate import simulate

PIXEL_UM = 0.25


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A section without a marker: counts of its two channels, and its true nuclei."""
    target = tmp_path_factory.mktemp("plain") / "plain.ome.tif"
    files = simulate(PhantomSpec(1400, 1400, PIXEL_UM, seed=41, panel="laminin_dapi"), target)
    return tifffile.imread(files.image).astype(np.float64), tifffile.imread(files.nucleus_labels), files


def run(image, labels, out, *assignments):
    path, given = out / "slide.tif", out / "nuclei.tif"
    tifffile.imwrite(
        path, image.round().astype(np.uint16), metadata={"axes": "CYX"}, photometric="minisblack"
    )
    tifffile.imwrite(given, labels)
    told = [f"channels.{role}={n}" for n, role in enumerate(("sarcolemma", "nuclei", "donor_nucleus"))]
    told += [f"read.pixel_size_um={PIXEL_UM}", "assign.origin.min_donors=3", *assignments]
    request = BatchRequest(
        (path,), out / "out", load_settings("laminin_dapi", told), nucleus_labels=given, fiber_labels=None
    )
    outcome = run_batch(request)
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return open_result(out / "out" / "slide")


def calls(result):
    """Return number, whether donor, and spots of every nucleus of a result, numbers as in the given labels."""
    nuclei = result.tables["nuclei"]
    return nuclei["nucleus_id"].filled(), (nuclei["origin"] == "donor").filled(fill_value=False), nuclei


def f1_of(found, truth):
    right = int((found & truth).sum())
    return 2 * right / (int(found.sum()) + int(truth.sum()))


def test_spots_are_called_and_counted(plain, tmp_path):
    image, labels, _ = plain
    random = np.random.default_rng(5)
    marker = random.normal(120.0, 12.0, labels.shape)
    found = objects_of(labels)
    spots_n = dict.fromkeys(found.label.tolist(), 0)
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    for number in random.choice(found.label, len(found.label) // 6, replace=False).tolist():
        inside = np.argwhere(labels == number)
        for place in _apart(inside, int(random.integers(1, 3)), random):
            near = np.s_[max(place[0] - 8, 0) : place[0] + 9, max(place[1] - 8, 0) : place[1] + 9]
            square = (y[near] - place[0]) ** 2 + (x[near] - place[1]) ** 2
            marker[near] += 250.0 * np.exp(-square / (2 * (0.5 / 2.355 / PIXEL_UM) ** 2))
            spots_n[number] += 1
    # Even light over nuclei, as bleed-through of their stain makes it, is no spot.
    marker += 0.2 * (image[1] - image[1].min())
    result = run(np.stack([*image, marker]), labels, tmp_path, "assign.marker.pattern=spots")
    ids, is_donor, nuclei = calls(result)
    truth = np.array([spots_n[number] for number in ids.tolist()])
    assert f1_of(is_donor, truth > 0) >= 0.97
    counted = nuclei["donor_spots_n"].filled(-1)
    assert (counted == truth)[is_donor].mean() >= 0.95
    assert (counted[~is_donor] == 0).all()


def _apart(inside, spots_n, random):
    """Draw places that lie at least 1.5 um from each other."""
    chosen = [inside[random.integers(len(inside))]]
    for _ in range(200):
        place = inside[random.integers(len(inside))]
        if len(chosen) == spots_n:
            break
        if min(np.hypot(*(place - other)) for other in chosen) * PIXEL_UM > 1.5:
            chosen.append(place)
    return chosen


def test_bleed_through_is_found_and_taken_off(plain, tmp_path):
    image, labels, _ = plain
    random = np.random.default_rng(6)
    found = objects_of(labels)
    # Nuclei differ in how much DNA they hold; their stain shows in the marker's channel.
    bright = np.ones(int(labels.max()) + 1)
    bright[found.label] = random.lognormal(0.0, 0.5, len(found.label))
    stain = image[1] * bright[labels]
    donors = random.choice(found.label, len(found.label) // 12, replace=False)
    marker = random.normal(120.0, 10.0, labels.shape) + 0.3 * stain + 90.0 * np.isin(labels, donors)
    stack = np.stack([image[0], stain, marker])
    shown = {}
    for name in ("none", "estimated"):
        (tmp_path / name).mkdir()
        result = run(
            stack,
            labels,
            tmp_path / name,
            f"assign.marker.bleed_through={name}",
            "assign.marker.pattern=filled",
        )
        ids, is_donor, _ = calls(result)
        shown[name] = f1_of(is_donor, np.isin(ids, donors)), result
    row = shown["estimated"][1].tables["sections"].rows()[0]
    assert row["donor_bleed_through_share"] == pytest.approx(0.3, abs=0.02)
    assert shown["none"][1].tables["sections"].rows()[0]["donor_bleed_through_share"] is None
    assert shown["estimated"][0] >= 0.97
    assert shown["none"][0] < 0.8
    assert any(
        "taken off per count of the nuclear stain" in line
        for line in shown["estimated"][1].provenance.warnings
    )


@pytest.mark.parametrize(
    ("assignments", "said"),
    [
        (("assign.marker.pattern=spots", "assign.marker.spot_um=0.2"), "do not show in pixels of 0.25 um"),
        (("assign.marker.bleed_through=estimated", "channels.nuclei=none"), "there is no nuclear stain"),
    ],
)
def test_what_cannot_be_measured_is_refused(plain, tmp_path, assignments, said):
    image, labels, _ = plain
    path, given = tmp_path / "slide.tif", tmp_path / "nuclei.tif"
    tifffile.imwrite(
        path,
        np.stack([*image, image[1]]).astype(np.uint16),
        metadata={"axes": "CYX"},
        photometric="minisblack",
    )
    tifffile.imwrite(given, labels)
    told = ["channels.sarcolemma=0", "channels.nuclei=1", "channels.donor_nucleus=2", *assignments]
    settings = load_settings("laminin_dapi", [f"read.pixel_size_um={PIXEL_UM}", *told])
    outcome = run_batch(BatchRequest((path,), tmp_path / "out", settings, nucleus_labels=given))
    assert outcome.failed_n == 1
    assert said in outcome.slides_table.read_text(encoding="utf-8")
