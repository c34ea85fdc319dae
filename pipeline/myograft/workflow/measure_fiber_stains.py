"""What stains say of every fiber of a plane: measured tile by tile, called for the section as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.assign import (
    FiberCalls,
    FiberSides,
    RareSide,
    call_cytoplasm,
    call_rim,
    fiber_cores,
    fiber_sides,
)
from myograft.execute import Engine
from myograft.measure import StainRule
from myograft.model.arrays import Array, Labels
from myograft.model.biology import FiberPattern
from myograft.model.channels import Role
from myograft.model.fiber_marker_columns import STAIN_OF_ROLE
from myograft.model.geometry import Region
from myograft.model.objects import ObjectDirectory
from myograft.workflow.fiber_controls import doubts_of_fiber_calibration, event_of, pattern_of, settings_of
from myograft.workflow.shares import Share, hull_of, labels_of, shares_of
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared


@dataclass(frozen=True)
class StainedFibers:
    """What stains say of the fibers of a section.

    Parameters
    ----------
    roles
        Stains that were measured.
    columns
        Columns of the fibers table, in the order of the fibers' numbers.
    rules
        How fibers were called, by how a stain's columns begin.
    notes
        What the user should know.
    """

    roles: tuple[Role, ...]
    columns: Mapping[str, Array]
    rules: Mapping[str, StainRule]
    notes: tuple[str, ...]


def stain_roles(slide: Slide) -> tuple[Role, ...]:
    """Return the stains of fibers that the slide has."""
    return tuple(role for role in STAIN_OF_ROLE if role in slide.roles)


def measure_fiber_stains(
    engine: Engine,
    prepared: Prepared,
    fibers: ObjectDirectory,
    *,
    has_nuclei: bool,
    given: Collection[str] = (),
) -> StainedFibers:
    """Measure the stains of every fiber, and call it positive or negative.

    Parameters
    ----------
    engine
        Who does the work.
    prepared
        The slide.
    fibers
        All fibers of the plane.
    has_nuclei
        Whether nuclei were outlined; their pixels are left out.
    given
        Kinds of objects whose outlines are given.
    """
    slide = prepared.slide
    roles = stain_roles(slide)
    if not roles or not len(fibers):
        return StainedFibers((), {}, {}, ())
    parts = engine.over(
        "measure fiber stains", _measure, shared=(prepared, has_nuclei), items=shares_of(slide, fibers)
    )
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(joined.pop("fiber_id"), kind="stable")
    measured = {key: values[order] for key, values in joined.items()}
    columns: dict[str, Array] = {}
    rules: dict[str, StainRule] = {}
    notes: list[str] = []
    for role in roles:
        name = STAIN_OF_ROLE[role]
        calls = _call(slide, role, fibers.label, measured)
        columns |= calls.columns(name)
        rules[name], told = _rule(slide, role, calls, given)
        shown = name.replace("_", " ")
        notes += [f"{shown}: {note}" for note in (*_assumptions(slide, role), *calls.notes, *told)]
    return StainedFibers(roles, columns, rules, tuple(notes))


def _rule(
    slide: Slide, role: Role, calls: FiberCalls, given: Collection[str]
) -> tuple[StainRule, tuple[str, ...]]:
    """Return how fibers were called, and why the controls say nothing of it where they do not fit."""
    doubts = doubts_of_fiber_calibration(slide, role, given, calls)
    rule = StainRule(
        calls.method,
        calls.threshold,
        calls.location,
        calls.scale,
        event_of(settings_of(slide, role)),
        None if doubts else slide.fiber_calibrations.get(role),
    )
    if not doubts:
        return rule, ()
    told = (
        f"the controls do not fit this slide ({'; '.join(doubts)}): counts are crude, corrected estimates and the "
        "detection limit are left out"
    )
    return rule, (told,)


def _is_rim(slide: Slide, role: Role) -> bool:
    """Whether a stain lies at the rim of fibers: as the settings say, else as the channel's name does."""
    channel = slide.stack.channels[slide.roles.index_of[role]].label
    return pattern_of(role, slide.settings.assign.donor_fiber.pattern, channel) is FiberPattern.RIM


