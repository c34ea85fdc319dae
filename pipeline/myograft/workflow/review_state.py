"""What a review has come to: corrected objects, what readers said, and every number that follows from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from myograft.correct import (
    EditedLabels,
    FixedObjects,
    Objects,
    Replay,
    Shaped,
    Touched,
    called_fibers,
    called_nuclei,
    excluded_mask,
)
from myograft.measure import (
    DrawnFrom,
    Places,
    StainRule,
    count_nuclei_per_fiber,
    estimate_reviewed,
    summarize_review,
    summarize_section,
)
from myograft.model.arrays import Labels, Mask
from myograft.model.audit import AuditDesign
from myograft.model.channels import Role
from myograft.model.correction import (
    Correction,
    ExcludeRegion,
    IncludeRegion,
    Reshape,
    Target,
)
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
from myograft.model.geometry import Region
from myograft.model.journal import JournalEntry
from myograft.model.table import Table
from myograft.workflow.fiber_controls import event_of, settings_of
from myograft.workflow.finished import KEY, LABELS, Finished, StoredPlane
from myograft.workflow.ground import Ground, StoredLabels
from myograft.workflow.measure_again import Again
from myograft.workflow.measure_plane import SECTION_ID
from myograft.workflow.measured_objects import MeasuredObjects
from myograft.workflow.origin_readings import origin_readings
from myograft.workflow.reviewed_rule import reviewed_rule
from myograft.workflow.slide import Slide

_SHAPES = ("add", "delete", "merge", "split", "reshape")


@dataclass(frozen=True)
class CorrectedLabels:
    """Labels as readers leave them, as a source to measure on."""

    slide: Slide
    objects: Mapping[str, Objects]

    def read(self, name: str, region: Region, plane: int | None = None) -> Labels:
        """Return ``fibers`` or ``nuclei`` in a part of the plane, or of one plane of several."""
        edited = self.objects[name]
        if isinstance(edited, EditedLabels):
            return edited.read(region)
        return StoredLabels(self.slide).read(name, region, plane)


class ReviewState:
    """A finished result and the entries of a journal, replayed; nothing is written.

    Parameters
    ----------
    finished
        The result.
    entries
        The journal, in order.
    design
        How the random audit was drawn; None where nothing was called donor or host.
    """

    def __init__(
        self, finished: Finished, entries: Sequence[JournalEntry], design: AuditDesign | None
    ) -> None:
        self.finished, self.design = finished, design
        objects = {target: objects_of(finished, target) for target in Target}
        self.replay = Replay(objects[Target.FIBER], objects[Target.NUCLEUS])
        source = CorrectedLabels(finished.slide, {LABELS[target]: objects[target] for target in Target})
        again = Again(finished, Ground(finished.slide, finished.plane, source, finished.has_pixels))
        self._objects = MeasuredObjects(finished, self.replay, again)
        self._touched: dict[int, Touched] = {}
        self._excluded: tuple[tuple[ExcludeRegion | IncludeRegion, ...], float] = ((), 0.0)
        self._last: JournalEntry | None = None
        self.apply(entries)

    def apply(self, entries: Sequence[JournalEntry]) -> tuple[Touched, ...]:
        """Let entries take effect, and measure once what all of them touched; return what each did."""
        touches = tuple(self.take(entry) for entry in entries)
        self.measure(touches)
        return touches

    def take(self, entry: JournalEntry) -> Touched:
        """Let an entry take effect on outlines and calls; whoever has taken all measures what they touched."""
        touched = self.replay.apply(entry)
        self._last = entry
        self._touched[entry.number] = touched
        return touched

    def measure(self, touches: Sequence[Touched]) -> None:
        """Measure what entries touched that were taken."""
        if touches:
            self._objects.follow(touches)
        for name in ("tables", "section", "estimate"):
            self.__dict__.pop(name, None)

    def touched_by(self, number: int) -> Touched:
        """Return what an entry did, by its number."""
        return self._touched[number]

    @property
    def measured(self) -> Mapping[Target, Table]:
        """Tables of objects as measured, without the word of readers."""
        return self._objects.tables

    @property
    def head(self) -> str:
        """Hash of the last entry, which seals all of them; the identity of the result where there is none."""
        return self.finished.record.identity if self._last is None else self._last.hash

    def objects(self, target: Target) -> Objects:
        """Return the objects of a kind as they are now; None where they were not measured."""
        return self.replay.fibers if target is Target.FIBER else self.replay.nuclei

    @cached_property
    def tables(self) -> dict[Target, Table]:
        """Tables of objects as readers left them."""
        return self.called(self.measured)

    def called(self, measured: Mapping[Target, Table]) -> dict[Target, Table]:
        """Return tables of measured objects with the word of readers on them."""
        calls, size_um = self.replay.calls, self.finished.slide.stack.calibration.pixel_size_um
        tables: dict[Target, Table] = {}
        fibers, nuclei = measured.get(Target.FIBER), measured.get(Target.NUCLEUS)
        if fibers is not None:
            tables[Target.FIBER] = called_fibers(fibers, calls, self.shaped(Target.FIBER), size_um)
        if nuclei is not None:
            known = frozenset() if fibers is None else self._boxes(Target.FIBER).keys()
            tables[Target.NUCLEUS] = called_nuclei(nuclei, calls, self.shaped(Target.NUCLEUS), known, size_um)
        if len(tables) == len(Target):
            counted = count_nuclei_per_fiber(tables[Target.FIBER], tables[Target.NUCLEUS])
            tables[Target.FIBER] = counted
        return tables

    @cached_property
    def section(self) -> dict[str, Any]:
        """Row of the sections table; tests of where nuclei lie, which take long, are null."""
        return self.summarize(self.tables, None)

    def summarize(self, tables: Mapping[Target, Table], places: Places | None) -> dict[str, Any]:
        """Return the row of the sections table of reviewed objects."""
        finished, fibers, nuclei = self.finished, tables.get(Target.FIBER), tables.get(Target.NUCLEUS)
        stack, settings = finished.slide.stack, finished.slide.settings
        size_um = stack.calibration.pixel_size_um
        tissue_um2, excluded_um2 = self._tissue_um2()
        has_marker = finished.section["donor_threshold_method"] is not None
        row = summarize_section(
            fibers,
            nuclei,
            slide_id=finished.record.slide_id,
            section_id=SECTION_ID,
            plane_area_um2=stack.shape[0] * stack.shape[1] * size_um**2,
            tissue_area_um2=tissue_um2,
            outline_stain=settings.assign.outline_stain if fibers is not None else None,
            donor_rule=reviewed_rule(finished, self.replay.standing) if has_marker else None,
            settings=settings.measure,
            places=places,
            stain_rules=self._stain_rules(),
        ).rows()[0]
        return row | summarize_review(fibers, nuclei, excluded_um2)

    @cached_property
    def estimate(self) -> Table | None:
        """Donor nuclei by what was read and a random audit of the rest; None where nothing was called."""
        return self.estimated(by_location=False)

    def estimated(self, *, by_location: bool) -> Table | None:
        """Return the estimate of donor nuclei, of all or of those of each location as well."""
        nuclei = self.tables.get(Target.NUCLEUS)
        if nuclei is None or self.design is None:
            return None
        machine, measured = self._drawn_from, self.measured[Target.NUCLEUS]
        said = origin_readings(self.replay.standing, nuclei)
        return estimate_reviewed(nuclei, measured, machine, self.design, said, by_location=by_location)

    @cached_property
    def _drawn_from(self) -> DrawnFrom:
        return DrawnFrom.of(self.finished.tables[Target.NUCLEUS])

    def shaped(self, target: Target) -> Shaped:
        """Return which objects have other pixels than the machine's."""
        machine = self.finished.tables[target][KEY[target]].filled()
        shaped: set[int] = set()
        named: set[int] = set()
        for entry in self.replay.standing:
            edit = entry.correction
            if edit.kind in _SHAPES and _target_of(edit) is target:
                touched = self._touched[entry.number]
                shaped |= touched.fiber_ids if target is Target.FIBER else touched.nucleus_ids
                if isinstance(edit, Reshape):
                    named.add(edit.object_id)
        highest = int(machine.max()) if len(machine) else 0
        return Shaped(highest, shaped, named, self._objects.cut if target is Target.FIBER else frozenset())

    def _boxes(self, target: Target) -> Mapping[int, Region]:
        objects = self.objects(target)
        return {} if objects is None else objects.boxes

    def _tissue_um2(self) -> tuple[float, float]:
        """Return the area of tissue that counts, and of tissue in excluded areas."""
        whole = float(self.finished.section["tissue_area_mm2"]) * 1e6
        part = self._excluded_part(tuple(self.replay.calls.areas))
        return whole * (1.0 - part), whole * part

    def _excluded_part(self, areas: tuple[ExcludeRegion | IncludeRegion, ...]) -> float:
        """Return which part of the tissue lies in excluded areas; they are drawn again only when they change."""
        known, part = self._excluded
        if areas != known:
            mask, step_px = self._tissue
            excluded = excluded_mask(areas, Region(0, 0, *mask.shape), step_px) & mask
            part = float(excluded.sum()) / max(1, int(mask.sum()))
            self._excluded = areas, part
        return part

    @cached_property
    def _tissue(self) -> tuple[Mask, int]:
        return self.finished.tissue()

    def _stain_rules(self) -> dict[str, StainRule]:
        section, slide = self.finished.section, self.finished.slide
        rules = {}
        for role, name in STAIN_OF_ROLE.items():
            if role not in slide.roles or section[f"{name}_threshold_method"] is None:
                continue
            # Readers call no fiber by its stain, so that error rates of controls hold on where they held.
            is_calibrated = section[f"{name}_false_positive_rate_bound"] is not None
            rules[name] = StainRule(
                section[f"{name}_threshold_method"],
                section[f"{name}_threshold"],
                section[f"{name}_bulk_location"],
                section[f"{name}_bulk_scale"],
                event_of(settings_of(slide, role)),
                slide.fiber_calibrations.get(role) if is_calibrated else None,
            )
        return rules


def objects_of(finished: Finished, target: Target) -> Objects:
    """Return the machine's objects, ready to be edited; None where they were not measured."""
    if target not in finished.tables:
        return None
    boxes = finished.boxes(target)
    if target is Target.NUCLEUS and finished.is_linked:
        return FixedObjects(boxes)
    plane = StoredPlane(finished.layout, target, finished.slide.stack.shape)
    return EditedLabels(plane, boxes, max(boxes, default=0))


def _target_of(edit: Correction) -> Target | None:
    target = getattr(edit, "target", None)
    return target if isinstance(target, Target) else None


def has_calls(finished: Finished) -> bool:
    """Whether nuclei of the result were called donor or host."""
    nuclei = finished.tables.get(Target.NUCLEUS)
    has_marker = Role.DONOR_NUCLEUS in finished.slide.roles
    return has_marker and nuclei is not None and not np.ma.getmaskarray(nuclei["origin"]).all()
