"""The column dictionary: name, unit, type and meaning of every output column, said once."""

from __future__ import annotations

from enum import StrEnum

from myograft.model.agreement_columns import AGREEMENT, DISAGREEMENTS, READER_VALUES
from myograft.model.audit_columns import AUDIT_ESTIMATES
from myograft.model.column import Column, count, flag, real, text
from myograft.model.donor_columns import DONOR_ESTIMATES
from myograft.model.donor_place_columns import DONORS_IN_FIBERS
from myograft.model.fiber_marker_columns import FIBER_STAINS, SECTION_STAINS
from myograft.model.hyalinized_columns import FIBER_HYALINIZED, SECTION_HYALINIZED
from myograft.model.place_columns import PLACES
from myograft.model.review_columns import BOX, NUCLEUS_EXCLUSION, OBJECT_REVIEW, SECTION_REVIEW
from myograft.model.seam_columns import SEAMS
from myograft.model.slide_columns import SLIDES
from myograft.model.stack_columns import DEPTH
from myograft.model.study_columns import COMPARISONS, MUSCLES, SUBJECTS


class TableName(StrEnum):
    """Tables of a result."""

    FIBERS = "fibers"
    NUCLEI = "nuclei"
    SECTIONS = "sections"
    SLIDES = "slides"
    AUDIT_ESTIMATES = "audit_estimates"
    MUSCLES = "muscles"
    SUBJECTS = "subjects"
    COMPARISONS = "comparisons"
    AGREEMENT = "agreement"
    READER_VALUES = "reader_values"
    DISAGREEMENTS = "disagreements"
    SEAMS = "seams"


_KEYS = (
    text("slide_id", "Slide: name of the input file without extensions, made unique within a run."),
    text("section_id", "Section: tissue piece on the slide ('1' until sections are told apart)."),
)

FIBERS: tuple[Column, ...] = (
    *_KEYS,
    count("fiber_id", "Number of the fiber in labels/fibers; canonical (by first pixel, row by row)."),
    real("centroid_y_um", "um", "Centroid of the fiber's pixels, down from the plane's top edge."),
    real("centroid_x_um", "um", "Centroid of the fiber's pixels, right from the plane's left edge."),
    real(
        "csa_um2", "um^2", "Cross-sectional area inside the outline; of the visible part where touches_edge."
    ),
    real(
        "min_feret_um",
        "um",
        "Minimal Feret diameter: smallest gap between parallel tangents of the pixel corners.",
    ),
    real(
        "max_feret_um",
        "um",
        "Maximal Feret diameter: largest distance between two pixel corners of the outline.",
    ),
    real("perimeter_um", "um", "Length of the outline."),
    real("circularity", "1", "4 pi CSA / perimeter squared, at most 1; 1 for a disk."),
    real("solidity", "1", "CSA over the area of the convex hull."),
    real(
        "outline_probability",
        "1",
        "Calibrated probability that the outline is right (overlaps a true object by half), by the network's own evidence; null for given outlines and methods without one.",
    ),
    flag(
        "touches_edge",
        "Whether the fiber touches the border of the image or region, so that its size is unknown.",
    ),
    flag("is_excluded", "Whether the fiber is left out of sizes and their summaries."),
    text(
        "exclusion_reason",
        "Why it is left out: edge, oblique, fold, freezing hole, out of focus, torn, not a fiber, other; null if not excluded.",
    ),
    count(
        "in_fiber_nuclei_n",
        "Nuclei with location in_fiber whose fiber this is; null without a nuclei channel.",
    ),
    count("central_nuclei_n", "Those of them with position central; null without a nuclei channel."),
    flag("is_centrally_nucleated", "Whether central_nuclei_n >= 1; null without a nuclei channel."),
    count("donor_nuclei_n", "In-fiber nuclei with origin donor; null without a donor marker."),
    real(
        "nuclear_domain_um2",
        "um^2",
        "CSA per in-fiber nucleus; null for a fiber without in-fiber nuclei or without a valid size.",
    ),
    *FIBER_STAINS,
    *FIBER_HYALINIZED,
    *BOX,
    *OBJECT_REVIEW,
)

