"""Columns of the sections table that say where nuclei lie, and what size bias and over-counting do."""

from __future__ import annotations

from myograft.model.column import Column, count, real

#: Under which conditions nothing is said.
_TOO_FEW = "null with fewer than measure.space.least_nuclei donor or host nuclei"


def _clustering(kind: str, who: str, among: str) -> tuple[Column, ...]:
    return (
        real(
            f"{kind}_clustering_p",
            "1",
            f"Probability that {who} lie so near to each other when donor labels are drawn at random among {among}: global envelope test (extreme rank length, Myllymaki 2017) of the mean number of donor neighbors within 20 to 400 um, one-sided; {_TOO_FEW}.",
        ),
        real(
            f"{kind}_clustering_radius_um",
            "um",
            "Radius at which they exceed the expectation by most standard deviations; null where no labeling differs from another.",
        ),
        real(
            f"{kind}_clustering_ratio",
            "1",
            "Donor neighbors found over expected within that radius; of the radius that shows most, and so rather too high.",
        ),
    )


def _dense_spot(kind: str, who: str) -> tuple[Column, ...]:
    return (
        count(
            f"{kind}_hot_spot_n",
            f"Most {who} in one disk of hot_spot_radius_um around one of them; null without any.",
        ),
        real(f"{kind}_hot_spot_per_mm2", "1/mm^2", "The same over the disk's area inside the plane."),
        real(f"{kind}_hot_spot_ratio", "1", f"The same over all {who} per tissue_area_mm2."),
        real(f"{kind}_hot_spot_y_um", "um", "Middle of that disk, down from the plane's top edge."),
        real(f"{kind}_hot_spot_x_um", "um", "Middle of that disk, right from the plane's left edge."),
    )


#: Crowds of interstitial nuclei, against random placement between the fibers.
_CROWDS = (
    real(
        "interstitial_dense_radius_um",
        "um",
        "Radius of the disks that crowds of interstitial nuclei are looked for with; null without fibers, and with fewer than measure.space.least_nuclei interstitial nuclei.",
    ),
    real(
        "interstitial_dense_p",
        "1",
        "Probability that some disk is as crowded when as many nuclei are placed anywhere in the tissue between fibers alike (scan statistic, Kulldorff 1997; measure.space.placements_n draws). Nuclei of vessels, nerves and regenerating fibers gather in healthy muscle, too: it tells a crowd, not inflammation, and no kind of cell.",
    ),
    count(
        "interstitial_dense_spots_n",
        "Connected places of such disks: at least measure.space.dense_least_ratio times as many nuclei as by chance, and more crowded than any disk is in 95 % of random placements. Candidates for infiltrates, to be looked at.",
    ),
    real("interstitial_dense_area_mm2", "mm^2", "Area of the middles of these disks."),
    count(
        "interstitial_densest_n",
        "Interstitial nuclei in the disk that is least likely by chance; null where no disk holds more than by chance.",
    ),
    real(
        "interstitial_densest_expected_n",
        "1",
        "Their number by chance, from the area between fibers in that disk.",
    ),
    real("interstitial_densest_y_um", "um", "Middle of that disk, down from the plane's top edge."),
    real("interstitial_densest_x_um", "um", "Middle of that disk, right from the plane's left edge."),
)


def _size(name: str, unit: str, shown_unit: str, meaning: str) -> tuple[Column, ...]:
    return (
        real(
            f"donor_fibers_{name}_mean_{unit}",
            shown_unit,
            f"Mean {meaning} of the sized fibers with a donor nucleus.",
        ),
        real(
            f"other_fibers_{name}_mean_{unit}",
            shown_unit,
            f"Mean {meaning} of the other sized fibers; larger fibers hold more nuclei, so that this is not what donor_fibers_{name}_mean_{unit} is to be compared with.",
        ),
        real(
            f"donor_fibers_{name}_expected_{unit}",
            shown_unit,
            f"Expectation of donor_fibers_{name}_mean_{unit} when donor labels are drawn at random among the called in-fiber nuclei of sized fibers; {_TOO_FEW} among these.",
        ),
        real(
            f"donor_fibers_{name}_expected_low_{unit}", shown_unit, "2.5 % quantile of the same under chance."
        ),
        real(
            f"donor_fibers_{name}_expected_high_{unit}",
            shown_unit,
            "97.5 % quantile of the same under chance.",
        ),
        real(f"donor_fibers_{name}_p", "1", "Two-sided probability of such a mean under chance."),
    )


PLACES: tuple[Column, ...] = (
    *_clustering("donor", "donor nuclei", "all called nuclei"),
    *_clustering("interstitial_donor", "interstitial donor nuclei", "the called interstitial nuclei"),
    count(
        "relabelings_n",
        "Draws of donor labels behind every p value and expectation under chance; null where nothing is said.",
    ),
    real("hot_spot_radius_um", "um", "Radius of the disks of all hot spots; null without nuclei."),
    count(
        "donor_hot_spot_n",
        "Most donor nuclei in one disk of hot_spot_radius_um around a donor nucleus; null without any.",
    ),
    count("donor_hot_spot_called_n", "Called nuclei in that disk."),
    real("donor_hot_spot_fraction", "1", "donor_hot_spot_n over donor_hot_spot_called_n."),
    real("donor_hot_spot_per_mm2", "1/mm^2", "donor_hot_spot_n over the disk's area inside the plane."),
    real("donor_hot_spot_y_um", "um", "Middle of that disk, down from the plane's top edge."),
    real("donor_hot_spot_x_um", "um", "Middle of that disk, right from the plane's left edge."),
    real(
        "donor_hot_spot_p",
        "1",
        f"Probability that some disk holds so many when donor labels are drawn at random among all called nuclei; {_TOO_FEW}.",
    ),
    *_dense_spot("nuclei", "nuclei"),
    *_dense_spot("interstitial", "interstitial nuclei"),
    *_CROWDS,
    count("donor_fibers_sized_n", "Sized fibers with at least one in-fiber donor nucleus."),
    *_size("csa", "um2", "um^2", "CSA"),
    *_size("min_feret", "um", "um", "minimal Feret diameter"),
    real("section_thickness_um", "um", "Thickness M of the section as mounted; null where it was not given."),
    real("donor_nucleus_height_um", "um", "Height L of donor nuclei along the section's normal, as given."),
    real("host_nucleus_height_um", "um", "Height L of host nuclei along the section's normal, as given."),
    real(
        "abercrombie_nuclei_n",
        "1",
        "Called nuclei whose middle lies in the section, donor and host each times M / (L + M) (Abercrombie 1946); null unless M and both L are given. No other column is corrected.",
    ),
    real("abercrombie_donor_nuclei_n", "1", "donor_nuclei_n times M / (L + M), with the L of donor nuclei."),
    real(
        "abercrombie_donor_fraction",
        "1",
        "abercrombie_donor_nuclei_n over abercrombie_nuclei_n; not corrected for false calls.",
    ),
)