def _assumptions(slide: Slide, role: Role) -> tuple[str, ...]:
    knobs = f"assign.{role}"
    notes = []
    if role is Role.DONOR_FIBER:
        pattern = FiberPattern.RIM if _is_rim(slide, role) else FiberPattern.CYTOPLASM
        by = "as set" if slide.settings.assign.donor_fiber.pattern else "by the channel's name"
        notes.append(f"measured as {pattern}, {by} ({knobs}.pattern)")
        if pattern is FiberPattern.CYTOPLASM and Role.AUTOFLUORESCENCE not in slide.roles:
            notes.append(
                "without an autofluorescence channel, fibers that glow by themselves (oxidative ones) cannot be told "
                "from faint positive ones"
            )
    return tuple(notes)


def _measure(shared: tuple[Prepared, bool], share: Share) -> dict[str, Array]:
    """Return the stains of one tile's fibers: sides of rims, middles of cytoplasm."""
    (prepared, has_nuclei), slide = shared, shared[0].slide
    size_um = slide.stack.calibration.pixel_size_um
    reach_px = slide.settings.assign.donor_fiber.reach_px(size_um)
    crop = hull_of(share.boxes).grow(reach_px, slide.stack.shape)
    fibers = labels_of(slide, "fibers", crop)
    nuclei = labels_of(slide, "nuclei", crop) if has_nuclei else None
    empty = prepared.raw(Role.AUTOFLUORESCENCE, crop) if Role.AUTOFLUORESCENCE in slide.roles else None
    answer: dict[str, Array] = {"fiber_id": share.ids}
    for role in stain_roles(slide):
        counts = prepared.raw(role, crop)
        if _is_rim(slide, role):
            answer |= _rim(slide, share, crop, fibers, nuclei, counts, empty)
            continue

        def middles(image: Array, role: Role = role) -> Array:
            return fiber_cores(
                fibers,
                image,
                share.ids,
                share.boxes,
                crop,
                size_um,
                settings_of(slide, role),
                nuclei=nuclei,
            )

        answer[str(role)] = middles(counts)
        if empty is not None:
            answer[f"{role} empty"] = middles(empty)
    return answer


def _rim(
    slide: Slide,
    share: Share,
    crop: Region,
    fibers: Labels,
    nuclei: Labels | None,
    counts: Array,
    empty: Array | None,
) -> dict[str, Array]:
    sides = fiber_sides(
        fibers,
        counts,
        share.ids,
        share.boxes,
        crop,
        slide.stack.shape,
        slide.stack.calibration.pixel_size_um,
        slide.settings.assign.donor_fiber,
        nuclei=nuclei,
        autofluorescence=empty,
    )
    # Counts have five digits; half the memory is enough for them.
    return {"sides": sides.signal.astype(np.float32), "facing": sides.facing}


def _call(slide: Slide, role: Role, ids: Array, measured: Mapping[str, Any]) -> FiberCalls:
    knobs, assign = f"assign.{role}", slide.settings.assign
    learned = slide.fiber_calibrations.get(role)
    threshold = None if learned is None else learned.threshold
    if _is_rim(slide, role):
        sides = FiberSides(measured["sides"].astype(np.float64), measured["facing"])
        return call_rim(ids, sides, assign.donor_fiber, knobs, threshold)
    return call_cytoplasm(
        measured[str(role)],
        settings_of(slide, role),
        knobs,
        autofluorescence_core=measured.get(f"{role} empty"),
        rare_side=assign.fiber_type.rare_side if role is Role.FIBER_TYPE else RareSide.HIGH,
        calibrated_threshold=threshold,
    )
