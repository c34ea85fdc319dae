"""What is proposed to go with the current object, one after the other, until one is taken or all are left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from myograft.model.correction import Target
from napari_myograft.keys import Action


@dataclass(frozen=True)
class Proposal:
    """Neighbors of the current object, of which one is to be taken.

    Parameters
    ----------
    action
        What asked for it; its key confirms.
    target
        What they are.
    object_ids
        Their numbers; the first one is proposed just now.
    take
        Takes one, not only of these; whether that was done.
    """

    action: Action
    target: Target
    object_ids: tuple[int, ...]
    take: Callable[[Target, int], bool]

    @property
    def shown(self) -> tuple[Target, int]:
        """The one that is proposed just now."""
        return self.target, self.object_ids[0]

    def question(self, name: str) -> str:
        """Return in words what is asked of an object, given as ``nucleus 12``."""
        number = self.object_ids[0]
        if self.action is Action.MERGE:
            return f"Merge {name} with {number} (yellow)?"
        return f"Is {name} in {self.target} {number} (yellow)?"

    def turned(self, steps_n: int) -> Self:
        """Return the same with another one proposed."""
        at = steps_n % len(self.object_ids)
        return replace(self, object_ids=(*self.object_ids[at:], *self.object_ids[:at]))
