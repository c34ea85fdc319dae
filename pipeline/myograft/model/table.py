"""A table in memory: named columns of one length, null where a mask says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myograft.model.column import Kind
from myograft.model.columns import COLUMNS, TableName, column_names
from myograft.model.review_columns import BOX

_NUMPY_OF_KIND: dict[Kind, Any] = {
    Kind.TEXT: object,
    Kind.INTEGER: np.int64,
    Kind.REAL: np.float64,
    Kind.FLAG: np.bool_,
}


@dataclass(frozen=True)
class Table:
    """Columns of one of the result's tables.

    Parameters
    ----------
    name
        Which table it is; its columns are those of the column dictionary.
    columns
        One masked array per column, all of one length; masked means null. A column that is missing is null
        throughout. NaN and infinity become null: they are never written. The table's own arrays cannot be written to:
        what `filled` returns may be such an array itself.

    Raises
    ------
    ValueError
        When a column is unknown or lengths differ.
    """

    name: TableName
    columns: Mapping[str, np.ma.MaskedArray[Any, Any]]

    def __post_init__(self) -> None:
        unknown = set(self.columns) - set(column_names(self.name))
        if unknown:
            raise ValueError(f"{self.name} has no columns {sorted(unknown)}; add them to model/columns.py")
        lengths = {len(values) for values in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of {self.name} differ in length: {lengths}")
        rows_n = lengths.pop() if lengths else 0
        complete = {}
        for column in COLUMNS[self.name]:
            dtype = _NUMPY_OF_KIND[column.kind]
            given = self.columns.get(column.name)
            complete[column.name] = _null(rows_n, dtype) if given is None else _clean(given, dtype)
        object.__setattr__(self, "columns", _fixed(complete))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process go the values alone.
        return _trusted, (self.name, dict(self.columns))

    def __getitem__(self, column: str) -> np.ma.MaskedArray[Any, Any]:
        return self.columns[column]

    def has(self, column: str, value: str) -> NDArray[np.bool_]:
        """Return where a column of texts has a value, shape (n,), not to be changed; not where it is null.

        It is asked for over and over and takes milliseconds for a whole slide: it is compared once.
        """
        key = (column, str(value))
        if key not in self._compared:
            if self._part_of is None:
                values = self.columns[column]
                found = np.equal(values.data, key[1]).astype(np.bool_) & ~np.ma.getmaskarray(values)
            else:
                whole, chosen = self._part_of
                found = whole.has(*key)[chosen]
            found.flags.writeable = False
            self._compared[key] = found
        return self._compared[key]

    @cached_property
    def _compared(self) -> dict[tuple[str, str], NDArray[np.bool_]]:
        return {}

    @cached_property
    def _part_of(self) -> tuple[Table, NDArray[np.bool_]] | None:
        """Of which table these are rows as they are, where one is known that was compared before."""
        return None

    def replace(self, **columns: Any) -> Table:
        """Return the table with some columns replaced."""
        unknown = columns.keys() - self.columns.keys()
        if unknown:
            raise ValueError(f"{self.name} has no columns {sorted(unknown)}; add them to model/columns.py")
        if any(len(values) != len(self) for values in columns.values()):
            raise ValueError(f"columns for {len(self)} rows of {self.name} have other lengths")
        kind_of = {column.name: column.kind for column in COLUMNS[self.name]}
        new = {name: _clean(values, _NUMPY_OF_KIND[kind_of[name]]) for name, values in columns.items()}
        if isinstance(self.columns, _Chosen):
            return _trusted(self.name, self.columns.replaced(new))
        return _trusted(self.name, {**self.columns, **new})

    def select(self, chosen: Any) -> Table:
        """Return the rows at the indices or under the boolean mask `chosen`."""
        return _trusted(self.name, {name: values[chosen] for name, values in self.columns.items()})

    def where(self, chosen: NDArray[np.bool_]) -> Table:
        """Return the rows under a mask, each column when it is first asked for: few of many columns are cheap.

        The columns of this table are kept as long as those of the other; use `select` where that is too long.
        """
        part = _trusted(self.name, _Chosen(self.columns, chosen))
        part.__dict__["_part_of"] = (self, chosen)
        return part

    def put(self, places: Any, rows: Table) -> Table:
        """Return the table with the rows at some indices replaced."""
        columns = {}
        for name, values in self.columns.items():
            new, given = values.copy(), rows.columns[name]
            new.data[places] = given.data
            new.mask = np.ma.getmaskarray(values).copy()
            new.mask[places] = np.ma.getmaskarray(given)
            columns[name] = new
        return _trusted(self.name, columns)

    def sort(self, column: str) -> Table:
        """Return the table with its rows in the order of a column that has no nulls."""
        values = self.columns[column].filled()
        if (values[:-1] <= values[1:]).all():
            return self  # of a whole slide every copy is a tenth of a gigabyte
        return self.select(np.argsort(values, kind="stable"))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries of Python values, null as None."""
        names = list(self.columns)
        return [
            dict(zip(names, row, strict=True))
            for row in zip(*(values.tolist() for values in self.columns.values()), strict=True)
        ]


