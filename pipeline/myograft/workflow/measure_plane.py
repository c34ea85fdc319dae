"""Numbers of every object of a plane: the tile that owns an object's first pixel measures the whole object."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from myograft.assign import OriginCalls, call_origin
from myograft.execute import Engine
from myograft.measure import (
    DonorRule,
    Seams,
    compare_at_seams,
    count_nuclei_per_fiber,
    measure_planes,
    measure_seams,
    place_nuclei,
    summarize_section,
)
from myograft.model.arrays import Array
from myograft.model.channels import Role
from myograft.model.columns import TableName
from myograft.model.table import Table
from myograft.numerics.clustering import Clustering
from myograft.workflow.donor_controls import doubts_of_calibration
from myograft.workflow.ground import Ground, StoredLabels
from myograft.workflow.marker_readings import MarkerReadings, gather_readings
from myograft.workflow.measure_fiber_stains import StainedFibers, measure_fiber_stains, stain_roles
from myograft.workflow.measure_hyalinized import measure_hyalinized
from myograft.workflow.measure_objects import fiber_rows, nucleus_rows
from myograft.workflow.open_area import open_area
from myograft.workflow.outline_plane import Outlined
from myograft.workflow.shares import Share, shares_of
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared

#: One section per slide until sections are told apart.
SECTION_ID = "1"


@dataclass(frozen=True)
class Measured:
    """Tables of a slide; None where the stain is absent."""

    fibers: Table | None
    nuclei: Table | None
    section: Table
    origin: OriginCalls | None
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    clustering: Clustering | None
    stains: tuple[Role, ...] = ()

    def measured_roles(self) -> tuple[str, ...]:
        """Return what was measured: fibers, nuclei, donor_nucleus, and stains of fibers."""
        parts = {"fibers": self.fibers, "nuclei": self.nuclei, str(Role.DONOR_NUCLEUS): self.origin}
        return (*(name for name, part in parts.items() if part is not None), *map(str, self.stains))

    def summary(self) -> str:
        """Return one line for the log."""
        row = self.section.rows()[0]
        parts = []
        if self.fibers is not None:
            parts.append(f"{row['fibers_n']} fibers ({row['fibers_sized_n']} with a valid size)")
        if self.nuclei is not None:
            parts.append(f"{row['nuclei_n']} nuclei")
        if row["donor_nuclei_n"] is not None:
            parts.append(f"{row['donor_nuclei_n']} donor of {row['nuclei_called_n']} called")
        if row["donor_protein_positive_fibers_n"] is not None:
            parts.append(f"{row['donor_protein_positive_fibers_n']} fibers with donor protein")
        return ", ".join(parts)


def measure_plane(
    engine: Engine,
    prepared: Prepared,
    fibers: Outlined | None,
    nuclei: Outlined | None,
    given: Collection[str] = (),
) -> Measured:
    """Measure every object once and summarize the section; `given` names the kinds whose outlines were given."""
    slide = prepared.slide
    ground = Ground(slide, prepared.plane, StoredLabels(slide))
    notes: list[str] = []
    left_out = _left_out(slide, fibers, nuclei)
    fiber_table = None if fibers is None else _fiber_table(engine, ground, fibers)
    stained = StainedFibers((), {}, {}, ())
    if fibers is not None and fiber_table is not None:
        stained = measure_fiber_stains(
            engine, prepared, fibers.directory, has_nuclei=nuclei is not None, given=given
        )
        fiber_table = fiber_table.replace(**stained.columns)
        hyalinized = measure_hyalinized(
            engine, prepared, fibers.directory, fiber_table, has_nuclei=nuclei is not None
        )
        fiber_table = fiber_table.replace(**hyalinized)
        notes += stained.notes
    nucleus_table, origin, rule = None, None, None
    if nuclei is not None:
        nucleus_table, marker = _nucleus_table(engine, ground, fibers, nuclei)
        if marker is not None:
            origin = call_origin(marker.signal, slide.settings.assign.origin, slide.donor_calibration)
            nucleus_table = nucleus_table.replace(**origin.columns(), **marker.spot_columns(origin))
            pattern = slide.settings.assign.marker.pattern
            notes.append(f"the donor marker was measured as {pattern} (assign.marker.pattern)")
            notes += (*marker.notes, *origin.notes)
            rule, told = _donor_rule(slide, origin, given)
            rule = replace(rule, bleed_through_share=marker.bleed_through_share)
            notes += told
    if fiber_table is not None and nucleus_table is not None:
        fiber_table = count_nuclei_per_fiber(fiber_table, nucleus_table)
    size_um = slide.stack.calibration.pixel_size_um
    places = place_nuclei(
        fiber_table,
        nucleus_table,
        plane_um=(slide.stack.shape[0] * size_um, slide.stack.shape[1] * size_um),
        tissue_area_um2=prepared.tissue.area_um2,
        settings=slide.settings.measure,
        open_area=open_area(prepared, fibers),
    )
    section = summarize_section(
        fiber_table,
        nucleus_table,
        slide_id=slide.slide_id,
        section_id=SECTION_ID,
        plane_area_um2=slide.stack.shape[0] * slide.stack.shape[1] * size_um**2,
        tissue_area_um2=prepared.tissue.area_um2,
        outline_stain=slide.settings.assign.outline_stain if fibers is not None else None,
        donor_rule=rule,
        settings=slide.settings.measure,
        places=places,
        stain_rules=stained.rules,
    )
    return Measured(
        fiber_table,
        nucleus_table,
        section,
        origin,
        (*notes, *left_out),
        left_out,
        places.clustering,
        stained.roles,
    )


def look_at_seams(prepared: Prepared, measured: Measured) -> tuple[Table, str | None]:
    """Return the seams table, and in words how fibers near seams compare with others."""
    slide = prepared.slide
    seams = Seams(slide.stack.shape, slide.settings.tiling.tile_px, slide.stack.calibration.pixel_size_um)
    table = measure_seams((measured.fibers, measured.nuclei), seams)
    told = None
    if measured.fibers is not None:
        told = compare_at_seams(measured.fibers, table, seams, prepared.tissue.mask, prepared.step_px)
    return table, told


def _donor_rule(
    slide: Slide, calls: OriginCalls, given: Collection[str]
) -> tuple[DonorRule, tuple[str, ...]]:
    """Return how donor and host were told apart, and why the controls say nothing of it where they do not fit."""
    doubts = doubts_of_calibration(slide, given, calls)
    rule = DonorRule(
        calls.method,
        calls.threshold,
        calls.host_location,
        calls.host_scale,
        None if doubts else slide.donor_calibration,
        least_score=slide.settings.assign.origin.least_score,
    )
    if not doubts:
        return rule, ()
    told = (
        f"the controls do not fit this slide ({'; '.join(doubts)}): donor counts are crude, corrected estimates and "
        "the detection limit are left out"
    )
    return rule, (told,)


def _left_out(slide: Slide, fibers: Outlined | None, nuclei: Outlined | None) -> tuple[str, ...]:
    sentences = []
    if fibers is None:
        sentences.append(
            "no sarcolemma channel and no given fiber labels: fibers and locations were not measured"
        )
    if nuclei is None:
        sentences.append(
            "no nuclei channel and no given nucleus labels: nuclei and donor calls were not measured"
        )
    elif Role.DONOR_NUCLEUS not in slide.roles:
        sentences.append("no donor_nucleus channel: donor and host were not told apart")
    if fibers is None:
        sentences += [
            f"the {role} channel was not measured: there are no fibers" for role in stain_roles(slide)
        ]
    return tuple(sentences)


def _keyed(name: TableName, slide_id: str, parts: Sequence[dict[str, Array]], key: str) -> Table:
    """Return what tiles say as one table in the order of its numbers.

    Column by column, and the tiles' are used up on the way: together they would need the room twice.
    """
    if not parts:
        return Table(name, {})
    keys = np.concatenate([part[key] for part in parts])
    order = np.argsort(keys, kind="stable")
    table = Table(name, {key: np.ma.MaskedArray(keys[order])})
    for column in [column for column in parts[0] if column != key]:
        table = table.replace(**{column: np.ma.concatenate([part.pop(column) for part in parts])[order]})
    whose = {"slide_id": slide_id, "section_id": SECTION_ID}
    return table.replace(**{column: np.full(len(table), value, object) for column, value in whose.items()})


def _nucleus_shares(slide: Slide, nuclei: Outlined) -> list[Share]:
    """Return shares, each of one plane where nuclei were linked through planes."""
    if nuclei.linked is None:
        return shares_of(slide, nuclei.directory)
    plane = nuclei.linked.plane
    return [
        replace(share, plane=z)
        for z in np.unique(plane).tolist()
        for share in shares_of(slide, nuclei.directory.select(plane == z))
    ]


def _fiber_table(engine: Engine, ground: Ground, fibers: Outlined) -> Table:
    parts = engine.over(
        "measure fibers",
        fiber_rows,
        shared=ground,
        items=shares_of(ground.slide, fibers.directory),
    )
    return _doubted(_keyed(TableName.FIBERS, ground.slide.slide_id, parts, "fiber_id"), fibers)


def _doubted(table: Table, outlined: Outlined) -> Table:
    """Return a table with the probability that each outline is right, where it is known."""
    if outlined.probability is None:
        return table
    return table.replace(outline_probability=outlined.probability)


def _nucleus_table(
    engine: Engine, ground: Ground, fibers: Outlined | None, nuclei: Outlined
) -> tuple[Table, MarkerReadings | None]:
    slide = ground.slide
    directory = None if fibers is None else fibers.directory
    items = [(share, ground.fibers_near(directory, share)) for share in _nucleus_shares(slide, nuclei)]
    parts = engine.over("measure nuclei", nucleus_rows, shared=ground, items=items)
    ids = np.concatenate([part["nucleus_id"] for part in parts]) if parts else np.zeros(0)
    marker = None
    if Role.DONOR_NUCLEUS in slide.roles:
        marker = gather_readings(parts, np.argsort(ids, kind="stable"), slide.settings.assign.marker)
    table = _doubted(_keyed(TableName.NUCLEI, slide.slide_id, parts, "nucleus_id"), nuclei)
    if nuclei.linked is not None:
        table = table.replace(**measure_planes(nuclei.linked, slide.stack.planes_n, slide.stack.calibration))
    return table, marker
