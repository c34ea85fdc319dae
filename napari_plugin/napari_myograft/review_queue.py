"""What to read next: the objects that matter, in order, filtered and sorted; says of each why it is there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myograft.api import Review
from myograft.model.biology import Location, Origin
from myograft.model.correction import Target
from napari_myograft.queue_columns import (
    CALL,
    LOCATION,
    NUMBER,
    ORIGIN,
    SHOWN,
    SHOWN_BLINDED,
    STATE,
    WHAT,
    WHY,
    QueueColumn,
)
from napari_myograft.queue_reasons import CODE_OF, REASONS, Reason
from napari_myograft.queue_rows import LOCATIONS, OPEN, ORIGINS, STATES, TARGETS, QueueRows, Rows

#: Reasons that make an object worth reading.
WORTH_READING = frozenset(Reason) - {Reason.OTHER}


@dataclass(frozen=True)
class Item:
    """One object of the queue.

    Parameters
    ----------
    target, object_id
        The object.
    reason
        Why it is in the queue.
    words
        The same in a sentence, with every reason that holds.
    is_open
        Whether nobody has read it.
    """

    target: Target
    object_id: int
    reason: Reason
    words: str
    is_open: bool


@dataclass(frozen=True)
class Filters:
    """Which objects the queue is made of; None lets everything through.

    Parameters
    ----------
    target
        Fibers or nuclei only.
    is_open
        Only what is not read yet, or only what is.
    origin
        ``donor``, ``host``, ``undecided`` or, for nuclei without a call, an empty text.
    location
        Where nuclei lie.
    reasons
        Why objects are in the queue.
    section_id
        One section.
    """

    target: Target | None = None
    is_open: bool | None = None
    origin: str | None = None
    location: Location | None = None
    reasons: frozenset[Reason] = WORTH_READING
    section_id: str | None = None


class ReviewQueue:
    """The objects of a review in reading order.

    Donor calls and calls near the threshold come first, then outliers, then the random audit sample, then what readers
    made, then the rest, which is shown on request. A blinded reading has the nuclei of its part in random order.

    Parameters
    ----------
    review
        The review.
    """

    def __init__(self, review: Review) -> None:
        self._rows = QueueRows(review)
        self.filters = Filters()
        self._is_sorted = False
        self._order: Rows = self._reading_order()
        self._filter()

    @property
    def is_blinded(self) -> bool:
        """Whether nothing that the machine said is shown."""
        return self._rows.is_blinded

    @property
    def is_sample(self) -> bool:
        """Whether the random sample is read, and nothing else: all of it in its own order, whatever else stands out."""
        return not self.is_blinded and self.filters.reasons == frozenset({Reason.AUDIT})

    @property
    def columns(self) -> tuple[QueueColumn, ...]:
        """What is shown of each object."""
        return SHOWN_BLINDED if self.is_blinded else SHOWN

    @property
    def shown(self) -> Rows:
        """Rows that pass the filters, in order."""
        return self._shown

    @property
    def sections(self) -> tuple[str, ...]:
        """Sections that there are."""
        return tuple(sorted(set(self._rows.sections().tolist()) - {""}))

    @property
    def progress(self) -> tuple[int, int]:
        """How many of the objects that pass the filters are read, and how many there are; read ones stay counted."""
        counted = self._matches & self._rows.is_there
        return int((counted & (self._rows.state != OPEN)).sum()), int(counted.sum())

    def refresh(self) -> None:
        """Follow an edit; the order stays as it is, so that nothing jumps under the reader's eyes."""
        self._rows.refresh()
        n = len(self._rows)
        kept = self._order[self._order < n]
        is_new = np.ones(n, np.bool_)
        is_new[kept] = False
        self._order = np.concatenate([kept, np.flatnonzero(is_new)])
        self._filter()

    def set_filters(self, filters: Filters) -> None:
        """Show other objects."""
        self.filters = filters
        if not self._is_sorted:
            self._order = self._reading_order()
        self._filter()

    def sort(self, column: QueueColumn | None, *, is_descending: bool = False) -> None:
        """Order by a column, nulls last; None for reading order."""
        self._is_sorted = column is not None
        if column is None:
            self._order = self._reading_order()
        else:
            key = self._sort_key(column)
            self._order = np.argsort(-key if is_descending else key, kind="stable")
        self._filter()

    def item(self, row: int) -> Item:
        """Return what a row is about."""
        rows = self._rows
        return Item(
            rows.target_of(row),
            int(rows.number[row]),
            REASONS[int(self._why[row])],
            rows.words(row, is_audit=self.is_sample),
            bool(rows.is_open[row]),
        )

    def row_of(self, target: Target, object_id: int) -> int | None:
        """Return the row of an object, None where it is not there or not part of the reading."""
        return self._rows.row_of(target, object_id)

    def place_of(self, row: int) -> int | None:
        """Return the place of a row among those shown, None where it is not shown."""
        if row >= len(self._rows) or not self._is_shown[row]:
            return None
        return int(np.count_nonzero(self._is_shown[self._order[: self._rank[row]]]))

    def next_open(self, after: int | None) -> int | None:
        """Return the next row to read after one, from the top again at the end; None where everything is read."""
        wanted = (self._matches & self._rows.is_open)[self._order]
        start = 0 if after is None or after >= len(self._rank) else int(self._rank[after]) + 1
        for part, offset in ((wanted[start:], start), (wanted[:start], 0)):
            if part.any():
                return int(self._order[offset + int(np.argmax(part))])
        return None

    def before(self, row: int | None) -> int | None:
        """Return the row shown before one, None at the top."""
        end = len(self._order) if row is None else int(self._rank[row])
        earlier = self._order[:end][self._is_shown[self._order[:end]]]
        return int(earlier[-1]) if len(earlier) else None

    def is_audit_turn(self, row: int, seen: AbstractSet[int]) -> bool:
        """Whether reading a row now is reading the random sample: its turn in the sample's own order has come.

        Parameters
        ----------
        row
            The row.
        seen
            Nuclei that the reader has looked at; what was passed over counts as unclear
            (`measure.reviewed`), what was not reached does not count.
        """
        rows, place = self._rows, self._rows.audit_place[row]
        if place < 0 or self._why[row] != CODE_OF[Reason.AUDIT]:
            return False
        earlier = (rows.audit_place >= 0) & (rows.audit_place < place) & rows.is_open
        return set(rows.number[earlier].tolist()) <= seen

    def candidates(self) -> list[int]:
        """Return the nuclei that may be donors, the clearest first; of a blinded reading all, in its own order."""
        rows = self._rows
        chosen = np.flatnonzero((rows.target == TARGETS.index(Target.NUCLEUS)) & rows.is_there)
        if not self.is_blinded:
            chosen = chosen[np.isin(rows.origin[chosen], _CANDIDATES)]
            score = np.nan_to_num(rows.numbers({Target.NUCLEUS: "donor_score"})[chosen], nan=-np.inf)
            chosen = chosen[np.argsort(-score, kind="stable")]
        return rows.number[chosen].tolist()  # type: ignore[no-any-return]

    def cell(self, row: int, column: QueueColumn) -> str:
        """Return what a column shows of a row."""
        rows = self._rows
        if column in _NAMES:
            return _NAMES[column][int(self._codes(column)[row])]
        if column is NUMBER:
            return f"{rows.number[row]}"
        name = column.names.get(rows.target_of(row))
        value = None if name is None else rows.value(row, name)
        return "" if value is None else f"{value:,.{column.digits}f}"

    def state(self, row: int) -> str:
        """Return whether a row is open, read, edited or left out."""
        return STATES[int(self._rows.state[row])]

    def is_of_number(self, column: QueueColumn) -> bool:
        """Whether a column holds numbers."""
        return column not in _NAMES

    def _codes(self, column: QueueColumn) -> NDArray[np.uint8]:
        rows = self._rows
        by_column = {
            WHAT: rows.target,
            WHY: self._why,
            STATE: rows.state,
            ORIGIN: rows.origin,
            CALL: rows.origin,
            LOCATION: rows.location,
        }
        return by_column[column]

    def _sort_key(self, column: QueueColumn) -> NDArray[np.float64]:
        if column in _NAMES:
            codes = self._codes(column).astype(float)
            has_no_value = column in (ORIGIN, CALL, LOCATION)
            return np.where((codes == 0) & has_no_value, np.nan, codes)
        if column is NUMBER:
            return self._rows.number.astype(float)
        return self._rows.numbers(dict(column.names))

    def _reading_order(self) -> Rows:
        """Return the rows as they are to be read: as they lie, or as the random sample was drawn."""
        if not self.is_sample:
            return np.arange(len(self._rows))
        place = self._rows.audit_place
        return np.argsort(np.where(place < 0, len(place), place), kind="stable")

    def _filter(self) -> None:
        rows, chosen = self._rows, self.filters
        matches, self._why = rows.is_there.copy(), rows.reason
        if self.is_sample:
            self._why = np.where(rows.audit_place >= 0, np.uint8(CODE_OF[Reason.AUDIT]), rows.reason)
        if not self.is_blinded:
            matches &= np.isin(self._why, [CODE_OF[reason] for reason in chosen.reasons])
        if chosen.target is not None:
            matches &= rows.target == TARGETS.index(chosen.target)
        if chosen.origin is not None:
            is_nucleus = rows.target == TARGETS.index(Target.NUCLEUS)
            matches &= is_nucleus & (rows.origin == ORIGINS.index(chosen.origin))
        if chosen.location is not None:
            matches &= rows.location == LOCATIONS.index(str(chosen.location))
        if chosen.section_id is not None:
            matches &= rows.sections() == chosen.section_id
        self._matches = matches
        self._is_shown = matches
        if chosen.is_open is not None:
            self._is_shown = matches & (rows.is_open == chosen.is_open)
        self._rank = np.empty(len(rows), np.int64)
        self._rank[self._order] = np.arange(len(rows))
        self._shown = self._order[self._is_shown[self._order]]


_NAMES = {
    WHAT: tuple(str(target) for target in TARGETS),
    WHY: tuple(str(reason) for reason in REASONS),
    STATE: STATES,
    ORIGIN: ORIGINS,
    CALL: ORIGINS,
    LOCATION: ("", "in fiber", "border", "interstitial"),
}
_CANDIDATES = (ORIGINS.index(str(Origin.DONOR)), ORIGINS.index("undecided"))
