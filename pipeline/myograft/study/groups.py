"""What belongs together in a study: by place, in an order that no input order changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from myograft.model.study import Place

Key = TypeVar("Key")
Member = TypeVar("Member")


def grouped(members: Iterable[Member], key_of: Callable[[Member], Key]) -> list[tuple[Key, list[Member]]]:
    """Return members by key; places in the order of their names, other keys as they come."""
    groups: dict[Key, list[Member]] = {}
    for member in members:
        groups.setdefault(key_of(member), []).append(member)
    return sorted(groups.items(), key=lambda item: _order(item[0]))


def columns_of(place: Place) -> dict[str, Any]:
    """Return the columns that say where a row stands in a study."""
    return {
        "subject": place.subject,
        "muscle": place.muscle,
        "arm": place.arm,
        "time_point": place.time_point,
    }


def _order(key: object) -> tuple[str, ...]:
    if isinstance(key, Place):
        return (key.subject, key.muscle, key.arm or "", key.time_point or "")
    return ()
