"""What a run found and said, as far as corrections are moved to another run's result."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from myograft.correct.calls import Calls
from myograft.correct.checks import Objects
from myograft.model.biology import Location, Origin, Position
from myograft.model.correction import Target

Place: TypeAlias = tuple[Location, int | None]
"""Where a nucleus lies, and in which fiber."""


@dataclass(frozen=True)
class MachineResult:
    """Objects and calls of a run, without corrections.

    Parameters
    ----------
    fibers, nuclei
        Objects as segmented; None where the run has none.
    origin, location, position
        By nucleus, as the tables say: location with the fiber's number. Without an entry: null.
    """

    fibers: Objects
    nuclei: Objects
    origin: Mapping[int, Origin | None] = field(default_factory=dict)
    location: Mapping[int, Place] = field(default_factory=dict)
    position: Mapping[int, Position | None] = field(default_factory=dict)

    def objects(self, target: Target) -> Objects:
        """Return the fibers or the nuclei."""
        return self.fibers if target is Target.FIBER else self.nuclei

    def origin_with(self, said: Calls, nucleus_id: int) -> Origin | None:
        """Return whose nucleus it is: what people said, else what the machine says."""
        return said.origin[nucleus_id] if nucleus_id in said.origin else self.origin.get(nucleus_id)

    def place_with(self, said: Calls, nucleus_id: int, fibers: Container[int]) -> Place | None:
        """Return where a nucleus lies: what people said, else what the machine says; None in a fiber that is gone."""
        place = said.place_of(nucleus_id, fibers) or self.location.get(nucleus_id)
        return None if place is None or (place[1] is not None and place[1] not in fibers) else place

    def position_with(self, said: Calls, nucleus_id: int) -> Position | None:
        """Return where inside its fiber a nucleus lies: what people said, else what the machine says."""
        return said.position.get(nucleus_id, self.position.get(nucleus_id))