class _Chosen(Mapping[str, Any]):
    """Columns of which some rows are wanted; a column's rows are taken when it is asked for, and kept."""

    def __init__(self, columns: Mapping[str, Any], chosen: NDArray[np.bool_]) -> None:
        self._columns, self._chosen = columns, chosen
        self._taken: dict[str, Any] = {}

    def replaced(self, new: Mapping[str, Any]) -> _Chosen:
        """Return the same with some columns that are known already."""
        other = _Chosen(self._columns, self._chosen)
        other._taken = {**self._taken, **new}
        return other

    def __getitem__(self, name: str) -> Any:
        if name not in self._taken:
            self._taken[name] = self._columns[name][self._chosen]
            self._taken[name].flags.writeable = False
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def box_edges(table: Table) -> NDArray[np.int64]:
    """Return the bounding boxes of a table's objects, ``(y0, x0, y1, x1)`` in px, half-open, shape (n, 4)."""
    return np.stack([table[column.name].filled() for column in BOX], axis=1)


def concatenate(name: TableName, parts: Sequence[Table]) -> Table:
    """Return the rows of all parts in one table, in the order given."""
    if not parts:
        return Table(name, {})
    return _trusted(
        name,
        {column: np.ma.concatenate([part[column] for part in parts]) for column in column_names(name)},
    )


def from_rows(name: TableName, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table from dictionaries of Python values; a missing key or None is null."""
    columns = {}
    for column in COLUMNS[name]:
        values = [row.get(column.name) for row in rows]
        dtype = _NUMPY_OF_KIND[column.kind]
        filler = "" if dtype is object else dtype()
        columns[column.name] = _masked(
            np.array([filler if value is None else value for value in values], dtype=dtype),
            np.array([value is None for value in values], dtype=bool),
        )
    return _trusted(name, columns)


def _trusted(name: TableName, columns: Mapping[str, np.ma.MaskedArray[Any, Any]]) -> Table:
    """Return a table of columns that come out of tables, and so need neither a check nor a copy."""
    table = object.__new__(Table)
    object.__setattr__(table, "name", name)
    object.__setattr__(table, "columns", columns if isinstance(columns, _Chosen) else _fixed(columns))
    return table


def _fixed(columns: Mapping[str, np.ma.MaskedArray[Any, Any]]) -> Mapping[str, np.ma.MaskedArray[Any, Any]]:
    """Let nobody write to columns: many tables share them."""
    for values in columns.values():
        values.flags.writeable = False
    return columns


def _null(rows_n: int, dtype: Any) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.MaskedArray(np.zeros(rows_n, dtype=dtype), mask=np.ones(rows_n, dtype=bool))


def _clean(values: Any, dtype: Any) -> np.ma.MaskedArray[Any, Any]:
    return _masked(np.array(np.ma.getdata(values), dtype=dtype), np.ma.getmaskarray(values).copy())


def _masked(data: NDArray[Any], mask: NDArray[np.bool_]) -> np.ma.MaskedArray[Any, Any]:
    """Return a column of its own data, where neither what is null nor what is no number says anything."""
    if data.dtype == np.float64:
        mask |= ~np.isfinite(data)
    data[mask] = "" if data.dtype == object else data.dtype.type()
    return np.ma.MaskedArray(data, mask=mask)
