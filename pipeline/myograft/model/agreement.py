"""Closed lists of what readers are compared in, and of what they can differ in."""

from __future__ import annotations

from enum import StrEnum


class Compared(StrEnum):
    """What a row of the agreement table is about."""

    SECTION_VALUE = "section value"
    CALL = "call"
    OUTLINE = "outline"
    READER = "reader"


class Sample(StrEnum):
    """Objects that agreement is of."""

    READ = "read"
    AUDIT = "audit"


class DisagreementKind(StrEnum):
    """What readers differ in."""

    ORIGIN = "origin"
    EXCLUSION = "exclusion"
    MISSING = "missing"
    LOCATION = "location"
    FIBER = "fiber"
    POSITION = "position"
    OUTLINE = "outline"