NUCLEI: tuple[Column, ...] = (
    *_KEYS,
    count("nucleus_id", "Number of the nucleus in labels/nuclei; canonical (by first pixel, row by row)."),
    real("centroid_y_um", "um", "Centroid of the nucleus' pixels, down from the plane's top edge."),
    real("centroid_x_um", "um", "Centroid of the nucleus' pixels, right from the plane's left edge."),
    real(
        "area_um2",
        "um^2",
        "Area of the nucleus in the plane; of its largest outline where it was linked through planes.",
    ),
    real(
        "outline_probability",
        "1",
        "Calibrated probability that the outline is right (overlaps a true object by half), by the network's own evidence; null for given outlines and methods without one.",
    ),
    flag("touches_edge", "Whether the nucleus touches the border of the image or region."),
    count(
        "fiber_id",
        "Fiber that holds the largest part of the nucleus; null where it overlaps none, or without fibers.",
    ),
    real(
        "overlap_fraction",
        "1",
        "Part of the nucleus' area inside that fiber; 0 where it overlaps none, null without fibers.",
    ),
    real(
        "border_distance_um",
        "um",
        "Distance from the centroid to the nearest fiber outline, positive inside a fiber, negative outside; null where no outline is within the search radius, or without fibers.",
    ),
    text("location", "in_fiber, border or interstitial; null without fibers."),
    text("position", "central or peripheral, for in_fiber nuclei; null otherwise."),
    real(
        "donor_signal",
        "counts",
        "Marker signal of the nucleus over its local background; null without a marker or where it could not be measured.",
    ),
    real(
        "donor_score",
        "1",
        "Marker signal of the nucleus over its local background, in robust standard deviations of the section's host nuclei; null without a marker.",
    ),
    real(
        "p_donor",
        "1",
        "1 - local false discovery rate under the empirical null; null with a fixed threshold, without a marker, or where no second population was found.",
    ),
    count(
        "donor_spots_n",
        "Spots of the donor marker as high as the threshold; null where the marker is not measured as spots, or without a threshold.",
    ),
    text(
        "origin",
        "donor or host by the section's threshold; null without a marker or where the score is unknown.",
    ),
    flag(
        "is_undecided",
        "Whether the score is so near to the threshold that a person should look; null without a marker.",
    ),
    *DEPTH,
    *BOX,
    *NUCLEUS_EXCLUSION,
    *OBJECT_REVIEW,
)

