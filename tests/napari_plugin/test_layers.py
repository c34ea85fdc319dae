"""A result as layer data, without a screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer

import napari_myograft
from myograft.api import open_result
from myograft.errors import ResultError
from napari_myograft.layers import result_layers
from napari_myograft.reader import get_reader
from napari_myograft.sample import open_sample


@pytest.fixture(scope="module")
def layers(result_folder):
    return result_layers(open_result(result_folder))


def by_name(layers, part):
    [found] = [layer for layer in layers if part in layer[1]["name"]]
    return found


def test_every_part_of_a_result_is_a_layer(layers):
    assert [kind for _, _, kind in layers] == ["image"] * 3 + ["labels"] * 2 + ["points"]
    for name in ("laminin", "DAPI", "human lamin A/C", "fibers", "donor and undecided"):
        assert by_name(layers, name)


def test_layers_lie_on_each_other_in_micrometers(layers):
    viewer = ViewerModel()
    for layer in layers:
        viewer.add_layer(Layer.create(*layer))
    extents = [layer.extent.world[:, -2:] for layer in viewer.layers if layer._type_string != "points"]
    for extent in extents:
        assert np.allclose(extent, extents[0], atol=0.7)
    points = viewer.layers[-1].data
    assert (points >= 0).all()
    assert (points <= extents[0][1] + 1).all()


def test_tables_hang_on_their_labels(layers, result_folder):
    result = open_result(result_folder)
    data, settings, _ = by_name(layers, ": fibers")
    fibers = settings["features"]
    assert fibers["index"] == sorted(np.setdiff1d(np.asarray(data[0]), [0]).tolist())
    assert fibers["csa_um2"] == result.tables["fibers"]["csa_um2"].tolist()
    layer = Layer.create(*by_name(layers, ": nuclei"))
    assert "donor_score" in layer.features


def test_points_are_the_donors_and_the_doubtful(layers, result_folder):
    section = open_result(result_folder).tables["sections"].rows()[0]
    points, settings, _ = layers[-1]
    origins = settings["features"]["origin"]
    assert origins.count("donor") == section["donor_nuclei_n"]
    assert section["donor_nuclei_n"] > 5
    # In napari's world the center of pixel 0 is at 0, in tables its edge.
    result = open_result(result_folder)
    nuclei, size_um = result.tables["nuclei"], result.pixel_size_um
    chosen = [nuclei["nucleus_id"].tolist().index(number) for number in settings["features"]["nucleus_id"]]
    centroids = np.stack([nuclei["centroid_y_um"][chosen], nuclei["centroid_x_um"][chosen]], axis=1)
    np.testing.assert_allclose(points / size_um, centroids / size_um - 0.5)


def test_the_reader_takes_results_only(result_folder, tmp_path):
    assert get_reader(str(result_folder)) is not None
    assert get_reader(str(result_folder / "run.json")) is not None
    assert get_reader(str(tmp_path)) is None
    assert get_reader([str(result_folder), str(tmp_path)]) is None
    assert len(get_reader(str(result_folder))(str(result_folder / "run.json"))) == 6


def test_a_broken_result_is_a_sentence(tmp_path):
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(ResultError, match=r"run\.json"):
        get_reader(str(tmp_path))(str(tmp_path))


def test_the_sample_opens():
    layers = open_sample()
    assert [settings["name"] for _, settings, _ in layers] == ["laminin", "DAPI", "human lamin A/C"]
    assert all(data.ndim == 3 for data, _, _ in layers)


def test_layers_need_no_screen():
    code = "import sys, napari_myograft.layers; sys.exit(any(m in sys.modules for m in ('napari', 'qtpy', 'PyQt6')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_manifest_is_valid():
    manifest = Path(napari_myograft.__file__).with_name("napari.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", str(manifest)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
