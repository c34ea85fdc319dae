"""One self-contained page per slide: nothing is fetched, nothing runs, it can be mailed."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2
import numpy as np

from myograft.model.arrays import Array
from myograft.model.biology import Origin
from myograft.model.table import Table
from myograft.report.contents import Field, OverviewImages, ReportInput
from myograft.report.fiber_stains import marked_fibers, stain_rows
from myograft.report.pictures import (
    SKY,
    VERMILION,
    YELLOW,
    clustering_figure,
    mark_color,
    overlay,
    picture_data,
    size_histogram,
)
from myograft.report.places import clustering_caption, place_rows, place_title
from myograft.report.results import result_rows


@dataclass(frozen=True)
class _Picture:
    title: str
    data: str
    width: int
    height: int
    caption: str


def render_report(content: ReportInput) -> str:
    """Return the page as HTML."""
    page = jinja2.Environment(
        loader=jinja2.PackageLoader("myograft.report", ""),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    ).get_template("page.html.j2")
    sized = _sized_ferets(content.fibers)
    row = content.section.rows()[0]
    return page.render(
        slide_id=content.slide_id,
        lead=f"{row['tissue_area_mm2']:.2f} mm² of tissue in {row['plane_area_mm2']:.2f} mm² of image",
        warnings=[warning for warning in content.warnings if warning not in content.left_out]
        + [f"Left out: {sentence}" for sentence in content.left_out],
        results=result_rows(content.section) + stain_rows(content.section),
        places=place_rows(content.section),
        places_title=place_title(content.section),
        clustering=clustering_figure(content.clustering),
        clustering_caption=clustering_caption(content.clustering),
        key=_key(content),
        overview=_picture("overview", content.overview, content),
        fields=[_picture(field.title, field, content) for field in content.fields],
        histogram=size_histogram(sized),
        histogram_caption=f"{len(sized):,} fibers with a valid size; bins of 5 µm",
        facts=content.facts,
    )


def _sized_ferets(fibers: Table | None) -> Array:
    if fibers is None:
        return np.zeros(0)
    return np.asarray(fibers["min_feret_um"].filled()[~fibers["is_excluded"].filled(fill_value=False)])


def _key(content: ReportInput) -> list[tuple[str, str]]:
    entries = [
        (YELLOW, "fiber", content.fibers is not None),
        ((0.6, 0.5, 0.4), "fiber without a valid size", content.fibers is not None),
        *((mark_color(name), name, True) for name in marked_fibers(content.fibers)),
        (SKY, "nucleus", content.nuclei is not None),
        (VERMILION, "donor nucleus", content.section.rows()[0]["donor_nuclei_n"] is not None),
    ]
    return [
        ("#" + "".join(f"{round(255 * part):02x}" for part in color), name)
        for color, name, is_there in entries
        if is_there
    ]


def _picture(title: str, shown: OverviewImages | Field, content: ReportInput) -> _Picture:
    picture = overlay(
        shown.planes,
        shown.fibers,
        shown.nuclei,
        _donors(content.nuclei),
        _excluded(content.fibers),
        marked_fibers(content.fibers),
    )
    height, width = picture.shape[:2]
    extent = f"{height * shown.um_per_px:,.0f} × {width * shown.um_per_px:,.0f} µm"
    if isinstance(shown, Field):
        caption = f"{title}: {extent}, from row {shown.region.y0}, column {shown.region.x0}"
    else:
        caption = f"{extent}, {shown.um_per_px:.2f} µm per pixel"
    return _Picture(title, picture_data(picture), width, height, caption)


def _donors(nuclei: Table | None) -> Array:
    if nuclei is None:
        return np.zeros(0, np.int64)
    return np.asarray(
        nuclei["nucleus_id"].filled()[(nuclei["origin"] == str(Origin.DONOR)).filled(fill_value=False)]
    )


def _excluded(fibers: Table | None) -> Array:
    if fibers is None:
        return np.zeros(0, np.int64)
    return np.asarray(fibers["fiber_id"].filled()[fibers["is_excluded"].filled(fill_value=False)])
