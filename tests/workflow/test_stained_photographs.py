"""Whole runs on photographs of simulated sections with DAB or X-gal: who is donor, and who is not."""

from __future__ import annotations

import csv

import cv2
import numpy as np
import pytest
import tifffile

from myograft.api import BatchRequest, load_settings, open_result, run_batch
from myograft.numerics.stains import ALCIAN_BLUE, DAB, EOSIN, FAST_RED, HEMATOXYLIN
from myograft.phantom import PhantomSpec
from myograft.workflow.simulate import simulate

PIXEL_UM = 0.5
WHITE = np.array([241.0, 238.0, 244.0])
#: How dark counterstain and marker are, in decades, and how much counterstain a marked nucleus still shows.
NUCLEUS, MARKER, HIDDEN = 0.5, 0.9, 0.4


@pytest.fixture(scope="module")
def section(tmp_path_factory):
    """True labels, nuclear stain and marker (0 to about 1) of a section, and the numbers of its donor nuclei."""
    target = tmp_path_factory.mktemp("section") / "section.ome.tif"
    spec = PhantomSpec(
        1100, 1100, PIXEL_UM, seed=53, panel="laminin_dapi_hna", donor_fraction=0.08, snr=200.0
    )
    files = simulate(spec, target)
    counts = tifffile.imread(files.image).astype(np.float32)
    with files.nuclei_table.open(encoding="utf-8") as table:
        donors = {int(row["nucleus_id"]) for row in csv.DictReader(table) if row["origin"] == "donor"}
    stains = np.clip((counts - 100.0) / 400.0, 0.0, None)
    fibers, nuclei = tifffile.imread(files.fiber_labels), tifffile.imread(files.nucleus_labels)
    return fibers, nuclei, stains[1], stains[2], donors


def photographed(
    section, counterstain, marker, *, has_donors=True, sees_hosts=True, background=(0.08, 0.05), seed=7
):
    """Return the section as a camera stores it: light that stains leave, shot noise, JPEG."""
    fibers, _, dna, marked, _ = section
    random = np.random.default_rng(seed)
    marked = marked if has_donors else np.zeros_like(marked)
    y, x = np.mgrid[: fibers.shape[0], : fibers.shape[1]] * PIXEL_UM
    body = cv2.GaussianBlur((fibers > 0).astype(np.float32), (0, 0), 0.8)
    # Fibers take up counterstain and bind some marker, unevenly.
    uneven = 1.0 + 0.4 * np.sin(x / 61.0) * np.sin(y / 47.0)
    type_ = (0.6 + 0.8 * random.random(int(fibers.max()) + 1))[fibers]
    first = (
        background[0] * body * type_
        + (NUCLEUS * dna * (1.0 - (1.0 - HIDDEN) * np.clip(marked, 0.0, 1.0))) * sees_hosts
    )
    second = background[1] * body * uneven * (marker is DAB) + MARKER * marked
    amounts = zip((first, second), (counterstain, marker), strict=True)
    density = sum(
        amount[..., None] * np.asarray(vector) / np.linalg.norm(vector) for amount, vector in amounts
    )
    light = WHITE * 10.0**-density
    light = np.clip(light + random.normal(0.0, 1.0, light.shape) * np.sqrt(light) * 0.15, 0.0, 255.0)
    _, packed = cv2.imencode(
        ".jpg", light.round().astype(np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85]
    )
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]


def run(image, preset, folder, *assignments, **options):
    path = folder / f"{preset}.tif"
    tifffile.imwrite(path, image, photometric="rgb", compression="zlib", tile=(256, 256))
    told = [f"read.pixel_size_um={PIXEL_UM}", *assignments]
    outcome = run_batch(BatchRequest((path,), folder / "out", load_settings(preset, told), **options))
    assert outcome.failed_n == 0, outcome.slides_table.read_text(encoding="utf-8")
    return open_result(folder / "out" / preset)


