"""Where donor nuclei lie, in sentences; what cannot be said is said."""

from __future__ import annotations

import numpy as np

from myograft.model.columns import TableName
from myograft.model.table import from_rows
from myograft.numerics.clustering import donor_clustering
from myograft.report.pictures import clustering_figure
from myograft.report.places import clustering_caption, place_rows, place_title

ROW = {
    "slide_id": "s", "donor_threshold_method": "fixed", "donor_nuclei_n": 30, "interstitial_donor_nuclei_n": 3,
    "donor_clustering_p": 0.001, "donor_clustering_radius_um": 60.0, "donor_clustering_ratio": 4.21,
    "relabelings_n": 999,
    "hot_spot_radius_um": 250.0, "donor_hot_spot_n": 12, "donor_hot_spot_called_n": 80, "donor_hot_spot_fraction": 0.15,
    "donor_hot_spot_per_mm2": 61.0, "donor_hot_spot_y_um": 1200.0, "donor_hot_spot_x_um": 340.0,
    "donor_hot_spot_p": 0.001,
    "nuclei_hot_spot_n": 400, "nuclei_hot_spot_per_mm2": 2040.0, "nuclei_hot_spot_ratio": 1.5,
    "nuclei_hot_spot_y_um": 10.0, "nuclei_hot_spot_x_um": 20.0, "donor_fibers_sized_n": 9,
    "donor_fibers_csa_mean_um2": 2310.0, "other_fibers_csa_mean_um2": 1900.0, "donor_fibers_csa_expected_um2": 2250.0,
    "donor_fibers_csa_expected_low_um2": 2000.0, "donor_fibers_csa_expected_high_um2": 2500.0,
    "donor_fibers_csa_p": 0.6,
}  # fmt: skip


def rows_of(**changes):
    rows = place_rows(from_rows(TableName.SECTIONS, [ROW | changes]))
    return {what: f"{value} | {how}".replace("\u00a0", " ") for what, value, how in rows}


def test_clusters_hot_spots_and_sizes_are_said_with_their_chance():
    rows = rows_of()
    assert rows["Donor nuclei among all nuclei"] == (
        "clustered | 4.2 times as many donor nuclei within 60 µm of one another as by chance; p = 0.001 in 999 draws "
        "of the donor labels among the same nuclei"
    )
    assert rows["Donor nuclei, hot spot"].startswith(
        "12 of 80 | 15.00 % of the nuclei within 250 µm of y 1,200, x 340 µm"
    )
    assert "1.5 times the mean of the tissue" in rows["Nuclei, densest spot"]
    size = rows["CSA of fibers with a donor nucleus"]
    for part in (
        "2,310 µm²",
        "mean of 9",
        "other fibers 1,900 µm²",
        "within chance",
        "2,250 µm² (2,000 to 2,500 in 95 %",
    ):
        assert part in size
    assert "larger than by chance" in rows_of(donor_fibers_csa_p=0.01)["CSA of fibers with a donor nucleus"]
    smaller = rows_of(donor_fibers_csa_p=0.01, donor_fibers_csa_mean_um2=1000.0)
    assert "smaller than by chance" in smaller["CSA of fibers with a donor nucleus"]


def test_chance_is_not_ruled_out():
    said = rows_of(donor_clustering_p=0.4)["Donor nuclei among all nuclei"]
    assert said.startswith("not shown to cluster | p = 0.400")
    assert "4.2" not in said


