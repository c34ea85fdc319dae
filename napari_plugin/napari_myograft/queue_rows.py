"""Objects in the order in which they are to be read, and what the result says of them now; arrays, no objects."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from myograft.api import Review
from myograft.model.biology import Location, Origin
from myograft.model.correction import Accept, Reject, SetOrigin, Target
from myograft.model.table import Table
from napari_myograft.blinding import is_blinded
from napari_myograft.queue_columns import KEY_OF
from napari_myograft.queue_reasons import CODE_OF, Reason, Reasons, random_part, reasons_of, words_of
from napari_myograft.said import Said

Rows: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.uint8]

TARGETS = tuple(Target)
STATES = ("open", "read", "edited", "left out")
OPEN, READ, EDITED, LEFT_OUT = range(4)
ORIGINS = ("", str(Origin.DONOR), str(Origin.HOST), "undecided")
_UNDECIDED = 3
LOCATIONS = ("", *(str(place) for place in Location))


class QueueRows:
    """Every object of a review once; what readers make comes last.

    Parameters
    ----------
    review
        The review. Of a blinded reading only nuclei are listed, in random order, and nothing the machine said is held.

    Attributes
    ----------
    audit_place
        Of every row its place in the random sample, -1 where it was not drawn.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self.is_blinded = is_blinded(review)
        self._machine = dict(review.finished.tables)
        self._said = Said(review)
        self._audit_n = 0
        self._reasons: dict[Target, Reasons] = {}
        self.target: Codes = np.zeros(0, np.uint8)
        self.number: Rows = np.zeros(0, np.int64)
        self.reason: Codes = np.zeros(0, np.uint8)
        self.audit_place: Rows = np.zeros(0, np.int64)
        self._machine_place: Rows = np.zeros(0, np.int64)
        self._keys: Rows | None = None
        self._found: dict[Target, tuple[Any, Rows, Rows]] = {}
        if self.is_blinded:
            self._list_blinded()
        else:
            self._list_by_reason()
        self._machine_n = len(self.number)
        self.refresh()

    def __len__(self) -> int:
        return len(self.number)

    def refresh(self) -> None:
        """Read again what the result says of every object now."""
        self._tables = {
            target: table
            for target, table in zip(TARGETS, (self._review.fibers, self._review.nuclei), strict=True)
            if table is not None
        }
        self._list_made()
        self._sort_keys()
        self._live = np.full(len(self), -1, np.int64)
        self.state, self.origin, self.location = (np.zeros(len(self), np.uint8) for _ in range(3))
        for code, target in enumerate(TARGETS):
            if target in self._tables:
                self._read(code, target, self._tables[target])
        if self.is_blinded:
            self._hear()
        else:
            self._open_uncalled()

    @property
    def is_there(self) -> NDArray[np.bool_]:
        """Which rows are objects that exist just now."""
        there: NDArray[np.bool_] = self._live >= 0
        return there

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Which rows nobody has read."""
        is_open: NDArray[np.bool_] = self.is_there & (self.state == OPEN)
        return is_open

    def row_of(self, target: Target, object_id: int) -> int | None:
        """Return the row of an object, None where it is not listed."""
        key = object_id * len(TARGETS) + TARGETS.index(target)
        at = int(np.searchsorted(self._sorted_keys, key))
        if at == len(self._sorted_keys) or self._sorted_keys[at] != key:
            return None
        row = int(self._sorter[at])
        return row if self._live[row] >= 0 else None

    def target_of(self, row: int) -> Target:
        """Return what a row is about."""
        return TARGETS[int(self.target[row])]

    def value(self, row: int, name: str) -> Any:
        """Return what a column of its table says of a row now; None where it is null, or the object is gone."""
        place = self._live[row]
        if place < 0:
            return None
        column = self._tables[self.target_of(row)][name]
        return None if np.ma.getmaskarray(column)[place] else column.data[place]

    def numbers(self, names: dict[Target, str]) -> NDArray[np.float64]:
        """Return a column of numbers for all rows, NaN where it is null."""
        values = np.full(len(self), np.nan)
        for target, name in names.items():
            rows = np.flatnonzero((self.target == TARGETS.index(target)) & self.is_there)
            if len(rows):
                column = self._tables[target][name]
                known = np.where(np.ma.getmaskarray(column), np.nan, np.ma.getdata(column))
                values[rows] = known[self._live[rows]]
        return values

    def sections(self) -> NDArray[np.object_]:
        """Return the section of every row."""
        names = np.full(len(self), "", object)
        for code, target in enumerate(TARGETS):
            rows = np.flatnonzero((self.target == code) & self.is_there)
            if len(rows):
                names[rows] = self._tables[target]["section_id"].data[self._live[rows]]
        return names

    def words(self, row: int, *, is_audit: bool = False) -> str:
        """Return in words why a row is in the queue, or (`is_audit`) in the random sample."""
        if row >= self._machine_n:
            return str(Reason.MADE)
        if self.is_blinded:
            return f"blinded reading: {row + 1:,} of {self._machine_n:,} in random order"
        place, target = int(self._machine_place[row]), self.target_of(row)
        said = self._machine[target].select([place]).rows()[0]
        return words_of(target, self._reasons[target], place, said, self._audit_n, is_audit=is_audit)

    def _list_by_reason(self) -> None:
        setup = self._review.setup
        audit_ids = self._review.audit_ids
        self._audit_n = len(audit_ids)
        parts: list[tuple[Codes, Rows, Codes, NDArray[np.float64], Rows, Rows]] = []
        for code, target in enumerate(TARGETS):
            if target not in self._machine:
                continue
            ids = self._machine[target][KEY_OF[target]].filled().astype(np.int64)
            why = reasons_of(target, self._machine[target], audit_ids, self._review.finished.seams)
            self._reasons[target] = why
            kept = np.arange(len(ids))
            if setup is not None and target is Target.NUCLEUS:
                kept = np.flatnonzero(np.isin(ids, random_part(ids, setup.seed, setup.subset_fraction)))
            first = why.first[kept]
            ranks = why.rank[first, kept]
            audit = CODE_OF[Reason.AUDIT]
            drawn = np.where(why.holds[audit], why.rank[audit], -1).astype(np.int64)[kept]
            parts.append((np.full(len(kept), code, np.uint8), ids[kept], first, ranks, kept, drawn))
        if not parts:
            return
        target_codes, ids, reason, rank, places, drawn = (
            np.concatenate([part[column] for part in parts]) for column in range(6)
        )
        # Donor calls and calls near the threshold are one stage, in the order of their scores.
        stage = np.maximum(reason, CODE_OF[Reason.UNDECIDED])
        order = np.lexsort((ids, target_codes, rank, stage))
        self.target, self.number, self.reason = target_codes[order], ids[order], reason[order]
        self._machine_place, self.audit_place = places[order], drawn[order]

    def _list_blinded(self) -> None:
        nuclei, setup = self._machine.get(Target.NUCLEUS), self._review.setup
        if nuclei is None or setup is None:
            return
        ids = nuclei[KEY_OF[Target.NUCLEUS]].filled().astype(np.int64)
        self.number = random_part(ids, setup.seed, setup.subset_fraction)
        self.target = np.full(len(self.number), TARGETS.index(Target.NUCLEUS), np.uint8)
        self.reason = np.full(len(self.number), CODE_OF[Reason.BLINDED], np.uint8)
        self._machine_place = self.audit_place = np.full(len(self.number), -1, np.int64)

    def _list_made(self) -> None:
        """Add what readers made, and take away what was listed so before; of a blinded reading nuclei only."""
        first = slice(0, self._machine_n)
        listed = (self.target, self.number, self.reason, self._machine_place, self.audit_place)
        parts = [tuple(column[first] for column in listed)]
        for code, target in enumerate(TARGETS):
            table = self._tables.get(target)
            if table is None or (self.is_blinded and target is not Target.NUCLEUS):
                continue
            made = table[KEY_OF[target]].data[table["is_drawn"].filled(fill_value=False)].astype(np.int64)
            codes = [np.full(len(made), value, np.uint8) for value in (code, CODE_OF[Reason.MADE])]
            nowhere = np.full(len(made), -1, np.int64)
            parts.append((codes[0], made, codes[1], nowhere, nowhere))
        self.target, self.number, self.reason, self._machine_place, self.audit_place = (
            np.concatenate([part[column] for part in parts]) for column in range(len(listed))
        )

    def _sort_keys(self) -> None:
        """Sort what is listed, of 100,000 in 10 ms, where it is not what it was."""
        keys = self.number * len(TARGETS) + self.target
        if self._keys is not None and np.array_equal(keys, self._keys):
            return
        self._keys, self._found = keys, {}
        self._sorter = np.argsort(keys, kind="stable")
        self._sorted_keys = keys[self._sorter]

    def _places(self, code: int, target: Target, table: Table) -> tuple[Rows, Rows]:
        """Return the rows whose objects are in a table, and their places there; looked up for other numbers only."""
        column = table[KEY_OF[target]]
        known = self._found.get(target)
        if known is None or known[0] is not column:
            rows, ids = np.flatnonzero(self.target == code), column.data
            at = np.minimum(np.searchsorted(ids, self.number[rows]), max(0, len(ids) - 1))
            is_there = ids[at] == self.number[rows] if len(ids) else np.zeros(len(rows), bool)
            known = self._found[target] = (column, rows[is_there], at[is_there])
        return known[1:]

    def _open_uncalled(self) -> None:
        """Open what readers made and nobody has called: the machine's call of it is no reading."""
        if len(self) == self._machine_n:
            return
        rows = np.arange(self._machine_n, len(self))
        is_uncalled = np.isin(self.number[rows], np.array(self._review.uncalled_ids, np.int64))
        is_uncalled &= self.target[rows] == TARGETS.index(Target.NUCLEUS)
        self.state[rows[is_uncalled & (self.state[rows] != LEFT_OUT)]] = OPEN

    def _read(self, code: int, target: Target, table: Table) -> None:
        rows, at = self._places(code, target, table)
        self._live[rows] = at
        if not self.is_blinded:
            self.state[rows[table["is_reviewed"].filled(fill_value=False)[at]]] = READ
            self.state[rows[table["is_edited"].filled(fill_value=False)[at]]] = EDITED
        self.state[rows[table["in_excluded_region"].filled(fill_value=False)[at]]] = LEFT_OUT
        if target is Target.NUCLEUS and not self.is_blinded:
            self.origin[rows] = _codes(table["origin"].filled(""), ORIGINS)[at]
            self.origin[rows[table["is_undecided"].filled(fill_value=False)[at]]] = _UNDECIDED
            self.location[rows] = _codes(table["location"].filled(""), LOCATIONS)[at]

    def _hear(self) -> None:
        """Take what the reader said, and nothing else, for what is known of a nucleus."""
        said: dict[int, int] = {}
        for number, entries in self._said.all_of(Target.NUCLEUS):
            for entry in entries:
                match entry.correction:
                    case SetOrigin(after=after):
                        said[number] = _UNDECIDED if after is None else ORIGINS.index(str(after))
                    case Reject() | Accept():
                        said.setdefault(number, 0)
                    case _:
                        pass
        rows = np.flatnonzero(np.isin(self.number, list(said)) & (self.state == OPEN))
        self.state[rows] = READ
        self.origin[rows] = [said[number] for number in self.number[rows].tolist()]


def _codes(values: NDArray[np.object_], names: tuple[str, ...]) -> Codes:
    codes: Codes = np.zeros(len(values), np.uint8)
    for code, name in enumerate(names[1:], start=1):
        codes[values == name] = code
    return codes
