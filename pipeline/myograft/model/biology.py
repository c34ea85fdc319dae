"""Closed lists of what a nucleus or fiber can be."""

from __future__ import annotations

from enum import StrEnum


class Location(StrEnum):
    """Where a nucleus lies; geometry only."""

    IN_FIBER = "in_fiber"
    BORDER = "border"
    INTERSTITIAL = "interstitial"


class Position(StrEnum):
    """Where inside its fiber an in-fiber nucleus lies."""

    CENTRAL = "central"
    PERIPHERAL = "peripheral"


class Origin(StrEnum):
    """Whose nucleus it is."""

    DONOR = "donor"
    HOST = "host"


class ExclusionReason(StrEnum):
    """Why a fiber has no valid size."""

    EDGE = "edge"
    OBLIQUE = "oblique"
    FOLD = "fold"
    FREEZING_HOLE = "freezing hole"
    OUT_OF_FOCUS = "out of focus"
    TORN = "torn"
    NOT_A_FIBER = "not a fiber"
    OTHER = "other"


class MarkerPattern(StrEnum):
    """Where in a donor nucleus its marker lies."""

    RING = "ring"
    FILLED = "filled"
    SPOTS = "spots"


class FiberPattern(StrEnum):
    """Where in a fiber a stain lies."""

    RIM = "rim"
    CYTOPLASM = "cytoplasm"


class FiberCall(StrEnum):
    """Whether a fiber shows a stain."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class OutlineStain(StrEnum):
    """What the sarcolemma stain marks, and so what `in_fiber` means."""

    BASAL_LAMINA = "basal_lamina"
    MEMBRANE = "membrane"

    @property
    def in_fiber_meaning(self) -> str:
        """Name of an in-fiber nucleus under this stain."""
        match self:
            case OutlineStain.BASAL_LAMINA:
                return "sublaminal"
            case OutlineStain.MEMBRANE:
                return "myonucleus"
