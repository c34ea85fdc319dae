"""Columns of the seams table: what depends on how a plane was cut into tiles, and so stays out of all other tables."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real, text

SEAMS: tuple[Column, ...] = (
    text("slide_id", "Slide: name of the input file without extensions, made unique within a run."),
    text("section_id", "Section: tissue piece on the slide ('1' until sections are told apart)."),
    text("object", "fiber or nucleus."),
    count("object_id", "Number of the object in its label plane: fiber_id or nucleus_id."),
    real(
        "seam_distance_um",
        "um",
        "Distance of its centroid from the nearest seam, a line where the areas owned by two tiles meet; null on a plane of one tile.",
    ),
    flag("crosses_seam", "Whether its bounding box lies on both sides of a seam."),
    flag(
        "ends_at_seam",
        "Whether a side of its bounding box lies on a seam that it does not cross: what a cut object shows, and few others.",
    ),
)