SECTIONS: tuple[Column, ...] = (
    *_KEYS,
    real("plane_area_mm2", "mm^2", "Area of the image or region that was looked at."),
    real("tissue_area_mm2", "mm^2", "Area of the tissue in it."),
    count("fibers_n", "All fibers; null without a sarcolemma channel and without given outlines."),
    count(
        "fibers_sized_n", "Fibers with a valid size (not excluded): the denominator of every size summary."
    ),
    count("fibers_edge_n", "Fibers left out of sizes because they touch the border."),
    real("fibers_per_mm2", "1/mm^2", "fibers_n over tissue_area_mm2."),
    real("fiber_area_fraction", "1", "Sum of all fiber areas over the tissue area."),
    real(
        "interstitial_area_fraction",
        "1",
        "1 - fiber_area_fraction, at least 0: what of the tissue is not fiber. Connective tissue, vessels, gaps and fibers that were missed or fell out: an upper bound of the connective-tissue fraction; of a small piece too high, for tissue is found with a margin (up to prepare.tissue_smoothing_um).",
    ),
    real("csa_mean_um2", "um^2", "Mean CSA of the sized fibers."),
    real("csa_median_um2", "um^2", "Median CSA of the sized fibers."),
    real("csa_sd_um2", "um^2", "Standard deviation (ddof 1) of the CSA of the sized fibers."),
    real("min_feret_mean_um", "um", "Mean minimal Feret diameter of the sized fibers."),
    real("min_feret_median_um", "um", "Median minimal Feret diameter of the sized fibers."),
    real(
        "min_feret_sd_um",
        "um",
        "Standard deviation (ddof 1) of the minimal Feret diameters of the sized fibers.",
    ),
    real(
        "variance_coefficient", "1", "1000 x SD / mean of the minimal Feret diameters (Briguet 2004), ddof 1."
    ),
    flag("has_few_fibers", "Whether fewer than 150 fibers have a valid size (Lexell 1985)."),
    count("nuclei_n", "All nuclei; null without a nuclei channel and without given outlines."),
    real("nuclei_per_mm2", "1/mm^2", "nuclei_n over tissue_area_mm2."),
    text(
        "in_fiber_meaning",
        "What in_fiber means with this stain: sublaminal (basal lamina) or myonucleus (membrane); null if unknown.",
    ),
    count("in_fiber_nuclei_n", "Nuclei with location in_fiber."),
    count("border_nuclei_n", "Nuclei with location border."),
    count("interstitial_nuclei_n", "Nuclei with location interstitial."),
    real("in_fiber_nuclei_fraction", "1", "in_fiber_nuclei_n over nuclei_n."),
    count("central_nuclei_n", "In-fiber nuclei with position central."),
    count("centrally_nucleated_fibers_n", "Sized fibers with at least one central nucleus."),
    real("centrally_nucleated_fibers_fraction", "1", "centrally_nucleated_fibers_n over fibers_sized_n."),
    real("nuclei_per_fiber", "1", "In-fiber nuclei of the sized fibers over fibers_sized_n."),
    real("nuclear_domain_um2", "um^2", "Sum of CSA over sum of in-fiber nuclei, both of the sized fibers."),
    text(
        "donor_threshold_method",
        "How the donor threshold was set: calibrated, empirical_null or fixed; null without a marker.",
    ),
    real(
        "donor_threshold",
        "1",
        "donor_score at and above which a nucleus is called donor; null where none could be set.",
    ),
    count("nuclei_called_n", "Nuclei with an origin: the denominator of the donor fraction."),
    count("donor_nuclei_n", "Nuclei with origin donor; null where none could be called."),
    count(
        "donor_candidates_n",
        "Nuclei that stand out (donor_score at least assign.origin.least_score), were called host because no threshold could be set (donor_threshold is null), and were not read: any of them may be donor.",
    ),
    count("undecided_nuclei_n", "Nuclei with is_undecided, of either origin."),
    real(
        "donor_nuclei_fraction",
        "1",
        "donor_nuclei_n over nuclei_called_n; crude, not corrected for false calls.",
    ),
    real(
        "donor_nuclei_fraction_low",
        "1",
        "Lower end of the 95 % Clopper-Pearson interval of the crude fraction; counting error only.",
    ),
    real(
        "donor_nuclei_fraction_high",
        "1",
        "Upper end of the 95 % Clopper-Pearson interval of the crude fraction, donor_candidates_n counted in; counting error only.",
    ),
    real("donor_nuclei_per_mm2", "1/mm^2", "donor_nuclei_n over tissue_area_mm2."),
    *DONOR_ESTIMATES,
    *DONORS_IN_FIBERS,
    *PLACES,
    *SECTION_STAINS,
    *SECTION_HYALINIZED,
    *SECTION_REVIEW,
)

COLUMNS: dict[TableName, tuple[Column, ...]] = {
    TableName.FIBERS: FIBERS,
    TableName.NUCLEI: NUCLEI,
    TableName.SECTIONS: SECTIONS,
    TableName.SLIDES: SLIDES,
    TableName.AUDIT_ESTIMATES: AUDIT_ESTIMATES,
    TableName.MUSCLES: MUSCLES,
    TableName.SUBJECTS: SUBJECTS,
    TableName.COMPARISONS: COMPARISONS,
    TableName.AGREEMENT: AGREEMENT,
    TableName.READER_VALUES: READER_VALUES,
    TableName.DISAGREEMENTS: DISAGREEMENTS,
    TableName.SEAMS: SEAMS,
}


def column_names(table: TableName) -> tuple[str, ...]:
    """Return the column names of a table, in order."""
    return tuple(column.name for column in COLUMNS[table])
