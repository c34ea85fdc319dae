"""The pictures and numbers that one slide's report shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.model.provenance import Provenance
from myograft.numerics.resample import downsample_mean
from myograft.report import Field, OverviewImages, ReportInput, choose_fields, render_report
from myograft.workflow.measure_plane import Measured
from myograft.workflow.outline_plane import Outlined
from myograft.workflow.survey_plane import Prepared
from myograft.write import read_labels_block

#: Edge of the overview picture; more would make the page heavy without showing more.
_OVERVIEW_PX = 1200


def compose_report(
    prepared: Prepared,
    fibers: Outlined | None,
    nuclei: Outlined | None,
    measured: Measured,
    record: Provenance,
    at_seams: str | None,
) -> str:
    """Return the self-contained HTML page of a slide."""
    slide = prepared.slide
    titled = choose_fields(
        measured.fibers, measured.nuclei, slide.stack.shape, slide.stack.calibration.pixel_size_um
    )
    return render_report(
        ReportInput(
            slide_id=slide.slide_id,
            section=measured.section,
            fibers=measured.fibers,
            nuclei=measured.nuclei,
            overview=_overview(prepared, fibers, nuclei),
            fields=tuple(_field(prepared, fibers, nuclei, title, region) for title, region in titled),
            facts=(*_facts(record), *((("at seams of tiles", at_seams),) if at_seams else ())),
            warnings=record.warnings,
            left_out=measured.left_out,
            clustering=measured.clustering,
        )
    )


def _overview(prepared: Prepared, fibers: Outlined | None, nuclei: Outlined | None) -> OverviewImages:
    slide = prepared.slide
    # A power of two of the survey's step, so that the pictures and a label level are the same grid.
    step = prepared.step_px
    while max(slide.stack.shape) > step * _OVERVIEW_PX:
        step *= 2
    shrink = step // prepared.step_px
    planes = {role: _shrunk(survey.mean, shrink) for role, survey in prepared.surveys.items()}
    whole = Region(0, 0, *slide.stack.shape)
    return OverviewImages(
        planes=_shown(prepared, planes),
        fibers=_labels_at(prepared, fibers, whole, step),
        nuclei=_labels_at(prepared, nuclei, whole, step),
        um_per_px=slide.stack.calibration.pixel_size_um * step,
    )


def _field(
    prepared: Prepared, fibers: Outlined | None, nuclei: Outlined | None, title: str, region: Region
) -> Field:
    pixel_size_um = prepared.slide.stack.calibration.pixel_size_um
    planes = {role: prepared.raw(role, region) for role in prepared.slide.roles.index_of}
    return Field(
        title=title,
        region=region,
        planes=_shown(prepared, planes),
        fibers=_labels_at(prepared, fibers, region, 1),
        nuclei=_labels_at(prepared, nuclei, region, 1),
        um_per_px=pixel_size_um,
    )


#: Percentiles of a channel that are shown black and bright; a rare marker has its own, for its bulk is background.
_SHOWN_PERCENTILES = {
    Role.SARCOLEMMA: (5.0, 99.0),
    Role.NUCLEI: (50.0, 99.7),
    Role.DONOR_NUCLEUS: (90.0, 99.97),
    Role.DONOR_FIBER: (60.0, 99.7),
    Role.REGENERATION: (60.0, 99.7),
    Role.NECROSIS: (60.0, 99.7),
}


def _shown(prepared: Prepared, planes: Mapping[Role, Array]) -> dict[str, Image]:
    shown = {}
    for role, plane in planes.items():
        if role in _SHOWN_PERCENTILES:
            low, high = np.percentile(prepared.surveys[role].sample, _SHOWN_PERCENTILES[role])
            scaled = (plane.astype(np.float32) - low) / max(high - low, 1e-6)
            shown[str(role)] = np.clip(scaled, 0.0, 1.0).astype(np.float32) ** np.float32(0.7)
    return shown


def _shrunk(overview: Image, factor: int) -> Image:
    return overview if factor == 1 else downsample_mean(overview, factor)


def _labels_at(prepared: Prepared, outlined: Outlined | None, region: Region, step_px: int) -> Labels | None:
    """Return every `step_px`-th label of a region; a power of two, and so a level of the pyramid."""
    if outlined is None:
        return None
    coarse = Region(*(-(-edge // step_px) for edge in (region.y0, region.x0, region.y1, region.x1)))
    level = step_px.bit_length() - 1
    path = prepared.slide.draft.labels(outlined.name)
    if outlined.linked is None:
        return read_labels_block(path, coarse, level)
    seen = read_labels_block(path, coarse, level, z=0)
    for z in range(1, prepared.slide.stack.planes_n):
        # A picture shows of nuclei above each other the lower one whole.
        seen = np.where(seen == 0, read_labels_block(path, coarse, level, z=z), seen)
    return seen


def _facts(record: Provenance) -> tuple[tuple[str, str], ...]:
    """Return what a reader must know to repeat the run, as (label, value) pairs."""
    calibration = record.calibration
    roles = [
        f"{role}: channel {index} ({record.channels[index]}), by {record.role_reasons.get(role, 'setting')}"
        for role, index in sorted(record.roles.items())
    ]
    given = [f"{kind}: {digest}" for kind, digest in sorted(record.given_labels_sha256.items())]
    networks = [
        f"{kind}: {network.name}, {network.license}, SHA-256 {network.sha256}"
        for kind, network in sorted(record.networks.items())
    ]
    return (
        ("input", record.input_path),
        ("input SHA-256", record.input_sha256),
        ("image", f"{record.image_axes} {' x '.join(map(str, record.image_shape))}, {record.image_dtype}"),
        ("pixel size", f"{calibration.pixel_size_um:g} um, from {calibration.source}"),
        ("region (y0, x0, y1, x1) in px", "whole plane" if record.region is None else _edges(record.region)),
        ("channels", "; ".join(roles) or "none used"),
        ("given labels (SHA-256)", "; ".join(given) or "none"),
        ("networks", "; ".join(networks) or "none"),
        ("settings digest", record.settings_digest),
        ("started", record.started.strftime("%Y-%m-%d %H:%M:%S UTC")),
        ("software", ", ".join(f"{name} {number}" for name, number in sorted(record.versions.items()))),
    )


def _edges(region: Region) -> str:
    return f"{region.y0}, {region.x0}, {region.y1}, {region.x1}"