def test_what_cannot_be_said_is_said():
    rows = rows_of()
    assert rows["Interstitial donor nuclei among interstitial nuclei"] == (
        "nothing can be said | too few donor or host nuclei to compare (3 donor)"
    )
    assert "Interstitial nuclei, densest spot" not in rows
    rows = rows_of(
        donor_nuclei_n=0, donor_clustering_p=None, donor_hot_spot_n=None, donor_fibers_sized_n=0,
        donor_fibers_csa_mean_um2=None,
    )  # fmt: skip
    assert rows["Donor nuclei, hot spot"] == "nothing can be said | no nucleus was called donor"
    assert rows["CSA of fibers with a donor nucleus"].startswith("nothing can be said | no fiber")
    assert (
        "too few to compare"
        in rows_of(donor_fibers_csa_expected_um2=None)["CSA of fibers with a donor nucleus"]
    )
    assert "too few to compare" in rows_of(donor_hot_spot_p=None)["Donor nuclei, hot spot"]
    assert (
        next(iter(rows_of(donor_nuclei_n=None).values()))
        == "nothing can be said | no nucleus could be called donor or host"
    )
    assert "Interstitial donor nuclei among interstitial nuclei" not in rows_of(
        interstitial_donor_nuclei_n=None
    )
    assert "CSA of fibers with a donor nucleus" not in rows_of(donor_fibers_sized_n=None)


def test_without_a_marker_only_nuclei_are_placed():
    table = from_rows(TableName.SECTIONS, [ROW | {"donor_threshold_method": None, "donor_nuclei_n": None}])
    assert place_title(table) == "Where nuclei lie"
    what = ["Nuclei, densest spot", "Crowds of interstitial nuclei (infiltrates?)"]
    assert [name for name, _, _ in place_rows(table)] == what
    assert place_rows(from_rows(TableName.SECTIONS, [{"slide_id": "s"}])) == []


def test_over_counting_says_its_lengths_or_what_is_missing():
    what = "Donor fraction corrected for over-counting"
    assert rows_of(section_thickness_um=10.0)[what] == (
        "not corrected | not given: measure.donor_nucleus_height_um, measure.host_nucleus_height_um"
    )
    given = {
        "section_thickness_um": 10.0, "donor_nucleus_height_um": 8.0, "host_nucleus_height_um": 6.5,
        "abercrombie_nuclei_n": 600.0, "abercrombie_donor_nuclei_n": 16.7, "abercrombie_donor_fraction": 0.0278,
    }  # fmt: skip
    said = rows_of(**given)[what]
    assert said.startswith(
        "2.78 % | 16.7 of 600.0 nuclei after Abercrombie (section 10 µm; donor nuclei 8, host nuclei 6.5"
    )
    # None called is not a fraction of zero.
    assert rows_of(**given, donor_nuclei_n=0)[what].startswith("none called")


def test_the_figure_is_the_same_each_time_and_absent_without_an_answer():
    points = np.random.default_rng(0).uniform(0, 500, (80, 2))
    clustering = donor_clustering(points, np.arange(80) < 9, np.arange(20.0, 401.0, 20.0), 99, 0)
    figure = clustering_figure(clustering)
    assert figure.startswith("<svg")
    assert "donor neighbors" in figure
    assert figure == clustering_figure(clustering)
    assert "9 donor nuclei of 80" in clustering_caption(clustering)
    assert clustering_figure(None) == clustering_caption(None) == ""


def test_crowds_say_what_they_do_not_tell():
    what = "Crowds of interstitial nuclei (infiltrates?)"
    assert rows_of()[what].startswith("not measured | without fibers")
    crowd = {
        "interstitial_dense_p": 0.001, "interstitial_dense_spots_n": 2, "interstitial_dense_area_mm2": 0.0312,
        "interstitial_dense_radius_um": 100.0, "interstitial_densest_n": 48, "interstitial_densest_expected_n": 11.3,
        "interstitial_densest_y_um": 420.0, "interstitial_densest_x_um": 1310.0,
    }  # fmt: skip
    said = rows_of(**crowd)[what]
    assert said.startswith(
        "2 | 0.031 mm²; the most unlikely holds 48 nuclei within 100 µm of y 420, x 1,310 µm, 11.3"
    )
    assert "no kind of cell is told" in said
    assert rows_of(**crowd | {"interstitial_dense_spots_n": 0})[what].startswith(
        "none beyond chance | p = 0.001"
    )
