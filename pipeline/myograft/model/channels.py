"""What a channel shows: channels as a file names them, and the stain roles a run needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Part that a stain plays in a panel."""

    SARCOLEMMA = "sarcolemma"
    NUCLEI = "nuclei"
    DONOR_NUCLEUS = "donor_nucleus"
    DONOR_FIBER = "donor_fiber"
    REGENERATION = "regeneration"
    FIBER_TYPE = "fiber_type"
    NECROSIS = "necrosis"
    AUTOFLUORESCENCE = "autofluorescence"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as its file describes it; None where the file is silent."""

    index: int
    name: str | None = None
    fluorophore: str | None = None
    excitation_nm: float | None = None
    emission_nm: float | None = None

    @property
    def label(self) -> str:
        """Name for people: the file's name, else the position."""
        return self.name or self.fluorophore or f"channel {self.index}"


@dataclass(frozen=True)
class ChannelRoles:
    """Which channel plays which role, and how that was decided.

    Parameters
    ----------
    index_of
        Channel index per role; a role that is absent is not in it.
    reason_of
        How each role was matched: the pattern, or the setting.
    """

    index_of: Mapping[Role, int]
    reason_of: Mapping[Role, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index_of", MappingProxyType(dict(self.index_of)))
        object.__setattr__(self, "reason_of", MappingProxyType(dict(self.reason_of)))

    def get(self, role: Role) -> int | None:
        """Return the channel of a role, or None where the stain is absent."""
        return self.index_of.get(role)

    def __contains__(self, role: object) -> bool:
        return role in self.index_of

    def __reduce__(self) -> tuple[type[ChannelRoles], tuple[dict[Role, int], dict[Role, str]]]:
        """Pickle the read-only views as plain dictionaries."""
        return (ChannelRoles, (dict(self.index_of), dict(self.reason_of)))
