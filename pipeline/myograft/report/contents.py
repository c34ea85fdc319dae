"""What a report shows: pictures, tables and facts, as plain arrays and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from myograft.model.arrays import Image, Labels
from myograft.model.geometry import Region
from myograft.model.table import Table
from myograft.numerics.clustering import Clustering


@dataclass(frozen=True)
class OverviewImages:
    """The whole plane, small.

    Parameters
    ----------
    planes
        Stain per role scaled for the eye, 0 to 1, all of one shape.
    fibers, nuclei
        Labels of that shape; None where they were not outlined.
    um_per_px
        Resolution.
    """

    planes: Mapping[str, Image]
    fibers: Labels | None
    nuclei: Labels | None
    um_per_px: float


@dataclass(frozen=True)
class Field:
    """A part of the plane at full resolution, as in `OverviewImages`; `region` in px of the plane."""

    title: str
    region: Region
    planes: Mapping[str, Image]
    fibers: Labels | None
    nuclei: Labels | None
    um_per_px: float


@dataclass(frozen=True)
class ReportInput:
    """Everything on the page of one slide.

    Parameters
    ----------
    slide_id
        Title.
    section, fibers, nuclei
        Tables; None where they were not measured.
    overview, fields
        Pictures.
    facts
        (label, value) pairs about input, settings and software.
    warnings, left_out
        What the reader must know, and what was not measured.
    clustering
        Donor nuclei against relabeling, radius by radius; None where nothing can be said.
    """

    slide_id: str
    section: Table
    fibers: Table | None
    nuclei: Table | None
    overview: OverviewImages
    fields: tuple[Field, ...]
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]
    clustering: Clustering | None = None
