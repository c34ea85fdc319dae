"""Columns of what readers agree on: the agreement, reader_values and disagreements tables."""

from __future__ import annotations

from myograft.model.column import Column, Kind, count, flag, real, text


def _edge(name: str, which: str) -> Column:
    return Column(
        name,
        Kind.INTEGER,
        "px",
        f"{which} of the object's bounding box in px of full resolution, half-open; of both readers' outlines together.",
    )


AGREEMENT: tuple[Column, ...] = (
    text(
        "compared",
        "What the row is about: section value (readers' values of whole sections), call (what they say of single objects), outline (which objects they see, and how alike), or reader (one reader's own values).",
    ),
    text("variable", "Column of the sections or nuclei table, or fibers or nuclei for outlines."),
    text("unit", "Unit of the values of this row."),
    text(
        "readers",
        "Readers that are compared, in the order they were named; differences are first minus second.",
    ),
    text(
        "sample",
        "read (each object that both readers read counts once) or audit (objects that both read in the random audit, each counting for as many as it stands for); null where no single objects are compared.",
    ),
    text(
        "statistic",
        "icc_2_1 (Shrout & Fleiss 1979), bias and limit_low, limit_high (Bland & Altman 1986), calls_n (table of calls), observed_agreement, cohens_kappa, gwets_ac1 (Gwet 2008), specific_agreement (positive, negative agreement), detection_f1 (at intersection over union 0.5), dice_mean (of matched outlines), mean.",
    ),
    text(
        "category",
        "Call that specific_agreement is of; what first and second reader say for calls_n (donor/host); null otherwise.",
    ),
    real("value", "1", "The statistic, in the row's unit; null where it is undefined, with the reason."),
    real(
        "objects_low",
        "1",
        "Lower end of the 95 % interval that takes objects for independent: of these sections; too narrow for others, since objects of a section are alike. Null for section values.",
    ),
    real("objects_high", "1", "Upper end of the same."),
    real(
        "sections_low",
        "1",
        "Lower end of the 95 % interval for which sections are the sample; null with fewer than two sections, or where leaving out any changes nothing.",
    ),
    real("sections_high", "1", "Upper end of the same."),
    count(
        "objects_n",
        "Objects that count: for calls those with a clear call of both, for detection_f1 those of either.",
    ),
    count("sections_n", "Sections that count."),
    text("reason", "Why value or intervals are null; null where none is."),
)

READER_VALUES: tuple[Column, ...] = (
    text("slide_id", "Slide: name of the input file without extensions, made unique within a run."),
    text("section_id", "Section: tissue piece on the slide ('1' until sections are told apart)."),
    text("reader", "Who read; machine for what nobody corrected."),
    flag("is_blinded", "Whether the reader could not see the machine's calls; null for the machine."),
    real(
        "reviewed_fraction",
        "1",
        "Part of the section's fibers and nuclei that the reader read; null for the machine.",
    ),
    text("variable", "Column of the sections table."),
    text("unit", "Unit of the value."),
    real(
        "value", "1", "The section's value as this reader leaves it; what he did not read is the machine's."
    ),
    real(
        "low",
        "1",
        "Lower end of its 95 % interval within the section, where the sections table has one (counting error of the crude donor fraction); null otherwise.",
    ),
    real("high", "1", "Upper end of the same."),
)

DISAGREEMENTS: tuple[Column, ...] = (
    count("number", "Order to settle them in: what changes the donor count comes first."),
    text("kind", "What they differ in: origin, exclusion, missing, location, fiber, position or outline."),
    text("slide_id", "Slide: name of the input file without extensions, made unique within a run."),
    text("section_id", "Section: tissue piece on the slide ('1' until sections are told apart)."),
    text("target", "fiber or nucleus."),
    text("first_reader", "One reader."),
    text("second_reader", "The other."),
    count("first_object_id", "Number of the object in the first one's labels; null where there is none."),
    count("second_object_id", "Number of the object in the second one's labels; null where there is none."),
    text("first_says", "What the first reader says."),
    text("second_says", "What the second reader says."),
    text("machine_says", "What the machine said of this object, where it has it; null otherwise."),
    real("centroid_y_um", "um", "Centroid, down from the plane's top edge, in the first outline there is."),
    real("centroid_x_um", "um", "Centroid, right from the plane's left edge, in the first outline there is."),
    _edge("box_y0_px", "Top edge"),
    _edge("box_x0_px", "Left edge"),
    _edge("box_y1_px", "Bottom edge"),
    _edge("box_x1_px", "Right edge"),
)
