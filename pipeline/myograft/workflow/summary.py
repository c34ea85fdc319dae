"""The table of slides: a row for every input of this call, and for what earlier calls left in the same folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from myograft.errors import ResultError
from myograft.model.result_layout import OutputLayout
from myograft.workflow.run import SlideOutcome
from myograft.workflow.slide_log import log_of
from myograft.write import only_one, read_table, write_index, write_slides

Row: TypeAlias = dict[str, Any]

_SHARED = (
    "fibers_n",
    "nuclei_n",
    "donor_nuclei_n",
    "donor_nuclei_fraction",
    "csa_mean_um2",
    "min_feret_mean_um",
)

_NOT_YET = (
    "not measured yet: the run still works, or was ended before. The same command does what is missing."
)

#: Tables of many slides are not written anew for each: as often as this, and always at the end.
_WRITE_EVERY_S = 5.0

#: How long another call that writes the same table is waited for.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class NamedInput:
    """An input and the name of its result."""

    slide_id: str
    path: Path


def row_of(named: NamedInput, outcome: SlideOutcome) -> Row:
    """Return the row of a slide that has a result."""
    return {
        "slide_id": named.slide_id,
        "input_path": str(named.path),
        "status": "reused" if outcome.is_reused else "done",
        "measured_roles": " ".join(outcome.measured_roles),
        "warnings": " | ".join(outcome.notes) or None,
        **{name: outcome.section[name] for name in _SHARED},
    }


def row_without(named: NamedInput, status: str, reason: str) -> Row:
    """Return the row of a slide that has none."""
    return {
        "slide_id": named.slide_id,
        "input_path": str(named.path),
        "status": status,
        "reason": reason,
    }


class Summary:
    """Rows as they come, and the files that hold them.

    Parameters
    ----------
    output
        Folder of the results.
    inputs
        All inputs of this call, in order.
    part
        What tells the logs of this part of the work from those of others.
    """

    def __init__(self, output: OutputLayout, inputs: Sequence[NamedInput], part: str = "") -> None:
        self._output, self._inputs, self._part = output, inputs, part
        self._rows: dict[int, Row] = {}
        self._due_at = time.monotonic()
        self._is_begun = False

    @property
    def rows(self) -> list[Row]:
        """Rows of the inputs of this call that are through, in the order of the inputs."""
        return [self._rows[place] for place in sorted(self._rows)]

    @property
    def is_begun(self) -> bool:
        """Whether there is anything to write."""
        return self._is_begun

    def add(self, place: int, row: Row) -> None:
        """Take the row of an input."""
        self._rows[place] = row

    def write_in_time(self) -> None:
        """Write the files where the last time is long enough ago."""
        self._is_begun = True
        if time.monotonic() >= self._due_at:
            begun = time.monotonic()
            self.write()
            ended = time.monotonic()
            self._due_at = ended + max(_WRITE_EVERY_S, 20 * (ended - begun))

    def write(self) -> None:
        """Write table and page.

        Raises
        ------
        OutputError
            Where they cannot be written, or another call holds them for a minute.
        """
        with only_one(self._output.root / ".slides.lock", patience_s=_PATIENCE_S):
            rows = merged(self._inputs, self._rows, self._earlier(), self._stands)
            for row in rows:
                row["log"] = log_of(self._output, row["slide_id"], self._part)
            write_slides(rows, self._output)
            write_index(self._output, rows)

    def _earlier(self) -> list[Row]:
        with suppress(ResultError):  # none is there, or one that another version wrote
            return read_table(self._output.slides()).rows()
        return []

    def _stands(self, row: Row) -> bool:
        """Whether what an earlier row speaks of is still there: a result, or the log of a slide without one."""
        if row["status"] in {"done", "reused"}:
            return self._output.slide(row["slide_id"]).provenance.is_file()
        return self._output.log(row["slide_id"], self._part).is_file()


def merged(
    inputs: Sequence[NamedInput],
    done: Mapping[int, Row],
    earlier: Sequence[Row],
    stands: Callable[[Row], bool],
) -> list[Row]:
    """Return a row for every input, in order, and then the earlier rows that still mean something.

    Parameters
    ----------
    inputs
        All inputs of this call.
    done
        Their rows by place, as far as they are through.
    earlier
        Rows of the table that is there.
    stands
        Whether what a row speaks of is still there.
    """
    place_of = {named.slide_id: place for place, named in enumerate(inputs)}
    before: dict[int, Row] = {}
    others = []
    for row in [{**row, "is_earlier": True} for row in earlier if stands(row)]:
        place = place_of.get(row["slide_id"])
        if place is None or _is_of_another(row, inputs[place], done.get(place)):
            others.append(row)
        else:
            before[place] = row
    rows = []
    for place, named in enumerate(inputs):
        row = done.get(place) or before.get(place) or row_without(named, "incomplete", _NOT_YET)
        rows.append({"is_earlier": False, **row})
    return rows + others


def _is_of_another(row: Row, named: NamedInput, now: Row | None) -> bool:
    """Whether a row is of another input of that name, whose result was not replaced."""
    is_replaced = now is not None and now["status"] in {"done", "reused"}
    return not is_replaced and not _is_same(row["input_path"], named.path)


def _is_same(given: str | None, path: Path) -> bool:
    return given is not None and Path(given).resolve() == path.resolve()
