"""Columns that reading by people fills, and the boxes that lead a reader to an object."""

from __future__ import annotations

from myograft.model.column import Column, Kind, count, flag, real, text


def _edge(name: str, which: str) -> Column:
    meaning = f"{which} of the object's bounding box in px of full resolution, half-open; of a nucleus linked through planes that of its largest outline."
    return Column(name, Kind.INTEGER, "px", meaning)


#: Of fibers and nuclei.
BOX: tuple[Column, ...] = (
    _edge("box_y0_px", "Top edge"),
    _edge("box_x0_px", "Left edge"),
    _edge("box_y1_px", "Bottom edge"),
    _edge("box_x1_px", "Right edge"),
)

#: Of nuclei; fibers have such columns of their own.
NUCLEUS_EXCLUSION: tuple[Column, ...] = (
    flag(
        "is_excluded",
        "Whether a reader left the nucleus out of all counts (rejected it, or excluded the region); false in the machine's table.",
    ),
    text("exclusion_reason", "Why, as in the fibers table; null if not excluded."),
)

#: Of fibers and nuclei.
OBJECT_REVIEW: tuple[Column, ...] = (
    flag(
        "in_excluded_region",
        "Whether the centroid lies in a region that a reader excluded: left out of all measures; false in the machine's table.",
    ),
    flag(
        "is_reviewed",
        "Whether a reader accepted, called, placed, rejected, shaped or drew the object; null in the machine's table.",
    ),
    flag(
        "is_edited",
        "Whether a reader changed its shape, call, place or exclusion; null in the machine's table.",
    ),
    flag(
        "is_drawn",
        "Whether it is no object of the machine's: drawn by a reader, or made by a merge or split; null in the machine's table.",
    ),
)

#: Of sections.
SECTION_REVIEW: tuple[Column, ...] = (
    real(
        "excluded_area_mm2",
        "mm^2",
        "Tissue in regions that readers excluded; it is not part of tissue_area_mm2. Null in the machine's table.",
    ),
    count("reviewed_fibers_n", "Fibers with is_reviewed; null in the machine's table."),
    count("reviewed_nuclei_n", "Nuclei with is_reviewed; null in the machine's table."),
    count("edited_fibers_n", "Fibers with is_edited; null in the machine's table."),
    count("edited_nuclei_n", "Nuclei with is_edited; null in the machine's table."),
    real(
        "reviewed_fraction",
        "1",
        "Reviewed fibers and nuclei over all of them, excluded ones included; null in the machine's table.",
    ),
    real(
        "edited_fraction",
        "1",
        "Edited fibers and nuclei over all of them, excluded ones included; null in the machine's table.",
    ),
)
