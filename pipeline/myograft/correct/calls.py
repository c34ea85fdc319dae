"""What people said about objects and areas, without a look at pixels; the last word counts, and can be taken back."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from skimage.measure import points_in_poly

from myograft.model.arrays import Array
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import (
    Accept,
    ExcludeRegion,
    IncludeRegion,
    Reject,
    SetLocation,
    SetOrigin,
    SetPosition,
    Target,
)

ObjectCall: TypeAlias = SetOrigin | SetLocation | SetPosition | Accept | Reject
"""Edits that say something of one object."""

CallEdit: TypeAlias = ObjectCall | ExcludeRegion | IncludeRegion
"""Edits that change no pixel."""

_Subject: TypeAlias = tuple[str, Target, int]


def _none_yet() -> dict[Target, set[int]]:
    return {target: set() for target in Target}


def _no_reasons_yet() -> dict[Target, dict[int, ExclusionReason]]:
    return {target: {} for target in Target}


@dataclass
class Calls:
    """What people said, as far as it stands; also about objects that are gone, which is to be ignored.

    Parameters
    ----------
    origin
        By nucleus; None where somebody left it open.
    location
        By nucleus: where, and in which fiber.
    position
        By nucleus; it counts only while the nucleus lies in a fiber.
    accepted
        Objects somebody looked at and agreed with.
    rejected
        Objects to leave out of sizes, with the reason. Of accept and reject the later one counts.
    areas
        Areas to leave out or take in again, in order: the later one decides about a place.
    """

    origin: dict[int, Origin | None] = field(default_factory=dict)
    location: dict[int, tuple[Location, int | None]] = field(default_factory=dict)
    position: dict[int, Position] = field(default_factory=dict)
    accepted: dict[Target, set[int]] = field(default_factory=_none_yet)
    rejected: dict[Target, dict[int, ExclusionReason]] = field(default_factory=_no_reasons_yet)
    areas: list[ExcludeRegion | IncludeRegion] = field(default_factory=list)
    _said: dict[_Subject, list[ObjectCall]] = field(default_factory=dict, repr=False, compare=False)

    def say(self, call: CallEdit) -> None:
        """Add a word; about its subject it replaces the one before."""
        if isinstance(call, ExcludeRegion | IncludeRegion):
            self.areas.append(call)
            return
        subject = _subject(call)
        self._forget(subject)
        self._said.setdefault(subject, []).append(call)
        self._let_stand(call)

    def take_back(self, call: CallEdit) -> None:
        """Take back the last word about its subject: the one before stands again."""
        if isinstance(call, ExcludeRegion | IncludeRegion):
            self.areas.pop()
            return
        subject = _subject(call)
        self._forget(subject)
        said = self._said[subject]
        said.pop()
        if said:
            self._let_stand(said[-1])
        else:
            del self._said[subject]

    def place_of(self, nucleus_id: int, fibers: Container[int]) -> tuple[Location, int | None] | None:
        """Return where somebody placed a nucleus; None where nobody did, or in a fiber that is gone."""
        place = self.location.get(nucleus_id)
        return None if place is None or (place[1] is not None and place[1] not in fibers) else place

    def exclusion_at(self, y_px: float, x_px: float) -> ExclusionReason | None:
        """Return why a place is left out, None where it is not."""
        return self.exclusions_at(np.array([[y_px, x_px]]))[0]

    def exclusions_at(self, points_px: Array) -> list[ExclusionReason | None]:
        """Return for each of many places why it is left out, None where it is not; see `excluded_at`."""
        found = self.excluded_at(points_px)
        return [found.get(row) for row in range(len(points_px))]

    def excluded_at(self, points_px: Array) -> dict[int, ExclusionReason]:
        """Return which of many places are left out, by their row, and why.

        Parameters
        ----------
        points_px
            ``(y, x)`` in px of full resolution, shape ``(n, 2)``.
        """
        # 0 stands for not left out, as an area that is taken in again leaves it.
        reasons = list(ExclusionReason)
        code = np.zeros(len(points_px), np.intp)
        for area in self.areas:
            outline = np.asarray(area.outline)
            near = ((points_px >= outline.min(axis=0)) & (points_px <= outline.max(axis=0))).all(axis=1)
            inside = np.flatnonzero(near)[points_in_poly(points_px[near], outline)]
            code[inside] = 1 + reasons.index(area.reason) if isinstance(area, ExcludeRegion) else 0
        rows = np.flatnonzero(code)
        return {
            row: reasons[number - 1] for row, number in zip(rows.tolist(), code[rows].tolist(), strict=True)
        }

    def _let_stand(self, call: ObjectCall) -> None:
        match call:
            case SetOrigin():
                self.origin[call.nucleus_id] = call.after
            case SetLocation():
                self.location[call.nucleus_id] = (call.after, call.fiber_after)
            case SetPosition():
                self.position[call.nucleus_id] = call.after
            case Accept():
                self.accepted[call.target].add(call.object_id)
            case Reject():
                self.rejected[call.target][call.object_id] = call.reason

    def _forget(self, subject: _Subject) -> None:
        kind, target, number = subject
        match kind:
            case "origin":
                self.origin.pop(number, None)
            case "location":
                self.location.pop(number, None)
            case "position":
                self.position.pop(number, None)
            case _:
                self.accepted[target].discard(number)
                self.rejected[target].pop(number, None)


def _subject(call: ObjectCall) -> _Subject:
    if isinstance(call, Accept | Reject):
        return "review", call.target, call.object_id
    return call.kind, Target.NUCLEUS, call.nucleus_id
