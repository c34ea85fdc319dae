"""A study's design: whose muscle each section is of, and what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: What a section without a muscle's name is of.
ONE_MUSCLE = "1"


class Factor(StrEnum):
    """What subjects or their muscles are compared by."""

    ARM = "arm"
    TIME_POINT = "time_point"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a section stands in a study.

    Parameters
    ----------
    subject
        Patient or animal.
    muscle
        Muscle or biopsy.
    arm
        What was done, such as treated or control; None where nothing is compared so.
    time_point
        When, such as pre or post; None where nothing is compared so.
    """

    subject: str
    muscle: str = ONE_MUSCLE
    arm: str | None = None
    time_point: str | None = None

    def level(self, factor: Factor) -> str | None:
        """Return what the place is in one respect."""
        return self.arm if factor is Factor.ARM else self.time_point


@dataclass(frozen=True, slots=True)
class DesignRow:
    """One line of a design: a slide, or one section of it, and its place.

    Parameters
    ----------
    slide_id
        Slide, as in the results.
    section_id
        Section; None for all sections of the slide.
    place
        Where it stands.
    line
        Line of the file, for messages.
    position_um
        Where the middle of a serial section lies along the muscle; None where it is not one of a series.
    """

    slide_id: str
    section_id: str | None
    place: Place
    line: int
    position_um: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two levels of a factor: the first minus the second."""

    factor: Factor
    first: str
    second: str

    def members(self, places: Iterable[Place]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the subjects that the design has at the first and at the second level."""
        found = [(place.subject, place.level(self.factor)) for place in places]
        first, second = (
            frozenset(name for name, level in found if level == end) for end in (self.first, self.second)
        )
        return first, second


def line_of(design: Sequence[DesignRow], slide_id: str, section_id: str) -> DesignRow | None:
    """Return the line of a section: its own, else its slide's; None where the design has neither."""
    of_slide = [row for row in design if row.slide_id == slide_id]
    own = [row for row in of_slide if row.section_id == section_id]
    whole = [row for row in of_slide if row.section_id is None]
    return next(iter([*own, *whole]), None)