def judged(result, nuclei, donors):
    """Return F1 of donor calls over outlined nuclei, and how many true nuclei were outlined."""
    table = result.tables["nuclei"]
    y, x = ((table[f"centroid_{axis}_um"].filled() / PIXEL_UM).astype(int) for axis in "yx")
    truth = nuclei[np.clip(y, 0, nuclei.shape[0] - 1), np.clip(x, 0, nuclei.shape[1] - 1)]
    called = (table["origin"] == "donor").filled(fill_value=False)
    is_donor = np.isin(truth, list(donors))
    return 2 * (called & is_donor).sum() / (called.sum() + is_donor.sum()), len(np.unique(truth[truth > 0]))


@pytest.mark.parametrize(
    ("preset", "counterstain", "marker"),
    [("h_dab", HEMATOXYLIN, DAB), ("xgal", FAST_RED, ALCIAN_BLUE)],
)
def test_donors_by_color(section, tmp_path, preset, counterstain, marker):
    _, nuclei, _, _, donors = section
    result = run(photographed(section, counterstain, marker), preset, tmp_path)
    f1, outlined_n = judged(result, nuclei, donors)
    assert f1 >= 0.9
    assert outlined_n >= 0.9 * len(np.unique(nuclei[nuclei > 0]))
    row = result.tables["sections"].rows()[0]
    assert row["fibers_n"] > 30
    assert row["donor_nuclei_n"] > 0
    # The copy holds what was measured: densities with the offset that hosts below no stain need.
    assert result.image_levels[0].shape[0] == 6
    assert result.image_levels[0].dtype == np.uint16


def test_no_donor_is_called_where_there_is_none(section, tmp_path):
    image = photographed(section, HEMATOXYLIN, DAB, has_donors=False, background=(0.08, 0.12))
    result = run(image, "h_dab", tmp_path)
    row = result.tables["sections"].rows()[0]
    assert row["nuclei_n"] > 80
    assert row["donor_nuclei_n"] == 0


def test_without_host_nuclei_marked_ones_are_counted(section, tmp_path):
    _, nuclei, _, _, donors = section
    result = run(
        photographed(section, EOSIN, ALCIAN_BLUE, sees_hosts=False),
        "xgal_eosin",
        tmp_path,
    )
    row = result.tables["sections"].rows()[0]
    there_n = len(donors & set(nuclei.ravel().tolist()))
    # The section has about ten specks of lipofuscin, which are as dark as X-gal here: they are not told from nuclei.
    assert there_n <= row["nuclei_n"] <= there_n + 10
    assert row["donor_nuclei_n"] is None
    assert any("host nuclei are not seen" in line for line in result.provenance.warnings)


@pytest.mark.parametrize(
    ("image", "assignments", "said"),
    [
        (np.zeros((64, 64), np.uint8), (), "it is no color image"),
        (np.full((64, 64, 3), 240, np.uint8), (), "the channel is everywhere"),
        (
            np.full((64, 64, 3), 240, np.uint8),
            ("read.stains.marker=[0.65, 0.70, 0.29]",),
            "absorb too much alike",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(tmp_path, image, assignments, said):
    path = tmp_path / "slide.tif"
    tifffile.imwrite(path, image, photometric="rgb" if image.ndim == 3 else "minisblack")
    settings = load_settings("h_dab", [f"read.pixel_size_um={PIXEL_UM}", *assignments])
    outcome = run_batch(BatchRequest((path,), tmp_path / "out", settings))
    assert outcome.failed_n == 1
    assert said in outcome.slides_table.read_text(encoding="utf-8")


def test_a_slide_of_hematoxylin_and_eosin_has_no_crowd_of_donors(shared_data, tmp_path):
    image = tifffile.imread(shared_data / "muscle_he" / "he_1.tif")[..., :3]
    result = run(image, "h_dab", tmp_path, "read.pixel_size_um=0.2765")
    row = result.tables["sections"].rows()[0]
    assert row["donor_nuclei_n"] <= 0.05 * row["nuclei_n"]
    assert any("is not explained by hematoxylin and DAB" in line for line in result.provenance.warnings)
