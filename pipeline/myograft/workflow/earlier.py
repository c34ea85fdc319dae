"""What a result of the same slide still holds when something else is asked of it: only the rest is done anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from myograft.model.channels import ChannelRoles, Role
from myograft.model.columns import TableName
from myograft.model.provenance import Provenance
from myograft.model.result_layout import ResultLayout
from myograft.workflow.record import Question, Standing
from myograft.write import check_no_corrections, read_table

#: Parts of a result that may be taken over, and the settings that decide them.
_SETTINGS_BEHIND = {
    "image": ("read",),
    "fibers": ("read", "tiling", "prepare", "stitch", "segment.fibers"),
    "nuclei": ("read", "tiling", "prepare", "stitch", "segment.nuclei"),
}
_TABLE_OF = {"fibers": TableName.FIBERS, "nuclei": TableName.NUCLEI}

#: Roles whose channels decide where tissue is and which plane is measured, and so all outlines.
_OUTLINE_ROLES = (Role.SARCOLEMMA, Role.NUCLEI)


@dataclass(frozen=True)
class Earlier:
    """A result that answers another question about the same slide.

    Parameters
    ----------
    layout, record
        The result.
    parts
        What of it answers this question too: ``image`` (the copy of the pixels), ``fibers``, ``nuclei`` (outlines).
    differing
        Names of what is asked otherwise.
    """

    layout: ResultLayout
    record: Provenance
    parts: frozenset[str]
    differing: tuple[str, ...]

    @property
    def basis(self) -> str:
        """What a run that takes these parts over rests on beside its question."""
        return f"{self.record.identity} {self.record.started.isoformat()} {' '.join(sorted(self.parts))}"

    @property
    def told(self) -> str:
        """What becomes of the result, in words."""
        stale = f"the result that is here is stale (it differs in {', '.join(self.differing)})"
        outlines = " and ".join(name for name in ("fibers", "nuclei") if name in self.parts)
        if outlines:
            return f"{stale}; its outlines of {outlines} still hold, the rest is done anew"
        return f"{stale} and is made anew"


def what_still_holds(
    layout: ResultLayout, standing: Standing, question: Question, roles: ChannelRoles
) -> Earlier:
    """Return what of a stale result is taken over.

    Raises
    ------
    OutputError
        Where people have corrected the result: it is never replaced.
    """
    check_no_corrections(layout.root)
    record, parts = standing.record, set()
    is_same_slide = not {"input_sha256", "region", "version"} & set(standing.differing)
    if is_same_slide and _agree("image", standing.differing) and record.copies_image == question.copies_image:
        parts.add("image")
    has_same_roles = all(record.roles.get(role) == roles.index_of.get(role) for role in _OUTLINE_ROLES)
    if is_same_slide and has_same_roles and record.outline_notes is not None:
        parts |= {
            name
            for name in _TABLE_OF
            if name in record.measured
            and _agree(name, standing.differing)
            and record.networks.get(name) == question.networks.get(name)
            and name not in {**record.given_labels_sha256, **question.given_labels_sha256}
            and _has_objects(layout, name)
        }
    return Earlier(layout, record, frozenset(parts), standing.differing)


def _agree(part: str, differing: tuple[str, ...]) -> bool:
    """Whether none of the settings behind a part differs."""
    return not any(
        key == prefix or key.startswith(f"{prefix}.")
        for key in differing
        for prefix in _SETTINGS_BEHIND[part]
    )


def _has_objects(layout: ResultLayout, name: str) -> bool:
    table = layout.table(_TABLE_OF[name])
    return table.is_file() and layout.labels(name).is_dir() and len(read_table(table)) > 0


def outline_probability(earlier: Earlier, name: str) -> np.ndarray | None:
    """Return how likely each outline of an earlier result is right, by ascending number; None where nobody knows."""
    column = read_table(earlier.layout.table(_TABLE_OF[name]))["outline_probability"]
    return None if np.ma.getmaskarray(column).any() else column.filled()


def notes_of_outlines(earlier: Earlier, name: str) -> tuple[str, ...]:
    """Return what an earlier run told of its outlines."""
    told: Mapping[str, tuple[str, ...]] = earlier.record.outline_notes or {}
    return told.get(name, ())
