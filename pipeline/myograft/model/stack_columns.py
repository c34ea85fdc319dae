"""Columns of the nuclei table that say where a nucleus lies in a stack of optical planes."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real

_ONLY = "null unless nuclei were linked through planes (stitch.planes.nuclei)"
_STEP = f"{_ONLY} and the distance between planes is known"

DEPTH: tuple[Column, ...] = (
    count(
        "plane",
        f"Optical plane, from 0, of the nucleus' largest outline (of equals the lowest): its centroid in the plane, area, location, position and marker are those of this outline; {_ONLY}.",
    ),
    count("first_plane", f"First plane it shows in; {_ONLY}."),
    count("last_plane", f"Last plane it shows in; {_ONLY}."),
    count(
        "planes_n",
        f"Planes it was outlined in, at most last_plane - first_plane + 1 (it may have been missed in one between); {_ONLY}.",
    ),
    flag(
        "touches_stack_end",
        f"Whether it shows in the first or last plane of the stack, so that its height is unknown; {_ONLY}.",
    ),
    real(
        "centroid_z_um", "um", f"Centroid of its pixels in all planes along z, 0 in the first plane; {_STEP}."
    ),
    real(
        "height_um",
        "um",
        f"Planes from first to last times their distance; the blur along z is part of it, so that it is too large; {_STEP}.",
    ),
    real(
        "volume_um3",
        "um^3",
        f"Area of its outlines in all planes times the distance of planes (Cavalieri); the blur along z is part of it; {_STEP}.",
    ),
)
